"""Energy of a run and of an inference, from what a bench measured around it, or estimated.

Power is voltage times current, each on straight lines between its own readings, integrated over
the time in which trials were played. Standard uncertainty (k = 1), root of the sum of squares of:

    voltage    (1/sqrt 3) * integral of |I| * (share_V * |V| + constant_V)
    current    (1/sqrt 3) * integral of |V| * (share_I * |I| + constant_I)
    sampling   (1/sqrt 3) * (sqrt(sum over gaps of V of (w_V * integral of |I| over the gap)^2)
                           + sqrt(sum over gaps of I of (w_I * integral of |V| over the gap)^2))

Limits of error of an instrument are taken for the bounds of a uniform distribution, and for the
same error in all samples of a run. A gap lies between two good readings of one trace, however the
other was sampled. In it the trace may be anything between both: the mean is off its line by half
their difference at most, so w is that half. (Of a gap that the window cuts, w is d * max(m, 1 - m)
with the difference d, and m the place in the gap, 0 to 1, of the middle of what is left.) Where
readings were lost, w is the span of all readings and 0: anything from nothing to the largest may
have been. Gaps of one trace are independent; both traces may change for one cause, so theirs are
added. Products of two deviations are left out. What is shorter than a gap and gone again, with no
reading lost, is not seen.

Three labels, never mixed: measured, simulated (toy model), estimated from event counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..hw.bench.toy_model import LABEL as SIMULATED
from ..models.errors import InputError
from ..models.recording import Recording

MEASURED = "measured"
ESTIMATED = "estimated from event counts with user-supplied constants"
_ROOT3 = 3**0.5


@dataclass(frozen=True)
class Energy:
    """Energy of a run; or why there is none."""

    label: str
    """Where it comes from: `MEASURED`, `SIMULATED` or `ESTIMATED`; empty if there is none."""
    joules: float | None
    """Of the whole run [J]."""
    uncertainty_J: float | None
    """Standard uncertainty, k = 1 [J]; None for an estimate."""
    trials: int
    """Inferences of the run."""
    details: Mapping[str, Any]
    """By whom, over which time, parts of the uncertainty; or `cause`. JSON values."""

    def record(self) -> dict[str, Any]:
        """As JSON values, per inference too."""
        per = None if self.joules is None or not self.trials else self.joules / self.trials
        u = self.uncertainty_J
        return {
            "label": self.label,
            "joules": self.joules,
            "uncertainty_J": u,
            "coverage_factor": 1,
            "trials": self.trials,
            "joules_per_inference": per,
            "uncertainty_per_inference_J": None if per is None or u is None else u / self.trials,
            "details": dict(self.details),
        }


@dataclass(frozen=True)
class Trace:
    """One quantity over time, as the stamp of a recording holds it."""

    time_s: np.ndarray
    """When it was read [s], float64 [sample]."""
    value: np.ndarray
    """What was read [V or A], float64 [sample]."""
    limits: np.ndarray
    """Limits of its error [V or A], float64 [sample]."""
    lost_s: np.ndarray
    """When nothing could be read [s], float64."""

    def at(self, time_s: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """Values (or limits) at other times, on straight lines."""
        return np.interp(time_s, self.time_s, self.value if values is None else values)


def energy_of(stamp: Mapping[str, Any], target: str, trials: int) -> Energy:
    """Energy from the stamp of a recording (`provenance['bench']`).

    Args:
        target: 'simulated' or 'measured', as the board of the recording has it.
    """
    try:
        pairs = _rails(stamp["traces"])
        used = [trace for pair in pairs.values() for trace in pair]
        label = _label(target, used)
        parts = {
            rail: _integral(_trace(v), _trace(i), stamp["window_s"])
            for rail, (v, i) in pairs.items()
        }
    except InputError as error:
        return Energy("", None, None, trials, {"cause": str(error), "code": error.code})
    squares = {
        name: sum(part[name] ** 2 for part in parts.values())
        for name in ("voltage", "current", "sampling")
    }
    details = {
        "rails": {rail: part["joules"] for rail, part in parts.items()},
        "by": sorted({_by(trace) for trace in used}),
        "window_s": list(stamp["window_s"]),
        "time_base": stamp["time_base"],
        "samples": sum(part["samples"] for part in parts.values()),
        "lost": sum(part["lost"] for part in parts.values()),
        "uncertainty_parts_J": {name: total**0.5 for name, total in squares.items()},
        "toy_model": stamp.get("toy_model"),
    }
    joules = sum(part["joules"] for part in parts.values())
    return Energy(label, joules, sum(squares.values()) ** 0.5, trials, details)


@dataclass(frozen=True)
class EventConstants:
    """What a user says an event costs.

    Raises:
        InputError: EVENT_CONSTANTS.
    """

    static_W: float
    """Power at rest [W]."""
    spike_J: float
    """For each spike of a monitored neuron [J]."""
    input_J: float = 0.0
    """For each word sent to a chip [J]."""

    def __post_init__(self) -> None:
        wrong = [f"{k} = {v!r}" for k, v in vars(self).items() if not 0 <= v < float("inf")]
        if wrong:
            raise InputError(
                f"constants of an estimate: {', '.join(wrong)}; give numbers from 0 on",
                code="EVENT_CONSTANTS",
            )


def estimate(recording: Recording, constants: EventConstants) -> Energy:
    """An estimate from counts: no measurement, and no simulation of one."""
    seconds = float(recording.duration_us.sum()) * 1e-6
    spikes, words = len(recording.time_us), int(recording.books.get("words", 0))
    joules = constants.static_W * seconds + constants.spike_J * spikes + constants.input_J * words
    details = {"constants": vars(constants) | {"basis": "user-supplied"}, "spikes": spikes}
    details |= {"words": words, "seconds": seconds, "recording": recording.hash}
    return Energy(ESTIMATED, joules, None, recording.n_trials, details)


def _rails(traces: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Mapping, Mapping]]:
    """Voltage and current of each rail; a meter goes before the supply's own read-back."""
    best: dict[tuple[str, str], Mapping[str, Any]] = {}
    for trace in sorted(traces, key=lambda trace: trace["capability"] == "meter"):
        if trace["quantity"] not in ("voltage", "current"):
            continue
        rail, quantity = trace["rail"], trace["quantity"]
        other = best.get((rail, quantity))
        if other is not None and other["capability"] == trace["capability"]:
            raise InputError(
                f"{other['instrument']} and {trace['instrument']} both give the {quantity} of rail "
                f"'{rail}': give each a `rail` of its own in bench.toml",
                code="RAIL_TWICE",
            )
        best[rail, quantity] = trace
    rails = sorted({rail for rail, _ in best})
    short = [f"'{r}' has one" for r in rails if len({q for rail, q in best if rail == r}) < 2]
    if short or not rails:
        raise InputError(
            "energy needs voltage and current of every rail; "
            f"{', '.join(short) or 'nothing here reads either'}: add a supply or a meter with the "
            "same `rail` to bench.toml",
            code="NO_POWER",
        )
    return {rail: (best[rail, "voltage"], best[rail, "current"]) for rail in rails}


def _label(target: str, used: Sequence[Mapping[str, Any]]) -> str:
    """What an energy may be called. Raises InputError where nobody measured this board."""
    nameless = sorted({trace["instrument"] for trace in used if trace["simulated"] is None})
    if nameless:
        raise InputError(
            f"{', '.join(nameless)}: an instrument that does not say who it is may be simulated or "
            "not: no energy; its driver needs an `identity`",
            code="NAMELESS",
        )
    simulated = [trace["simulated"] for trace in used]
    if target == "measured" and not any(simulated):
        return MEASURED
    if target == "simulated" and all(simulated):
        return SIMULATED
    whose = (
        "a simulated meter at a real board" if any(simulated) else "a meter at a simulated board"
    )
    raise InputError(
        f"{whose} measures nothing of it: no energy; use a real bench with real boards and a "
        "simulated one with simulated boards",
        code="NOT_ITS_ENERGY",
    )


def _trace(trace: Mapping[str, Any]) -> Trace:
    value = np.asarray(trace["value"], np.float64)
    accuracy = trace["accuracy"]
    return Trace(
        np.asarray(trace["time_s"], np.float64),
        value,
        accuracy["share"] * np.abs(value) + accuracy["constant"],
        np.array([time for time, _ in trace["lost"]], np.float64),
    )


def _integral(voltage: Trace, current: Trace, window_s: Sequence[float]) -> dict[str, Any]:
    """Energy of one rail in a window, and the parts of its uncertainty. Raises InputError."""
    start, end = window_s
    for trace in (voltage, current):
        covered = len(trace.time_s) > 1 and trace.time_s[0] <= start and trace.time_s[-1] >= end
        if not covered:
            raise InputError(
                f"readings do not cover the run from {start:.3g} s to {end:.3g} s: mend what lost "
                "them (it is in the traces), and run again",
                code="NOT_COVERED",
            )
    inside = np.unique(np.concatenate([voltage.time_s, current.time_s]))
    inside = inside[(inside > start) & (inside < end)]
    time = np.concatenate([[start], inside, [end]])
    volts, amperes = (np.abs(trace.value) for trace in (voltage, current))
    v, i = voltage.at(time, volts), current.at(time, amperes)
    lost = np.concatenate([voltage.lost_s, current.lost_s])
    return {
        "joules": float(_products(time, voltage.at(time), current.at(time)).sum()),
        "voltage": float(_products(time, voltage.at(time, voltage.limits), i).sum()) / _ROOT3,
        "current": float(_products(time, v, current.at(time, current.limits)).sum()) / _ROOT3,
        "sampling": _between(voltage, time, i) + _between(current, time, v),
        "samples": len(inside),
        "lost": int(np.count_nonzero((lost >= start) & (lost <= end))),
    }


def _products(time: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Integral of the product of two straight lines, in each interval."""
    ends = one[:-1] * other[:-1] + one[1:] * other[1:]
    crossed = one[:-1] * other[1:] + one[1:] * other[:-1]
    return np.diff(time) * (2 * ends + crossed) / 6


def _between(trace: Trace, time: np.ndarray, weight: np.ndarray) -> float:
    """Standard uncertainty from what a trace may have done between its readings [J].

    Args:
        weight: size of the other trace at `time`, straight lines in between [V or A].
    """
    at = trace.time_s
    change = np.abs(np.diff(trace.value))
    start, end = np.clip(at[:-1], time[0], time[-1]), np.clip(at[1:], time[0], time[-1])
    # At both ends of the window a gap is seen in part: the line is nearer to one of its readings.
    middle = ((start + end) / 2 - at[:-1]) / np.maximum(np.diff(at), 1e-12)
    most = change * np.maximum(middle, 1 - middle)
    gap = np.searchsorted(at, trace.lost_s, side="right") - 1
    gap = gap[(gap >= 0) & (gap < len(change))]
    most[gap] = max(trace.value.max(), 0.0) - min(trace.value.min(), 0.0)
    area = np.concatenate([[0.0], np.cumsum(_products(time, weight, np.ones_like(weight)))])
    other = np.interp(end, time, area) - np.interp(start, time, area)
    return float(np.sqrt(np.sum((most * other) ** 2))) / _ROOT3


def _by(trace: Mapping[str, Any]) -> str:
    """Who measured, in words."""
    identity = trace["identity"]
    who = "unknown" if identity is None else f"{identity['maker']} {identity['model']}"
    return f"{trace['instrument']} ({who}), {trace['quantity']}"
