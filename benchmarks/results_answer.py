"""The short answer: which method, how good, on what; made of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kept_studies import NOMINAL, KeptStudy, Line, lines_of
from results_goals import BEYOND, YARDSTICK
from results_targets import OURS, by_method
from results_words import NOTHING, share, table, title

ROBUST = "mismatch 0.2"
"""The cell by which methods are sorted."""
COLUMNS = {
    NOMINAL: "nothing perturbed", "mismatch 0.1": "10 % mismatch", ROBUST: "20 %",
    "mismatch 0.3": "30 %", "chip 1": "as measured", "bits 4": "4 bits", "bits 3": "3 bits",
    "noise 0.1": "noise .1", "silenced 0.4": "40 % silent",
}  # fmt: skip
"""Cells of the table, and what they are called there."""


def answer(
    studies: Sequence[KeptStudy], judged: Sequence[str], besides: Sequence[str]
) -> list[str]:
    """Of each task that has rows by rules `fair`, a sentence and a table of its methods. Only those
    are compared that were asked the same test samples as the most were.

    Args:
        judged: tasks that the goals beyond the seed paper are for.
        besides: other tasks.
    """
    out: list[str] = []
    for task in (*judged, *besides):
        mine = sorted(answering(studies, task), key=lambda x: -x.cells[ROBUST].accuracy_mean)
        if mine:
            same = max(alike(mine), key=lambda x: (len(x), samples_of(x)), default=[])
            goals = _goals(studies, task) if task in judged else ""
            out += [_sentence(task, same) + goals, "", *_table(mine, same)]
    return out


def answering(studies: Sequence[KeptStudy], task: str) -> list[Line]:
    """The line of each method that speaks for it on a task, by rules `fair`."""
    found: dict[str, Line] = {}
    for line in lines_of(studies, task, "fair"):
        if {ROBUST, NOMINAL} <= line.cells.keys() and line.method != YARDSTICK:
            found.setdefault(line.method, line)
    return list(found.values())


def alike(found: Sequence[Line]) -> list[list[Line]]:
    """Lines that were asked the same test samples by the same rules, where two or more were."""
    pools: dict[tuple[Any, ...], list[Line]] = {}
    for line in found:
        pools.setdefault(line.study.judged_by, []).append(line)
    return [pool for pool in pools.values() if len(pool) > 1]


def samples_of(pool: Sequence[Line]) -> int:
    """How many test samples lines were asked that were asked the same."""
    return pool[0].study.record["samples"]


def _sentence(task: str, same: Sequence[Line]) -> str:
    """Who is best on chips, and who where nothing is perturbed."""
    if not same:
        return f"**{title(task)}.** No two methods were asked the same test samples."
    whole = sorted(same, key=lambda x: -x.cells[NOMINAL].accuracy_mean)
    return (
        f"**{title(task)}.** Of the {len(same)} methods that were asked the same "
        f"{samples_of(same)} test samples, right most often on virtual chips of 20 % mismatch: "
        f"{_first(same, ROBUST)}; with nothing perturbed: {_first(whole, NOMINAL)}."
    )


def _first(found: Sequence[Line], cell: str) -> str:
    """The best two."""
    each = [
        f"{line.title} {share(line.cells[cell].accuracy_mean)} ({line.study.link})"
        for line in found[:2]
    ]
    return ", then ".join(each)


def _goals(studies: Sequence[KeptStudy], task: str) -> str:
    every = [by_method(goal, studies, task) for goal in BEYOND]
    ours = [r.met for found in every for r in found if r.ours]
    best = sum(any(r.met for r in found) for found in every)
    return (
        f" Of the {len(BEYOND)} [goals beyond the seed paper](#goals-beyond-the-seed-paper), "
        f"{best} are met by some method, {sum(ours)} by `{OURS}` as it is trained now."
    )


def _table(found: Sequence[Line], same: Sequence[Line]) -> list[str]:
    """Mean accuracies, the best of each cell among the same samples in bold, and rates."""
    cells = [cell for cell in COLUMNS if any(cell in line.cells for line in found)]
    best = {c: [x.cells[c].accuracy_mean for x in same if c in x.cells] for c in cells}
    out = []
    for line in found:
        study, rival = line.study, line in same
        shown = [_mean(line, cell, best[cell] if rival else []) for cell in cells]
        samples = f"{study.record['samples']}{'' if rival else ', others'}"
        rates = [f"{line.cells[cell].rate_hz_mean:.1f}" for cell in (NOMINAL, ROBUST)]
        rows = f"[{study.record['networks']}][{study.name}]"
        out.append([line.title, rows, samples, *shown, ", ".join(rates)])
    named = [COLUMNS[cell] for cell in cells]
    heads = ["mean accuracy", "networks", "test samples", *named, "Hz, nominal, at 20 %"]
    return table(heads, out)


def _mean(line: Line, cell: str, rivals: Sequence[float]) -> str:
    if cell not in line.cells:
        return NOTHING
    mean = share(line.cells[cell].accuracy_mean)
    return f"**{mean}**" if rivals and mean == share(max(rivals)) else mean


def contents(page: Sequence[str]) -> list[str]:
    """Links to the headings of a page."""
    heads = [line.removeprefix("## ") for line in page if line.startswith("## ")]
    return [*(f"- [{head}](#{_anchor(head)})" for head in heads), ""]


def _anchor(heading: str) -> str:
    """As GitHub names it."""
    kept = (c for c in heading.lower() if c.isalnum() or c in "_- ")
    return "".join(kept).replace(" ", "-")
