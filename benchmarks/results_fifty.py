"""Fifty virtual chips through the whole pipeline, as benchmarks/fifty_chips.py wrote them down."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kept_studies import KeptStudy, Line, lines
from results_goals import DROPS, VOWELS_DROPS
from results_words import NOTHING, VOWELS, WAKE, share, table, title

LINE = re.compile(r"(\S+), (?:network|student) (\w+)((?:, \w+)*)((?: +-?\d+\.\d)+) Hz")
"""Task, hash, what is wrong with the chips, numbers in percent and the rate."""
BOUNDS = {**dict.fromkeys(WAKE, DROPS), VOWELS: VOWELS_DROPS}
"""What each task may lose, in the mean of chips and on the worst one."""


def fifty_table(text: str, studies: Sequence[KeptStudy]) -> list[str]:
    """Each line of the text, held against the goals of its task, if there are any."""
    heads = ["task", "network", "chips with mismatch as measured and", "nominal", "mean", "worst",
             "mean drop, worst drop", "goals", "mean, worst"]  # fmt: skip
    out = []
    for task, name, kind, numbers in LINE.findall(text):
        percent = [float(word) for word in numbers.split()[:-1]]
        nominal, mean, mean_drop, worst, worst_drop = (share(p / 100) for p in percent)
        out.append([title(task), _named(name, studies), kind.strip(", ") or "no defects", nominal,
                    mean, worst, f"{mean_drop}, {worst_drop}",
                    *_judged((percent[2], percent[4]), BOUNDS.get(task))])  # fmt: skip
    return table(heads, out) if out else []


def _judged(percent: tuple[float, float], bounds: tuple[float, float] | None) -> tuple[str, str]:
    """The bounds of two drops, and what these make of them."""
    if bounds is None:
        return NOTHING, "another task"
    met = (drop <= 100 * bound for drop, bound in zip(percent, bounds, strict=True))
    verdict = ", ".join("met" if m else "**missed**" for m in met)
    return ", ".join(f"≤ {share(bound)}" for bound in bounds), verdict


def _named(name: str, studies: Sequence[KeptStudy]) -> str:
    """A network by its hash, and which one it is in the kept studies."""
    found: list[tuple[Line, int]] = [
        (line, row.network)
        for study in studies
        for line in lines([study])
        for rows in line.rows.values()
        for row in rows
        if row.network_hash.startswith(name)
    ]
    if not found:
        return f"{name}, of no study here"
    where = dict.fromkeys(f"[{number}][{line.study.name}]" for line, number in found)
    return f"{found[0][0].title}, network {' and '.join(where)}"
