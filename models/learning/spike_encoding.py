"""Analog sequences as input spikes: what a chip can be given.

Every analog channel becomes some input channels, `copies` for what is positive and as many for
what is negative. A copy adds up its rate and spikes whenever the sum passes a whole number, each
copy from another start; no chance is in it. Rates grow with the logarithm of the input where
`knee` is given, so that weak sounds are heard and loud ones do not drown them. Ours: the seed
paper's networks get analog currents, which no chip of this kind takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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

    def channels(self, analog: int) -> int:
        """Input channels for so many analog ones."""
        return analog * self.copies * (2 if self.signed else 1)


def spike_counts(inputs: np.ndarray, encoding: SpikeEncoding) -> np.ndarray:
    """Input spikes of every step, float32 [sample, step, input channel].

    Input channels are ordered by analog channel, then sign, then copy.

    Args:
        inputs: [sample, step, analog channel].
    """
    samples, steps, _ = inputs.shape
    parts = (inputs, -inputs) if encoding.signed else (inputs,)
    strength = np.clip(np.stack(parts, axis=-1), 0.0, encoding.full) / encoding.full
    if encoding.knee:
        at = encoding.full / encoding.knee
        strength = np.log1p(at * strength) / np.log1p(at)
    due = np.cumsum(strength.reshape(samples, steps, -1), axis=1, dtype=np.float64)
    due *= encoding.rate_hz * DT_S
    start = (np.arange(encoding.copies) + 0.5) / encoding.copies
    sent = np.floor(due[..., None] + start).astype(np.float32)
    counts = np.diff(sent, axis=1, prepend=np.float32(0))
    return counts.reshape(samples, steps, -1)
