"""Labelled analog sequences: what the learning methods of the seed paper are taught with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DT_S = 1e-3
"""Step of every sequence and of every method that learns from them [s] (paper.md 1.2)."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Sequences in steps of `DT_S`, each positive or negative."""

    input: np.ndarray
    """Analog input, float32 [sample, step, channel]."""
    target: np.ndarray
    """Output that is wanted, float32 [sample, step]."""
    label: np.ndarray
    """1: positive, 0: negative; int64 [sample]."""

    def __post_init__(self) -> None:
        for name, dtype in (("input", np.float32), ("target", np.float32), ("label", np.int64)):
            array = np.ascontiguousarray(getattr(self, name), dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.label)

    @property
    def hash(self) -> str:
        """SHA-256 of everything in them: made elsewhere, the same task may have other samples."""
        digest = hashlib.sha256(repr(self.input.shape).encode())
        for array in (self.input, self.target, self.label):
            digest.update(array.data)
        return digest.hexdigest()

    def chosen(self, which: np.ndarray | slice) -> Samples:
        """Some of the samples."""
        return Samples(self.input[which], self.target[which], self.label[which])


@dataclass(frozen=True)
class SequenceTask:
    """Where samples come from."""

    name: str
    """Name on the command line."""
    channels: int
    """Input channels."""
    steps: int
    """Length of a sample in steps of `DT_S`."""
    draw: Callable[[str, int, np.random.Generator], Samples]
    """Samples of a part ('train', 'validation', 'test'), so many, drawn by this generator. Parts
    share nothing."""
    signed: bool
    """Whether negatives have an output of their own (-1); otherwise it is 0."""
    check: Callable[[str, int], None] = lambda part, number: None
    """Raises what drawing so many samples of a part would raise, as far as it can be known before:
    too few recordings, some that cannot be read."""
    noise_snr_db: float | None = None
    """Power of recordings over that of noise from another folder, which is mixed into them [dB];
    None: there is none."""
