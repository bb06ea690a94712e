"""Which kept studies are as large as the contract wants them, by both rules: paper.md 7.1, 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kept_studies import KeptStudy, Line, lines_of, studied
from results_orders import METHODS, RULES
from results_words import UNKNOWN, table, title

LEVELS = ("mismatch 0.05", "mismatch 0.1", "mismatch 0.2")
BESIDE = "mismatch 0.3"
"""In brackets in the contract: the authors have it of two methods."""
NETWORKS, DRAWS, SAMPLES = 10, 10, 500


@dataclass(frozen=True)
class Size:
    """How much of the table of mismatch a line has."""

    line: Line
    networks: int
    """That have rows at all `LEVELS`."""
    draws: int
    """That each of these has at least."""

    @property
    def samples(self) -> int:
        """Test samples."""
        return self.line.study.record["samples"]

    @property
    def enough(self) -> bool:
        """Whether it is what the contract wants, or more."""
        return self.networks >= NETWORKS and self.draws >= DRAWS and self.samples >= SAMPLES

    @property
    def order(self) -> tuple[bool, int]:
        """The largest comes last."""
        return self.enough, self.networks * self.draws * self.samples

    @property
    def shown(self) -> str:
        """In a cell of a table."""
        verdict = "met" if self.enough else "**missed**"
        less = "" if BESIDE in self.line.rows else ", without 30 %"
        study = self.line.study
        changed = ", ".join(self.line.changed)
        size = f"{self.networks} × {self.draws}, {self.samples}"
        return f"{size}{less}, {verdict} ([rows][{study.name}]{changed and '; ' + changed})"


def size_of(line: Line) -> Size | None:
    """None: no network has rows at all `LEVELS`."""
    drawn = [Counter(row.network for row in line.rows.get(level, ())) for level in LEVELS]
    networks = set.intersection(*map(set, drawn))
    if not networks:
        return None
    return Size(line, len(networks), min(level[k] for level in drawn for k in networks))


def contract_table(studies: Sequence[KeptStudy], tasks: Sequence[str]) -> list[str]:
    """Of each task that has a study, and each method, the largest by rules `paper` and `fair`."""
    out = []
    for task in studied(tasks, studies):
        for method, sizes in _largest(studies, task).items():
            shown = [sizes[rules].shown if rules in sizes else UNKNOWN for rules in RULES]
            out.append([title(task), f"`{method}`", *shown])
    heads = ["task", "method", *(f"rules `{rules}`" for rules in RULES)]
    return table(heads, out) if out else []


def contract_summary(studies: Sequence[KeptStudy], tasks: Sequence[str]) -> list[str]:
    """What the table comes to, in sentences of a list."""
    out = []
    for task in studied(tasks, studies):
        found = _largest(studies, task)
        both = [
            m for m, sizes in found.items() if all(r in sizes and sizes[r].enough for r in RULES)
        ]
        none = [m for m, sizes in found.items() if "paper" not in sizes]
        out.append(
            f"- {title(task)}: as large by both rules: {_named(both)}. No such rows by rules "
            f"`paper`: {_named(none)}."
        )
    return [*out, ""]


def _largest(studies: Sequence[KeptStudy], task: str) -> dict[str, dict[str, Size]]:
    """By method, the seed's first, and rules."""
    found: dict[str, dict[str, Size]] = {method: {} for method in METHODS}
    for rules in RULES:
        sizes = [size for line in lines_of(studies, task, rules) if (size := size_of(line))]
        for size in sorted(sizes, key=lambda size: size.order):
            found.setdefault(size.line.method, {})[rules] = size
    return found


def _named(methods: Sequence[str]) -> str:
    return ", ".join(f"`{method}`" for method in methods) or "none"
