"""What a twin knows, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...hw.twin import Twin
from .factors import CONTAINED, fitted_factors


def twin_factors(twin: Twin) -> dict[str, np.ndarray]:
    """Factors as docs/twins.md names them ('tau_mem', 'gain_ampa', ...), NaN where unknown,
    float64 [chip, core, neuron]."""
    return fitted_factors({n: f for n, f in twin.factors.items() if n not in CONTAINED})


def factor_rows(twin: Twin) -> list[dict[str, Any]]:
    """Per factor: neurons that were asked, those in which it is identified, median and spread
    (standard deviation of the logarithm) of those, median uncertainty left; as JSON values."""
    rows = []
    factors = twin_factors(twin)
    for name, left in twin.left.items():
        values = factors[name][np.isfinite(factors[name])]
        asked = left[np.isfinite(left)]
        rows.append(
            {
                "name": name,
                "neurons": len(asked),
                "identified": len(values),
                "median": float(np.median(values)) if len(values) else None,
                "spread": float(np.log(values).std()) if len(values) else None,
                "left": float(np.median(asked)) if len(asked) else None,
            }
        )
    return rows
