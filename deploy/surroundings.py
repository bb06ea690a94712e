"""What a bench read around the recordings of a board: what may explain why boards differ.

A board's temperature and its supply act on it; the current and the energy are what it did with
them. Numbers are over all recordings of a board, of readings made while trials played; where a
recording was shorter than the time between two readings, of those around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ..models.recording import Recording
from .bench_session import ENTRY

CAUSES = ("temperature", "voltage")
"""Quantities that act on a board; a current is the board's own doing."""


@dataclass(frozen=True)
class Level:
    """One quantity of one instrument while a board played."""

    instrument: str
    """As bench.toml calls it."""
    quantity: str
    """'voltage', 'current' or 'temperature'."""
    unit: str
    """Of the numbers."""
    mean: float
    """Over the readings."""
    low: float
    """The lowest reading."""
    high: float
    """The highest one."""
    limits: float
    """Limits of error at the mean; they are the same in all readings."""
    readings: int
    """How many there are."""
    lost: int
    """Readings that did not come."""
    simulated: bool | None
    """Whether the instrument is; None: it does not say who it is."""


@dataclass(frozen=True)
class Surroundings:
    """What a bench has to say of the recordings of one board."""

    board: str
    """What it is called."""
    recordings: int
    """That have readings."""
    levels: tuple[Level, ...]
    """By instrument and quantity."""
    energy_label: str
    """'measured' or 'simulated (toy model)'; "" without an energy."""
    joules_per_inference: float | None
    """Mean over recordings [J]."""
    uncertainty_J: float | None
    """Standard uncertainty of one recording's [J], their mean: what errs, errs in all alike."""
    energies: int
    """Recordings that have one."""
    power_cycles: int
    """That it took to get the recordings."""
    remarks: tuple[str, ...]
    """What happened around them that nobody asked for, each once."""


def surroundings(board: str, recordings: Iterable[Recording]) -> Surroundings | None:
    """What there is of a board; None if no recording was made on a bench."""
    return of_stamps(board, [r.provenance[ENTRY] for r in recordings if ENTRY in r.provenance])


def of_stamps(board: str, stamps: Sequence[Mapping[str, Any]]) -> Surroundings | None:
    """The same from the stamps of recordings."""
    if not stamps:
        return None
    traces: dict[tuple[str, str], list[tuple[Mapping[str, Any], Sequence[float]]]] = {}
    for stamp in stamps:
        for trace in stamp.get("traces", ()):
            key = trace["instrument"], trace["quantity"]
            traces.setdefault(key, []).append((trace, stamp["window_s"]))
    levels = [level for parts in traces.values() if (level := _level(parts)) is not None]
    known = [energy for stamp in stamps if (energy := stamp.get("energy"))]
    energies = [energy for energy in known if energy["joules_per_inference"] is not None]
    labels = sorted({energy["label"] for energy in energies})
    return Surroundings(
        board,
        len(stamps),
        tuple(levels),
        " and ".join(labels),
        _mean([energy["joules_per_inference"] for energy in energies]),
        _mean([energy["uncertainty_per_inference_J"] for energy in energies]),
        len(energies),
        sum(len((stamp.get("recovery") or {}).get("incidents", ())) for stamp in stamps),
        tuple(dict.fromkeys(remark for stamp in stamps for remark in stamp.get("remarks", ()))),
    )


def from_record(record: Mapping[str, Any] | None) -> Surroundings | None:
    """From its fields as JSON values."""
    if record is None:
        return None
    levels = tuple(Level(**level) for level in record["levels"])
    return Surroundings(**{**record, "levels": levels, "remarks": tuple(record["remarks"])})


def differences(found: Sequence[Surroundings]) -> list[str]:
    """Boards that were not kept alike: a sentence for each pair whose temperatures or voltages
    are farther apart than the limits of error of both."""
    said = []
    for one, other in combinations(found, 2):
        there = {(level.instrument, level.quantity): level for level in other.levels}
        for level in one.levels:
            again = there.get((level.instrument, level.quantity))
            if again is None or level.quantity not in CAUSES:
                continue
            apart = abs(level.mean - again.mean)
            if apart > level.limits + again.limits:
                kind = "SIMULATED " if level.simulated or again.simulated else ""
                said.append(
                    f"{kind}{level.quantity} ({level.instrument}): {one.board} {level.mean:.5g}, "
                    f"{other.board} {again.mean:.5g} {level.unit}; what differs between them may "
                    "be due to it"
                )
    return said


def _level(parts: Sequence[tuple[Mapping[str, Any], Sequence[float]]]) -> Level | None:
    """One quantity over recordings; None if nothing was read."""
    values: list[float] = []
    for trace, (start, end) in parts:
        pairs = zip(trace["time_s"], trace["value"], strict=True)
        values += [value for time, value in pairs if start <= time <= end] or trace["value"]
    if not values:
        return None
    first, mean = parts[0][0], float(np.mean(values))
    accuracy = first["accuracy"]
    return Level(
        first["instrument"],
        first["quantity"],
        first["unit"],
        mean,
        min(values),
        max(values),
        accuracy["share"] * abs(mean) + accuracy["constant"],
        len(values),
        sum(len(trace["lost"]) for trace, _ in parts),
        _simulated({trace["simulated"] for trace, _ in parts}),
    )


def _simulated(kinds: set[bool | None]) -> bool | None:
    """Whether one of several instruments is."""
    return True if True in kinds else None if None in kinds else False


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
