"""Training: it learns, and what it returns keeps the chip's limits."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from analoop.models.network import Network
from analoop.models.parameters import NeuronParameters
from analoop.models.recording import Stimulus
from analoop.models.simulation import simulate
from analoop.models.training import Settings, train

PARAMETERS = NeuronParameters.from_times()
SMALL = Settings(hidden=12, epochs=2, batch=16, max_fan_in=5, seed=3)
CHANNELS = 16


def two_classes(trials: int, seed: int) -> Stimulus:
    """Class 0 fires on channels 0-7, class 1 on 8-15, at 150 Hz for 40 to 60 ms."""
    rng = np.random.default_rng(seed)
    duration = rng.integers(40, 60, trials) * 1000
    target = np.arange(trials) % 2
    trial = np.repeat(np.arange(trials), duration * 8 * 150 // 1_000_000)
    channel = rng.integers(0, 8, len(trial)) + 8 * target[trial]
    return Stimulus(CHANNELS, duration, trial, rng.integers(0, duration[trial]), channel, target)


def eight_levels(magnitudes: np.ndarray) -> np.ndarray:
    """Levels [A] as a chip might choose them: 0 and seven equal steps to the largest."""
    return np.linspace(0, magnitudes.max(), 8)


@cache
def trained(quantized: bool = False, **changes) -> Network:
    fit = eight_levels if quantized else None
    return train(two_classes(32, 0), ("a", "b"), PARAMETERS, replace(SMALL, **changes), fit)


def signed_weights(net: Network, target: str) -> np.ndarray:
    """AMPA minus GABA [A], [source, target]."""
    by_dendrite = {p.dendrite: p.weights for p in net.projections if p.target == target}
    assert not ((by_dendrite["ampa"] > 0) & (by_dendrite["gaba"] > 0)).any()
    return by_dendrite["ampa"] - by_dendrite["gaba"]


def test_it_learns_two_classes_it_has_not_seen_in_a_few_epochs():
    reports = []
    chosen = Settings(hidden=24, epochs=6, batch=16, learning_rate=0.2, seed=3)
    net = train(
        two_classes(48, 0), ("a", "b"), PARAMETERS, chosen, None,
        lambda *report: reports.append(report),
    )  # fmt: skip
    unseen = two_classes(60, 1)
    output = simulate(net, unseen).counts[:, net.offsets["output"] :]
    assert np.mean(output.argmax(axis=1) == unseen.target) > 0.9
    assert [epoch for epoch, _, _ in reports] == list(range(6))
    assert reports[-1][1] < reports[0][1], "the loss falls"
    assert reports[-1][2] > 0.9


def test_several_neurons_of_a_label_learn_to_win_together():
    chosen = Settings(hidden=24, epochs=12, batch=16, learning_rate=0.2, seed=3, copies=3)
    net = train(two_classes(48, 0), ("a", "b"), PARAMETERS, chosen)
    assert net.labels == ("a", "a", "a", "b", "b", "b")
    unseen = two_classes(60, 1)
    counts = simulate(net, unseen).counts[:, net.offsets["output"] :]
    together = counts.reshape(-1, 2, 3).sum(axis=2)
    assert np.mean(together.argmax(axis=1) == unseen.target) > 0.9


@pytest.mark.parametrize("quantized", [False, True])
def test_no_neuron_has_more_synapses_than_the_chip_gives_it(quantized: bool):
    net = trained(quantized)
    for target in ("hidden", "output"):
        fan_in = (signed_weights(net, target) != 0).sum(axis=0)
        assert fan_in.max() <= SMALL.max_fan_in
        assert fan_in.min() >= 1


def test_with_a_weight_code_only_its_levels_occur():
    net = trained(quantized=True)
    for target in ("hidden", "output"):
        magnitudes = np.abs(signed_weights(net, target))
        steps = magnitudes / magnitudes.max() * 7
        assert steps == pytest.approx(np.round(steps), abs=1e-5)
        assert 2 < len(np.unique(np.round(steps))) <= 8
    continuous = np.abs(signed_weights(trained(), "hidden"))
    assert len(np.unique(continuous)) > 8


def test_the_same_seed_trains_the_same_network_to_the_last_bit_and_another_seed_another():
    again = train(two_classes(32, 0), ("a", "b"), PARAMETERS, SMALL)
    assert again.hash == trained().hash
    assert trained(seed=4).hash != trained().hash


def test_training_does_not_depend_on_the_global_random_state():
    torch.manual_seed(0)
    first = train(two_classes(16, 0), ("a", "b"), PARAMETERS, replace(SMALL, epochs=1))
    torch.manual_seed(1)
    second = train(two_classes(16, 0), ("a", "b"), PARAMETERS, replace(SMALL, epochs=1))
    assert first.hash == second.hash


def test_mismatch_and_every_epoch_change_what_is_learnt():
    assert trained(mismatch=0.0).hash != trained().hash
    assert trained(epochs=1).hash != trained().hash


def test_the_network_has_the_shape_labels_and_parameters_it_was_trained_with():
    net = trained()
    assert net.n_inputs == CHANNELS
    assert [(p.name, p.size, p.parameters) for p in net.populations] == [
        ("hidden", 12, PARAMETERS), ("output", 2, PARAMETERS)
    ]  # fmt: skip
    assert net.output == "output" and net.labels == ("a", "b")


def test_the_gradient_reaches_both_layers():
    """The first through the spikes of the second; a hidden neuron that is silent gives none."""
    start = replace(SMALL, epochs=1, learning_rate=0.0, max_fan_in=64)
    untrained = train(two_classes(32, 0), ("a", "b"), PARAMETERS, start)
    moved = train(two_classes(32, 0), ("a", "b"), PARAMETERS, replace(start, learning_rate=0.05))
    for target in ("hidden", "output"):
        change = signed_weights(moved, target) - signed_weights(untrained, target)
        assert np.isfinite(change).all()
        assert np.mean(change != 0) > 0.5
