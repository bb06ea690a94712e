"""Short-term depression: a train depresses, a pause restores, every runner and every cut alike."""

import numpy as np
import pytest

from analoop.models import fast, gpu, reference
from analoop.models.errors import InputError
from analoop.models.plasticity import depression, left_now, rested
from analoop.models.wiring import Depressed, Drive, Plastic, Run, Wiring, drive, wire

from .sheets import CIRCUITS, drive_of, sheet_of

SHARE, TAU = 0.2, 50.0
"""What an event takes, and the recovery time in steps."""


def one_synapse(share: float = SHARE, delay: int = 0) -> Wiring:
    """A source outside one neuron, on AMPA, with depression."""
    plastic = Plastic(np.zeros(1, np.int64), np.full((1, 1), share), np.full((1, 1), 1 / TAU))
    late = np.full((1, 1), delay) if delay else None
    none = np.zeros(0, np.int64)
    return wire([none, np.zeros(1, np.int64)], np.zeros(1), np.full((1, 1), 1e-9), late, plastic)


def events_at(steps: list[int], last: int) -> Drive:
    none = np.zeros(len(steps), np.int64)
    return drive(np.array([last]), none, np.array(steps), none + 1)


def delivered(wires: Wiring, steps: list[int], last: int) -> tuple[float, Run]:
    """What is on its way after `last` steps [1e-9 A], of a run whose last event was just sent."""
    ran = fast.run(sheet_of(list(CIRCUITS[:1]), dendrites=("ampa",)), wires, events_at(steps, last))
    return float(ran.state.pending[0, 0, 0, 0, 0]) * 1e9, ran


def test_a_train_depresses_and_a_pause_restores():
    wires, train = one_synapse(), list(range(0, 100, 10))
    answers = [delivered(wires, train[: k + 1], train[k] + 1)[0] for k in range(10)]
    assert answers[0] == pytest.approx(1.0)
    assert (np.diff(answers) < 0).all()
    # At the end what an event takes is what comes back until the next one.
    steady = (1 - np.exp(-10 / TAU)) / (1 - (1 - SHARE) * np.exp(-10 / TAU))
    assert answers[-1] == pytest.approx(steady, rel=0.05)
    pauses = [delivered(wires, [*train, 90 + p], 91 + p)[0] for p in (20, 50, 100, 400)]
    assert pauses == sorted(pauses) and pauses[-1] == pytest.approx(1.0, abs=1e-3)


def test_where_a_synapse_stands_can_be_asked_at_any_time():
    wires, (_, ran) = one_synapse(), delivered(one_synapse(), [0, 10], 41)
    assert ran.state.depressed and wires.plastic
    left = left_now(ran.state.depressed, wires.plastic.rate)
    after = 1 - (1 - (1 - SHARE * np.exp(-10 / TAU)) * (1 - SHARE)) * np.exp(-31 / TAU)
    assert left.shape == (1, 1, 1) and left[0, 0, 0] == pytest.approx(after)
    assert (left_now(rested(1, 2, 3), np.ones((1, 3))) == 1).all()


def test_two_events_in_one_step_are_two_and_a_delay_comes_after():
    twice = delivered(one_synapse(), [5, 5], 6)[0]
    assert twice == pytest.approx(1 + (1 - SHARE))
    late = delivered(one_synapse(delay=3), [5], 9)[0]
    assert late == pytest.approx(1.0)


def sheet(chips: int = 2) -> tuple[Wiring, int]:
    """Neurons that hear each other and two sources, a third of the synapses with depression."""
    rng, n = np.random.default_rng(5), len(CIRCUITS)
    hears = rng.random((n + 2, 2, n)) < 0.25
    source, dendrite, target = np.nonzero(hears)
    synapses = len(source)
    which = np.where(rng.random(synapses) < 0.4, 1, 0)
    number = np.where(which > 0, np.cumsum(which) - 1, -1)
    of = (chips, which.sum())
    plastic = Plastic(number, rng.uniform(0.05, 0.5, of), rng.uniform(0.01, 0.1, of))
    reached = [np.flatnonzero(source == s) for s in range(n + 2)]
    weight = rng.random((chips, synapses)) * 8e-9
    delay = rng.integers(0, 4, (chips, synapses))
    return wire(reached, dendrite * n + target, weight, delay, plastic), n


def test_the_compiled_runner_depresses_as_the_definition():
    wires, n = sheet()
    c = sheet_of(list(CIRCUITS), 2, dendrites=("ampa", "nmda"))
    events = drive_of([80, 0, 50], n, 2, 0.3)
    slow, quick = reference.run(c, wires, events), fast.run(c, wires, events)
    for name in ("chip", "trial", "step", "neuron"):
        assert np.array_equal(getattr(slow, name), getattr(quick, name))
    assert len(quick.neuron) > 20
    its, mine = slow.state.depressed, quick.state.depressed
    assert its and mine and np.array_equal(its.since, mine.since)
    assert np.allclose(its.left, mine.left, rtol=1e-12) and mine.left.min() < 0.7
    assert np.allclose(slow.state.pending, quick.state.pending, rtol=1e-9)


@pytest.mark.parametrize("runner", [fast, reference])
def test_a_run_cut_anywhere_goes_on_alike(runner):
    wires, n = sheet(1)
    c = sheet_of(list(CIRCUITS), dendrites=("ampa", "nmda"))
    events = drive_of([40], n, 2, 0.3)
    whole, state = runner.run(c, wires, events).state, None
    for start, end in ((0, 7), (7, 8), (8, 40)):
        mine = (events.step >= start) & (events.step < end)
        trial = np.zeros(int(mine.sum()), np.int64)
        part = drive(np.array([end - start]), trial, events.step[mine] - start, events.source[mine])
        state = runner.run(c, wires, part, state).state
    assert state and np.array_equal(whole.depressed.left, state.depressed.left)
    assert np.array_equal(whole.pending, state.pending)


def test_the_settings_of_public_programs_are_in_the_range_of_the_head():
    share, rate = depression(np.array([7.6e-9, 1.94e-7]), np.array([5e-13, 4.5e-12]), 1e-3)
    assert share[0] == pytest.approx(0.0087, rel=0.05) and share[1] == pytest.approx(0.2, rel=0.05)
    assert 1e-3 / rate[0] == pytest.approx(1.7, rel=0.05)
    assert 1e-3 / rate[1] == pytest.approx(0.19, rel=0.05)


def test_the_gpu_runner_refuses_depressed_synapses():
    wires, n = sheet(1)
    c = sheet_of(list(CIRCUITS), dendrites=("ampa", "nmda"))
    assert not gpu.knows(c, wires)
    with pytest.raises(InputError) as caught:
        gpu.run(c, wires, drive_of([5], n, 2), device="cpu")
    assert caught.value.code == "NOT_ON_GPU"
    assert isinstance(rested(1, 1, 1), Depressed)
