"""What chips do to a student: mismatch, coarse weights; and what the authors do against it.

Paper.md 1.6. Noise and silenced neurons are `Conditions`: they act while a student answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .student import Perturbed, Student


def mismatched(
    student: Student,
    level: float,
    perturbed: Sequence[Perturbed],
    generator: np.random.Generator,
) -> Student:
    """The student on one chip: every entry of the perturbed arrays has a deviation of its own.

    Args:
        level: standard deviation of the deviations [1].
    """
    arrays = dict(student.arrays)
    for how in perturbed:
        array = arrays[how.array]
        size = np.abs(array) if how.scale is None else how.scale
        new = array + level * size * generator.standard_normal(array.shape)
        arrays[how.array] = (np.abs(new) if how.positive else new).astype(array.dtype)
    return replace(student, arrays=arrays)


def quantized(student: Student, bits: int, weights: Sequence[str]) -> Student:
    """The student with coarse weights: each array in steps of its range / (2^bits - 1), rounded to
    the nearest multiple; an array of one value stays, or of values too near for a step of its own
    precision."""
    arrays = dict(student.arrays)
    for name in weights:
        array = arrays[name]
        step = array.dtype.type(float(array.max() - array.min()) / (2**bits - 1))
        if step > 0:
            arrays[name] = (np.round(array / step) * step).astype(array.dtype)
    return replace(student, arrays=arrays)


def weakened(student: Student, factor: float, names: Sequence[str]) -> Student:
    """The student with some arrays times a factor, the authors' "safe scaling"."""
    arrays = dict(student.arrays)
    for name in names:
        arrays[name] = (arrays[name] * factor).astype(arrays[name].dtype)
    return replace(student, arrays=arrays)
