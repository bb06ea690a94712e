"""Figures of methods that were judged by the same test samples, beside the page of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kept_studies import KeptStudy, Line, cells_of
from results_answer import alike, answering, samples_of
from results_words import title

from analoop.deploy.study_report import figure
from analoop.deploy.study_statistics import tables

KIND = "mismatch"
"""Of perturbation, that is drawn."""


def drawn(studies: Sequence[KeptStudy], task: str) -> list[Line]:
    """Of the lines that speak for their methods those that share the most test samples, by name;
    none where no two share them."""
    pools = alike(answering(studies, task))
    mine = max(pools, key=lambda pool: (samples_of(pool), len(pool)), default=[])
    return sorted(mine, key=lambda line: line.method)


def pictures(studies: Sequence[KeptStudy], tasks: Sequence[str]) -> list[str]:
    """The figures of tasks, as the page shows them."""
    out = []
    for task in tasks:
        if lines := drawn(studies, task):
            names = ", ".join(f"`{line.method}` ([{line.study.name}])" for line in lines)
            where = f"{title(task)}, the same {lines[0].study.record['samples']} test samples"
            out += [f"![{where}](images/{file_of(task)})", "", f"{where}: {names}.", ""]
    return out


def png_of(lines: Sequence[Line]) -> bytes:
    """Their accuracies over the levels of mismatch."""
    studies = list(dict.fromkeys(line.study for line in lines))
    record: dict[str, Any] = studies[0].record | {"cells": cells_of(studies)}
    rows = [row for line in lines for cell in line.rows.values() for row in cell]
    return figure(KIND, record | tables(rows, record["cells"], record["samples"], record["seed"]))


def file_of(task: str) -> str:
    """Name of the file of a task's figure."""
    return f"{task.replace('-', '_')}_{KIND}.png"
