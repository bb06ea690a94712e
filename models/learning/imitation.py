"""How near a student is to its teacher."""

from __future__ import annotations

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
