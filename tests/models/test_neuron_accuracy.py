"""Spike times against the neuron's differential equations solved by scipy."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from analoop.models.parameters import NeuronParameters

from .neurons import Train, spike_times
from .reference_neuron import Reference

DURATION = 0.2
TRAINS = 4


class Case(NamedTuple):
    """A neuron and the events it receives: rate [Hz] and weight [A] by dendrite."""

    parameters: NeuronParameters
    drive: dict[str, tuple[float, float]]

    def trains(self) -> list[Train]:
        """Events on a grid of milliseconds."""
        rng = np.random.default_rng(1)
        grid = np.arange(round(DURATION * 1e3)) / 1e3
        return [
            {
                d: [(float(t), weight) for t in grid if rng.random() < rate * 1e-3]
                for d, (rate, weight) in self.drive.items()
            }
            for _ in range(TRAINS)
        ]


threshold, ampa = NeuronParameters.from_times, {"ampa": (800.0, 1.2e-9)}
CASES = {
    "threshold soma": Case(threshold(), ampa),
    "exponential soma": Case(
        threshold(soma="exponential", threshold=1e-7), {"ampa": (800.0, 0.6e-9)}
    ),
    "adaptation": Case(threshold(adaptation=True, i_w_ahp=1e-7), {"ampa": (800.0, 1.5e-9)}),
    "nmda gate": Case(threshold(nmda_gate=True, i_nmda_gate=5e-12), {"nmda": (800.0, 1.3e-9)}),
    "nmda gate opened by ampa": Case(
        threshold(nmda_gate=True, i_nmda_gate=2e-10),
        {"nmda": (800.0, 0.5e-9), "ampa": (800.0, 0.8e-9)},
    ),
    "gaba": Case(threshold(), {"ampa": (800.0, 1.8e-9), "gaba": (200.0, 2.4e-9)}),
    "shunt": Case(threshold(), {"ampa": (800.0, 1.6e-9), "shunt": (200.0, 3e-11)}),
    "constant current": Case(threshold(dc=True, i_dc=9e-10), {"gaba": (100.0, 1e-9)}),
}


@cache
def reference(name: str) -> list[np.ndarray]:
    case = CASES[name]
    return [Reference(case.parameters).spike_times(train, DURATION) for train in case.trains()]


@cache
def ours(name: str, dt: float) -> list[np.ndarray]:
    return spike_times(CASES[name].parameters, CASES[name].trains(), DURATION, dt)


def rms_error(name: str, dt: float) -> float:
    """Over the spikes both have [s]."""
    pairs = zip(ours(name, dt), reference(name), strict=True)
    differences = [a[: len(b)] - b[: len(a)] for a, b in pairs]
    return float(np.sqrt(np.mean(np.concatenate(differences) ** 2)))


@pytest.mark.parametrize("name", CASES)
def test_at_one_millisecond_every_spike_is_there_and_within_0_3_ms(name: str):
    for mine, exact in zip(ours(name, 1e-3), reference(name), strict=True):
        assert 3 <= len(exact) <= 60 * DURATION, "the case must spike, at a moderate rate"
        assert abs(len(mine) - len(exact)) <= 1
    assert rms_error(name, 1e-3) < 0.3e-3


@pytest.mark.parametrize("name", CASES)
def test_half_the_step_gives_a_quarter_of_the_error(name: str):
    assert rms_error(name, 1e-3) > 2.5 * rms_error(name, 0.5e-3)
