"""The workloads, exactly: seeded, numpy only, the same arrays for us and for every peer.

W1 validation: 16 Poisson inputs at 50 Hz drive 64 recurrent neurons for 1 s; 100 chips, each with
    its own mismatch, play the same 16 samples. 102.4 million neuron-steps of 1 ms.
W2 board: 4096 neurons, 64 random presynaptic partners each, one private Poisson line of 100 Hz per
    neuron, 1 s, one sample. 4.1 million neuron-steps, 5.7 million synaptic events at 21 Hz.
W3 training: the net of W1, value and gradient by input and recurrent weights of the mean square
    between firing rates and targets; 64 samples, 1 or 16 chips.

Weights are dimensionless: multiples of a weight current that each side chooses so that the net
fires at about 21 Hz. Positive excites, negative inhibits. Mismatch: every current of every neuron
of every chip is multiplied by 1 + 0.1 N(0, 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DT = 1e-3
"""Step of a workload [s]; a 'neuron-step' is a neuron followed for this long."""
STEPS = 1000
"""Steps of a workload."""
INPUTS, NEURONS = 16, 64
"""Size of the net of W1 and W3."""
INPUT_HZ = 50.0
"""Rate of each input of W1 and W3 [Hz]."""
CHIPS, SAMPLES = 100, 16
"""Size of W1."""
TRAINING_SAMPLES = 64
"""Samples of W3."""
BOARD_NEURONS, BOARD_FAN_IN, BOARD_HZ = 4096, 64, 100.0
"""Size of W2 and rate of its private lines [Hz]."""
MISMATCH = 0.10
"""Standard deviation of every current, relative [1]."""


@dataclass(frozen=True)
class Net:
    """W1 and W3."""

    w_in: Floats
    """Dense, U(0, 0.05), [input, neuron]."""
    w_rec: Floats
    """Density 0.25, U(0, 0.05), a fifth of the rows times -4, [source, target]."""
    counts: Floats
    """Input spikes per step, 0 or 1, [sample, step, input]."""


@dataclass(frozen=True)
class Board:
    """W2."""

    source: NDArray[np.int32]
    """Presynaptic partners, [target, synapse]."""
    weight: Floats
    """U(0, 0.012), those of a fifth of the sources times -4, [target, synapse]."""
    counts: Floats
    """Spikes of the private lines per step, 0 or 1, [step, neuron]."""
    w_line: float
    """Weight of the private lines."""


def poisson(rng: np.random.Generator, shape: tuple[int, ...], hertz: float) -> Floats:
    """Spikes per step of `DT`, 0 or 1."""
    return (rng.random(shape) < hertz * DT).astype(np.float32)


def net(samples: int = SAMPLES, steps: int = STEPS, hertz: float = INPUT_HZ) -> Net:
    """The net of W1 and W3 with its input; `hertz` per input."""
    rng = np.random.default_rng(0)
    w_in = rng.uniform(0, 0.05, (INPUTS, NEURONS)).astype(np.float32)
    w_rec = rng.uniform(0, 0.05, (NEURONS, NEURONS)) * (rng.random((NEURONS, NEURONS)) < 0.25)
    w_rec[rng.random(NEURONS) < 0.2] *= -4.0
    np.fill_diagonal(w_rec, 0)
    return Net(w_in, w_rec.astype(np.float32), poisson(rng, (samples, steps, INPUTS), hertz))


def board() -> Board:
    """The board of W2 with its input."""
    rng = np.random.default_rng(0)
    n, k = BOARD_NEURONS, BOARD_FAN_IN
    source = np.stack([rng.choice(n, k, replace=False) for _ in range(n)])
    weight = rng.uniform(0, 0.012, (n, k))
    weight = np.where((rng.random(n) < 0.2)[source], -4.0 * weight, weight).astype(np.float32)
    return Board(source.astype(np.int32), weight, poisson(rng, (STEPS, n), BOARD_HZ), 0.25)


def target_rates() -> Floats:
    """Firing rates asked for in W3 [Hz], [sample, neuron]."""
    rng = np.random.default_rng(5)
    return rng.uniform(10, 50, (TRAINING_SAMPLES, NEURONS)).astype(np.float32)


def mismatch(chips: int, neurons: int, name: int = 0) -> Floats:
    """Factors of one current, [chip, neuron]; `name` numbers the current."""
    rng = np.random.default_rng([1, name])
    return (1 + MISMATCH * rng.standard_normal((chips, neurons))).astype(np.float32)
