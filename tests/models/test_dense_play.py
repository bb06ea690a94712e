"""Playing on dense weights is `simulate`, with factors and noise beside."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.models.dense_play import dense_weights, play, shaken
from analoop.models.network import Network, Population
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
