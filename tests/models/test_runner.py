"""Every runner plays a sheet the same way: compiled or not, any precision, threads and chunks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models import fast, reference, runner
from analoop.models.coefficients import Coefficients
from analoop.models.errors import InputError
from analoop.models.noise import ELEMENTARY_CHARGE
from analoop.models.parameters import DENDRITES, NeuronParameters
from analoop.models.runner import Runner
from analoop.models.wiring import (
    ADAPTATION,
    REFRACTORY,
    SOMA,
    Drive,
    Run,
    drive,
    metering,
    wire,
)

from .sheets import CIRCUITS, PLAIN, drive_of, sheet_of, wiring_of

few = settings(max_examples=12)
SPIKE = ("chip", "trial", "step", "neuron")


def spikes_of(run: Run) -> list[tuple]:
    columns = [getattr(run, name).tolist() for name in SPIKE]
    return list(zip(*columns, run.within.tolist(), strict=True))


def same_spikes(a: Run, b: Run) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in SPIKE)


@few
@given(
    st.lists(st.sampled_from(CIRCUITS), min_size=1, max_size=30),
    st.integers(1, 3),
    st.sets(st.sampled_from(DENDRITES)),
    st.sampled_from([0, 4]),
    st.integers(0, 5),
)
def test_the_compiled_runner_gives_the_spikes_of_the_definition(circuits, chips, used, delay, seed):
    dendrites = tuple(d for d in DENDRITES if d in used)
    n, kinds = len(circuits), len(dendrites)
    c = sheet_of(circuits, chips, dendrites=dendrites, seed=seed)
    wires = wiring_of(n, 4, chips, kinds, delay, seed)
    events = drive_of([90, 0, 140], n, 4, 0.2, seed)
    slow, quick = reference.run(c, wires, events), fast.run(c, wires, events)
    assert same_spikes(slow, quick)
    assert np.abs(slow.within - quick.within).max(initial=0) < 1e-7
    assert np.array_equal(slow.saturated, quick.saturated)
    assert np.allclose(slow.state.pending, quick.state.pending, rtol=1e-12)
    for d in dendrites:
        mine, its = slow.state.neurons.dendrites[d], quick.state.neurons.dendrites[d]
        assert np.allclose(mine, its, rtol=1e-9, atol=0)
    assert np.allclose(slow.state.neurons.z, quick.state.neurons.z, rtol=1e-4, atol=1e-4)


def noisy(circuits: list[NeuronParameters], chips: int, seed: int = 0) -> Coefficients:
    """Chips with noise of different levels, the last with none."""
    levels = 30.0 * torch.arange(chips - 1, -1, -1, dtype=torch.float64)
    noise = ELEMENTARY_CHARGE * levels[:, None, None] ** 2
    return replace(sheet_of(circuits, chips, seed=seed), noise=noise)


MIXED = [CIRCUITS[k % len(CIRCUITS)] for k in range(24)]


@few
@given(st.lists(st.sampled_from(CIRCUITS), min_size=1, max_size=20), st.integers(0, 5))
def test_the_runners_agree_spike_for_spike_with_noise(circuits, seed: int):
    n = len(circuits)
    sheet = noisy(circuits, 3, seed), wiring_of(n, 4, 3, seed=seed), drive_of([150, 90], n, 4)
    slow, quick = reference.run(*sheet), fast.run(*sheet)
    assert same_spikes(slow, quick)
    assert np.abs(slow.within - quick.within).max(initial=0) < 1e-7
    nominal = fast.run(replace(sheet[0], noise=None), *sheet[1:])
    quiet = quick.chip == 2
    assert np.array_equal(quick.within[quiet], nominal.within[nominal.chip == 2])


@pytest.mark.parametrize("play", [reference.run, fast.run])
def test_a_noisy_run_cut_in_two_equals_the_whole(play):
    c, wires = noisy(MIXED, 2), wiring_of(24, 5, 2, delay=3)
    whole = drive_of([200, 200], 24, 5)
    parts = []
    for early in (True, False):
        mine = (whole.step < 80) == early
        trial = np.repeat([0, 1], np.diff(whole.first))[mine]
        step = whole.step[mine] - (0 if early else 80)
        parts.append(drive(np.full(2, 80 if early else 120), trial, step, whole.source[mine]))
    together = play(c, wires, whole)
    first = play(c, wires, parts[0])
    second = play(c, wires, parts[1], first.state)
    later = [(a, t, k + 80, *b) for a, t, k, *b in spikes_of(second)]
    assert sorted(spikes_of(first) + later) == sorted(spikes_of(together))
    chances = together.state.chance, second.state.chance
    assert [c.step.tolist() for c in chances if c] == [[200, 200]] * 2


def test_noise_does_not_depend_on_threads_and_differs_by_chip_and_trial():
    driven = NeuronParameters.from_times(dc=True, i_dc=1e-10)
    c = replace(sheet_of([driven] * 5), noise=torch.tensor([[[ELEMENTARY_CHARGE]]]))
    wires, events = wiring_of(5, 1), drive_of([100] * 7, 5, 1, 0.0)
    one = fast.run(c, wires, events, workers=1)
    for workers in (2, 5):
        more = fast.run(c, wires, events, workers=workers)
        assert torch.equal(one.state.neurons.z, more.state.neurons.z)
    assert len(one.state.neurons.z.unique()) == 35


def test_the_agreement_of_the_runners_is_not_one_of_silence():
    circuits = [CIRCUITS[k % len(CIRCUITS)] for k in range(24)]
    ran = fast.run(sheet_of(circuits, 3), wiring_of(24, 5, 3), drive_of([200, 300], 24, 5))
    assert (np.bincount(ran.neuron, minlength=24) > 0).sum() > 18


def test_single_precision_gives_nearly_the_same_spikes():
    circuits = [CIRCUITS[k % len(CIRCUITS)] for k in range(24)]
    sheet = sheet_of(circuits, 3), wiring_of(24, 5, 3), drive_of([500, 300], 24, 5)
    double, single = fast.run(*sheet), fast.run(*sheet, precision="single")
    counts = [np.bincount(r.neuron, minlength=24) for r in (double, single)]
    assert np.abs(counts[0] - counts[1]).max() <= 2
    assert abs(len(double.neuron) - len(single.neuron)) <= 0.002 * len(double.neuron)


@few
@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 5))
def test_bits_do_not_depend_on_threads_chips_and_trials_beside(workers, trials, chips):
    n = 11
    c = sheet_of([CIRCUITS[k % len(CIRCUITS)] for k in range(n)], chips)
    wires = wiring_of(n, 3, chips)
    events = drive_of([60 + 7 * k for k in range(trials)], n, 3, 0.3)
    together = fast.run(c, wires, events, workers=workers)
    for trial in range(trials):
        mine = slice(events.first[trial], events.first[trial + 1])
        alone = Drive(
            events.steps[trial : trial + 1],
            events.first[trial : trial + 2] - events.first[trial],
            events.step[mine],
            events.source[mine],
        )
        ran = spikes_of(fast.run(c, wires, alone, workers=1))
        assert ran == [(a, 0, *b) for a, t, *b in spikes_of(together) if t == trial]


def driven(circuit: NeuronParameters, events: int, weight: float, steps: int, dt: float = 1e-3):
    """One neuron whose 64 synapses all listen to the one source, every `events` of a step."""
    c = sheet_of([circuit], spread=0.0, dt=dt)
    wires = wire([np.zeros(0, int), np.arange(64)], np.zeros(64, int), np.full((1, 64), weight))
    step = np.repeat(np.arange(steps), events)
    arrivals = drive(np.array([steps]), np.zeros_like(step), step, np.ones_like(step))
    return [runner(c, wires, arrivals) for runner in (reference.run, fast.run)] + [
        fast.run(c, wires, arrivals, precision="single")
    ]


DARK: dict[str, Any] = dict.fromkeys(PLAIN.currents(), 5e-13)
STRONG: dict[str, Any] = dict.fromkeys(PLAIN.currents(), 2.2e-6)
EDGES = {
    "all currents dark": NeuronParameters(**DARK, dc=True, adaptation=True, nmda_gate=True),
    "coarse 5": NeuronParameters(**STRONG, dc=True),
    "no refractory period": NeuronParameters.from_times(t_refractory=0.0, i_refractory=1.0),
    "exponential and strong": NeuronParameters.from_times(soma="exponential", tau_mem=0.1e-3),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("events", [0, 1, 5000])
@pytest.mark.parametrize("dt", [1e-3, 1e-6])
def test_extreme_circuits_and_crowded_steps_give_finite_states(name: str, events: int, dt: float):
    runs = driven(EDGES[name], events, 1e-6 if events > 1 else 1e-9, 30, dt)
    for ran in runs:
        state = ran.state.neurons
        values = [v.numpy() for v in (state.z, state.wait, state.ahp, *state.dendrites.values())]
        assert all(np.isfinite(v).all() for v in values)
        assert np.isfinite(ran.within).all() and (ran.within >= 0).all()
        assert (np.diff(ran.step) > 0).all(), "one spike per step"
    assert len({len(ran.step) for ran in runs}) == 1


def test_a_neuron_that_cannot_keep_up_is_counted_as_saturated():
    for ran in driven(EDGES["no refractory period"], 64, 1e-6, 50):
        assert len(ran.step) > 40
        assert ran.saturated.tolist()[0][0] > 30
    for ran in driven(PLAIN, 1, 1e-11, 50):
        assert ran.saturated.tolist() == [[0]]


def test_no_neurons_and_no_trials_are_runs_too():
    for play in (reference.run, fast.run):
        for neurons, steps in ((0, [10]), (3, []), (3, [0]), (3, [1])):
            c, wires = sheet_of([PLAIN] * neurons), wiring_of(neurons, 2)
            ran = play(c, wires, drive_of(steps, neurons, 2))
            assert len(ran.neuron) == 0
            assert ran.state.pending.shape == (1, len(steps), 1, 4, neurons)
            assert ran.saturated.shape == (1, len(steps))


def test_a_delayed_synapse_acts_so_many_steps_later():
    c = sheet_of([PLAIN] * 3, spread=0.0)
    weights, late = np.full((1, 3), 1e-6), np.array([[0, 2, 7]])
    wires = wire([np.zeros(0, int)] * 3 + [np.arange(3)], np.arange(3), weights, late)
    events = drive(np.array([30]), np.array([0]), np.array([4]), np.array([3]))
    for play in (reference.run, fast.run):
        ran = play(c, wires, events)
        first = [ran.step[ran.neuron == n][0] for n in range(3)]
        assert np.diff(first).tolist() == [2, 5]


def test_the_runner_is_chosen_by_what_is_installed_and_says_its_name(monkeypatch):
    sheet = sheet_of([PLAIN]), wiring_of(1, 1), drive_of([5], 1, 1)
    assert Runner().run(*sheet).runner == Runner().name() == "numba double"
    assert Runner("single").run(*sheet).runner == "numba single"
    assert Runner(compiled=False).run(*sheet).runner == "torch float64"
    monkeypatch.setattr(runner, "has_kernel", lambda: False)
    assert Runner().run(*sheet).runner == "torch float64"
    with pytest.raises(InputError) as caught:
        Runner(compiled=True).name()
    assert caught.value.code == "NO_KERNEL" and "pip install numba" in str(caught.value)


def test_a_runner_that_does_not_exist_is_refused():
    bad: list[dict[str, Any]] = [{"precision": "half"}, {"device": "gpu"}, {"workers": 0}]
    for wrong in bad:
        with pytest.raises(InputError) as caught:
            Runner(**wrong)
        assert caught.value.code == "RUNNER"


def watching(c: Coefficients, wires: Any, trials: int, neurons: list[int]) -> Any:
    rest = reference.at_rest(c, wires.ring, len(wires.weight), trials)
    return rest._replace(meter=metering(np.array(neurons), len(wires.weight), trials, len(c.decay)))


def test_a_meter_sums_what_neurons_hold_alike_in_every_runner_and_changes_nothing():
    c, wires = sheet_of(list(CIRCUITS), 2), wiring_of(len(CIRCUITS), 3, 2, delay=3)
    events = drive_of([60, 0, 90], len(CIRCUITS), 3)
    start = watching(c, wires, 3, [0, 1, 4])
    without = fast.run(c, wires, events)
    slow, quick = reference.run(c, wires, events, start), fast.run(c, wires, events, start)
    assert same_spikes(without, quick) and start.meter.total.max() == 0
    its, mine = slow.state.meter, quick.state.meter
    assert its and mine and without.state.meter is None
    assert np.allclose(its.total, mine.total, rtol=1e-4)
    assert (mine.total[:, 1] == 0).all() and (mine.total[:, 0, SOMA] > 0).all()
    assert mine.total[:, :, REFRACTORY].max() > 0
    assert (mine.total[..., ADAPTATION, 0] == 0).all()


def test_a_meter_goes_on_where_a_run_was_cut():
    c, wires = sheet_of(list(CIRCUITS)), wiring_of(len(CIRCUITS), 3)
    events, start = drive_of([80], len(CIRCUITS), 3), watching(c, wires, 1, [1, 3])
    whole = fast.run(c, wires, events, start)
    early = events.step < 33
    halves = [
        drive(np.array([n]), np.zeros(k.sum(), int), events.step[k] - t, events.source[k])
        for n, t, k in ((33, 0, early), (47, 33, ~early))
    ]
    first = fast.run(c, wires, halves[0], start)
    second = fast.run(c, wires, halves[1], first.state)
    assert whole.state.meter and second.state.meter
    assert np.array_equal(whole.state.meter.total, second.state.meter.total)
