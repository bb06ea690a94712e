"""From rows of a study to its tables: what each cell came to, and which methods differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
ERRORS = {
    "mse_target": "output against target, mean square",
    "mse_teacher": "output against the teacher's, mean square",
    "mse_dynamics": "decoded against the teacher's activations, mean square",
    "nrmse_dynamics": "the same, root, over the spread of the teacher's in time",
}
"""Columns of rows with errors, and what they are."""


@dataclass(frozen=True)
class ErrorSummary:
    """One kind of error of a method in a cell, over its rows."""

    median: float
    mean: float
    sd: float | None
    """Standard deviation; None: of one row."""
    rise: float | None
    """The median over that of the cell without perturbation, less 1: .15 is 15 % above (paper.md
    3.1). That is level 0 of the kind where there is one, whose gain is fitted as that of the
    others, else the nominal cell. None: there is none, or it has no error."""
    mean_rise: float | None
    """The same of the means."""


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
    """Bounds of the mean: 95 % of bootstrap samples of networks, of draws in each, and of test
    samples."""
    accuracy_mean_high: float
    accuracy_p10: float
    """10th percentile: what nine chips in ten reach ("yield")."""
    rate_hz_median: float
    rate_hz_mean: float
    errors: Mapping[str, ErrorSummary]
    """By their columns in rows.csv, `ERRORS`; those that the rows do not have are left out."""


@dataclass(frozen=True)
class MethodDifference:
    """Two methods in one cell."""

    cell: str
    first: str
    second: str
    accuracy_p: float
    """Mann-Whitney U of accuracies, two-sided."""
    mse_p: float | None
    """Mann-Whitney U of the squared errors to the target, two-sided. None: there are none."""
    spread_p: float | None
    """Levene's test of the variances of these errors; None: it needs three rows of each."""
    dynamics_p: float | None
    """Mann-Whitney U of the squared errors of the dynamics; None: not both follow a teacher's."""


def summaries(
    rows: Sequence[Row], cells: Sequence[str], samples: int, seed: int
) -> list[CellSummary]:
    """Every method in every cell that has rows; methods as they come, cells as given.

    Args:
        samples: test samples behind each accuracy, the same ones in every row.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.method, row.cell), []).append(row)

    def base(method: str, cell: str) -> list[Row]:
        own = groups.get((method, f"{cell.split()[0]} 0"))
        return own or groups.get((method, "nominal 0"), [])

    return [
        _summary(groups[method, cell], base(method, cell), samples, seed)
        for method in dict.fromkeys(row.method for row in rows)
        for cell in cells
        if (method, cell) in groups
    ]


def _summary(rows: Sequence[Row], nominal: Sequence[Row], samples: int, seed: int) -> CellSummary:
    first = rows[0]
    accuracy = np.array([row.accuracy for row in rows])
    rate_hz = np.array([row.rate_hz for row in rows])
    low, high = _interval(rows, samples, seed)
    return CellSummary(
        first.method,
        first.cell,
        len(rows),
        float(np.median(accuracy)),
        float(accuracy.mean()),
        low,
        high,
        float(np.percentile(accuracy, 10)),
        float(np.median(rate_hz)),
        float(rate_hz.mean()),
        {
            name: _error(values, column(nominal, name))
            for name in ERRORS
            if (values := column(rows, name))
        },
    )


def column(rows: Sequence[Row], name: str) -> list[float]:
    """What rows have of a column; those without are left out."""
    values = (getattr(row, name) for row in rows)
    return [value for value in values if value is not None]


def _error(values: Sequence[float], nominal: Sequence[float]) -> ErrorSummary:
    """Of a cell, and how it has risen above the one without perturbation."""

    def rise(of: Callable[[Sequence[float]], Any]) -> float | None:
        base = float(of(nominal)) if nominal else 0.0
        return float(of(values)) / base - 1 if base else None

    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return ErrorSummary(
        float(np.median(values)), float(np.mean(values)), sd, rise(np.median), rise(np.mean)
    )


def _interval(rows: Sequence[Row], samples: int, seed: int) -> tuple[float, float]:
    """Of the mean accuracy, which it holds. Draws of one network are alike, so networks are drawn,
    then draws. All rows answer to the same samples, so these are drawn once for all of them: as if
    every network were right in the same ones, which is at least as wide as it is."""
    by_network: dict[int, list[float]] = {}
    for row in rows:
        by_network.setdefault(row.network, []).append(row.accuracy)
    sizes = np.array([len(values) for values in by_network.values()])
    most, networks = sizes.max(), len(sizes)
    table = np.array([[*v, *[0.0] * (most - len(v))] for v in by_network.values()])
    generator = generator_for(seed, "bootstrap", rows[0].method, rows[0].cell)
    chosen = generator.integers(networks, size=(RESAMPLES, networks, 1))
    draw = (generator.random((RESAMPLES, networks, most)) * sizes[chosen]).astype(np.int64)
    there = np.arange(most) < sizes[chosen]
    means = (table[chosen, draw] * there).sum((1, 2)) / there.sum((1, 2))
    means = generator.binomial(samples, means.clip(0.0, 1.0)) / samples
    low, high = np.percentile(means, COVERED)
    mean = float(np.mean([row.accuracy for row in rows]))  # may lie between 1 - 1 / samples and 1
    return min(float(low), mean), max(float(high), mean)


def differences(rows: Sequence[Row], cells: Sequence[str]) -> list[MethodDifference]:
    """Every pair of methods in every cell where both have two rows or more."""
    from scipy.stats import levene, mannwhitneyu

    def ranks_p(one: Sequence[float], two: Sequence[float]) -> float | None:
        return float(mannwhitneyu(one, two).pvalue) if min(len(one), len(two)) >= 2 else None

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
            error, other_error = (column(group, "mse_target") for group in (one, two))
            spread = None
            if min(len(error), len(other_error)) >= 3:
                varies = len({*error}) > 1 or len({*other_error}) > 1
                spread = float(levene(error, other_error).pvalue) if varies else 1.0
            followed, other_followed = (column(group, "mse_dynamics") for group in (one, two))
            found.append(
                MethodDifference(
                    cell, a, b, float(mannwhitneyu(right, other_right).pvalue),
                    ranks_p(error, other_error), spread, ranks_p(followed, other_followed),
                )
            )  # fmt: skip
    return found


def tables(rows: Sequence[Row], cells: Sequence[str], samples: int, seed: int) -> dict[str, Any]:
    """Both, as JSON values."""
    return {
        "summaries": [asdict(s) for s in summaries(rows, cells, samples, seed)],
        "differences": [asdict(d) for d in differences(rows, cells)],
    }
