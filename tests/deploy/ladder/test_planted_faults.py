"""Faults planted in networks and boards: the ladder names the rung at which each takes effect."""

from collections.abc import Callable
from functools import partial

import pytest

from analoop.deploy import compile
from analoop.deploy.ladder.distance import Sample
from analoop.deploy.ladder.explanation import Settings, explain
from analoop.deploy.ladder.fitting import fit
from analoop.deploy.ladder.ladder import (
    BIASES,
    DEFECTS,
    FAN_IN,
    MISMATCH,
    SHARED,
    TEMPORAL,
    WEIGHTS,
    Ladder,
)
from analoop.hw.virtual_board import parse_board
from analoop.models import Network, Stimulus

from . import planted

MILD = "sim:seed={seed},level=0.1,noise=0.1"
"""A board that a sound network does not mind."""

close = partial(planted.sound, quiet_hz=60.0, loud_hz=110.0)
"""The easy task, a little harder: mismatch of any size cannot hide a group that is alone."""

FAULTS = [
    (FAN_IN, planted.many_small_synapses, MILD, None),
    (SHARED, planted.parameters_of_their_own, MILD, 1),
    (WEIGHTS, planted.wide_range_of_weights, MILD, None),
    (BIASES, planted.threshold_out_of_reach, MILD, None),
    (DEFECTS, planted.sound, "sim:seed={seed},level=0.1,defects=1,stuck=0.2,noise=0.1", None),
    (MISMATCH, close, "sim:seed={seed},level=5,noise=0.1", None),
    (TEMPORAL, planted.sound, "sim:seed={seed},level=0.1,noise=0.1,loss=0.95", None),
]


def ladder_of(
    made: tuple[Network, Stimulus], board: str, seed: int, n_chips: int | None = None
) -> Ladder:
    network, stimulus = made
    program = compile(fit(network, n_chips=n_chips), n_chips=n_chips)
    settings = Settings(Sample(trains=32))
    return explain(program, stimulus, parse_board(board.format(seed=seed)), network, settings)


@pytest.mark.parametrize(("rung", "plant", "board", "n_chips"), FAULTS)
def test_a_planted_fault_is_named(
    rung: str,
    plant: Callable[[], tuple[Network, Stimulus]],
    board: str,
    n_chips: int | None,
):
    ladder = ladder_of(plant(), board, 1, n_chips)
    assert ladder.rungs[0].outcome is not None
    assert ladder.rungs[0].outcome.accuracy > 0.9
    assert ladder.named == rung
    assert ladder.verdict().startswith(f"'{rung}' breaks it most")


@pytest.mark.parametrize("seed", [1, 2])
def test_none_is_named_on_a_clean_board(seed: int):
    ladder = ladder_of(planted.sound(), MILD, seed)
    assert ladder.named is None
    assert ladder.verdict().startswith("No rung breaks it")
    assert ladder.moves_most is not None
