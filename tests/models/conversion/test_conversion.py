"""A converted network behaves like its source, and what does not is said."""

# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFTorch, LinearTorch
from rockpool.parameters import Constant

from analoop.models import InputError, Network, NetworkError, Stimulus, simulate
from analoop.models.conversion.conversion import Conversion, convert
from analoop.models.conversion.fidelity import fidelity
from analoop.models.conversion.losses import losses
from analoop.models.conversion.matching import Match
from analoop.models.conversion.rockpool_source import read_rockpool
from analoop.models.conversion.sheets import Fitted
from analoop.models.conversion.source import SourceConnection, SourceNetwork, SourcePopulation
from analoop.models.conversion.source_simulation import respond
from analoop.models.conversion.stimuli import random_stimulus
from analoop.models.conversion.tuning import Tuning, Weights
from analoop.models.parameters import NeuronParameters

from .recordings import as_stimulus, task_stimulus
from .rockpool_networks import trained_rockpool

SHORT = Tuning(epochs=6, together=4)


def neurons(size: int) -> LIFTorch:
    return LIFTorch(size, tau_mem=Constant(20e-3), tau_syn=Constant(10e-3), threshold=Constant(1.0))


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_rockpool_network_keeps_its_rates_and_labels_on_held_out_input(recurrent: bool) -> None:
    source = read_rockpool(trained_rockpool(recurrent))
    made = convert(source, task_stimulus(96, 11), task_stimulus(100, 12), SHORT)
    assert made.fidelity.rate_correlation >= 0.95
    assert made.fidelity.label_agreement >= 0.97
    assert made.fidelity.passed and made.fidelity.target == "software"
    back = [p for p in made.network.projections if p.source == p.target]
    assert bool(back) == recurrent


def test_rockpool_defect_conversion_turns_165_hz_into_19_hz_and_inhibition_does_nothing() -> None:
    """rockpool.md section 7: an 8 -> 16 net at 165.6 Hz becomes one at 19.1 Hz, and neurons that
    are silent in LIFTorch fire at 11 to 22 Hz."""
    net = Sequential(LinearTorch((8, 16), has_bias=False), neurons(16))
    torch.manual_seed(3)
    with torch.no_grad():
        net[0].weight.copy_(torch.randn(8, 16) * 0.25)
    source = read_rockpool(net)
    stimulus = as_stimulus(np.random.default_rng(3).random((40, 500, 8)) < 0.05)
    told = respond(source, stimulus.counts(1000))["1_LIFTorch"]
    made = convert(source, stimulus.select(slice(0, 24)), stimulus.select(slice(24, 40)), SHORT)
    theirs, ours = made.fidelity.rates_hz["1_LIFTorch"]
    assert 100 < theirs < 250
    assert ours == pytest.approx(theirs, rel=0.1)
    silent = told.mean((0, 1)) * 1e3 < 2.0
    rates = simulate(made.network, stimulus).counts.mean(0) / 0.5
    assert silent.sum() == 4
    assert rates[silent].max() < 4.0
    uninhibited = simulate(without_inhibition(made.network), stimulus).counts.mean(0) / 0.5
    assert uninhibited[silent].min() > 10.0


def without_inhibition(network: Network) -> Network:
    kept = tuple(p for p in network.projections if p.dendrite == "ampa")
    return Network(network.n_inputs, network.populations, kept, network.output)


def biased() -> SourceNetwork:
    rng, one = np.random.default_rng(2), np.ones(12)
    p = SourcePopulation(
        "cells", 0.95 * one, 0.9 * one, 0.1 * one, one, rng.normal(0, 0.04, 12), 0 * one, one
    )
    weights = rng.normal(0.1, 0.4, (20, 12))
    return SourceNetwork(20, 1e-3, (p,), (SourceConnection("input", "cells", weights),), "cells")


def test_biases_of_single_neurons_are_kept_by_a_channel_of_their_own() -> None:
    stimulus, held = (random_stimulus(20, 32, 200_000, 20.0, seed) for seed in (1, 2))
    without = convert(biased(), stimulus, held, Tuning(epochs=0, together=0))
    made = convert(biased(), stimulus, held, Tuning(epochs=0, together=0, bias_period=4))
    assert without.network.n_inputs == 20 and made.network.n_inputs == 21
    assert [c.what for c in without.changes if c.field == "bias"] == ["reinterpreted"]
    assert any("channel 20" in c.detail for c in made.changes if c.field == "bias")
    assert made.fidelity.rate_correlation > 0.98 > without.fidelity.rate_correlation
    again = simulate(made.network, made.as_input(held))
    assert fidelity(biased(), again, held) == made.fidelity


def test_a_source_whose_output_is_silent_is_not_judged_and_never_passes() -> None:
    """Chip and source agree on nothing at all in every trial, and hidden rates agree."""
    one = np.ones(3)
    deaf = SourcePopulation("answer", 0.9 * one, 0.9 * one, 0.1 * one, 1e6 * one, 0 * one, one, one)
    source = SourceNetwork(
        20, 1e-3, (*biased().populations, deaf),
        (*biased().connections, SourceConnection("cells", "answer", np.ones((12, 3)) * 1e-3)),
        "answer",
    )  # fmt: skip
    stimulus, held = (random_stimulus(20, 32, 200_000, 20.0, seed) for seed in (1, 2))
    made = convert(source, stimulus, held, Tuning(epochs=0, together=0, bias_period=4))
    assert made.fidelity.rate_correlation > 0.95 and made.fidelity.rates_hz["answer"] == (0, 0)
    assert np.isnan(made.fidelity.label_agreement) and not made.fidelity.passed
    assert made.fidelity.record()["label_agreement"] is None


def test_more_inputs_than_a_neuron_has_synapses_are_dropped_and_counted() -> None:
    rng, one = np.random.default_rng(1), np.ones(5)
    p = SourcePopulation("cells", 0.95 * one, 0.9 * one, 0.1 * one, one, 0 * one, 0 * one, one)
    weights = rng.normal(0.05, 0.2, (80, 5))
    source = SourceNetwork(80, 1e-3, (p,), (SourceConnection("input", "cells", weights),), "cells")
    made = convert(source, random_stimulus(80, 24, 150_000, 15.0, 1), tuning=SHORT)
    used = sum((p.weights > 0).sum(0) for p in made.network.projections)
    assert np.max(used) <= 64
    (change,) = [c for c in made.changes if c.field == "fan-in"]
    assert change.what == "clipped" and "80 of 400 synapses dropped" in change.detail
    assert made.fidelity.rate_correlation > 0.95


def test_weights_that_the_code_drops_and_merges_are_counted() -> None:
    """Those of fan-in apart. Tuning without passes leaves each weight its sign."""
    rng, one = np.random.default_rng(1), np.ones(5)
    p = SourcePopulation("cells", 0.95 * one, 0.9 * one, 0.1 * one, one, 0 * one, 0 * one, one)
    weights = rng.normal(0.05, 0.2, (40, 5))
    source = SourceNetwork(40, 1e-3, (p,), (SourceConnection("input", "cells", weights),), "cells")
    given = random_stimulus(40, 24, 150_000, 15.0, 1)
    made = convert(source, given, tuning=Tuning(epochs=0, together=0), fit=three_levels)
    held = [projection.weights for projection in made.network.projections]
    left = sum(int((w > 0).sum()) for w in held)
    told = {c.what: c.detail for c in made.changes if c.field == "weights"}
    assert 0 < left < 200
    assert f"{200 - left} of 200 are 0 on the chip" in told["dropped"]
    assert "200 different strengths become 2" in told["reinterpreted"]


def three_levels(magnitudes: np.ndarray) -> np.ndarray:
    return np.array([0.0, 0.5, 1.0]) * magnitudes.max()


def test_weights_that_tuning_moved_through_zero_are_counted() -> None:
    source = biased()
    weights = Weights(source.connections[0].weights, 64, None)
    with torch.no_grad():
        weights.free[0, :3] *= -1
    match = Match(NeuronParameters.from_times(), 1.0, 1.0)
    fitted = Fitted(source.populations[0], match, ("input",), weights)
    told = [c.detail for c in losses(source, [fitted], {"cells": np.zeros((1, 1, 12))}, 64)]
    assert any("3 of 240 have the other sign" in detail for detail in told)


@pytest.mark.parametrize(
    ("threshold", "said"),
    [(1.0, []), (0.5, ["0.5 above rest"]), (np.linspace(0.8, 1.2, 12), ["0.8 to 1.2 above rest"])],
)
def test_thresholds_that_go_into_the_weights_are_said(threshold: Any, said: list[str]) -> None:
    p = replace(biased().populations[0], threshold=threshold * np.ones(12))
    source = replace(biased(), populations=(p,))
    stimulus = random_stimulus(20, 16, 100_000, 30.0, 1)
    changes = convert(source, stimulus, tuning=Tuning(epochs=0, together=0)).changes
    told = [c for c in changes if c.field == "threshold"]
    assert [c.detail.partition(";")[0] for c in told] == said
    assert all(c.what == "reinterpreted" and "in the weights" in c.detail for c in told)


def test_labels_that_do_not_fit_are_refused_before_anything_is_tuned() -> None:
    stimulus = random_stimulus(20, 16, 100_000, 30.0, 1)
    for labels, code in ((("a", "b"), "SHAPE"), (tuple(range(12)), "LABELS")):
        passes: list[str] = []
        with pytest.raises(NetworkError, match=code):
            convert(
                biased(), stimulus, labels=labels,
                news=lambda stage, loss, told=passes: told.append(stage),
            )  # fmt: skip
        assert not passes


def test_a_connection_the_source_does_not_have_is_not_made() -> None:
    source = biased()
    sparse = np.where(np.arange(240).reshape(20, 12) % 3 == 0, source.connections[0].weights, 0.0)
    source = SourceNetwork(
        20, 1e-3, source.populations, (SourceConnection("input", "cells", sparse),), "cells"
    )
    made = convert(source, random_stimulus(20, 16, 150_000, 30.0, 1), tuning=SHORT)
    signed = sum(abs(p.weights) for p in made.network.projections)
    assert not np.any(signed[sparse == 0])


def converted() -> Conversion:
    stimulus = random_stimulus(20, 16, 100_000, 30.0, 1)
    return convert(biased(), stimulus, tuning=Tuning(epochs=2, together=1, mismatch=0.5))


def test_the_same_seed_gives_the_same_network_under_mismatch_too() -> None:
    first = converted()
    assert first.network.hash == converted().network.hash
    assert first.network.provenance["fidelity_software"] == first.fidelity.record()
    assert first.network.provenance["changes"] == [str(c) for c in first.changes]


def test_input_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="CHANNELS|channels"):
        convert(biased(), random_stimulus(7, 16, 100_000, 30.0, 1))
    with pytest.raises(InputError, match="too few"):
        convert(biased(), random_stimulus(20, 3, 100_000, 30.0, 1))
    counts: Any = np.zeros((16, 100, 20))
    with pytest.raises(InputError, match=r"from_counts\(counts, step_us=1000\)"):
        convert(biased(), counts)
    deaf = SourceNetwork(20, 1e-3, biased().populations, (), "cells")
    with pytest.raises(NetworkError, match="NO_INPUT"):
        convert(deaf, random_stimulus(20, 16, 100_000, 30.0, 1))


@pytest.mark.parametrize("duration_us", [np.zeros(0, np.int64), np.zeros(9, np.int64)])
def test_trials_that_do_not_last_cannot_be_measured_on(duration_us: np.ndarray) -> None:
    none = np.zeros(0, np.int64)
    empty = Stimulus(20, duration_us, none, none, none)
    with pytest.raises(InputError, match="trials that last"):
        convert(biased(), random_stimulus(20, 16, 100_000, 30.0, 1), empty)


@pytest.mark.parametrize(
    "setting",
    [
        {"epochs": -1}, {"together": -1}, {"batch": 0}, {"max_fan_in": 0}, {"bias_period": -1},
        {"bias_period": 1.5}, {"seed": -1}, {"learning_rate": float("nan")},
        {"quantized_from": float("nan")},
    ],
)  # fmt: skip
def test_a_setting_of_tuning_that_cannot_be_is_refused_by_name(setting: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(setting))) as error:
        Tuning(**setting)
    assert error.value.code == "SETTING"


@pytest.mark.parametrize("level", [-1.0, float("nan"), float("inf")])
def test_a_level_of_mismatch_that_cannot_be_is_refused_even_if_nothing_is_tuned(
    level: float,
) -> None:
    with pytest.raises(InputError) as error:
        Tuning(epochs=0, together=0, mismatch=level)
    assert error.value.code == "MISMATCH_LEVEL"


def test_a_malformed_source_is_refused_with_everything_at_once() -> None:
    p = biased().populations[0]
    with pytest.raises(NetworkError) as error:
        SourceNetwork(
            20, 2e-3, (p,),
            (SourceConnection("cells", "cells", np.full((12, 12), np.nan)),
             SourceConnection("input", "cells", np.ones((3, 12)))),
            "readout",
        )  # fmt: skip
    codes = {v.code for v in error.value.violations}
    assert codes == {"STEP", "UNKNOWN_POPULATION", "ORDER", "VALUE_NOT_FINITE", "SHAPE"}


@pytest.mark.parametrize("name", ["input", "cells"])
def test_populations_of_a_source_have_names_of_their_own(name: str) -> None:
    p = biased().populations[0]
    with pytest.raises(NetworkError, match="NAME_TAKEN"):
        SourceNetwork(20, 1e-3, (p, replace(p, name=name)), biased().connections, "cells")


def test_trials_of_different_length_are_compared_over_their_own_length() -> None:
    source = biased()
    stimulus = random_stimulus(20, 12, 100_000, 30.0, 4)
    late = Stimulus(
        20, np.where(np.arange(12) < 6, 100_000, 300_000), stimulus.trial, stimulus.time_us,
        stimulus.channel,
    )  # fmt: skip
    made = convert(source, late, late, Tuning(epochs=0, together=0))
    told = respond(source, late.counts(1000))["cells"]
    told[:6, 100:] = 0
    seconds = late.duration_us.sum() * 1e-6
    assert made.fidelity.rates_hz["cells"][0] == pytest.approx(told.sum() / 12 / seconds)
