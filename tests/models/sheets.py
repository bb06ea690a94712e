"""Random sheets of neurons with every circuit, for tests of what runs them."""

import numpy as np
import torch

from analoop.models.coefficients import Coefficients, coefficients
from analoop.models.parameters import DENDRITES, NeuronParameters
from analoop.models.wiring import Drive, Wiring, drive, wire

PLAIN = NeuronParameters.from_times()
CIRCUITS = (
    PLAIN,
    NeuronParameters.from_times(adaptation=True, i_w_ahp=3e-9),
    NeuronParameters.from_times(soma="exponential", tau_mem=10e-3),
    NeuronParameters.from_times(nmda_gate=True, i_nmda_gate=2e-11),
    NeuronParameters.from_times(dc=True, i_dc=3e-11, t_refractory=0.0002),
    NeuronParameters.from_times(tau_mem=5e-3, tau_syn=2e-3, t_refractory=7.3e-3),
)


def sheet_of(
    circuits: list[NeuronParameters],
    chips: int = 1,
    spread: float = 0.1,
    dt: float = 1e-3,
    dendrites: tuple[str, ...] = DENDRITES,
    seed: int = 0,
) -> Coefficients:
    """Coefficients [chip, 1, neuron] of neurons with these circuits, each chip a bit different."""
    rng = np.random.default_rng(seed)
    neurons = len(circuits)

    def on_chips(name: str) -> torch.Tensor:
        nominal = np.array([getattr(p, name) for p in circuits])
        factor = np.exp(spread * rng.standard_normal((chips, 1, neurons)))
        return torch.tensor(nominal * factor)

    names = PLAIN.currents()
    flags = [p.switches() for p in circuits]
    return coefficients(
        {name: on_chips(name) for name in names},
        {n: torch.tensor([float(f[n]) for f in flags]) for n in PLAIN.switches()},
        dendrites,
        dt,
    )


def wiring_of(
    neurons: int, outside: int, chips: int = 1, kinds: int = 4, delay: int = 0, seed: int = 0
) -> Wiring:
    """Every source reaches about a third of the neurons; each chip has weights of its own."""
    rng = np.random.default_rng(seed)
    scale = np.array([6e-9, 4e-9, 3e-9, 2e-11])[:kinds]
    hears = rng.random((neurons + outside, kinds, neurons)) < 0.08
    source, dendrite, target = np.nonzero(hears)
    weight = rng.random((chips, len(source))) * scale[dendrite]
    reached = [np.flatnonzero(source == s) for s in range(neurons + outside)]
    late = rng.integers(0, delay + 1, (chips, len(source))) if delay else None
    return wire(reached, dendrite * neurons + target, weight, late)


def drive_of(
    steps: list[int], neurons: int, outside: int, rate: float = 0.15, seed: int = 0
) -> Drive:
    """Events of the outside sources at random, `rate` per source and step."""
    rng = np.random.default_rng(seed)
    parts = [np.nonzero(rng.random((n, outside)) < rate) for n in steps]
    none = np.zeros(0, int)
    trial = np.repeat(np.arange(len(steps)), [len(p[0]) for p in parts])
    step = np.concatenate([none, *(p[0] for p in parts)])
    source = np.concatenate([none, *(p[1] for p in parts)]) + neurons
    return drive(np.array(steps), trial, step, source)
