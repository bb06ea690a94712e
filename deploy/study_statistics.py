"""From rows of a study to its tables: what each cell came to, and which methods differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from .learning import generator_for
from .study_files import Row

RESAMPLES = 2000
"""Bootstrap samples of an interval."""
COVERED = (2.5, 97.5)
"""Percentiles of the interval of a mean."""


@dataclass(frozen=True)
class CellSummary:
    """One method in one cell."""

    method: str
    cell: str
    rows: int
    """Networks times draws."""
    accuracy_median: float
    accuracy_mean: float
    accuracy_mean_low: float
    """Bounds of the mean: 95 % of bootstrap samples of networks, and of draws in each."""
    accuracy_mean_high: float
    accuracy_p10: float
    """10th percentile: what nine chips in ten reach ("yield")."""
    mse_target_median: float
    mse_growth: float | None
    """That over the median of the nominal cell; None: there is none."""
    mse_teacher_median: float | None
    rate_hz_median: float


@dataclass(frozen=True)
class Difference:
    """Two methods in one cell."""

    cell: str
    first: str
    second: str
    accuracy_p: float
    """Mann-Whitney U of accuracies, two-sided."""
    mse_p: float
    """Mann-Whitney U of the squared errors to the target, two-sided."""
    spread_p: float | None
    """Levene's test of the variances of these errors; None: it needs three rows of each."""


def summaries(rows: Sequence[Row], cells: Sequence[str], seed: int) -> list[CellSummary]:
    """Every method in every cell that has rows; methods as they come, cells as given."""
    found = []
    for method in dict.fromkeys(row.method for row in rows):
        base = [row.mse_target for row in rows if (row.method, row.cell) == (method, "nominal 0")]
        for cell in cells:
            mine = [row for row in rows if (row.method, row.cell) == (method, cell)]
            if mine:
                found.append(_summary(mine, float(np.median(base)) if base else None, seed))
    return found


def _summary(rows: Sequence[Row], nominal_mse: float | None, seed: int) -> CellSummary:
    first = rows[0]
    accuracy = np.array([row.accuracy for row in rows])
    mse = float(np.median([row.mse_target for row in rows]))
    teacher = [row.mse_teacher for row in rows if row.mse_teacher is not None]
    low, high = _interval(rows, seed)
    return CellSummary(
        first.method,
        first.cell,
        len(rows),
        float(np.median(accuracy)),
        float(accuracy.mean()),
        low,
        high,
        float(np.percentile(accuracy, 10)),
        mse,
        mse / nominal_mse if nominal_mse else None,
        float(np.median(teacher)) if teacher else None,
        float(np.median([row.rate_hz for row in rows])),
    )


def _interval(rows: Sequence[Row], seed: int) -> tuple[float, float]:
    """Of the mean accuracy. Draws of one network are alike, so networks are drawn, then draws."""
    by_network: dict[int, list[float]] = {}
    for row in rows:
        by_network.setdefault(row.network, []).append(row.accuracy)
    networks = [np.array(values) for values in by_network.values()]
    generator = generator_for(seed, "bootstrap", rows[0].method, rows[0].cell)
    means = []
    for _ in range(RESAMPLES):
        chosen = [networks[k] for k in generator.integers(len(networks), size=len(networks))]
        drawn = [values[generator.integers(len(values), size=len(values))] for values in chosen]
        means.append(np.concatenate(drawn).mean())
    low, high = np.percentile(means, COVERED)
    return float(low), float(high)


def differences(rows: Sequence[Row], cells: Sequence[str]) -> list[Difference]:
    """Every pair of methods in every cell where both have two rows or more."""
    from scipy.stats import levene, mannwhitneyu

    found = []
    for cell in cells:
        by_method: dict[str, list[Row]] = {}
        for row in rows:
            if row.cell == cell:
                by_method.setdefault(row.method, []).append(row)
        for (a, one), (b, two) in combinations(by_method.items(), 2):
            if min(len(one), len(two)) < 2:
                continue
            right, other_right = ([row.accuracy for row in group] for group in (one, two))
            error, other_error = ([row.mse_target for row in group] for group in (one, two))
            spread = None
            if min(len(one), len(two)) >= 3:
                varies = len({*error}) > 1 or len({*other_error}) > 1
                spread = float(levene(error, other_error).pvalue) if varies else 1.0
            accuracy = float(mannwhitneyu(right, other_right).pvalue)
            mse = float(mannwhitneyu(error, other_error).pvalue)
            found.append(Difference(cell, a, b, accuracy, mse, spread))
    return found


def tables(rows: Sequence[Row], cells: Sequence[str], seed: int) -> dict[str, Any]:
    """Both, as JSON values."""
    return {
        "summaries": [asdict(s) for s in summaries(rows, cells, seed)],
        "differences": [asdict(d) for d in differences(rows, cells)],
    }
