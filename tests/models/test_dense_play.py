"""Playing on dense weights is `simulate`, with factors and noise beside."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
import torch

from analoop.models.dense_play import dense_weights, play, shaken
from analoop.models.errors import InputError
from analoop.models.network import Network, Population
from analoop.models.parameters import NeuronParameters
from analoop.models.recording import Stimulus
from analoop.models.simulation import coefficients_of, simulate

from .small_networks import poisson_stimulus, recurrent_network

LONG = (300_000, 300_000, 300_000, 300_000)
NEURON = 4


def simulated(network: Network, stimulus: Stimulus) -> np.ndarray:
    """Spike counts [trial, neuron] of `simulate`."""
    return simulate(network, stimulus).counts


def played(network: Network, stimulus: Stimulus, **how) -> np.ndarray:
    """Spike counts [trial, neuron]."""
    return play(network, stimulus.counts(1000), **how).sum(1)


def with_thresholds(network: Network, factor: float) -> Network:
    """All thresholds times a factor."""

    def changed(p: Population) -> Population:
        amps = factor * p.parameters.i_threshold
        return replace(p, parameters=replace(p.parameters, i_threshold=amps))

    return replace(network, populations=tuple(changed(p) for p in network.populations))


@pytest.mark.parametrize("seed", range(3))
def test_without_factors_and_noise_it_plays_what_simulate_plays(seed: int):
    network, stimulus = recurrent_network(seed), poisson_stimulus(seed, LONG)
    expected, found = simulated(network, stimulus), played(network, stimulus)
    assert expected.sum() > 200
    assert np.abs(found - expected).sum() <= 0.01 * expected.sum()  # in single precision


def test_a_factor_is_a_network_with_that_current():
    network, stimulus = recurrent_network(1), poisson_stimulus(1, LONG)
    higher = {"i_threshold": np.full(network.n_neurons, 1.5)}
    found, nominal = played(network, stimulus, factors=higher), played(network, stimulus)
    expected = simulated(with_thresholds(network, 1.5), stimulus)
    assert np.abs(found - expected).sum() <= 0.01 * expected.sum()
    assert np.abs(found - nominal).sum() > 0.05 * nominal.sum()


def test_an_infinite_threshold_silences_its_neuron_and_no_other():
    network, stimulus = recurrent_network(2), poisson_stimulus(2, LONG)
    one = np.ones(network.n_neurons)
    one[NEURON] = np.inf
    found = played(network, stimulus, factors={"i_threshold": one})
    assert played(network, stimulus)[:, NEURON].sum() > 0
    assert found[:, NEURON].sum() == 0 and found.sum() > 0


def test_noise_of_nothing_changes_nothing_and_noise_does():
    network, counts = recurrent_network(), poisson_stimulus(0, LONG).counts(1000)
    into, back = (weights.double() for weights in dense_weights(network))
    quiet = shaken(coefficients_of(network), counts, into, back, 0.0, 1)
    assert np.abs(quiet.sum(1) - simulated(network, poisson_stimulus(0, LONG))).sum() <= 2
    one, same, other = (play(network, counts, noise=0.2, seed=s) for s in (1, 1, 2))
    assert (one == same).all() and (one != other).any() and (one != quiet).any()


@pytest.mark.parametrize("noise", [0.05, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_compiled_noise_is_the_readable_loop_s(seed: int, noise: float):
    network, counts = recurrent_network(seed), poisson_stimulus(seed, LONG).counts(1000)
    c, (into, back) = coefficients_of(network), (w.double() for w in dense_weights(network))
    readable, compiled = (
        shaken(c, counts, into, back, noise, 1, compiled=how) for how in (False, True)
    )
    assert readable.sum() > 200
    assert (readable != compiled).sum() <= 2  # a threshold met within rounding


def test_the_compiled_loop_is_not_taken_for_neurons_it_does_not_know():
    network = recurrent_network()
    gated = tuple(
        replace(p, parameters=replace(p.parameters, nmda_gate=True)) for p in network.populations
    )
    c, (into, back) = coefficients_of(replace(network, populations=gated)), dense_weights(network)
    counts = poisson_stimulus(0, LONG).counts(1000)
    with pytest.raises(InputError) as caught:
        shaken(c, counts, into.double(), back.double(), 0.1, 1, compiled=True)
    assert caught.value.code == "NO_ADJOINT"
    assert shaken(c, counts, into.double(), back.double(), 0.1, 1).sum() > 100


def test_noise_of_a_trial_is_its_own_whoever_plays_beside_it():
    network, counts = recurrent_network(), poisson_stimulus(0, (200_000,) * 11).counts(1000)
    together, alone = (play(network, counts[:n], noise=0.2, seed=4) for n in (11, 3))
    assert (together[:3] == alone).all()
    same = play(network, counts[[0, 0]], noise=0.2, seed=4)
    assert (same[0] != same[1]).any()


@pytest.mark.parametrize("compiled", [True, False])
def test_noise_is_a_share_of_the_threshold(compiled: bool):
    """From rest, noise of one threshold takes a soma over it in one step if the normal number is
    above 1, and a little more for what leaks within the step (1 ms of 20 ms)."""
    network = Network(1, (Population("all", 1000, NeuronParameters.from_times()),), (), "all")
    into, back = dense_weights(network)
    c = coefficients_of(network, 1000, None, torch.float32)
    spikes = shaken(c, np.zeros((20, 1, 1)), into, back, 1.0, 1, compiled=compiled)
    lower, upper = (NormalDist().cdf(-n) for n in (1.06, 1.0))
    assert lower - 0.007 < spikes.mean() < upper + 0.007  # 3 standard errors
