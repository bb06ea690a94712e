"""Goals against the kept rows: by the best method, by one of ours, by single networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kept_studies import KeptStudy, Line, lines_of, studied
from results_goals import YARDSTICK, ByCell, Goal
from results_words import UNKNOWN, table, title

from analoop.deploy.study_files import Row

OURS = "chip"
"""The method whose usual settings a user would train with."""


@dataclass(frozen=True)
class Reached:
    """What a method has for a goal."""

    goal: Goal
    line: Line
    numbers: list[float]

    @property
    def met(self) -> bool:
        """In all its parts."""
        return self.goal.margin(self.numbers) >= 0

    @property
    def ours(self) -> bool:
        """Whether it is what `OURS` has as it is trained now."""
        return self.line.method == OURS and self.line.usual

    @property
    def order(self) -> tuple[bool, float]:
        """The best is the largest."""
        return self.goal.qualified(self.numbers), self.goal.margin(self.numbers)

    def shown(self, judged: bool) -> str:
        """In a cell of a table."""
        pairs = zip(self.goal.parts, self.numbers, strict=True)
        text = ", ".join(part.shown(n) for part, n in pairs)
        verdict = (", met" if self.met else ", **missed**") if judged else ""
        return f"{self.line.title} {text}{verdict} ({self.line.study.link})"


def target_table(
    goals: Sequence[Goal], studies: Sequence[KeptStudy], judged: Sequence[str],
    besides: Sequence[str] = (), ours: bool = False,
) -> list[str]:  # fmt: skip
    """Goals against what each task has without tuning.

    Args:
        judged: tasks that the goals are for; those without any study are left out.
        besides: tasks whose numbers are shown and met by nobody.
        ours: whether what `OURS` has gets a column.
    """
    judged = studied(judged, studies)
    heads = ["goal", "seed's best" if ours else "seed's own", "target"]
    for task in judged:
        heads.append(f"{'best method' if ours else 'reached'}, {title(task)}")
        heads += [f"`{OURS}` as it is trained now, {title(task)}"] if ours else []
    heads += [f"{title(task)}, another task" for task in besides]
    out = []
    for goal in goals:
        shown = [goal.text, goal.seed, goal.target]
        for task in judged:
            found = by_method(goal, studies, task)
            shown.append(_best(found, True))
            shown += [_ours(goal, found)] if ours else []
        shown += [_best(by_method(goal, studies, task), False) for task in besides]
        out.append(shown)
    return table(heads, out)


def _best(found: Sequence[Reached], judged: bool) -> str:
    return max(found, key=lambda r: r.order).shown(judged) if found else UNKNOWN


def _ours(goal: Goal, found: Sequence[Reached]) -> str:
    mine = [r for r in found if r.ours]
    if mine:
        return mine[0].shown(True)
    return UNKNOWN if goal.method in (None, OURS) else ""


def by_method(goal: Goal, studies: Sequence[KeptStudy], task: str) -> list[Reached]:
    """Of every method that has what the goal needs: see `Line.rank`; of equals, the better."""
    found: dict[str, Reached] = {}
    every = sorted(_judged(goal, studies, task), key=lambda r: (r.line.rank, -r.order[1]))
    for reached in every:
        found.setdefault(reached.line.method, reached)
    return list(found.values())


def _judged(goal: Goal, studies: Sequence[KeptStudy], task: str) -> Iterator[Reached]:
    """Every line that the goal is for and that has what it needs."""
    for line, others in _pairs(goal, studies, task):
        numbers = goal.numbers(line.rows, others or line.rows)
        if numbers:
            yield Reached(goal, line, numbers)


def _pairs(
    goal: Goal, studies: Sequence[KeptStudy], task: str
) -> Iterator[tuple[Line, ByCell | None]]:
    """Lines that the goal is for, each with the rows that it is compared with; None: its own."""
    lines = [x for x in lines_of(studies, task, goal.rules)
             if x.study.record["samples"] >= goal.samples]  # fmt: skip
    for line in lines:
        if (goal.method or line.method) != line.method or line.method == YARDSTICK:
            continue
        if goal.beside is None:
            yield line, None
            continue
        others: dict[str, list[Row]] = {}
        for other in lines:
            same = other.study.size == line.study.size and other.changed == line.changed
            if other.method == goal.beside and same:
                for cell, rows in other.rows.items():
                    others.setdefault(cell, []).extend(rows)
        if others:
            yield line, others


def summary(goals: Sequence[Goal], studies: Sequence[KeptStudy], task: str) -> list[str]:
    """Who meets how many goals of a task, in sentences of a list."""
    known = {goal: found for goal in goals if (found := by_method(goal, studies, task))}
    if not known:
        return []
    missed = [g for g, found in known.items() if not any(r.met for r in found)]
    ours = {goal: r for goal, found in known.items() for r in found if r.ours}
    out = [f"- Met by no method: {_texts(missed)}."]
    if ours:
        unmet = [g for g, r in ours.items() if not r.met]
        unknown = [g for g in goals if g not in ours]
        out.append(
            f"- `{OURS}` as it is trained now meets {len(ours) - len(unmet)} of {len(goals)}. "
            f"Missed: {_texts(unmet)}. Not measured: {_texts(unknown)}."
        )
    return [*out, *_single(goals, studies, task), ""]


def _single(goals: Sequence[Goal], studies: Sequence[KeptStudy], task: str) -> list[str]:
    """What single networks meet: the one that a user has is one."""
    met: dict[str, list[Goal]] = {}  # by hash
    names: dict[str, str] = {}
    for goal in goals:
        seen: set[str] = set()
        for line, others in _pairs(goal, studies, task):
            for number, rows in _networks(line).items():
                numbers = goal.numbers(rows, others or rows)
                key = next(iter(rows.values()))[0].network_hash
                if numbers and key not in seen:  # some are in several studies
                    seen.add(key)
                    names.setdefault(key, f"[network {number}][{line.study.name}] of {line.title}")
                    met.setdefault(key, []).extend([goal] * (goal.margin(numbers) >= 0))
    most = max(met, key=lambda key: len(met[key]))
    never = [g for g in goals if not any(g in mine for mine in met.values())]
    return [
        f"- Of single networks, {names[most]} meets most: {len(met[most])} of {len(goals)}. It "
        f"misses, or has no rows for: {_texts([g for g in goals if g not in met[most]])}.",
        f"- Met by no single network of any method: {_texts(never)}.",
    ]


def _networks(line: Line) -> dict[int, dict[str, list[Row]]]:
    """The rows of each network by cell."""
    found: dict[int, dict[str, list[Row]]] = {}
    for cell, rows in line.rows.items():
        for row in rows:
            found.setdefault(row.network, {}).setdefault(cell, []).append(row)
    return found


def _texts(goals: Sequence[Goal]) -> str:
    return "; ".join(goal.text for goal in goals) or "none"
