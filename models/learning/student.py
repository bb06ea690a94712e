"""What a method has learned, what is asked of it, and what it answers: one form for all methods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..archive import content_hash, read_archive, write_archive

FORMAT, VERSIONS = "student", (1, 2)
"""Of its file: 2 where the output is read relative to a `reference_hz` among the constants, which
who reads only the first would not know of."""


@dataclass(frozen=True, eq=False)
class Student:
    """A trained network of one of the methods. Not a network for a chip: its input is analog, and
    its fan-in and weights know no limits."""

    method: str
    """Name of the method that made it and knows how to run it."""
    task: str
    """Name of the task it was trained for."""
    arrays: Mapping[str, np.ndarray]
    """What was learned or drawn, by the names of the method's module."""
    constants: Mapping[str, float]
    """What is the same for all its neurons, by the names of the method's module."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What reproduces it: command, seed, settings, versions."""

    def __post_init__(self) -> None:
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        for array in arrays.values():
            array.setflags(write=False)
        object.__setattr__(self, "arrays", MappingProxyType(arrays))
        object.__setattr__(self, "constants", MappingProxyType(dict(self.constants)))

    @property
    def hash(self) -> str:
        """Of everything but the provenance."""
        return content_hash(self._header(), self.arrays)

    def save(self, path: str | os.PathLike) -> Path:
        """Write it; see models.archive."""
        header = self._header() | {"provenance": dict(self.provenance)}
        version = VERSIONS["reference_hz" in self.constants]
        return write_archive(path, FORMAT, version, header, self.arrays)

    @staticmethod
    def load(path: str | os.PathLike) -> Student:
        """Read one.

        Raises:
            FileError: as `read_archive`.
        """
        header, arrays = read_archive(path, FORMAT, VERSIONS)
        return Student(arrays=arrays, **header)

    def _header(self) -> dict[str, Any]:
        return {"method": self.method, "task": self.task, "constants": dict(self.constants)}


@dataclass(frozen=True)
class Conditions:
    """What a student has to work under, beside its own parameters."""

    noise: float = 0.0
    """Noise of the membrane: one step adds white noise of this standard deviation, in units of the
    range from reset to threshold (paper.md 1.6)."""
    silenced: float = 0.0
    """Share of the neurons, the first ones, that never fire [1]."""
    seed: int = 0
    """Of the noise."""


QUIET = Conditions()
"""Neither noise nor silence."""


def silenced_thresholds(v_th: np.ndarray, share: float) -> np.ndarray:
    """Thresholds, float32 [neuron], with those of the first neurons out of reach."""
    changed = np.array(v_th, np.float32)
    changed[: round(share * changed.size)] = np.inf
    return changed


@dataclass(frozen=True, eq=False)
class Response:
    """What a student answers to samples."""

    output: np.ndarray
    """Readout before any decision, float32 [sample, step]."""
    rate_hz: np.ndarray
    """Spikes per neuron and second, float64 [sample]."""
    dynamics: np.ndarray | None = None
    """Decoded state of its teacher, float32 [sample, step, unit]; None: it has no teacher."""
    second_half_hz: np.ndarray | None = None
    """Rate of the second half of its output neurons, float64 [sample]; None: it has no halves."""


@dataclass(frozen=True)
class Perturbed:
    """How mismatch changes an array of a student: each entry p becomes p + m N(0,1) times |p|, or
    times `scale`; `positive` takes the absolute value afterwards (paper.md 1.6)."""

    array: str
    positive: bool = False
    scale: float | None = None
