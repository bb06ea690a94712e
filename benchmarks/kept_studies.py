"""The robustness studies whose rows are kept in benchmarks/results, as tables are made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from results_words import several

from analoop.deploy import study_command
from analoop.deploy.study_files import Row, read_rows
from analoop.deploy.study_statistics import CellSummary, summaries
from analoop.models.learning.methods import METHODS

NOMINAL = "nominal 0"
HOME = "../benchmarks/results"
"""Where the studies are, seen from the page."""


@dataclass(frozen=True, eq=False)
class KeptStudy:
    """A folder with `study.json` and `rows.csv`."""

    name: str
    """Of its folder."""
    record: dict[str, Any]
    """Its study.json."""
    rows: tuple[Row, ...]
    """In order of method, network, cell and draw, whatever order they were finished in."""
    remarks: str = ""
    """Its remarks.md, if it has one: which rows the command does not make again."""

    @property
    def protocol(self) -> str:
        """Name of its protocol."""
        return self.record["protocol"]["name"]

    @property
    def size(self) -> tuple[Any, ...]:
        """Task, networks, draws, samples and seed: studies that share them stand side by side."""
        return tuple(self.record[key] for key in ("task", "networks", "draws", "samples", "seed"))

    @property
    def trials(self) -> int:
        """Networks, draws and samples multiplied."""
        return self.record["networks"] * self.record["draws"] * self.record["samples"]

    @property
    def link(self) -> str:
        """To its rows, named by how many networks they are of."""
        return f"[{several(self.record['networks'], 'network')}][{self.name}]"

    @property
    def judged_by(self) -> tuple[Any, ...]:
        """Studies that share it judged by the same rules and test samples. One of before these
        were named shares it with none."""
        named = self.record.get("test_samples", self.name)
        return self.record["task"], self.protocol, self.record["samples"], named

    @property
    def methods(self) -> list[str]:
        """That have rows."""
        return list(dict.fromkeys(row.method for row in self.rows))

    @cached_property
    def rows_by_method(self) -> dict[str, dict[str, list[Row]]]:
        """And by cell."""
        found: dict[str, dict[str, list[Row]]] = {}
        for row in self.rows:
            found.setdefault(row.method, {}).setdefault(row.cell, []).append(row)
        return found

    @cached_property
    def summaries_by_method(self) -> dict[str, dict[str, CellSummary]]:
        """And by cell."""
        cells, samples, seed = (self.record[name] for name in ("cells", "samples", "seed"))
        found: dict[str, dict[str, CellSummary]] = {method: {} for method in self.methods}
        for summary in summaries(self.rows, cells, samples, seed):
            found[summary.method][summary.cell] = summary
        return found

    @property
    def command(self) -> str:
        """What makes it again, with every setting that is not the default of this version."""
        return study_command.command(self.record, f"runs/{self.name}")

    def changed(self, method: str) -> list[str]:
        """Settings of a method that are not its usual ones now, as texts for --set."""
        return study_command.changes(self.record, method)


@dataclass(frozen=True, eq=False)
class Line:
    """One method in one study: a line of a table."""

    label: str
    method: str
    study: KeptStudy

    @property
    def title(self) -> str:
        """For people: with the settings that are not the usual ones of now."""
        return f"`{self.label}`" + (f" ({', '.join(self.changed)})" if self.changed else "")

    @property
    def usual(self) -> bool:
        """Whether its settings are the usual ones of now."""
        return not self.changed

    @property
    def changed(self) -> list[str]:
        """Settings that are not the usual ones of now: lines that share them differ in method."""
        return self.study.changed(self.method)

    @property
    def rank(self) -> tuple[bool, int]:
        """Of lines that say the same, the least is believed: usual settings, then the largest."""
        return not self.usual, -self.study.trials

    @property
    def taught(self) -> bool:
        """Whether its networks imitate a teacher."""
        return self.method in METHODS and METHODS[self.method].taught

    @property
    def rows(self) -> dict[str, list[Row]]:
        """By cell."""
        return self.study.rows_by_method[self.method]

    @property
    def cells(self) -> dict[str, CellSummary]:
        """By name."""
        return self.study.summaries_by_method[self.method]


def kept_studies(folder: Path) -> list[KeptStudy]:
    """Every study in a folder, by name.

    Raises:
        FileError: as `read_rows`.
    """
    found = []
    for file in sorted(folder.glob("*/study.json")):
        if not (file.parent / "rows.csv").exists():
            continue
        record = json.loads(file.read_text(encoding="utf-8"))
        rows = sorted(read_rows(file.parent / "rows.csv"), key=lambda row: row.place)
        remarks = file.parent / "remarks.md"
        said = remarks.read_text(encoding="utf-8").strip() if remarks.exists() else ""
        found.append(KeptStudy(file.parent.name, record, tuple(rows), said))
    return found


def studied(tasks: Sequence[str], studies: Sequence[KeptStudy]) -> list[str]:
    """Those of the tasks that a study is of."""
    there = {study.record["task"] for study in studies}
    return [task for task in tasks if task in there]


def groups(studies: Sequence[KeptStudy]) -> list[list[KeptStudy]]:
    """Studies that stand side by side; by task, the largest first."""
    sizes: dict[tuple[Any, ...], list[KeptStudy]] = {}
    for study in sorted(studies, key=lambda study: (study.protocol, study.name)):
        sizes.setdefault(study.size, []).append(study)

    def order(size: tuple[Any, ...]) -> tuple[Any, ...]:
        return size[0], -sizes[size][0].trials, size

    return [sizes[size] for size in sorted(sizes, key=order)]


def cells_of(group: Sequence[KeptStudy]) -> list[str]:
    """Of all studies of a group: kinds as they come, levels as they grow, bits as they fall."""
    longest = sorted(group, key=lambda study: -len(study.record["cells"]))
    cells = dict.fromkeys(cell for study in longest for cell in study.record["cells"])
    kinds = list(dict.fromkeys(cell.split()[0] for cell in cells))

    def place(cell: str) -> tuple[int, float]:
        kind, level = cell.split()
        return kinds.index(kind), -float(level) if kind == "bits" else float(level)

    return sorted(cells, key=place)


def lines(group: Sequence[KeptStudy]) -> list[Line]:
    """A line for each method and study, methods together; the study's name where a method would
    stand twice under one protocol."""
    found = []
    for study in group:
        for method in study.methods:
            twice = [s for s in group if s.protocol == study.protocol and method in s.methods]
            label = method if len(twice) == 1 else f"{method} ({study.name})"
            found.append(Line(label, method, study))
    return sorted(found, key=lambda line: (line.label, line.study.protocol))


def lines_of(studies: Sequence[KeptStudy], task: str, protocol: str) -> list[Line]:
    """Every line of a task by these rules; see `Line.rank` for their order."""
    mine = [s for s in studies if s.record["task"] == task and s.protocol == protocol]
    return sorted((x for group in groups(mine) for x in lines(group)), key=lambda x: x.rank)
