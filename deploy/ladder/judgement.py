"""What chance alone would do to an accuracy: exact paired tests between rungs.

Trials are paired: both rungs play the same ones. McNemar's exact test asks whether those that only
the upper rung decides right are more than chance would make them among all that change. Holm's
correction (deploy/comparison/multiplicity.py) keeps the chance that any of the rungs is blamed for
nothing below `ALPHA`.
"""

from __future__ import annotations

import numpy as np

ALPHA = 0.05
"""Chance of blaming any rung that costs nothing [1]."""


def mcnemar(above: np.ndarray, here: np.ndarray) -> float:
    """Two-sided exact p that two rungs decide equally well.

    Args:
        above, here: whether each trial is decided right, bool [trial].
    """
    from scipy.stats import binomtest

    lost, won = int((above & ~here).sum()), int((~above & here).sum())
    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0
