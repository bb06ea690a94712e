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
RETRY_S, RETRIES = 0.25, 20
"""A control word that does not come back is sent again after so long [s], so often."""
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
            self._alive(limit, "its time")

    def wait(self, duration_us: int) -> None:
        """Let chip time pass: a probe behind a control word of a later time comes back later."""
        due = self.now_us() + duration_us
        while self._reader.last_us < due:
            self._send(due, BEAT_TAG)
            self.now_us(duration_us)

    def check_clock(self) -> None:
        """Raise HardwareError CLOCK_FROZEN if time stands."""
        first = self.now_us()
        time.sleep(0.005)
        second = self.now_us()
        if second <= first:
            raise HardwareError(
                f"the clock of the board stands at {second} us: load the FPGA again, or "
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
        left_behind = self._reader.taken()
        # From here on nothing is made: the start is fixed, and must not pass before all is written.
        start = self.now_us() + int((self._patience.lead_s + writing_s) * 1e6)
        start = -(-start // PHASE_US) * PHASE_US
        for piece, objects in zip(pieces, made, strict=True):
            self._await_turn(start + int(words.time_us[piece.start]))
            self._writer.write(objects, words.time_us[piece] + start)
        self._await_end(start + duration_us, lambda block: part(spikes(block, start)))
        came = self._reader.taken()
        control = came[:, Y_HOP] != 0
        echo = control & (came[:, TAG] < SEQUENCE)
        books = echo_books(events.time_us + start, came[echo, TAG], came[echo, TIME])
        stale = int((left_behind[:, Y_HOP] == 0).sum())
        return spikes(came, start), books + RunBooks(stale=stale, control=int(control.sum()))

    def _await_turn(self, due_us: int) -> None:
        """Read until words of this time may be written; mostly they may at once."""
        while due_us - self._reader.last_us > AHEAD_US:
            seen, limit = self._reader.last_us, time.monotonic() + self._patience.answer_s
            while self._reader.last_us == seen:
                self._alive(limit, "a heartbeat")
                self._read()

    def _await_end(self, end_us: int, part: Callable[[np.ndarray], None]) -> None:
        """Read until an end marker of this run is back, and a moment longer.

        Only control words count as life: a chip may spike for ever.

        Args:
            part: told now and then what came since it was told last.
        """
        alive = told = time.monotonic()
        asked, first, checked = 0, 0, 0
        while True:
            now, blocks = time.monotonic(), self._reader.blocks
            for block in blocks[checked:]:
                control = block[block[:, Y_HOP] != 0]
                alive = now if len(control) else alive
                if (control[control[:, TAG] == END_TAG, TIME] >= end_us).any():
                    self._read_for(LAST_S)
                    return
            checked = len(blocks)
            if now - alive > RETRY_S * (1 + asked) and asked < RETRIES:
                # Perhaps the markers were lost. Those sent now come after the end as well.
                self._send(0, END_TAG)
                asked += 1
            if now - told > TELL_S:
                part(joined(blocks[first:]))
                told, first = now, checked
            self._alive(alive + self._patience.answer_s, "the end of the run")
            self._read()

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
