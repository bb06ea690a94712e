"""Registers that change while a chip runs: charge stays, only what changed behaves otherwise."""

import numpy as np
import pytest

from analoop.hw import Events, SimulatedBoard, VirtualBoard

from .boards import Place, biases, events, monitor, registers, synapse
from .lively import lively, stimulus

HALF = 15_000


def halves(stimulus: Events) -> tuple[Events, Events]:
    early = stimulus.time_us < HALF
    return stimulus.chosen(early), stimulus.chosen(~early, -HALF)


def columns(events: Events) -> list[list[int]]:
    return [getattr(events, n).tolist() for n in ("time_us", "tag", "cores", "x_hop", "y_hop")]


@pytest.mark.parametrize(
    "board",
    [VirtualBoard(), VirtualBoard(seed=3, noise=1.0, jitter_us=300)],
    ids=lambda board: board.name,
)
def test_writing_the_same_registers_again_changes_nothing(board: VirtualBoard):
    first, second = halves(stimulus(1))
    answers = []
    for again in (False, True):
        chip = SimulatedBoard(board)
        chip.program(lively())
        early = chip.run(first, HALF)
        if again:
            chip.reprogram(lively())
        answers.append((columns(early), columns(chip.run(second, HALF))))
    assert len(answers[0][1][0]) > 5
    assert answers[0] == answers[1]


def charged(threshold: float, gain: float = 1e-11):
    """One neuron that one event charges, but not to a threshold of 0.8 uA."""
    place = Place()
    return registers(
        [synapse(place, 1000, weight=0b1111)],
        [monitor(place, 1)],
        [],
        biases(i_threshold=threshold, i_gain_mem=gain),
    )


@pytest.mark.parametrize("gain", [1e-11, 3e-11])
def test_charge_stays_when_a_threshold_falls_below_it_and_is_gone_after_programming(gain: float):
    fired = []
    for keep in (True, False):
        chip = SimulatedBoard(VirtualBoard())
        chip.program(charged(8e-7))
        assert not len(chip.run(events(np.arange(5) * 1000, 1000, 0b1111), 20_000))
        (chip.reprogram if keep else chip.program)(charged(5e-11, gain))
        fired.append(len(chip.run(Events.none(), 3_000)))
    assert fired[0] > 0 and fired[1] == 0


def test_a_neuron_that_nobody_saw_before_begins_at_rest():
    chip = SimulatedBoard(VirtualBoard())
    chip.program(charged(8e-7))
    chip.run(events(np.arange(5) * 1000, 1000, 0b1111), 20_000)
    other = Place(core=2)
    chip.reprogram(
        registers(
            [synapse(other, 1000, weight=0b1111)],
            [monitor(other, 7)],
            [],
            biases(i_threshold=5e-11),
        )
    )
    assert not len(chip.run(Events.none(), 3_000))


def test_a_refractory_period_goes_on_at_the_new_current():
    """A neuron that spiked under a current that makes it wait for seconds is free soon after."""
    slow, fast = (
        registers(
            [synapse(Place(), 1000, weight=0b1111)],
            [monitor(Place(), 1)],
            [],
            biases(i_threshold=1e-10, i_refractory=amps),
        )
        for amps in (1e-12, 1e-9)
    )
    chip = SimulatedBoard(VirtualBoard())
    chip.program(slow)
    train = events(np.arange(10) * 1000, 1000, 0b1111)
    assert len(chip.run(train, 10_000)) == 1 and not len(chip.run(train, 10_000))
    chip.reprogram(fast)
    assert len(chip.run(train, 10_000)) > 2
