"""Many questions at once: Holm's step-down control of a single false answer among them all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def holm(p: ArrayLike) -> np.ndarray:
    """Adjusted p-values [1]: calling those below alpha real is wrong anywhere with probability
    alpha at most, however the questions depend on each other (Holm 1979). NaN: not asked."""
    raw = np.asarray(p, np.float64)
    flat = raw.ravel()
    asked = np.flatnonzero(~np.isnan(flat))
    order = asked[np.argsort(flat[asked], kind="stable")]
    scaled = flat[order] * (len(order) - np.arange(len(order)))
    adjusted = np.full(len(flat), np.nan)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted.reshape(raw.shape)
