"""Short-term depression of the simulated board: registers in, weaker answers out."""

import numpy as np
import pytest

from analoop.hw import Bias, Configuration, Events, SimulatedBoard, VirtualBoard
from analoop.hw.board import Trial
from analoop.hw.fleet import build_fleet
from analoop.hw.simulator import run_from

from .boards import ORIGIN, Place, biases, events, monitor, registers, synapse

STD = {"SYAM_STDW_N": Bias(4, 160), "SYAW_STDSTR_N": Bias(0, 80)}


def word(place: Place = ORIGIN, stp: bool = True, **given) -> tuple:
    *rest, _, precise, mismatched = synapse(place, **given)
    return (*rest, stp, precise, mismatched)


def configured(*words: tuple, **currents: float) -> Configuration:
    places = sorted({w[:3] for w in words})
    reports = [monitor(Place(*p)) for p in places]
    return registers(words, reports, [], biases(**currents) | STD)


def rates(answer: Events, duration_us: int) -> np.ndarray:
    """Spikes per quarter of a run."""
    return np.histogram(answer.time_us, 4, (0, duration_us))[0]


@pytest.mark.parametrize("name", ["nominal", "drawn"])
def test_a_neuron_answers_a_train_less_and_less_only_through_a_flagged_word(name: str):
    board = VirtualBoard(seed=None if name == "nominal" else 3)
    train = events(np.arange(0, 800_000, 4_000))
    found = {}
    for stp in (False, True):
        chip = SimulatedBoard(board)
        chip.program(configured(word(stp=stp)))
        found[stp] = rates(chip.run(train, 800_000), 800_000)
    assert found[False].min() > 10 and np.ptp(found[False]) <= 3
    assert found[True][0] > found[True][1] + 2 and found[True][3] < found[False][3] / 2
    chip.run(Events.none(), 2_000_000)
    again = rates(chip.run(train, 800_000), 800_000)
    assert abs(again[0] - found[True][0]) <= 1


def test_depression_survives_other_registers_and_belongs_to_its_word():
    weak = configured(word(), word(word=1, tag=1025), i_threshold=1e-8)
    board = VirtualBoard()
    before = build_fleet(weak, [board])
    train = Trial(events(np.arange(0, 50_000, 5_000)), 50_000)
    _, moment, _ = run_from(before, [train], 0)
    chip = SimulatedBoard(board)
    chip.program(weak)
    chip.run(*train)
    chip.reprogram(configured(word(word=1, tag=1025), word(), word(word=2, tag=1026)))
    assert moment.sheet.depressed and chip._moment and chip._moment.sheet.depressed
    left = chip._moment.sheet.depressed.left[0, 0]
    assert left[0] == moment.sheet.depressed.left.min() < 0.7
    assert left[1:].tolist() == [1.0, 1.0]
    chip.reprogram(configured(word(stp=False)))
    assert chip._moment.sheet.depressed is None
