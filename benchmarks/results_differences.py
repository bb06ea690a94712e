"""Which methods differ under mismatch, over all studies that judged by the same test samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kept_studies import KeptStudy, cells_of, lines
from results_words import NOTHING, several, table, title

from analoop.deploy.study_files import Row
from analoop.deploy.study_statistics import MethodDifference, differences


def difference_tables(studies: Sequence[KeptStudy]) -> list[str]:
    """A table for each task, rules and test samples with two lines or more."""
    pools: dict[tuple[object, ...], list[KeptStudy]] = {}
    for study in sorted(studies, key=lambda study: (study.record["task"], study.name)):
        if _mismatched(study.record["cells"]):
            pools.setdefault(study.judged_by, []).append(study)
    return [text for pool in pools.values() for text in _table(pool)]


def _table(pool: Sequence[KeptStudy]) -> list[str]:
    cells = _mismatched(cells_of(pool))
    titles: dict[str, str] = {}
    rows: list[Row] = []
    for line in lines(pool):
        titles[line.label] = line.title
        rows += [replace(row, method=line.label) for mine in line.rows.values() for row in mine]
    pairs: dict[tuple[str, str], dict[str, MethodDifference]] = {}
    for d in differences(rows, cells):
        pairs.setdefault((d.first, d.second), {})[d.cell] = d
    if not pairs:
        return []
    record = pool[0].record
    samples = several(record["samples"], "test sample")
    names = ", ".join(study.name for study in pool)
    head = f"### {title(record['task'])}, rules {pool[0].protocol}, {samples}: {names}"
    sources = ", ".join(f"[{study.name}][{study.name}]" for study in pool)
    lined = [
        [f"{titles[a]}, {titles[b]}", *(_p(by_cell.get(cell)) for cell in cells)]
        for (a, b), by_cell in pairs.items()
    ]
    return [head, "", f"Rows: {sources}.", "", *table(["methods", *cells], lined)]


def _mismatched(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.split()[0] == "mismatch"]


def _p(d: MethodDifference | None) -> str:
    if d is None:
        return NOTHING
    found = (d.accuracy_p, d.mse_p, d.spread_p, d.dynamics_p)
    return "; ".join(NOTHING if p is None else f"{p:.1g}" for p in found)
