"""Faults of a virtual board, on demand: what happens to real ones, so that programs can be tried.

A `FaultyStack` stands in front of a `VirtualStack` and lets through what the fault lets through.
Every fault is off by default, and each is switched on its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..models.errors import InputError
from .chip import DYNAPSE2
from .samna_device import VirtualStack
from .samna_records import Dynapse2Destination, NormalGridEvent
from .samna_words import END_TAG, PROBE_TAG

STALE_TAG = 77
"""Tag of the spikes that an earlier run left behind."""
MINUTE_US = 60_000_000
"""When an earlier run ended, by a clock that was reset since [us]."""


class LinkLost(RuntimeError):
    """The board does not answer any more; what a lost USB device looks like to a program."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong. All numbers are whole; 0 is no fault.

    Raises:
        InputError: FAULT, for a value below 0 or a share above 1000.
    """

    lost_markers: int = 0
    """So many end markers (control words with tag 2047) are lost on their way back."""
    lost_probes: int = 0
    """So many time probes (control words with tag 1024) are lost on their way back."""
    repeated_markers: int = 0
    """So many more copies of every end marker come back."""
    repeated_words: int = 0
    """So many more copies of every other word that the host sent to itself come back."""
    lost_permille: int = 0
    """Of a thousand words that are written, so many are lost before they go anywhere."""
    start_us: int = 0
    """The clock starts there [us]; timestamps wrap at 2**32."""
    refused_applies: int = 0
    """So many configurations are not written: `apply_configuration` returns False."""
    ignored_applies: int = 0
    """So many configurations are not written although `apply_configuration` returns True."""
    error_events: int = 0
    """So many configurations are written, and leave an error in the queue of `get_error_events`."""
    frozen_probe: int = 0
    """1: time probes come back, always with the time of the first."""
    vanishes_us: int = 0
    """From this chip time on every call fails, as if the cable were out [us]."""
    hangs_us: int = 0
    """From this chip time on no call returns [us]."""
    crashes_us: int = 0
    """At this chip time the process that talks to the board dies [us]."""
    stale: int = 0
    """So many spikes of an earlier run are waiting to be read when the board is opened."""
    stale_markers: int = 0
    """So many end markers of an earlier run, with times of its own, are waiting likewise."""
    fifo: int = 0
    """The FPGA holds so many words; more that are written are lost."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            most = 1000 if field.name == "lost_permille" else 2**63
            if type(value) is not int or not 0 <= value <= most:
                raise InputError(
                    f"fault {field.name}={value!r}: give a whole number from 0 on", code="FAULT"
                )


def read_faults(words: Sequence[str]) -> Faults:
    """Faults from texts like 'lost_markers=2'.

    Raises:
        InputError: FAULT.
    """
    known, found = {field.name for field in fields(Faults)}, {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in known or not value.isdecimal():
            raise InputError(
                f"there is no fault '{word}': give NAME=NUMBER, names are {', '.join(known)}",
                code="FAULT",
            )
        found[name] = int(value)
    return Faults(**found)


class FaultyStack:
    """A virtual board with faults; everything that is not here is as in `VirtualStack`."""

    def __init__(self, stack: VirtualStack, faults: Faults):
        self.stack, self.faults = stack, faults
        self._model = FaultyModel(self)
        self._random = np.random.default_rng(0)
        self._left_to_lose = {END_TAG: faults.lost_markers, PROBE_TAG: faults.lost_probes}
        self._first_probe: int | None = None
        spikes = [_waiting(STALE_TAG, 0, 1 + k) for k in range(faults.stale)]
        ends = [
            _waiting(END_TAG, DYNAPSE2.host_hop, MINUTE_US) for _ in range(faults.stale_markers)
        ]
        self._stale = [*spikes, *ends]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stack, name)

    @property
    def closed(self) -> bool:
        """Whether the board was closed."""
        return self.stack.closed

    @closed.setter
    def closed(self, value: bool) -> None:
        self.stack.closed = value

    def check(self) -> None:
        """Vanish, hang or die if it is time."""
        now, f = self.stack.now_us, self.faults
        if f.crashes_us and now >= f.crashes_us:
            os._exit(139)
        while f.hangs_us and now >= f.hangs_us:
            time.sleep(1.0)
        if f.vanishes_us and now >= f.vanishes_us:
            raise LinkLost("USB device lost")

    def configure_opal_kelly(self, bit_file: str) -> bool:
        """Load the FPGA."""
        self.check()
        return self.stack.configure_opal_kelly(bit_file)

    def reset_fpga(self) -> bool:
        """Forget events on their way."""
        self.check()
        return self.stack.reset_fpga()

    def get_model(self) -> FaultyModel:
        """The chips."""
        self.check()
        return self._model

    def input_interface_write_events(self, port: int, events: Sequence[NormalGridEvent]) -> None:
        """Queue those events that are not lost and find room."""
        self.check()
        given = list(events)
        if self.faults.lost_permille:
            kept = self._random.random(len(given)) >= self.faults.lost_permille / 1000
            given = [event for event, keep in zip(given, kept, strict=True) if keep]
        if self.faults.fifo:
            given = given[: max(0, self.faults.fifo - self.stack.waiting)]
        self.stack.input_interface_write_events(port, given)

    def grid_bus_write_events(self, events: Sequence[NormalGridEvent]) -> None:
        """As `input_interface_write_events`."""
        self.input_interface_write_events(0, events)

    def read_events(self) -> list[NormalGridEvent]:
        """What came, but for what is lost, repeated or late by years."""
        self.check()
        came, self._stale = [*self._stale, *self.stack.read_events()], []
        self.check()
        return [event for event in came for event in self._seen(event)]

    def _seen(self, event: NormalGridEvent) -> list[NormalGridEvent]:
        """What of an event reaches the host, how often."""
        tag = event.event.tag if event.event.y_hop else None
        if tag is not None and self._left_to_lose.get(tag):
            self._left_to_lose[tag] -= 1
            return []
        if tag == PROBE_TAG and self.faults.frozen_probe:
            self._first_probe = self._first_probe or event.timestamp
            event.timestamp = self._first_probe
        f = self.faults
        more = 0 if tag is None else f.repeated_markers if tag == END_TAG else f.repeated_words
        return [event] * (1 + more)


class FaultyModel:
    """The chips of a board with faults."""

    def __init__(self, front: FaultyStack):
        self._front = front
        self._refused = self._ignored = self._wrong = 0
        self._errors: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self._front.check()
        return getattr(self._front.stack.get_model(), name)

    def apply_configuration(self, configuration: Any) -> bool:
        """Write registers, or not."""
        self._front.check()
        if self._refused < self._front.faults.refused_applies:
            self._refused += 1
            return False
        if self._ignored < self._front.faults.ignored_applies:
            self._ignored += 1
            return True
        if self._wrong < self._front.faults.error_events:
            self._wrong += 1
            self._errors.append(f"error {self._wrong} of a fault on demand")
        return self._front.stack.get_model().apply_configuration(configuration)

    def get_error_events(self) -> list[str]:
        """What went wrong since the queue was cleared."""
        self._front.check()
        return list(self._errors)

    def clear_error_queue(self) -> None:
        """Forget it."""
        self._front.check()
        self._errors.clear()


def _waiting(tag: int, y_hop: int, time_us: int) -> NormalGridEvent:
    """An event of an earlier run; behind a reset, its time can be one that is still to come."""
    word = Dynapse2Destination()
    word.tag, word.x_hop, word.y_hop = tag, DYNAPSE2.host_hop + 1, y_hop
    event = NormalGridEvent()
    event.event, event.timestamp = word, time_us
    return event
