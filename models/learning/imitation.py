"""How near a student is to its teacher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def reconstruction_error(wanted: np.ndarray, decoded: np.ndarray) -> float:
    """Variance over time of the error over that of the teacher, summed over units, mean of samples
    (paper.md 1.4).

    Args:
        wanted: activations of the teacher [sample, step, unit].
        decoded: those a student decodes [sample, step, unit].
    """
    error, whole = (v.var(axis=1, ddof=1).sum(axis=1) for v in (wanted - decoded, wanted))
    return float((error / whole).mean())


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

    def add(self, wanted: np.ndarray, decoded: np.ndarray) -> None:
        """A portion.

        Args:
            wanted: activations of the teacher [sample, step, unit].
            decoded: those a student decodes [sample, step, unit].
        """
        for one, other in zip(wanted, decoded, strict=True):
            exact = one.astype(np.float64)
            self.squares += float(np.square(other - exact).sum())
            self.spread += float(np.square(exact - exact.mean(axis=0)).sum())
            self.count += exact.size

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
