"""Verdicts and numbers in words: the first line of a page and what it says first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..comparison.outcome import NOBODY_NAMED, Overall, overall
from .boards import Boards
from .control import ControlChart

Record = Mapping[str, Any]

DASH = "\N{EN DASH}"
"""Where there is no number."""
_COLOURS: dict[Overall, str] = {
    "different": "fail",
    "equivalent": "pass",
    "undecided": "undecided",
}


@dataclass(frozen=True)
class Said:
    """A verdict."""

    kind: str
    """'pass', 'fail', 'undecided' or 'note': how it is coloured."""
    tag: str
    """A word."""
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
        said = f"{done} rows are finished.{rest}"
        return Said("undecided", "INTERRUPTED", about, said, "chips")
    if verdict is None:
        return Said("note", "SEEN", about, f"Nothing was promised.{rest}", "chips")
    share = (
        f" Between {verdict['at_least']:.0%} and {verdict['at_most']:.0%} of such chips would "
        "keep it."
    )
    outcome = verdict["outcome"]
    said = verdict["said"].removeprefix(f"{outcome.upper()}: ")
    said = said[:1].upper() + said[1:]
    return Said(outcome, outcome.upper(), about, f"{said}.{share}{rest}", "distribution")


def verdict_of_comparison(record: Record) -> Said:
    """Of boards held against each other; the outcome is that of the gate, worked out anew: files
    of earlier releases do not hold it."""
    found, pairs = record["findings"], record["equivalences"]
    counts = {k: sum(e["outcome"] == k for e in pairs) for k in ("equivalent", "different")}
    said = [NOBODY_NAMED.capitalize()]
    if found:
        said = [f["sentence"] for f in found[:3]]
        said += [f"{len(found) - 3} more cores and neurons"] if len(found) > 3 else []
    said.append(
        f"of {len(pairs)} comparisons of groups, {counts['equivalent']} are equivalent, "
        f"{counts['different']} different, {len(pairs) - sum(counts.values())} undecided or silent"
    )
    outcome = overall(len(found), [e["outcome"] for e in pairs])
    about = f"{len(record['boards'])} boards against each other"
    return Said(_COLOURS[outcome], outcome.upper(), about, "; ".join(said) + ".", "comparison")


def verdict_of_ladder(record: Record) -> Said:
    """Of a gap ladder; 'ADDS UP': no rung costs beyond chance, all of them together do."""
    board = record["provenance"]["board"]["name"]
    total, text = record["total"], record["verdict"]
    if record["significant"]:
        kind, tag = "fail", "BREAKS"
    elif total["cost_trials"] <= 0:
        kind, tag = "note", "HOLDS"
    elif total["p"] < record["alpha"]:
        kind, tag = "fail", "ADDS UP"
    else:
        kind, tag = "undecided", "UNDECIDED"
        lost = f"{total['cost_trials']} of {record['provenance']['trials']} trials"
        text += f" From top to bottom {lost} are lost, which may be chance (p = {total['p']:.2g})."
    return Said(kind, tag, f"From the float model down to {board}", text, "ladder")


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
    plural = "" if len(boards.views) == 1 else "s"
    return Said("note", "SEEN", f"{len(boards.views)} board{plural} recorded", f"{said}.", "chips")


def verdict_of_control(chart: ControlChart) -> Said:
    """Of a board over time: what its last fingerprint says."""
    last, taken = chart.points[-1], len(chart.points)
    count = sum(point.alarm for point in chart.points)
    text = f"{last.label}: {last.said}. {count} of {taken} fingerprints were unlike the reference."
    kind, tag = ("fail", "CHANGED") if last.alarm else ("pass", "UNCHANGED")
    return Said(kind, tag, f"{chart.board} over time", text, "control")


def percent(value: float | None) -> str:
    """A share as people read it."""
    return DASH if value is None else f"{value:.1%}"


def signed(value: float) -> str:
    """A difference, with its sign; no minus before a zero."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", "\N{MINUS SIGN}")


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash where there is none."""
    if not isinstance(value, int | float) or not np.isfinite(value):  # undefined in a template
        return DASH
    return f"{value:.{digits}f}"


def change(log_ratio: float) -> str:
    """A ratio, given by its natural logarithm, as a change in percent."""
    return f"{signed(100 * float(np.expm1(log_ratio)))} %" if np.isfinite(log_ratio) else DASH
