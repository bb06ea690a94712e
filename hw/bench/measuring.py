"""Readings of a bench: one of everything, or traces over the time of a run.

A reading that could not be had is in the trace as lost, with its cause; it stops nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from ...models.errors import AnaloopError
from .bench import Bench
from .instruments import UNITS, Quantity
from .power import RESOLUTION, over_limit


@dataclass(frozen=True)
class Reading:
    """What one instrument said once."""

    name: str
    """The instrument, as bench.toml calls it."""
    quantity: Quantity
    """What it measured."""
    time_s: float
    """When, from the beginning of the run [s]."""
    value: float | None
    """In the unit of `UNITS`; None if there was none."""
    cause: str = ""
    """Why there was none."""

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {**vars(self), "unit": UNITS[self.quantity]}


@dataclass
class Traces:
    """Readings over the time of a run."""

    readings: list[Reading] = field(default_factory=list)
    """In the order in which they were made."""
    remarks: list[str] = field(default_factory=list)
    """What the bench had to do meanwhile."""

    def record(self, bench: Bench) -> dict[str, Any]:
        """As JSON values: a trace for each instrument and quantity, with who measured it."""
        traces = []
        for section, quantity in bench.points():
            own = [r for r in self.readings if (r.name, r.quantity) == (section.name, quantity)]
            good = [r for r in own if r.value is not None]
            identity = bench.instruments[section.name].identity
            share, constant = section.accuracy(quantity)
            traces.append(
                {
                    "instrument": section.name,
                    "capability": section.driver.capability,
                    "rail": section.rail,
                    "quantity": quantity,
                    "unit": UNITS[quantity],
                    "identity": None if identity is None else dict(vars(identity)),
                    "simulated": identity is not None and identity.simulated,
                    "accuracy": {"share": share, "constant": constant},
                    "time_s": [round(r.time_s, 6) for r in good],
                    "value": [r.value for r in good],
                    "lost": [[round(r.time_s, 6), r.cause] for r in own if r.value is None],
                }
            )
        return {"traces": traces, "remarks": list(self.remarks)}


def measure(bench: Bench, now: Callable[[], float] = lambda: 0.0) -> list[Reading]:
    """One reading of everything; its time is the middle of the exchange."""
    readings = []
    for section, quantity in bench.points():
        asked = now()
        try:
            value, cause = bench.instruments[section.name].read(quantity), ""
        except AnaloopError as error:
            value, cause = None, f"{error} ({error.code})"
        except Exception as error:  # a driver of somebody else: it must not cost the others
            value, cause = None, f"{type(error).__name__}: {error} (DRIVER)"
        moment = (asked + now()) / 2
        readings.append(Reading(section.name, quantity, moment, value, cause))
    return readings


class Sampler:
    """Traces of everything from the beginning of a `with` to its end, in a thread of its own.

    The first readings are there when it begins, the last are made when it ends. An output that
    gives more than its limit is switched off at once.
    """

    def __init__(self, bench: Bench):
        self.traces, self.window_s = Traces(), (0.0, 0.0)
        self._bench, self._interval_s = bench, bench.plan.rules["interval_s"]
        self._enough = threading.Event()
        self._began = 0.0
        self._thread = threading.Thread(target=self._sample, daemon=True, name="bench sampler")

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._add()
        start = self.now()
        self.window_s = (start, start)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.window_s = (self.window_s[0], self.now())
        self._enough.set()
        self._thread.join()  # ends: every wait for an instrument has a deadline
        self._add()

    def now(self) -> float:
        """Time since the first readings were asked for [s]."""
        return time.monotonic() - self._began

    def _sample(self) -> None:
        while not self._enough.wait(self._interval_s):
            self._add()

    def _add(self) -> None:
        fresh = measure(self._bench, self.now)
        self.traces.readings += fresh
        guard(self._bench, fresh, self.traces)


def guard(bench: Bench, fresh: Iterable[Reading], traces: Traces) -> None:
    """Switch off an output that gives more than its limit, and say so."""
    for reading in fresh:
        section = bench.section(reading.name)
        limit = section.limit_A
        if reading.quantity != "current" or limit is None or reading.value is None:
            continue
        if reading.value > limit * (1 + RESOLUTION):
            error = over_limit(section, reading.value)
            traces.remarks.append(f"{error} ({error.code})")
            try:
                bench.block(section, error)
            except Exception as error:
                traces.remarks.append(f"{reading.name} may be ON: {error}")
