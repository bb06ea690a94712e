"""Noise: counted random numbers, and fluctuations as large as the stated density says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from analoop.models import fast, reference
from analoop.models.coefficients import Coefficients
from analoop.models.neuron import step
from analoop.models.noise import ELEMENTARY_CHARGE, hashed, normals, trial_keys, uniforms
from analoop.models.omega import wright_omega
from analoop.models.parameters import CONSTANTS, NeuronParameters
from analoop.models.wiring import Run, drive, wire

from .sheets import sheet_of

TRIALS = np.arange(200)
KEY = trial_keys("test", [0], np.array([7]))


def test_splitmix64_gives_its_published_numbers():
    """The first outputs of the reference implementation seeded with 1234567."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert hashed(np.uint64(1234567), np.arange(3, dtype=np.uint64)).tolist() == expected


def test_a_number_depends_on_its_key_and_counter_only():
    together = uniforms(KEY, np.arange(1000))
    for k in (0, 17, 999):
        (u,), (v,) = uniforms(KEY, np.array([k]))
        assert (u, v) == (together[0][k], together[1][k])


def test_numbers_are_uniform_and_strictly_between_0_and_1():
    u, v = uniforms(KEY, np.arange(200_000))
    for x in (u, v):
        assert x.min() > 0 and x.max() < 1
        share, _ = np.histogram(x, 20, (0, 1))
        assert abs(share - 10_000).max() < 5 * np.sqrt(10_000)
    assert abs(np.corrcoef([u, v, np.roll(u, 1), np.roll(v, 1)]) - np.eye(4)).max() < 0.012


def test_trials_purposes_and_seeds_have_keys_of_their_own():
    keys = [trial_keys(p, s, TRIALS) for p in ("in", "out") for s in ([0, 0], [0, 1], [1, 0])]
    assert len(np.unique(np.concatenate(keys))) == 6 * len(TRIALS)
    assert np.array_equal(trial_keys("in", [0, 0], TRIALS[50:]), keys[0][50:])


def test_numbers_of_neighbouring_trials_are_independent():
    rows = [uniforms(key, np.arange(20_000))[0] for key in trial_keys("in", [0], TRIALS[:6])]
    assert abs(np.corrcoef(rows) - np.eye(6)).max() < 0.04


def test_normal_numbers_are_normal_and_independent_of_neighbours_in_step_and_neuron():
    x = normals(np.repeat(KEY, 300), np.arange(300), 1000)
    assert stats.kstest(x.ravel(), "norm").pvalue > 0.01
    assert x.var() == pytest.approx(1, abs=0.01)
    assert stats.kurtosis(x.ravel()) == pytest.approx(0, abs=0.03)
    for other in (x[1:, :-1], x[:-1, 1:], x[1:, 1:]):
        assert abs(np.corrcoef(x[:-1, :-1].ravel(), other.ravel())[0, 1]) < 0.01


Q = CONSTANTS.c_mem * CONSTANTS.u_t / CONSTANTS.kappa


def noisy(circuit: NeuronParameters, level: float, dt: float, neurons: int = 1) -> Coefficients:
    """One chip of equal neurons."""
    c = sheet_of([circuit] * neurons, spread=0.0, dt=dt)
    amount = torch.tensor([[[level**2 * ELEMENTARY_CHARGE]]], dtype=torch.float64)
    return replace(c, noise=amount)


def undriven(c: Coefficients, steps: int, trials: int = 1, play=fast.run) -> Run:
    none = np.zeros(0, int)
    neurons = c.z_floor.shape[-1]
    alone = wire([none] * neurons, none, np.zeros((1, 0)))
    return play(c, alone, drive(np.full(trials, steps), none, none, none))


CIRCUIT = {"dc": True, "i_dc": 3e-11}


@pytest.mark.parametrize("soma", ["threshold", "exponential"])
@pytest.mark.parametrize("x_before", [0.05, 1.0, 20.0])
def test_a_step_adds_the_shot_noise_of_every_current_at_the_membrane(soma, x_before: float):
    """Variance of the charge q I h, from the equations and not from the code."""
    dt, neurons = 1e-6, 20_000
    circuit = NeuronParameters.from_times(soma=soma, threshold=1e-6, **CIRCUIT)
    c = noisy(circuit, 1.0, dt, neurons)
    rest = reference.at_rest(c, 1, 1, 1).neurons
    z = torch.full_like(rest.z, x_before + np.log(x_before))
    normal = torch.from_numpy(normals(KEY[None], np.array([[0]]), neurons))
    moved, still = (step(c, rest._replace(z=z), {}, n)[0].z
                    for n in (normal, None))  # fmt: skip
    leak, i_0 = circuit.i_tau_mem, CONSTANTS.i_0
    i_in, i_sum = circuit.i_dc + i_0, leak + i_0
    i = x_before * circuit.i_gain_mem
    power = CONSTANTS.kappa / (CONSTANTS.kappa + 1)
    i_fb = i_0 * (i / i_0) ** power if soma == "exponential" else 0.0
    charge = ELEMENTARY_CHARGE * (i_in / (1 + x_before) + i_sum + i_fb) * dt
    ln_x = (wright_omega(moved) / wright_omega(still)).log()
    assert ln_x.std().item() == pytest.approx(np.sqrt(charge) / Q, rel=0.02)
    assert abs(ln_x.mean().item()) < 4 * ln_x.std().item() / np.sqrt(neurons)


def test_at_rest_the_membrane_voltage_fluctuates_by_kt_over_kappa_c():
    """The fluctuation-dissipation theorem: kT/C over the slope factor, far above the gain."""
    circuit = NeuronParameters.from_times(threshold=1e-6, tau_mem=5e-3, dc=True, i_dc=1.5e-9)
    c = noisy(circuit, 1.0, 2e-4, neurons=4000)
    z = undriven(c, 400).state.neurons.z
    x = wright_omega(z)
    voltage = CONSTANTS.u_t / CONSTANTS.kappa * x.log()
    expected = ELEMENTARY_CHARGE * CONSTANTS.u_t / (CONSTANTS.kappa * CONSTANTS.c_mem)
    assert x.mean() > 10
    assert voltage.var().item() == pytest.approx(expected * (1 + 1 / x.mean().item()), rel=0.1)


@pytest.mark.parametrize("level", [0.5, 2.0])
def test_the_level_scales_the_standard_deviation_and_zero_is_exactly_nominal(level: float):
    circuit = NeuronParameters.from_times(threshold=1e-6, **CIRCUIT)
    spread = [undriven(noisy(circuit, k, 1e-3, 2000), 50).state.neurons.z.std().item()
              for k in (1.0, level)]  # fmt: skip
    assert spread[1] / spread[0] == pytest.approx(level, rel=0.03)
    still = undriven(replace(noisy(circuit, 1.0, 1e-3, 4), noise=None), 50).state.neurons.z
    for play in (fast.run, reference.run):
        zero = undriven(noisy(circuit, 0.0, 1e-3, 4), 50, play=play).state.neurons.z
        assert torch.equal(zero, still) or play is reference.run
        assert torch.allclose(zero, still, rtol=1e-12)


def test_spike_times_of_a_driven_neuron_wander_as_the_square_root_of_time():
    circuit = NeuronParameters.from_times(dc=True, i_dc=1.5e-9)
    ran = undriven(noisy(circuit, 5.0, 5e-4, 1500), 1000)
    at = ran.step * 5e-4 + ran.within
    times = [at[ran.neuron == n] for n in range(1500)]
    least = min(len(t) for t in times)
    wander = np.array([t[:least] for t in times]).var(axis=0)
    assert least > 20
    k = np.arange(1, least + 1)
    slope = np.polyfit(np.log(k[3:]), np.log(wander[3:]), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.1)
