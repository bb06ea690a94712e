"""The nominal board and the network its registers decode to agree, spike for spike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile, decoded_network, load_task, run, run_virtual, shipped_network
from analoop.deploy.metrics import accuracy
from analoop.hw import VirtualBoard, open_board
from analoop.models import DENDRITES, INPUT, Network, Population, Projection, Recording, simulate

from .networks import BOARD, KINDS, PATIENT, legal_networks, network, spike_trains


def events(recording: Recording) -> list[tuple[int, int, int]]:
    columns = (recording.trial, recording.time_us, recording.neuron)
    return list(zip(*(c.tolist() for c in columns), strict=True))


@settings(PATIENT, max_examples=6)
@given(legal_networks(len(KINDS)), st.integers(0, 2**32 - 1))
def test_any_network_and_its_registers_fire_the_same_spikes(net: Network, seed: int):
    program = compile(net, BOARD)
    stimulus = spike_trains(net.n_inputs, trials=2, seed=seed, rate_hz=300.0)
    with open_board("sim:nominal", BOARD) as board:
        measured = run(program, board, stimulus)
    assert events(measured) == events(simulate(decoded_network(program), stimulus))


def every_circuit() -> Network:
    """Each kind of neuron on a core of its own, recurrent over three chips, all four dendrites."""
    rng = np.random.default_rng(4)
    populations = [Population(f"p{k}", 3, kind) for k, kind in enumerate(KINDS)]
    projections = []
    for k, p in enumerate(populations):
        projections.append(Projection(INPUT, p.name, "ampa", rng.uniform(4e-8, 8e-8, (4, 3))))
        for step, dendrite in enumerate(DENDRITES):
            source = populations[(k + step + 1) % len(populations)].name
            weights = np.zeros((3, 3))
            weights[rng.integers(3), rng.integers(3)] = rng.uniform(5e-9, 2e-8)
            projections.append(Projection(source, p.name, dendrite, weights))
    return network(4, populations, *projections)


@pytest.mark.parametrize("step_us", [1000, 500])
def test_every_circuit_of_the_chip_fires_and_agrees(step_us: int):
    program = compile(every_circuit(), BOARD)
    stimulus = spike_trains(4, trials=3, seed=7, rate_hz=400.0)
    with open_board(f"sim:step_us={step_us}", BOARD) as board:
        measured = run(program, board, stimulus)
    assert program.configuration.n_chips == 3
    assert set(np.unique(program.configuration.synapses["dendrite"])) == {128, 256, 512, 1024}
    of_each_kind = measured.counts.sum(axis=0).reshape(len(KINDS), 3).sum(axis=1)
    assert (of_each_kind >= 20).all()
    assert events(measured) == events(simulate(decoded_network(program), stimulus, step_us))


def test_the_shipped_network_and_its_registers_agree_on_all_370_utterances_and_keep_accuracy():
    trained_network = shipped_network()
    program = compile(trained_network)
    stimulus = load_task("japanese-vowels").test
    (measured,) = run_virtual(program, [VirtualBoard()], stimulus)
    assert measured.n_trials == 370
    assert events(measured) == events(simulate(decoded_network(program), stimulus))
    right = accuracy(measured, program.readout, stimulus.target)
    in_software = trained_network.provenance["test_accuracy_software"]
    assert in_software >= 0.94
    assert abs(right - in_software) <= 0.02


def test_mismatch_of_level_zero_is_the_nominal_board_exactly():
    program = compile(every_circuit(), BOARD)
    stimulus = spike_trains(4, trials=2, seed=9, rate_hz=200.0)
    boards = [VirtualBoard(), VirtualBoard(seed=5, level=0.0), VirtualBoard(seed=5)]
    nominal, zero, mismatched = map(events, run_virtual(program, boards, stimulus))
    assert nominal == zero
    assert nominal != mismatched
