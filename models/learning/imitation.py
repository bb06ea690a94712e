"""How near a student is to its teacher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..compiled import compiled
from ..errors import InputError


def reconstruction_error(wanted: np.ndarray, decoded: np.ndarray) -> float:
    """`reconstruction_errors`, mean of samples."""
    return float(reconstruction_errors(wanted, decoded).mean())


def reconstruction_errors(wanted: np.ndarray, decoded: np.ndarray) -> np.ndarray:
    """Variance over time of the error over that of the teacher, summed over units, [sample]
    (paper.md 1.4).

    Args:
        wanted: activations of the teacher [sample, step, unit].
        decoded: those a student decodes [sample, step, unit].
    """
    error, whole = (v.var(axis=1, ddof=1).sum(axis=1) for v in (wanted - decoded, wanted))
    return error / whole


def spread_of(wanted: np.ndarray) -> float:
    """Sum of squared deviations of a teacher's units [sample, step, unit] from their means over a
    sample."""
    mean = wanted.mean(axis=1, keepdims=True, dtype=np.float64)
    return float(sum(np.square(one - its).sum() for one, its in zip(wanted, mean, strict=True)))


@compiled
def _squares(wanted, decoded, limit):  # noqa: ANN001, ANN202 - numba
    """Sum of squared errors, in one pass and without copies, all [sample, step, unit]."""
    total = 0.0
    for s in range(wanted.shape[0]):
        for t in range(wanted.shape[1]):
            for u in range(wanted.shape[2]):
                value = np.float64(decoded[s, t, u])
                value = 0.0 if np.isnan(value) else min(max(value, -limit), limit)
                total += (value - wanted[s, t, u]) ** 2
    return total


@dataclass
class DynamicsError:
    """How far decoded states are from those of a teacher, over samples that come in portions; means
    are over samples, steps and units."""

    squares: float = 0.0
    """Sum of squared errors."""
    spread: float = 0.0
    """Sum of squared deviations of the teacher's units from their means over a sample."""
    count: int = 0
    """Values summed over."""

    def add(
        self, wanted: np.ndarray, decoded: np.ndarray, spread: float, limit: float = np.inf
    ) -> None:
        """A portion.

        Args:
            wanted: activations of the teacher [sample, step, unit].
            decoded: those a student decodes [sample, step, unit]; what is no number counts as 0.
            spread: `spread_of` wanted.
            limit: decoded ones are cut off there.

        Raises:
            InputError: OTHER_TEACHER.
        """
        if wanted.shape != decoded.shape:
            raise InputError(
                f"a network decodes {decoded.shape[-1]} units and its teacher has "
                f"{wanted.shape[-1]}: judge networks by the teacher they imitate",
                code="OTHER_TEACHER",
            )
        self.squares += _squares(wanted, decoded, limit)
        self.spread += spread
        self.count += wanted.size

    @property
    def mse(self) -> float:
        """Mean squared error: the "dynamics MSE" of paper.md 3.1."""
        return self.squares / self.count

    @property
    def nrmse(self) -> float:
        """Root of the mean squared error over the mean variance in time of the teacher's units: 0
        is the teacher, 1 is what the mean of each unit would reach. Paper.md 1.7 names an error of
        this kind without its formula."""
        return float(np.sqrt(self.squares / self.spread))
