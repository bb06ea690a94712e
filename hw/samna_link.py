"""Time and events over an open board: asks what time it is, waits, plays runs. Every wait ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..models.errors import HardwareError
from .chip import ChipSpec
from .events import Events
from .samna_events import (
    AHEAD_US,
    TAG,
    TIME,
    Y_HOP,
    EventReader,
    EventWriter,
    chunks,
    joined,
    spikes,
)
from .samna_words import (
    BEAT_TAG,
    END_TAG,
    PROBE_TAG,
    SEQUENCE,
    RunBooks,
    control_words,
    echo_books,
    words_of,
)

LAST_S = 0.005
"""Reading goes on so long after an end marker [s]; labs poll a hundred times more."""
RETRY_S = 0.25
"""A control word that does not come back is sent again after so long [s]."""
TELL_S = 0.5
"""How often it is told what came so far [s]."""
PHASE_US = 1000
"""Runs start at whole multiples [us]: a simulated board then answers the same each time."""
POLL_S = 1e-4
"""Pause after a read that brought nothing [s]."""
WRITING = 6.0
"""Time allowed for stamping and writing words over that for making them [1]; 2 to 3 were measured.
A real FPGA's is not known: a start that came too early shows in the books, as late words."""


@dataclass(frozen=True)
class Patience:
    """How long a session waits [s]. The defaults are what labs wait (chip.md 2.3)."""

    answer_s: float = 5.0
    """For any sign of life."""
    reset_s: float = 1.0
    """After a reset."""
    apply_s: float = 0.1
    """After registers are written."""
    discharge_s: float = 0.1
    """Chip time in which capacitors run empty."""
    lead_s: float = 0.1
    """From asking the time to the first event of a run, beside what writing takes."""


VIRTUAL_PATIENCE = Patience(answer_s=60.0, reset_s=0.0, apply_s=0.0, discharge_s=0.02, lead_s=0.02)
"""Of virtual boards, whose registers take no time to settle, but may have kernels to compile."""


class Link:
    """The event side of a board.

    Raises everywhere:
        HardwareError: NO_ANSWER when a wait ends.
    """

    def __init__(self, samna: ModuleType, board: Any, patience: Patience, chip: ChipSpec):
        self._patience, self._chip = patience, chip
        self._writer, self._reader = EventWriter(samna, board, chip), EventReader(board, chip)

    def now_us(self, later_us: int = 0) -> int:
        """Time of the board [us], since its clock was first asked, unwrapped to 64 bits.

        Args:
            later_us: how long words that were written before may keep the answer waiting [us].
        """
        again = time.monotonic()
        limit = again + later_us * 1e-6 + self._patience.answer_s
        while True:
            if time.monotonic() >= again:
                self._send(0, PROBE_TAG)
                again += RETRY_S
            block = self._read()
            if block is not None:
                answers = block[(block[:, Y_HOP] != 0) & (block[:, TAG] == PROBE_TAG), TIME]
                if len(answers):
                    return int(answers[-1])
            # A chip that spikes for ever is no answer; one that was read late may hold it.
            if block is None or time.monotonic() > limit + self._patience.answer_s:
                self._alive(limit, "its time")

    def wait(self, duration_us: int) -> None:
        """Let chip time pass: a probe behind a control word of a later time comes back later.

        Raises:
            HardwareError: also CLOCK_FROZEN.
        """
        now = self.now_us()
        due = now + duration_us
        while now < due:
            self._send(due, BEAT_TAG)
            before, now = now, self.now_us(duration_us)
            self._goes_on(before, now)

    def check_clock(self) -> None:
        """Raise HardwareError CLOCK_FROZEN if time stands."""
        first = self.now_us()
        time.sleep(0.005)
        self._goes_on(first, self.now_us())

    def _goes_on(self, before_us: int, now_us: int) -> None:
        if now_us <= before_us:
            raise HardwareError(
                f"the clock of the board stands at {now_us} us: load the FPGA again, or "
                "power-cycle the board",
                code="CLOCK_FROZEN",
            )

    def run(
        self, events: Events, duration_us: int, part: Callable[[Events], None]
    ) -> tuple[Events, RunBooks]:
        """Play events and return what the chips sent.

        Args:
            part: called now and then with what came so far; time from the start of the run.
        """
        words = words_of(events, duration_us, self._chip)
        pieces = list(chunks(words))
        began = time.monotonic()
        made = [self._writer.made(words.chosen(piece)) for piece in pieces]
        writing_s = WRITING * (time.monotonic() - began)
        self.now_us()
        before = self.flushed()
        # From here on nothing is made: the start is fixed, and must not pass before all is written.
        start = self.now_us() + int((self._patience.lead_s + writing_s) * 1e6)
        start = -(-start // PHASE_US) * PHASE_US
        teller = _Teller(self._reader, lambda block: part(spikes(block, start)))
        try:
            for piece, objects in zip(pieces, made, strict=True):
                self._await_turn(start + int(words.time_us[piece.start]), teller)
                self._writer.write(objects, words.time_us[piece] + start)
            self._await_end(start, start + duration_us, teller)
        except Exception:
            teller.tell()
            raise
        came, read = self._reader.taken()
        echo = (came[:, Y_HOP] != 0) & (came[:, TAG] < SEQUENCE)
        books = echo_books(events.time_us + start, came[echo, TAG], came[echo, TIME])
        return spikes(came, start), before + books + read

    def flushed(self) -> RunBooks:
        """Forget what was read since the last run; returns how much that was."""
        left, read = self._reader.taken()
        return read + RunBooks(stale=int((left[:, Y_HOP] == 0).sum()))

    def _await_turn(self, due_us: int, teller: _Teller) -> None:
        """Read until words of this time may be written; mostly they may at once."""
        newest, limit = self._reader.last_us, time.monotonic() + self._patience.answer_s
        while due_us - self._reader.last_us > AHEAD_US:
            silent = self._read() is None
            if self._reader.last_us > newest:  # a clock that jumps back is no progress
                newest, limit = self._reader.last_us, time.monotonic() + self._patience.answer_s
            teller.tell_in_time()
            if silent:
                self._alive(limit, "a heartbeat")

    def _await_end(self, start_us: int, end_us: int, teller: _Teller) -> None:
        """Read until an end marker of this run is back, and a moment longer.

        Only control words of a later time than any before count as life: a chip may spike for ever,
        and a broken link repeat itself.
        """
        # Silence is no wonder before the first heartbeat, which comes at the start.
        alive = time.monotonic() + max(0, start_us - self._reader.last_us) * 1e-6
        newest, asked, checked = self._reader.last_us, 0, 0
        while True:
            for block in self._reader.blocks[checked:]:
                control = block[block[:, Y_HOP] != 0]
                if (control[control[:, TAG] == END_TAG, TIME] >= end_us).any():
                    self._read_for(LAST_S)
                    return
                if control[:, TIME].max(initial=newest) > newest:
                    newest, asked = int(control[:, TIME].max()), 0
                    alive = max(alive, time.monotonic())
            checked = len(self._reader.blocks)
            if time.monotonic() - alive > RETRY_S * (1 + asked):
                # Perhaps the markers were lost.
                self._send(end_us, END_TAG)
                asked += 1
            teller.tell_in_time()
            if self._read() is None:
                self._alive(alive + self._patience.answer_s, "the end of the run")

    def _read_for(self, duration_s: float) -> None:
        """Read what is still on its way behind an end marker."""
        until = time.monotonic() + duration_s
        while time.monotonic() < until:
            self._read()

    def _read(self) -> np.ndarray | None:
        block = self._reader.read()
        if block is None:
            time.sleep(POLL_S)
        return block

    def _send(self, time_us: int, tag: int) -> None:
        self._writer.send(control_words(np.array([time_us]), np.array([tag]), self._chip))

    def _alive(self, limit: float, awaited: str) -> None:
        if time.monotonic() > limit:
            raise HardwareError(
                f"the board did not send {awaited} within {self._patience.answer_s:g} s: check "
                "the cable, power-cycle the board",
                code="NO_ANSWER",
            )


class _Teller:
    """Tells now and then what came since it was told last."""

    def __init__(self, reader: EventReader, part: Callable[[np.ndarray], None]):
        self._reader, self._part = reader, part
        self._told_at, self._first = time.monotonic(), 0

    def tell_in_time(self) -> None:
        """Tell if it is time; also when there is nothing, as a sign of life."""
        if time.monotonic() - self._told_at > TELL_S:
            self.tell()

    def tell(self) -> None:
        """Tell what was not told yet."""
        self._part(joined(self._reader.blocks[self._first :]))
        self._told_at, self._first = time.monotonic(), len(self._reader.blocks)
