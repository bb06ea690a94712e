"""Readings of a bench: one of everything, or traces over the time of a run.

A reading that could not be had is in the trace as lost, with its cause; it stops nothing, and what
does not answer keeps nothing else waiting.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Self

from ...models.errors import AnaloopError
from .bench import Bench
from .bench_file import Section
from .instruments import UNITS, Quantity
from .link import Link
from .patience import Patience
from .ports import VISA
from .power import RESOLUTION, over_limit, too_much
from .replies import InstrumentIdentity, identity_record

Point = tuple[Section, Quantity]
"""One thing that can be read."""
Clock = Callable[[float], float]
"""Time in a run [s], from that of `time.monotonic` [s]."""
FIRST_WAIT = 1.5
"""Timeouts that the first readings are waited for [1]: one reply may be lost, and asked again."""
MOST_REMARKS = 100
"""Remarks that are kept: an output that cannot be switched off is tried again at each reading."""


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

    def remark(self, text: str) -> None:
        """Add a remark, if there are not too many."""
        if len(self.remarks) < MOST_REMARKS:
            self.remarks.append(text)

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
                    "identity": identity_record(identity),
                    "simulated": is_simulated(section, identity),
                    "accuracy": {"share": share, "constant": constant},
                    "time_s": [round(r.time_s, 6) for r in good],
                    "value": [r.value for r in good],
                    "lost": [[round(r.time_s, 6), r.cause] for r in own if r.value is None],
                }
            )
        return {"traces": traces, "remarks": list(self.remarks)}


def is_simulated(section: Section, identity: InstrumentIdentity | None) -> bool | None:
    """Whether an instrument measures nothing: one of ours, or of PyVISA-sim, whatever it says that
    it is. None: it does not say who it is, so nobody knows."""
    if identity is None:
        return None
    wiring = section.wiring
    by_pyvisa = wiring.port.startswith(VISA) and wiring.backend.endswith("@sim")
    return identity.simulated or by_pyvisa


def measure(
    bench: Bench,
    clock: Clock = lambda at_s: 0.0,
    points: Sequence[Point] | None = None,
    patience: Patience | None = None,
) -> list[Reading]:
    """One reading of everything, or of some points; its time is the middle of the exchange that
    gave it, and not of those before that failed."""
    readings, patience = [], patience or Patience()
    for section, quantity in bench.points() if points is None else points:
        link = bench.links[section.name]
        value, cause, asked = None, patience.cause(link), time.monotonic()
        if not cause:
            value, cause = _read(bench.instruments[section.name], quantity)
            patience.note(link, asked, cause)
        begun, ended = link.answered_s
        if value is None or begun < asked:  # a driver may have another way than Link.ask
            begun, ended = asked, time.monotonic()
        moment = clock((begun + ended) / 2)
        readings.append(Reading(section.name, quantity, moment, value, cause))
    return readings


def _read(instrument: Any, quantity: Quantity) -> tuple[float | None, str]:
    """A value, or why there is none; what is no finite number is none."""
    try:
        value = instrument.read(quantity)
        if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
            return float(value), ""
        return None, f"the driver returned {repr(value)[:80]}, which is no finite number (DRIVER)"
    except AnaloopError as error:
        return None, f"{error} ({error.code})"
    except Exception as error:  # a driver of somebody else: it must not cost the others
        return None, f"{type(error).__name__}: {error} (DRIVER)"


class Sampler:
    """Traces of everything from the beginning of a `with` to its end, in a thread for each port:
    an instrument that does not answer delays no other, nor the watch over currents.

    The first readings are there when it begins, but for what takes longer than `FIRST_WAIT`; the
    last are made when it ends. After an exception it ends at once, so that nothing comes before the
    outputs, and `Bench.close` and `Bench.cycle` wait for its threads.
    An output that gives more than its limit is switched off at once.
    """

    def __init__(self, bench: Bench):
        self.traces, self.window_s = Traces(), (0.0, 0.0)
        self._bench, self._interval_s = bench, bench.plan.rules["interval_s"]
        self._enough, self._complete = threading.Event(), False
        self._began = 0.0
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        ports: dict[Link, list[Point]] = {}
        for section, quantity in self._bench.points():
            ports.setdefault(self._bench.links[section.name], []).append((section, quantity))
        first = [threading.Event() for _ in ports]
        self._threads = [
            threading.Thread(target=self._sample, args=(points, event), daemon=True)
            for points, event in zip(ports.values(), first, strict=True)
        ]
        self._bench.at_close(self._end)
        deadline = self._began + FIRST_WAIT * max((p.wiring.timeout_s for p in ports), default=0.0)
        try:
            for thread in self._threads:
                thread.start()
            for event in first:
                event.wait(max(0.0, deadline - time.monotonic()))
        except BaseException:  # a signal: there will be no __exit__
            self._enough.set()
            raise
        start = self.now()
        self.window_s = (start, start)
        return self

    def __exit__(self, kind: type | None, error: object, trace: object) -> None:
        self.window_s = (self.window_s[0], self.now())
        self._complete = kind is None
        self._enough.set()
        if kind is None:
            self._end()
            self._bench.forget(self._end)

    def now(self) -> float:
        """Time since the first readings were asked for [s]."""
        return time.monotonic() - self._began

    def _end(self) -> None:
        """Wait for the threads: every wait for an instrument has a deadline."""
        self._enough.set()
        for thread in self._threads:
            if thread.ident is not None:  # a signal may have come before it was started
                thread.join()

    def _sample(self, points: Sequence[Point], first: threading.Event) -> None:
        """One port; nothing here raises, `measure` and `guard` see to that."""
        try:
            self._add(points)
        finally:  # if it does all the same, nobody waits for it
            first.set()
        while not self._enough.wait(self._interval_s):
            self._add(points)
        if self._complete:
            self._add(points)

    def _add(self, points: Sequence[Point]) -> None:
        clock, patience = (lambda at_s: at_s - self._began), self._bench.patience
        fresh = measure(self._bench, clock, points, patience)
        self.traces.readings.extend(fresh)
        guard(self._bench, fresh, self.traces)


def guard(bench: Bench, fresh: Iterable[Reading], traces: Traces) -> None:
    """Switch off an output that gives more than its limit, by its own reading or by that of a
    meter of its rail, and say so."""
    for reading in fresh:
        if reading.quantity != "current" or reading.value is None:
            continue
        by = bench.section(reading.name)
        if by.driver.capability == "supply":
            feeding = [by]
        else:
            feeding = [section for section, _ in bench.supplies if section.rail == by.rail]
        for section in feeding:
            _hold(bench, section, reading.name, abs(reading.value), traces)


def _hold(bench: Bench, section: Section, by: str, drawn_A: float, traces: Traces) -> None:
    """Switch an output off if this current is more than its limit."""
    limit = section.limit_A
    if limit is None or drawn_A <= limit * (1 + RESOLUTION):
        return
    what, error = too_much(section, drawn_A, by), over_limit(section, drawn_A, by)
    try:
        bench.block(section, error)
    except Exception as failed:  # whatever it is, the run goes on, and the record says so
        traces.remark(f"{what} ({error.code}); {section.name} may be ON: {failed}")
    else:
        traces.remark(f"{what}: switched off; look for the cause ({error.code})")
