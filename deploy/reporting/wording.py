"""Verdicts and numbers in words: the first line of a page and what it says first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .boards import Boards
from .control import ControlChart

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """A verdict."""

    kind: str
    """'pass', 'fail', 'undecided' or 'note'."""
    about: str
    """What it is about."""
    text: str
    """In a sentence or two."""
    anchor: str
    """Where on the page its reasons are."""


def banner(targets: set[str]) -> str:
    """The first line of the page."""
    if targets == {"measured"}:
        return "MEASURED: every chip on this page is a real board."
    if "measured" in targets:
        return (
            "MEASURED and SIMULATED: some boards on this page are real, others are simulations; "
            "every table says which."
        )
    return "SIMULATED: every chip on this page is a simulation; nothing here was measured."


def verdict_of_validation(record: Record) -> Said:
    """Of a population of chips."""
    verdict, summary = record["verdict"], record["summary"]
    count = sum(row["counted"] for row in record["rows"])
    about = f"{count} chip{'' if count == 1 else 's'} like those a user may meet"
    rest = ""
    if summary is not None:
        rest = (
            f" Accuracy: mean {summary['mean']:.1%}, worst {summary['worst']:.1%}, best "
            f"{summary['best']:.1%}."
        )
    if not record["complete"]:
        done = f"{len(record['rows'])} of {record['planned']}"
        return Said("undecided", about, f"INTERRUPTED: {done} rows are finished.{rest}", "chips")
    if verdict is None:
        return Said("note", about, f"Nothing was promised.{rest}", "chips")
    share = (
        f" Between {verdict['at_least']:.0%} and {verdict['at_most']:.0%} of such chips would "
        "keep it."
    )
    return Said(verdict["outcome"], about, f"{verdict['said']}.{share}{rest}", "distribution")


def verdict_of_comparison(record: Record) -> Said:
    """Of boards held against each other."""
    found, pairs = record["findings"], record["equivalences"]
    counts = {k: sum(e["outcome"] == k for e in pairs) for k in ("equivalent", "different")}
    said = [f"{len(found)} cores or neurons deviate beyond their margins" if found else
            "No core and no neuron deviates beyond its margin"]  # fmt: skip
    said.append(
        f"of {len(pairs)} comparisons of groups, {counts['equivalent']} are equivalent, "
        f"{counts['different']} different, {len(pairs) - sum(counts.values())} undecided or silent"
    )
    kind = "fail" if found or counts["different"] else "pass"
    if kind == "pass" and counts["equivalent"] < len(pairs):
        kind = "undecided"
    about = f"{len(record['boards'])} boards against each other"
    return Said(kind, about, "; ".join(said) + ".", "comparison")


def verdict_of_ladder(record: Record) -> Said:
    """Of a gap ladder."""
    board = record["provenance"]["board"]["name"]
    kind = "fail" if record["significant"] else "note"
    return Said(kind, f"From the float model down to {board}", record["verdict"], "ladder")


def verdict_of_boards(boards: Boards) -> Said:
    """Of recordings alone: nothing is promised, but there is a worst chip."""
    worst = boards.views[0]
    said = f"Worst chip: {worst.name}, {percent(worst.accuracy)} right"
    if worst.accuracy is None:
        said = f"The chip farthest from the others: {worst.name}"
    if len(boards.views) > 1:
        neuron = int(boards.worst_neurons(0)[0])
        off = boards.deviations_hz[0, neuron]
        said += f"; its neuron farthest off: {boards.names[neuron]}, {signed(off)} Hz"
    return Said("note", f"{len(boards.views)} boards recorded", f"{said}.", "chips")


def verdict_of_control(chart: ControlChart) -> Said:
    """Of a board over time: what its last fingerprint says."""
    last = chart.points[-1]
    count = sum(point.alarm for point in chart.points)
    said = last.said or ("outside of what is usual" if last.alarm else "within what is usual")
    text = f"{last.label}: {said}; {count} of {len(chart.points)} fingerprints were unusual."
    return Said("fail" if last.alarm else "pass", f"{chart.board} over time", text, "control")


def percent(value: float | None) -> str:
    """A share as people read it."""
    return "\N{EN DASH}" if value is None else f"{value:.1%}"


def signed(value: float) -> str:
    """A difference, with its sign; no minus before a zero."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", "\N{MINUS SIGN}")


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash where there is none."""
    if value is None or not np.isfinite(value):
        return "\N{EN DASH}"
    return f"{value:.{digits}f}"
