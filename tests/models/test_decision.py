"""Decision rules against what the paper says of them, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.models.decision import (
    MISS,
    best_boundary,
    decide,
    decide_sign,
    integrals,
    low_pass,
)


def test_the_filter_is_an_exponential_of_19_5_ms():
    step = low_pass(np.ones((1, 200)))[0]
    assert step == pytest.approx(1 - 0.95 ** np.arange(1, 201))
    assert -1 / np.log(0.95) == pytest.approx(19.5, abs=0.01)


@pytest.mark.parametrize(
    ("output", "decision"),
    [([0, 0.6], 1), ([-0.6, 0], 0), ([-0.9, 0.51], 1), ([0.5, -0.5], MISS), ([0.1, 0], MISS)],
)
def test_a_positive_output_goes_before_a_negative_and_none_is_a_miss(output, decision):
    assert decide_sign(np.array([output])).tolist() == [decision]


def test_the_integral_runs_while_the_output_is_up_and_starts_anew_behind():
    outputs = np.array([[0.6, 0.7, 0.4, 0.9, 0], [0.1, 0.2, 0.3, 0.4, 0.49], [1, 1, 1, 1, 1]])
    assert integrals(outputs) == pytest.approx([1.3, 0.0, 5.0])


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=1, max_size=40))
def test_no_boundary_of_a_finer_grid_decides_more_samples_rightly(pairs):
    integral = np.array([value for value, _ in pairs])
    label = np.array([int(positive) for _, positive in pairs])
    found = best_boundary(integral, label)
    grid = np.linspace(0, max(integral.max(), 1e-6), 1000)
    best = max(((integral > b) == label).mean() for b in grid)
    assert ((integral > found) == label).mean() == best


def test_tasks_without_a_negative_output_are_decided_by_the_integral():
    output = np.array([[0.6, 0.7], [0.6, 0.0]])
    assert decide(output, False, 1.0).tolist() == [1, 0]
    assert decide(output, True, 1.0).tolist() == [1, 1]
