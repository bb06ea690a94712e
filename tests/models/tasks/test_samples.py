"""Samples are what their hash says."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.models.tasks.samples import Samples

SOME = Samples(np.ones((2, 3, 1)), np.zeros((2, 3)), np.array([0, 1]))


def test_the_same_samples_have_the_same_hash():
    assert Samples(SOME.input.copy(), SOME.target, [0, 1]).hash == SOME.hash  # type: ignore


@pytest.mark.parametrize("name", ["input", "target", "label"])
def test_one_other_value_makes_another_hash(name: str):
    array = getattr(SOME, name).copy()
    array.flat[-1] += 1
    assert replace(SOME, **{name: array}).hash != SOME.hash


def test_channels_are_no_steps():
    turned = Samples(np.ones((2, 1, 3)), SOME.target, SOME.label)
    assert turned.hash != SOME.hash
