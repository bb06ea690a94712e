"""What a neuron does: synapses, inhibition, injection, refractory period, limits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models.neuron import rest, step
from analoop.models.parameters import CONSTANTS, DENDRITES, NeuronParameters

from .neurons import coefficients_of, run, spike_times
from .reference_neuron import Reference

I_0 = 5e-13


def poisson(rate_hz: float, weight: float, steps: int, neurons: int, seed: int) -> np.ndarray:
    """Weight currents that arrive in each step of 1 ms [A], [step, neuron]."""
    return weight * np.random.default_rng(seed).poisson(rate_hz * 1e-3, (steps, neurons))


def mean_rate(p: NeuronParameters, drive: dict[str, np.ndarray]) -> float:
    """Spikes per second and neuron."""
    steps, neurons = drive["ampa"].shape
    return float(run(coefficients_of(p), drive, steps)[0].sum()) / neurons / (steps * 1e-3)


@pytest.mark.parametrize("dendrite", DENDRITES)
@pytest.mark.parametrize("tau", [3e-3, 10e-3, 80e-3])
def test_one_event_adds_the_jump_and_decays_with_the_time_constant(dendrite: str, tau: float):
    c = coefficients_of(NeuronParameters.from_times(tau_syn={dendrite: tau}))
    weight = torch.tensor([2e-9], dtype=torch.float64)
    state, _ = step(c, rest(c, (1,)), {dendrite: weight})
    for _ in range(9):
        state, _ = step(c, state, {})
    jump = 100 * (1 - math.exp(-10e-6 / tau))  # gain ratio 100, pulse of 10 us
    expected = (I_0 + jump * 2e-9) * math.exp(-10e-3 / tau)
    assert state.dendrites[dendrite].item() == pytest.approx(expected, rel=1e-9)


def test_events_on_one_dendrite_leave_the_others_at_the_dark_current():
    c = coefficients_of(NeuronParameters.from_times())
    state, _ = step(c, rest(c, (1,)), {"gaba": torch.tensor([1e-8], dtype=torch.float64)})
    assert {d: state.dendrites[d].item() for d in DENDRITES if d != "gaba"} == {
        "ampa": I_0, "nmda": I_0, "shunt": I_0
    }  # fmt: skip


@pytest.mark.parametrize("dendrite", ["gaba", "shunt"])
def test_rockpool_defect_inhibition_ten_times_the_excitation_only_costs_8_percent(dendrite: str):
    """100 Hz of inhibition with ten times the weight of 100 Hz of excitation must silence."""
    weight, steps, neurons = 1e-8, 700, 40
    excitation = poisson(100, weight, steps, neurons, seed=0)
    inhibition = poisson(100, 10 * weight, steps, neurons, seed=1)
    p = NeuronParameters.from_times()
    driven = mean_rate(p, {"ampa": excitation})
    assert driven > 30
    assert mean_rate(p, {"ampa": excitation, dendrite: inhibition}) < 0.04 * driven


def test_the_nmda_gate_lets_pass_only_what_another_input_opens():
    nmda, ampa = poisson(800, 0.5e-9, 100, 16, seed=0), poisson(800, 0.8e-9, 100, 16, seed=1)
    gated = NeuronParameters.from_times(nmda_gate=True, i_nmda_gate=2e-10)
    alone = mean_rate(gated, {"ampa": 0 * ampa, "nmda": 4 * nmda})
    opened = mean_rate(gated, {"ampa": ampa, "nmda": nmda})
    assert alone == 0
    assert opened > 1.2 * mean_rate(gated, {"ampa": ampa}) > 0
    ungated = NeuronParameters.from_times()
    assert mean_rate(ungated, {"ampa": 0 * ampa, "nmda": 4 * nmda}) > 50


def test_adaptation_makes_the_intervals_longer():
    p = NeuronParameters.from_times(dc=True, i_dc=2e-9, adaptation=True, i_w_ahp=2e-7)
    (times,) = spike_times(p, [{}], 0.4)
    intervals = np.diff(times)
    assert intervals[-1] > 1.5 * intervals[0]


@pytest.mark.parametrize("soma", ["threshold", "exponential"])
def test_rockpool_defect_dc_input_cannot_be_switched_off(soma):
    """Rockpool injects Idc whatever the latch says."""
    drive = {"ampa": poisson(800, 6e-9, 60, 5, seed=0)}
    off = [
        run(coefficients_of(NeuronParameters.from_times(soma=soma, i_dc=i_dc)), drive, 60)
        for i_dc in (1e-12, 1e-6)
    ]
    assert off[0][0].sum() > 0
    assert torch.equal(off[0][0], off[1][0]) and torch.equal(off[0][1], off[1][1])
    on = coefficients_of(NeuronParameters.from_times(soma=soma, dc=True, i_dc=1e-6))
    assert run(on, drive, 60)[0].sum() > off[0][0].sum()


@pytest.mark.parametrize("soma", ["threshold", "exponential"])
@pytest.mark.parametrize("dt", [1e-3, 0.4e-3])
@pytest.mark.parametrize("t_refractory", [2.5e-3, 10e-3])
def test_a_neuron_driven_beyond_measure_fires_once_per_refractory_period(soma, dt, t_refractory):
    p = NeuronParameters.from_times(t_refractory=t_refractory, soma=soma, dc=True, i_dc=1e-6)
    (times,) = spike_times(p, [{}], 0.1, dt)
    intervals = np.diff(times)
    assert intervals.min() > t_refractory * (1 - 1e-9)
    assert intervals.mean() == pytest.approx(t_refractory, rel=0.02)


@pytest.mark.parametrize("t_refractory", [50e-6, 0.4e-3])
@pytest.mark.parametrize("i_dc", [1.5e-9, 4e-9])
def test_a_refractory_period_shorter_than_the_step_costs_no_time(t_refractory, i_dc):
    p = NeuronParameters.from_times(t_refractory=t_refractory, dc=True, i_dc=i_dc)
    exact = Reference(p).spike_times({}, 0.3)
    (times,) = spike_times(p, [{}], 0.3, dt=1e-3)
    assert np.diff(times).min() > t_refractory
    assert np.diff(times).mean() == pytest.approx(np.diff(exact).mean(), rel=0.02)


def test_a_neuron_never_spikes_twice_in_a_step_nor_outside_it():
    p = NeuronParameters.from_times(t_refractory=1e-6, dc=True, i_dc=1e-6)
    count, time = run(coefficients_of(p), {}, 50)
    assert count[1:].eq(1).all()
    assert (time >= 0).all() and (time <= 1e-3).all()


def test_a_neuron_without_input_stays_exactly_at_rest():
    for soma in ("threshold", "exponential"):
        c = coefficients_of(NeuronParameters.from_times(soma=soma, adaptation=True, nmda_gate=True))
        state = start = rest(c, (3,))
        for _ in range(50):
            state, spikes = step(c, state, {})
            assert not spikes.count.any()
        assert torch.equal(state.z, start.z) and torch.equal(state.ahp, start.ahp)
        assert all(torch.equal(state.dendrites[d], start.dendrites[d]) for d in DENDRITES)


drives = st.lists(
    st.dictionaries(st.sampled_from(DENDRITES), st.sampled_from([1e-12, 1e-9, 1e-6, 2e-2])),
    min_size=1, max_size=12,
)  # fmt: skip
"""Weight currents [A] of each step; the largest is 10,000 events of 2 uA at once."""


@settings(max_examples=40)
@given(
    drives,
    st.sampled_from([1e-9, 1e-3, 20e-3, 10.0]),
    st.sampled_from([1e-9, 10e-3, 10.0]),
    st.sampled_from(["threshold", "exponential"]),
    st.sampled_from([torch.float64, torch.float32]),
    st.booleans(),
)
def test_whatever_arrives_every_current_stays_finite_and_above_the_dark_current(
    arriving, tau_mem, tau_syn, soma, dtype, switched_on
):
    p = NeuronParameters.from_times(
        tau_mem=tau_mem, tau_syn=tau_syn, soma=soma, nmda_gate=switched_on, i_nmda_gate=1e-10,
        adaptation=switched_on, i_w_ahp=1e-6, i_tau_ahp=CONSTANTS.leak_current(tau_syn, 40e-12),
    )  # fmt: skip
    c = coefficients_of(p, dtype=dtype)
    state = rest(c, (1,))
    for drive in arriving:
        state, spikes = step(
            c, state, {d: torch.tensor([w], dtype=dtype) for d, w in drive.items()}
        )
        assert spikes.count.item() in (0, 1)
        assert 0 <= spikes.time.item() <= c.dt * (1 + 1e-6)
        assert math.isfinite(state.z.item()) and state.z.item() >= c.z_floor.item()
        assert math.isfinite(state.wait.item())
        currents = [*state.dendrites.values()] + [state.ahp] * switched_on
        assert all(math.isfinite(i.item()) and i.item() >= I_0 * (1 - 1e-6) for i in currents)


@settings(max_examples=12)
@given(st.integers(1, 9), st.integers(1, 5), st.sampled_from(["threshold", "exponential"]))
def test_a_neuron_does_the_same_to_the_last_bit_whoever_is_simulated_beside_it(
    neurons: int, trials: int, soma
):
    p = NeuronParameters.from_times(
        soma=soma, nmda_gate=True, i_nmda_gate=1e-10, adaptation=True, i_w_ahp=1e-9
    )
    c = coefficients_of(p)
    rng = np.random.default_rng(neurons * 10 + trials)
    drive = {
        d: torch.tensor(rng.poisson(0.7, (12, trials, neurons)) * 10.0**rate)
        for d, rate in zip(DENDRITES, (-8.3, -8.5, -9.5, -11), strict=True)
    }
    together, alone = rest(c, (trials, neurons)), rest(c, (1,))
    row, column = trials // 2, neurons // 2
    for k in range(12):
        together, both = step(c, together, {d: value[k] for d, value in drive.items()})
        one = {d: value[k, row, column : column + 1].clone() for d, value in drive.items()}
        alone, single = step(c, alone, one)
        assert both.count[row, column] == single.count[0]
        assert both.time[row, column] == single.time[0]
        assert together.z[row, column] == alone.z[0]
        assert together.ahp[row, column] == alone.ahp[0]
