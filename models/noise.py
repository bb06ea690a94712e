"""Temporal noise of the soma, and the random numbers for all that varies in time.

Noise. A current I through a transistor below threshold carries shot noise of the one-sided
spectral density 2 q I [A^2/Hz], q the elementary charge; thermal noise of such a transistor is the
same noise (Sarpeshkar, Delbruck and Mead 1993). Through the membrane capacitor of the soma flow,
independently, I_in/(1 + x) (the branch of the input pair that discharges it), I_sum and I_fb. In a
time h they leave a charge of variance q (I_in/(1 + x) + I_sum + I_fb) h, which moves ln x by
charge/Q and z = x + ln x by (1 + x) times that:

    var z = (q/Q) (1 + x) (I_in + (I_sum + I_fb)(1 + x)) h/Q

At rest far above the gain current this makes fluctuations of k T/(kappa C_mem) in the membrane
voltage: what thermodynamics asks for. It is applied once per step, at its start, for the time in
which the soma integrates. Not modelled: 1/f noise, the noise of dendrites (their capacitors are
eight times larger, the variance as much smaller), of adaptation and comparators.

Random numbers are counted instead of drawn in turn. One is the SplitMix64 hash (Steele, Lea and
Flood 2014) of a key and a counter: it depends on nothing else, so not on threads, chunks, batches
or the order in which things are computed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .omega import wright_omega

if TYPE_CHECKING:
    from .coefficients import Coefficients
    from .neuron import State

ELEMENTARY_CHARGE = 1.602176634e-19
"""q [A s]."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Distance between the states of neighbouring counters: 2^64 over the golden ratio."""
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32 = (np.uint64(n) for n in (30, 27, 31, 32))
_LOW = np.uint64(0xFFFFFFFF)


def mixed(x):
    """64 bits in which every bit of x counts; uint64, elementwise on arrays."""
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    return x ^ (x >> _31)


def hashed(key, counter):
    """64 random bits for each counter of a key; uint64, elementwise on arrays."""
    return mixed(key + (counter + np.uint64(1)) * GOLDEN)


def trial_keys(purpose: str, seeds: list[int], trials: np.ndarray) -> np.ndarray:
    """Keys of the trials with these numbers, uint64 [trial].

    Args:
        purpose: what the numbers are for; another purpose has other numbers.
        seeds: whose numbers they are, each 0 or more.
    """
    sequence = np.random.SeedSequence([zlib.crc32(purpose.encode()), *seeds])
    return hashed(sequence.generate_state(1, np.uint64), trials.astype(np.uint64))


def uniforms(key: np.ndarray, counter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform numbers in (0, 1) for each counter, in steps of 2^-32."""
    bits = hashed(key, counter.astype(np.uint64))
    return ((bits >> _32) + 0.5) * 2.0**-32, ((bits & _LOW) + 0.5) * 2.0**-32


def normals(key: np.ndarray, step: np.ndarray, neurons: int) -> np.ndarray:
    """A standard normal number for each neuron in a step, float64 [..., neuron] (Box and Muller).

    Args:
        key: of each trial, uint64 [...].
        step: number of the step in its trial, broadcast to [...].
    """
    here = hashed(key, step.astype(np.uint64))[..., None]
    u, v = uniforms(here, np.arange(neurons))
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2 * np.pi * (v - 0.5))


def shaken(
    c: Coefficients, state: State, i_sum: Tensor, normal: Tensor, rate: Callable[[Tensor], Tensor]
) -> Tensor:
    """z after the noise of a step, [..., neuron].

    Args:
        i_sum: I_sum of the soma equation [A].
        normal: standard normal numbers.
        rate: dz/dt at x [1/s]; Q rate + 2 I_sum (1 + x) is I_in + (I_sum + I_fb)(1 + x).
    """
    x, free = wright_omega(state.z), torch.clamp(c.dt - state.wait, min=0.0)
    moved = (rate(x) + 2.0 * i_sum * (1.0 + x) / c.charge) * free
    amount = torch.zeros_like(x) if c.noise is None else c.noise
    kick = torch.sqrt(amount / c.charge * (1.0 + x) * moved) * normal
    return torch.maximum(state.z + kick, c.z_floor)
