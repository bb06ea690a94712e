"""The authors' compensation by an output gain, fitted for each network and level: paper.md 1.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def fitted_gain(
    student: Student, validation: Samples, study: Study, cell: Cell, place: tuple
) -> float:
    """The gain by which the outputs of a network in a cell are decided rightly most often; against
    silenced neurons the one that brings it nearest to its intact output."""
    if cell.kind == "nominal":
        return 1.0
    if cell.kind == "silenced":
        intact, _ = answer(student, validation)
        changed, conditions = under(student, cell, study.protocol, _generator(study, place))
        output, _ = answer(changed, validation, conditions)
        return float((intact * output).sum() / max(float(np.square(output).sum()), 1e-30))
    mismatch = cell.kind == "mismatch"
    few = validation.chosen(slice(0, SAMPLES if mismatch else len(validation)))
    gains = np.linspace(1.0, 5.5, 100) if mismatch else np.linspace(0.5, 5.5, 150)
    right = np.zeros(len(gains))
    for draw in range(DRAWS if mismatch else 1):
        generator = _generator(study, (*place, draw))
        changed, conditions = under(student, cell, study.protocol, generator)
        output, _ = answer(changed, few, conditions)
        right += [(decided(student, study.task, g * output) == few.label).mean() for g in gains]
    return float(gains[right.argmax()])


def _generator(study: Study, place: tuple) -> np.random.Generator:
    """For draws that no row has."""
    return generator_for(study.seed, "gain", *place)
