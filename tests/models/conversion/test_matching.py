"""Circuits and event currents are found on the chip's own equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from analoop.models import NeuronParameters
from analoop.models.conversion.matching import (
    Match,
    circuits,
    coefficients_for,
    event_currents,
    match,
    shares,
)
from analoop.models.conversion.source import SourcePopulation
from analoop.models.unrolling import unroll_events

DT = 1e-3


def population(n: int = 3, tau_mem: float = 20e-3, tau_syn: float = 10e-3) -> SourcePopulation:
    one = np.ones(n)
    return SourcePopulation(
        "p", np.exp(-DT / tau_mem) * one, np.exp(-DT / tau_syn) * one, one, one, 0 * one, 0 * one,
        one,
    )  # fmt: skip


def spikes(parameters: NeuronParameters, excites: float, inhibits: float, at: int = 200) -> float:
    """Of one neuron that hears one event of these weight currents [A], after it came to rest."""
    counts = np.zeros((1, at + 150, 1))
    counts[0, at] = 1.0
    w_in = torch.tensor([[[excites], [inhibits]]], dtype=torch.float64)
    sheet = coefficients_for(parameters, 1, DT, torch.float64)
    return float(unroll_events(sheet, counts, w_in, torch.zeros(1, 2, 1).double()).sum())


@pytest.mark.parametrize("tau_mem", [5e-3, 20e-3, 80e-3])
@pytest.mark.parametrize("rest", [0.0, 0.25])
def test_an_event_worth_the_threshold_just_reaches_it_and_inhibition_takes_it_back(
    tau_mem: float, rest: float
) -> None:
    parameters, _ = circuits(population(tau_mem=tau_mem), DT, rest)
    excites, inhibits = event_currents(parameters, DT)
    assert spikes(parameters, excites * 1.01, 0.0) >= 1
    assert spikes(parameters, excites * 0.99, 0.0) == 0
    assert spikes(parameters, excites * 1.5, inhibits * 0.5 * 1.02) == 0
    assert spikes(parameters, excites * 1.5, inhibits * 0.5 * 0.96) >= 1


def test_weights_count_by_the_share_of_the_threshold_they_move_the_membrane() -> None:
    p = replace(population(), threshold=np.array([0.5, 1.0, 4.0]))
    v, i, peak = 0.0, 1.0, 0.0
    for step in range(200):
        i = 1.0 if step == 0 else i * p.decay_syn[0]
        v = v * p.decay_mem[0] + i
        peak = max(peak, v)
    assert np.allclose(shares(p), peak / p.threshold)


def test_time_constants_the_chip_does_not_have_are_clipped_and_said_with_numbers() -> None:
    p = replace(population(), decay_mem=np.ones(3), decay_syn=np.zeros(3))
    parameters, changes = circuits(p, DT, 0.0)
    said = {c.field: c for c in changes}
    assert said["tau_mem"].what == "clipped" and "106 ms" in said["tau_mem"].detail
    assert said["tau_syn"].what == "reinterpreted" and "1 ms" in said["tau_syn"].detail
    assert parameters.i_tau_mem == pytest.approx(1e-12)


def test_one_time_constant_and_one_bias_for_all_neurons_are_said() -> None:
    p = replace(
        population(), decay_mem=np.exp(-DT / np.array([10e-3, 20e-3, 40e-3])),
        bias=np.array([0.0, 0.01, 0.02]),
    )  # fmt: skip
    parameters, changes = circuits(p, DT, 0.0)
    said = {c.field: c.detail for c in changes}
    assert "10 to 40 ms become 20 ms" in said["tau_mem"]
    assert "0 to 0.81" in said["bias"]
    assert parameters.dc


def test_a_negative_mean_bias_is_clipped_and_said() -> None:
    parameters, changes = circuits(replace(population(), bias=np.full(3, -0.01)), DT, 0.0)
    assert [c.what for c in changes if c.field == "bias"] == ["clipped"]
    assert not parameters.dc


def test_legal_currents_are_what_is_matched() -> None:
    def coarse(parameters: NeuronParameters) -> NeuronParameters:
        return replace(parameters, i_tau_mem=2 * parameters.i_tau_mem)

    found, _ = match(population(), DT, 0.0, coarse)
    assert isinstance(found, Match)
    assert spikes(found.parameters, found.excites * 1.01, 0.0) >= 1
    assert spikes(found.parameters, found.excites * 0.99, 0.0) == 0


def test_time_constants_that_legal_currents_do_not_reach_are_said() -> None:
    """A legal current of twice the one wanted halves the membrane's time constant."""

    def legal(wanted: NeuronParameters) -> NeuronParameters:
        return replace(wanted, i_tau_mem=2 * wanted.i_tau_mem)

    _, changes = match(population(), DT, 0.0, legal)
    (said,) = [c for c in changes if c.field == "tau_mem"]
    assert said.what == "reinterpreted" and said.detail.startswith("20 ms become 10 ms")
    assert not match(population(), DT, 0.0, lambda wanted: wanted)[1]
