"""How errors grow with mismatch, beside what the seed paper's authors have: paper.md 3.1, 7.1."""

from __future__ import annotations

from collections.abc import Sequence

from kept_studies import NOMINAL, KeptStudy, Line, lines_of, studied
from results_words import UNKNOWN, table, title

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
BASE = "mismatch 0"
"""What the levels are divided by, where there is one: its gain is fitted as theirs are."""


def growth_table(
    studies: Sequence[KeptStudy], judged: Sequence[str], besides: Sequence[str]
) -> list[str]:
    """Growth factors by rules `paper`, of the line of least rank that has the rows.

    Args:
        judged: tasks that are compared with the authors'; those without a study are left out.
        besides: tasks that are only shown.
    """
    judged = studied(judged, studies)
    found = {task: lines_of(studies, task, "paper") for task in (*judged, *besides)}
    heads = ["error", "method", "authors, Hey Snips", *(title(task) for task in judged)]
    heads += [f"{title(task)}, another task" for task in besides]
    out = []
    for (error, method), theirs in REPORTED.items():
        shown = [f"`{error}`", f"`{method}`", ", ".join(map(_factor, theirs))]
        for task, lines in found.items():
            mine = [line for line in lines if line.method == method]
            shown.append(_reached(mine, error, theirs if task in judged else None))
        out.append(shown)
    return table(heads, out)


def _reached(lines: Sequence[Line], error: str, theirs: Sequence[float] | None) -> str:
    for line in lines:
        ours = growth(line, error)
        if ours is not None:
            off = [abs(own / other - 1) > WITHIN
                   for own, other in zip(ours, theirs or ours, strict=True)]  # fmt: skip
            marked = zip(ours, off, strict=True)
            text = ", ".join(f"{_factor(own)}{' (no)' if no else ''}" for own, no in marked)
            return f"{text} ([rows][{line.study.name}])"
    return UNKNOWN


def growth(line: Line, error: str) -> list[float] | None:
    """Median errors at `LEVELS` over that without mismatch; None: it lacks one of them."""
    base = BASE if BASE in line.cells else NOMINAL
    if not all(cell in line.cells for cell in (base, *LEVELS)):
        return None
    errors = [line.cells[cell].errors.get(error) for cell in (base, *LEVELS)]
    medians = [e.median for e in errors if e is not None]
    return [m / medians[0] for m in medians[1:]] if len(medians) == len(errors) else None


def _factor(value: float) -> str:
    return f"×{value:.3g}"
