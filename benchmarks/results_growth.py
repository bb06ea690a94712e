"""How errors grow with mismatch, beside what the seed paper's authors have: paper.md 3.1, 7.1."""

from __future__ import annotations

from collections.abc import Sequence

from kept_studies import KeptStudy, Line, groups, lines
from results_targets import UNKNOWN, title

LEVELS = ("mismatch 0.05", "mismatch 0.1", "mismatch 0.2")
REPORTED: dict[tuple[str, str], tuple[float, float, float]] = {
    ("mse_target", "ads"): (1.15, 1.54, 2.63),
    ("mse_target", "force"): (1.59, 3.28, 8.85),
    ("mse_target", "bptt"): (1.23, 1.51, 2.78),
    ("mse_target", "reservoir"): (1.25 / 0.0161, 6.19 / 0.0161, 10.5 / 0.0161),
    ("mse_dynamics", "ads"): (0.0066 / 0.0058, 0.0097 / 0.0058, 0.0185 / 0.0058),
    ("mse_dynamics", "force"): (0.0038 / 0.0016, 0.0089 / 0.0016, 0.0276 / 0.0016),
}
"""By error and method: medians at `LEVELS` over those without mismatch, on Hey Snips. The medians
themselves where no rise is given; of the range that the reservoir has, the upper end."""
WITHIN = 0.5
"""A growth is reproduced if it is off by no more than this share of theirs."""


def growth_table(
    studies: Sequence[KeptStudy], judged: Sequence[str], besides: Sequence[str]
) -> list[str]:
    """Growth factors by rules `paper`, in the largest study of each task that has the rows.

    Args:
        judged: tasks that are compared with the authors'.
        besides: tasks that are only shown.
    """
    tasks = (*judged, *besides)
    found = {task: _largest(studies, task) for task in tasks}
    heads = ["error", "method", "authors, Hey Snips", *(title(task) for task in judged)]
    heads += [f"{title(task)}, another task" for task in besides]
    out = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for (error, method), theirs in REPORTED.items():
        shown = [f"`{error}`", f"`{method}`", ", ".join(map(_factor, theirs))]
        for task in tasks:
            compared = theirs if task in judged else None
            shown.append(_reached(found[task], error, method, compared))
        out.append(f"| {' | '.join(shown)} |")
    return [*out, ""]


def _largest(studies: Sequence[KeptStudy], task: str) -> list[Line]:
    """Of all studies of a task, the largest first."""
    mine = [s for s in studies if s.record["task"] == task and s.protocol == "paper"]
    return [line for group in groups(mine) for line in lines(group)]


def _reached(found: Sequence[Line], error: str, method: str, theirs: Sequence[float] | None) -> str:
    for line in found:
        if line.method != method or not all(level in line.cells for level in LEVELS):
            continue
        errors = [line.cells[level].errors.get(error) for level in LEVELS]
        ours = [e.rise + 1 for e in errors if e is not None and e.rise is not None]
        if len(ours) == len(LEVELS):
            off = [abs(own / other - 1) > WITHIN
                   for own, other in zip(ours, theirs or ours, strict=True)]  # fmt: skip
            marked = zip(ours, off, strict=True)
            text = ", ".join(f"{_factor(own)}{' (no)' if no else ''}" for own, no in marked)
            return f"{text} ([rows][{line.study.name}])"
    return UNKNOWN


def _factor(value: float) -> str:
    return f"×{value:.3g}"
