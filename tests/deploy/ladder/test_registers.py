"""What the compiler did is read from the registers, and is all that it did."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile, decoded_network, fit_weight_currents, nearest_levels
from analoop.deploy.connections import connections
from analoop.deploy.ladder.fitting import without
from analoop.deploy.ladder.registers import base_currents, dropped, quantise_weights
from analoop.deploy.training import legal_parameters
from analoop.hw import Snapshot
from analoop.models import Network, simulate

from ..networks import BOARD, PATIENT, legal_networks, ring, spike_trains, wanted_weights


@settings(PATIENT, max_examples=4)
@given(legal_networks(), st.integers(0, 2**32 - 1))
def test_rounded_weights_and_legal_biases_are_the_registers_to_the_spike(net: Network, seed: int):
    """The two rungs as anybody would write them down, without the registers."""
    program = compile(net, BOARD)
    quantised = quantise_weights(net, decoded_network(program))
    wanted, held = wanted_weights(net), wanted_weights(quantised)
    of_core: dict[tuple[int, int], list[tuple]] = {}
    for key in wanted:
        at = program.neurons[key[1]]
        of_core.setdefault((int(at["chip"]), int(at["core"])), []).append(key)
    for core, keys in of_core.items():
        weights = np.array([wanted[k] for k in keys])
        levels = nearest_levels(weights, fit_weight_currents(weights).currents)
        assert base_currents(program)[core] == pytest.approx(fit_weight_currents(weights).currents)
        assert [held.get(k, 0.0) for k in keys] == pytest.approx(levels.tolist())
    legal = replace(
        quantised,
        populations=tuple(
            replace(p, parameters=legal_parameters(p.parameters)) for p in quantised.populations
        ),
    )
    stimulus = spike_trains(net.n_inputs, trials=2, seed=seed, rate_hz=300.0)
    ours, theirs = (simulate(n, stimulus) for n in (legal, decoded_network(program)))
    assert np.array_equal(ours.time_us, theirs.time_us)
    assert np.array_equal(ours.neuron, theirs.neuron)


def test_without_a_snapshot_nothing_is_dropped():
    net = ring(4)
    program = compile(net, BOARD)
    assert not len(dropped(net, program, decoded_network(program)))


def test_what_was_dropped_for_want_of_good_words_is_found():
    rng = np.random.default_rng(2)
    net = ring(4, n_inputs=BOARD.cam_words - 1)
    strong = rng.uniform(2e-8, 4e-8, net.projections[0].weights.shape)
    strong[0] = 1e-8
    net = replace(
        net, projections=(replace(net.projections[0], weights=strong), net.projections[1])
    )
    shape = (1, BOARD.cores, BOARD.neurons_per_core, BOARD.cam_words, 2)
    tried = np.full(shape, 10)
    failed = np.zeros(shape, int)
    failed[..., 0, :] = 10  # one word of every neuron is dead
    snapshot = Snapshot(
        {"name": "sim:seed=1", "target": "simulated"}, "2026-01-01T00:00:00", "by hand",
        tried, failed, np.zeros(shape[:3], bool), {}, BOARD,
    )  # fmt: skip
    program = compile(net, BOARD, snapshot=snapshot)
    gone = dropped(net, program, decoded_network(program))
    assert program.report["snapshot"]["dropped"] == len(gone) == 4
    assert (gone["source"] == 0).all()
    assert len(connections(without(net, gone))) == len(connections(net)) - 4
