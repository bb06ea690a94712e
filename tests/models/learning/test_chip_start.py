"""Weights that are scaled until neurons fire."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analoop.models.learning.chip_start import HALVINGS, STRONGER, WEAKER, scale

DRAWN = torch.tensor([[0.5, 1.0, 4.0, -1.0], [0.5, 3.0, 4.0, -2.0]])


def scaled(gains: list[float], wanted_hz: float) -> tuple[torch.Tensor, np.ndarray]:
    """Weights onto neurons whose rate is a gain times the sum of their weights, and the rates."""
    weights = torch.nn.Parameter(DRAWN.clone())

    def rates_hz() -> np.ndarray:
        return weights.detach().sum(0).clamp(min=0).numpy() * gains

    scale(weights, rates_hz, wanted_hz)
    return weights.detach(), rates_hz()


def test_each_neuron_fires_as_wanted():
    weights, rates_hz = scaled([1.0, 1.0, 1.0, 1.0], 4.0)
    exact = 2 ** ((STRONGER - WEAKER) / 2**HALVINGS)
    assert (rates_hz[:3] <= 4.0).all() and (rates_hz[:3] > 4.0 / exact - 1e-6).all()
    torch.testing.assert_close(weights[1] / weights[0], DRAWN[1] / DRAWN[0])


@pytest.mark.parametrize(("gain", "limit"), [(1e6, WEAKER), (1e-6, STRONGER)])
def test_weights_stay_within_the_range(gain, limit):
    weights, _ = scaled([gain] * 4, 4.0)
    assert (weights[:, :3] / DRAWN[:, :3]).log2().numpy() == pytest.approx(limit, abs=0.05)


def test_nothing_is_asked_for_and_nothing_scaled():
    assert torch.equal(scaled([1.0] * 4, 0.0)[0], DRAWN)
