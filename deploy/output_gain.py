"""The authors' compensation by an output gain, fitted for each network and level: paper.md 1.6."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.learning.methods import answer, decided
from ..models.learning.student import Student
from ..models.tasks.samples import Samples
from .learning import generator_for
from .perturbations import Cell, under

if TYPE_CHECKING:
    from .robustness import Study

DRAWS, SAMPLES = 5, 100
"""Chips and validation samples that a gain against mismatch is fitted with."""


class Gain:
    """The gain of a network in a cell: fitted when a row first asks, the same for all its draws."""

    def __init__(
        self, student: Student, validation: Samples | None, study: Study, cell: Cell, place: tuple
    ):
        self._given: Any = student, validation, study, cell, place
        self._lock, self._fitted = Lock(), 1.0 if validation is None else 0.0

    @property
    def value(self) -> float:
        """1 without validation samples."""
        with self._lock:
            if not self._fitted:
                self._fitted = fitted_gain(*self._given)
            return self._fitted


def fitted_gain(
    student: Student, validation: Samples, study: Study, cell: Cell, place: tuple
) -> float:
    """The gain by which the outputs of a network in a cell are decided rightly most often, of
    several the one nearest to 1; against silenced neurons the one that brings it nearest to its
    intact output."""
    if cell.kind == "nominal":
        return 1.0
    if cell.kind == "silenced":
        intact, _ = answer(student, validation)
        changed, conditions = under(student, cell, study.protocol, _generator(study, place))
        output, _ = answer(changed, validation, conditions)
        return float((intact * output).sum() / max(float(np.square(output).sum()), 1e-30)) or 1.0
    mismatch = cell.kind in ("mismatch", "chip")
    few = validation.chosen(slice(0, SAMPLES if mismatch else len(validation)))
    gains = np.linspace(1.0, 5.5, 100) if mismatch else np.linspace(0.5, 5.5, 150)
    right = np.zeros(len(gains))
    for draw in range(DRAWS if mismatch and cell.level else 1):
        generator = _generator(study, (*place, draw))
        changed, conditions = under(student, cell, study.protocol, generator)
        output, _ = answer(changed, few, conditions)
        right += [(decided(student, study.task, g * output) == few.label).mean() for g in gains]
    best = gains[right >= right.max() - 1e-12]
    return float(best[np.abs(np.log(best)).argmin()])


def _generator(study: Study, place: tuple) -> np.random.Generator:
    """For draws that no row has."""
    return generator_for(study.seed, "gain", *place)
