"""Analog sequences as input spikes: what a chip can be given.

Every analog channel becomes some input channels, `copies` for what is positive and as many for
what is negative. A copy adds up its rate and spikes whenever the sum passes a whole number, each
copy from another start; no chance is in it. Rates grow with the logarithm of the input where
`knee` is given, so that weak sounds are heard and loud ones do not drown them. Where `adapt_s` is
given, a channel gets used to what is there all the time, as ears do: steady noise, whose kind and
loudness nobody knows beforehand, is silent then. Ours: the seed
paper's networks get analog currents, which no chip of this kind takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from ..tasks.samples import DT_S


@dataclass(frozen=True)
class SpikeEncoding:
    """How input becomes spikes."""

    copies: int = 16
    """Input channels of each analog channel and sign."""
    rate_hz: float = 100.0
    """Rate of each at an input of `full` [Hz]; grows no further beyond."""
    full: float = 1.0
    """Input at which the rate is `rate_hz`."""
    knee: float = 0.0
    """Input above which rates grow with the logarithm; 0: linear throughout."""
    signed: bool = True
    """Whether negative input has channels of its own; else it is silent."""
    adapt_s: float = 0.0
    """Time constant by which a channel gets used to its input [s]: what counts is by how much the
    input exceeds its own low-passed course, relative to that; 0: the input itself."""
    quiet: float = 0.0
    """With `adapt_s`: added to that course, an input below which differences count little."""

    def channels(self, analog: int) -> int:
        """Input channels for so many analog ones."""
        return analog * self.copies * (2 if self.signed else 1)


def spike_counts(inputs: np.ndarray, encoding: SpikeEncoding) -> np.ndarray:
    """Input spikes of every step, float32 [sample, step, input channel].

    Input channels are ordered by analog channel, then sign, then copy.

    Args:
        inputs: [sample, step, analog channel].
    """
    samples, steps, analog = inputs.shape
    if encoding.adapt_s:
        inputs = adapted(np.maximum(inputs, 0.0), encoding.adapt_s, encoding.quiet)
    parts = (inputs, -inputs) if encoding.signed else (inputs,)
    strength = np.clip(np.stack(parts, axis=-1), 0.0, encoding.full) / encoding.full
    if encoding.knee:
        at = encoding.full / encoding.knee
        strength = np.log1p(at * strength) / np.log1p(at)
    due = np.cumsum(strength.reshape(samples, steps, analog * len(parts)), axis=1, dtype=np.float64)
    due *= encoding.rate_hz * DT_S
    start = (np.arange(encoding.copies) + 0.5) / encoding.copies
    sent = np.floor(due[..., None] + start).astype(np.float32)
    counts = np.diff(sent, axis=1, prepend=np.float32(0))
    return counts.reshape(samples, steps, encoding.channels(analog))


def adapted(inputs: np.ndarray, tau_s: float, quiet: float) -> np.ndarray:
    """By how much inputs, not negative, exceed their low-passed course, relative to it and `quiet`;
    float64 [sample, step, analog channel]. The course begins at the first input."""
    if not inputs.shape[1]:
        return inputs.astype(np.float64)
    keep = np.exp(-DT_S / tau_s)
    begun = keep * inputs[:, :1].astype(np.float64)
    course, _ = lfilter([1 - keep], [1, -keep], inputs, axis=1, zi=begun)
    return (inputs - course) / (quiet + course)
