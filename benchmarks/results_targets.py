"""What is to be reached, and what is: the goals of paper.md 7.1 and 7.2 against the kept rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from kept_studies import NOMINAL, KeptStudy, Line, groups, lines
from results_tables import share

from analoop.deploy.study_files import Row
from analoop.models.tasks import hey_snips, synth_snips, temporal_xor

Statistic = Callable[[Sequence[Row], Sequence[Row]], float]
"""From rows of cells and of the nominal cell to a number."""
Reached = tuple[float, Line, list[float]]
"""Margin to the nearest bound, the line of a method, and its numbers for the parts of a goal."""
UNKNOWN = "not measured"


def mean(rows: Sequence[Row], _: Sequence[Row]) -> float:
    """Mean accuracy."""
    return float(np.mean([row.accuracy for row in rows]))


def p10(rows: Sequence[Row], _: Sequence[Row]) -> float:
    """What nine chips in ten reach."""
    return float(np.percentile([row.accuracy for row in rows], 10))


def least(rows: Sequence[Row], _: Sequence[Row]) -> float:
    """Accuracy of the worst network."""
    return min(row.accuracy for row in rows)


def rate_hz(rows: Sequence[Row], _: Sequence[Row]) -> float:
    """Mean rate [Hz]."""
    return float(np.mean([row.rate_hz for row in rows]))


def dynamics_error(rows: Sequence[Row], _: Sequence[Row]) -> float:
    """Mean square of decoded less the teacher's activations, over the variance of these [1]; the
    mean of networks. No such error: without end."""
    errors = [row.nrmse_dynamics for row in rows if row.nrmse_dynamics is not None]
    return float(np.mean(np.square(errors))) if errors else float("inf")


def mean_drop(rows: Sequence[Row], nominal: Sequence[Row]) -> float:
    """What the mean accuracy loses."""
    return mean(nominal, nominal) - mean(rows, rows)


def worst_drop(rows: Sequence[Row], nominal: Sequence[Row]) -> float:
    """What a network loses at most on a chip."""
    whole = {row.network: row.accuracy for row in nominal}
    return max(whole[row.network] - row.accuracy for row in rows)


@dataclass(frozen=True)
class Part:
    """One number of a goal."""

    cell: str
    """Name of a cell, or the kind of several."""
    of: Statistic
    bound: float | None = None
    """None: shown, and met by any."""
    at_most: bool = False


@dataclass(frozen=True)
class Goal:
    """What is to be reached, by one method in all its parts."""

    text: str
    seed_best: str
    """What the seed paper's best method has, on Hey Snips (paper.md 7.2)."""
    target: str
    parts: tuple[Part, ...] = ()
    """None: there are no rows that could say it."""
    method: str | None = None
    """None: the best one."""
    beside: str | None = None
    """The method whose nominal rows it is compared with; None: its own."""


YARDSTICK = "chip-dense"
"""No rival: `chip` without the limits of a chip."""


def _mismatch(level: float, best: str, bounds: tuple[float, float]) -> Goal:
    cell = f"mismatch {level:g}"
    parts = (Part(cell, mean, bounds[0]), Part(cell, p10, bounds[1]))
    target = f"≥ {share(bounds[0])} (≥ {share(bounds[1])})"
    return Goal(f"{100 * level:.0f} % mismatch, mean (P10)", best, target, parts)


BEYOND = (
    _mismatch(0.1, "`bptt` .813 (.624), `ads` .789 (.683)", (0.88, 0.85)),
    _mismatch(0.2, "`bptt` .733 (.527), `ads` .661 (.514)", (0.86, 0.80)),
    _mismatch(0.3, "`bptt` .632", (0.80, 0.70)),
    Goal("mismatch as measured, few chips: mean drop (worst chip's)", "none", "≤ .02 (≤ .05)",
         (Part("chip", mean_drop, 0.02, True), Part("chip", worst_drop, 0.05, True))),
    *(Goal(f"{b} bits", best, f"≥ {share(m)}", (Part(f"bits {b}", mean, m),))
      for b, m, best in ((4, 0.88, "`bptt` .868, `ads` in the loop .868"),
                         (3, 0.87, "`bptt` .707, `ads` in the loop .869"),
                         (2, 0.80, "`bptt` .540, `ads` in the loop .758"))),
    Goal("noise .1", "`force` .812", "≥ .86", (Part("noise 0.1", mean, 0.86),)),
    Goal("40 % silent", "`ads` .769", "≥ .82", (Part("silenced 0.4", mean, 0.82),)),
    Goal("fan-in ≤ 64 and 4 bits with sign: below dense", "none", "≤ .02",
         (Part(NOMINAL, mean_drop, 0.02, True),), "chip", YARDSTICK),
    Goal("nominal rate of a network that meets 20 % mismatch [Hz]; its rate there", "`ads` 3.2",
         "≤ 5", (Part("mismatch 0.2", mean, 0.86), Part(NOMINAL, rate_hz, 5.0, True),
                 Part("mismatch 0.2", rate_hz))),
)  # fmt: skip
"""Paper.md 7.2: no tuning for a level, no fitted gain, true labels."""

WORKS = (
    *(Goal(f"`{method}`, nominal", "", f"≥ {share(bound)}", (Part(NOMINAL, mean, bound),), method)
      for method, bound in (("ads", 0.85), ("ads-no-ebn", 0.90), ("force", 0.90), ("bptt", 0.86),
                            ("reservoir", 0.88))),
    Goal("`ads`, rate [Hz]", "", "≤ 5", (Part(NOMINAL, rate_hz, 5.0, True),), "ads"),
    Goal("`reservoir` at 5 % mismatch, with 6 bits: near chance", "", "≤ .600",
         (Part("mismatch 0.05", mean, 0.6, True), Part("bits 6", mean, 0.6, True)), "reservoir"),
)  # fmt: skip
"""Paper.md 7.1, 2 and 4: on the wake phrase, against true labels."""
WORKS_XOR = (
    Goal(
        "`ads`, nominal: worst network; error of the dynamics, of their variance",
        "",
        "≥ .98; ≤ .20",
        (Part(NOMINAL, least, 0.98), Part(NOMINAL, dynamics_error, 0.2, True)),
        "ads",
    ),
)
"""Paper.md 7.1, 1."""


def target_table(goals: Sequence[Goal], studies: Sequence[KeptStudy], judged: Sequence[str],
                 besides: Sequence[str] = ()) -> list[str]:  # fmt: skip
    """Goals against what each task has without tuning.

    Args:
        judged: tasks that the goals are for.
        besides: tasks whose numbers are shown and met by nobody.
    """
    best = [bool(goal.seed_best) for goal in goals]
    heads = ["goal", *(["seed's best"] if any(best) else []), "target"]
    heads += [f"reached, {title(task)}" for task in judged]
    heads += [f"{title(task)}, another task" for task in besides]
    out = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for goal in goals:
        shown = [goal.text, *([goal.seed_best] if any(best) else []), goal.target]
        shown += [_reached(goal, studies, task, True) for task in judged]
        shown += [_reached(goal, studies, task, False) for task in besides]
        out.append(f"| {' | '.join(shown)} |")
    return [*out, ""]


def title(task: str) -> str:
    """A task in the words of people."""
    names = {hey_snips.NAME: "Hey Snips", synth_snips.NAME: "SynthSnips"}
    return names.get(task, {temporal_xor.NAME: "temporal XOR"}.get(task, task))


def _reached(goal: Goal, studies: Sequence[KeptStudy], task: str, judged: bool) -> str:
    """By the method that misses the least, each with its usual settings if any study has them, in
    the largest study that has what the goal needs."""
    fair = [s for s in studies if s.record["task"] == task and s.protocol == "fair"]
    found: dict[str, Reached] = {}
    for usual in (False, True):  # what is found later takes the place of what was before
        for group in reversed(groups(fair)):
            mine = [r for r in _candidates(goal, group) if _usual(r[1]) == usual]
            found |= {r[1].method: r for r in sorted(mine, key=lambda r: r[0])}
    if not found:
        return UNKNOWN
    margin, line, numbers = max(found.values(), key=lambda f: f[0])
    text = ", ".join(_shown(part, n) for part, n in zip(goal.parts, numbers, strict=True))
    verdict = (", met" if margin >= 0 else ", **missed**") if judged else ""
    networks = line.study.record["networks"]
    several = f"{networks} network{'s' if networks > 1 else ''}"
    return f"`{line.label}` {text}{verdict} ([{several}][{line.study.name}])"


def _usual(line: Line) -> bool:
    """Whether a method's settings are the usual ones of now."""
    return not line.study.changed(line.method)


def _candidates(goal: Goal, group: Sequence[KeptStudy]) -> Iterator[Reached]:
    """Of every method that the goal is for and that has what it needs."""
    for line in lines(group):
        others = [x for x in lines(group) if x.method == goal.beside] if goal.beside else [line]
        nominal = [row for other in others for row in other.rows.get(NOMINAL, [])]
        numbers = _numbers(goal, line, nominal)
        if numbers and (goal.method or line.method) == line.method != YARDSTICK:
            yield min(_margins(goal, numbers)), line, numbers


def _shown(part: Part, value: float) -> str:
    return f"{value:.1f} Hz" if part.of is rate_hz else share(value)


def _numbers(goal: Goal, line: Line, nominal: Sequence[Row]) -> list[float] | None:
    """Every number of a goal; None: there are no rows for one."""
    found = []
    for part in goal.parts:
        rows = [r for cell, mine in line.rows.items() for r in mine
                if part.cell in (cell, cell.split()[0])]  # fmt: skip
        if not rows or not nominal:
            return None
        found.append(part.of(rows, nominal))
    return found or None


def _margins(goal: Goal, numbers: Sequence[float]) -> list[float]:
    """By how much each part with a bound is better than it, as a share of it."""
    return [
        (part.bound - n if part.at_most else n - part.bound) / part.bound
        for part, n in zip(goal.parts, numbers, strict=True)
        if part.bound is not None
    ]
