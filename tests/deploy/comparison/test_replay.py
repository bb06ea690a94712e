"""A chip that is replayed what it received answers as it did."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile, run_virtual
from analoop.deploy.comparison.alignment import BoardRecordings
from analoop.deploy.comparison.gains import GRID, effective_gains, inverted
from analoop.deploy.comparison.replay import Replay
from analoop.hw import VirtualBoard
from analoop.models import INPUT, Network, Projection

from ..networks import BOARD, KINDS, PATIENT, legal_networks, network, population, spike_trains
from .planted import scaled


@settings(PATIENT, max_examples=6)
@given(legal_networks(len(KINDS)), st.integers(0, 2**32 - 1))
def test_the_nominal_board_is_replayed_spike_for_spike(net: Network, seed: int) -> None:
    program = compile(net, BOARD)
    stimulus = spike_trains(net.n_inputs, trials=3, seed=seed, rate_hz=300.0)
    (recording,) = run_virtual(program, [VirtualBoard()], stimulus)
    trials = np.array([2, 0])
    replay = Replay(program, stimulus, trials)
    one = np.ones((2, len(replay.circuits.target)))
    counts = replay.counts(recording, one)
    assert np.array_equal(counts[0], recording.counts[trials])
    assert np.array_equal(counts[1], counts[0])


def test_a_lower_gain_is_found_where_it_is_and_not_downstream_of_it() -> None:
    into = np.random.default_rng(1).uniform(1e-9, 3e-9, (16, 12))
    net = network(
        16,
        [population("first", 12), population("second", 12)],
        Projection(INPUT, "first", "ampa", into),
        Projection("first", "second", "ampa", np.diag(np.full(12, 2e-8))),
    )
    program, stimulus = compile(net), spike_trains(16, trials=12, seed=2, rate_hz=200.0)
    (nominal,) = run_virtual(program, [VirtualBoard()], stimulus)
    replay = Replay(program, stimulus, np.arange(stimulus.n_trials))
    gain = np.where(replay.column < 12, 0.85, 1.0)
    (weak,) = scaled(program, [VirtualBoard()], stimulus, gain)
    boards = [BoardRecordings("a", (nominal,)), BoardRecordings("b", (weak,))]
    gains = effective_gains(replay, boards, 1)
    away = (gains.log_gain[1] - gains.log_gain[0])[0]
    rates = np.log(weak.counts.sum(axis=0) / nominal.counts.sum(axis=0))
    assert (rates < -0.05).all()
    assert np.median(away[:12]) == pytest.approx(np.log(0.85), abs=0.02)
    assert np.median(away[12:]) == pytest.approx(0.0, abs=0.02)


def test_a_count_is_found_back_on_its_curve_and_beyond_it_at_the_edge() -> None:
    rng = np.random.default_rng(3)
    curve = np.cumsum(rng.integers(1, 20, (len(GRID), 50)), axis=0)
    for k in range(len(GRID) - 1):
        log_gain, quantum = inverted(curve, curve[k])
        assert np.allclose(log_gain, np.log(GRID[k]))
        assert (quantum > 0).all()
    for spikes, edge in ((curve[0] - 1, GRID[0]), (curve[-1] + 5, GRID[-1])):
        assert np.allclose(inverted(curve, spikes)[0], np.log(edge))
