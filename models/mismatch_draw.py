"""Which virtual silicon is drawn: seed, level, size, and the random streams they lead to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from .errors import InputError

SAMPLERS = ("measured", "rockpool", "paper")
"""Kinds of mismatch: as measured on silicon, as Rockpool has it, as the seed paper has it."""

MAX_LEVEL = 10.0
"""Largest level: ten times the spread of a chip is beyond anything made."""


@dataclass(frozen=True)
class Draw:
    """One draw of silicon.

    Raises:
        InputError: MISMATCH_LEVEL, MISMATCH_SAMPLER.
    """

    seed: int
    """Names the silicon: the same seed gives the same on any machine."""
    level: float
    """Scales every spread, 0..MAX_LEVEL; 1 is as the table says, 0 gives factors of exactly 1."""
    shape: tuple[int, int, int]
    """Chips, cores of a chip, neurons of a core."""
    sampler: str = "measured"
    """One of SAMPLERS."""
    stream: int = 0
    """Which chip of a board, where each is drawn on its own."""
    part: int = 0
    """Which part of the chips, where each is drawn on its own: parts of a chip have in common what
    is the chip's, and nothing else."""

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise InputError(
                f"the mismatch level is a number from 0 to {MAX_LEVEL:g}, got {self.level!r}: "
                "1 is the spread of the table, 0 is nominal",
                code="MISMATCH_LEVEL",
            )
        if self.sampler not in SAMPLERS:
            raise InputError(
                f"no mismatch is named {self.sampler!r}: there are {', '.join(SAMPLERS)}",
                code="MISMATCH_SAMPLER",
            )

    def random(self, name: str) -> np.random.Generator:
        """A random stream of its own for every name: one more name changes no other stream."""
        key = [self.seed, self.stream, zlib.crc32(name.encode())] + [self.part] * (self.part > 0)
        return np.random.default_rng(np.random.SeedSequence(key))

    def of_chip(self, name: str) -> np.ndarray:
        """Standard normal numbers that all parts of a chip share, [chip, 1, 1]."""
        return replace(self, part=0).random(name).standard_normal((self.shape[0], 1, 1))

    def normal(self, name: str) -> np.ndarray:
        """Standard normal numbers of every neuron, [chip, core, neuron]."""
        return self.random(name).standard_normal(self.shape)
