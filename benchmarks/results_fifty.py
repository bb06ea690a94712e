"""Fifty virtual chips through the whole pipeline, as benchmarks/fifty_chips.py wrote them down."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kept_studies import KeptStudy, Line, lines
from results_goals import DROPS
from results_words import WAKE, share, table, title

LINE = re.compile(r"(\S+), (?:network|student) (\w+)((?:, \w+)*)((?: +-?\d+\.\d)+) Hz")
"""Task, hash, what is wrong with the chips, numbers in percent and the rate."""


def fifty_table(text: str, studies: Sequence[KeptStudy]) -> list[str]:
    """Each line of the text, held against the goal where its task is a wake phrase."""
    heads = ["task", "network", "chips with mismatch as measured and", "nominal", "mean", "worst",
             f"mean drop, goal ≤ {share(DROPS[0])}", f"worst drop, goal ≤ {share(DROPS[1])}",
             "mean, worst"]  # fmt: skip
    out = []
    for task, name, kind, numbers in LINE.findall(text):
        percent = [float(word) for word in numbers.split()[:-1]]
        nominal, mean, mean_drop, worst, worst_drop = (share(p / 100) for p in percent)
        met = [percent[2] <= 100 * DROPS[0], percent[4] <= 100 * DROPS[1]]
        verdict = ", ".join("met" if m else "**missed**" for m in met)
        out.append([title(task), _named(name, studies), kind.strip(", ") or "no defects", nominal,
                    mean, worst, mean_drop, worst_drop,
                    verdict if task in WAKE else "another task"])  # fmt: skip
    return table(heads, out) if out else []


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
