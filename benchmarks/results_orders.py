"""Which method stands what better: the authors' orders of methods beside ours, paper.md 3, 7.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kept_studies import KeptStudy, lines_of, studied
from results_goals import CHANCE
from results_words import UNKNOWN, several, share, table, title

RULES = ("paper", "fair")
SPREAD = 0.02
"""Accuracies that are nearer to each other have no order: networks differ by as much [1]."""
METHODS = ("ads", "ads-no-ebn", "force", "bptt", "reservoir")
REPORTED: dict[str, tuple[float | None, ...]] = {
    "mismatch 0.05": (0.868, None, 0.910, 0.866, 0.523),
    "mismatch 0.1": (0.810, None, 0.799, 0.852, 0.512),
    "mismatch 0.2": (0.671, None, 0.555, 0.768, 0.502),
    "mismatch 0.3": (None, None, None, 0.618, 0.510),
    "bits 6": (0.856, 0.897, 0.894, 0.894, 0.481),
    "bits 5": (0.855, 0.868, 0.849, 0.890, 0.519),
    "bits 4": (0.805, 0.655, 0.693, 0.868, 0.562),
    "bits 3": (0.664, 0.519, 0.503, 0.707, 0.556),
    "noise 0.01": (0.846, 0.876, 0.899, 0.889, 0.853),
    "noise 0.05": (0.794, 0.754, 0.874, 0.784, 0.700),
    "noise 0.1": (0.712, 0.604, 0.812, 0.556, 0.483),
    "silenced 0.4": (0.780, 0.506, None, None, None),
}
"""Median accuracies of `METHODS` on Hey Snips. With 2 bits all are at chance."""


def order_table(studies: Sequence[KeptStudy], tasks: Sequence[str]) -> list[str]:
    """The authors' orders and ours, by both rules, of tasks that have studies."""
    tasks = studied(tasks, studies)
    heads = ["median accuracy", "authors, Hey Snips"]
    heads += [f"{title(task)}, rules `{rules}`" for task in tasks for rules in RULES]
    out = []
    for cell, values in REPORTED.items():
        theirs = {m: v for m, v in zip(METHODS, values, strict=True) if v is not None}
        found = [_ours(studies, task, rules, cell) for task in tasks for rules in RULES]
        out.append([cell, _listed(theirs), *(_compared(theirs, ours) for ours in found)])
    return table(heads, out)


def _ours(studies: Sequence[KeptStudy], task: str, rules: str, cell: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines_of(studies, task, rules):
        if cell in line.cells:
            found.setdefault(line.method, line.cells[cell].accuracy_median)
    return found


def _compared(theirs: Mapping[str, float], ours: Mapping[str, float]) -> str:
    """Ours, and which of their orders it does not have."""
    both = [method for method in theirs if method in ours]
    asked = order({m: theirs[m] for m in both})
    if not asked:
        return UNKNOWN
    mine = {m: ours[m] for m in both}
    other = sorted(asked - order(mine))
    lacking = ", ".join(f"`{method}`" for method in theirs if method not in ours)
    unknown = f"; {UNKNOWN}: {lacking}" if lacking else ""
    kept = f"{len(asked) - len(other)} of {several(len(asked), 'pair')}"
    wrong = "; ".join(f"not `{a}` > `{b}`" for a, b in other)
    return f"{_listed(mine)}: {kept}, " + (f"**missed**: {wrong}" if other else "met") + unknown


def order(values: Mapping[str, float]) -> set[tuple[str, str]]:
    """Pairs of which the first is better, and above chance."""
    return {
        (a, b)
        for a, one in values.items()
        for b, other in values.items()
        if one - other > SPREAD - 1e-6 and one > CHANCE
    }


def _listed(values: Mapping[str, float]) -> str:
    best = sorted(values.items(), key=lambda pair: -pair[1])
    return ", ".join(f"`{method}` {share(value)}" for method, value in best)
