"""One open board behind samna's surface: opened, programmed, asked, with an end to every wait.

Written only against chip.md 2, with any module that has samna's surface; plain arrays in and out.
Runs in the worker process (hw/samna_worker.py), never in the user's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..models.errors import HardwareError
from .bias import Bias
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .events import Events
from .samna_registers import set_biases, write_registers
from .samna_words import (
    BEAT_TAG,
    END_TAG,
    PROBE_TAG,
    SEQUENCE,
    RunBooks,
    control_words,
    echo_books,
    unwrapped,
    words_of,
)

LEAKY = ("SOIF_LEAK_N", "DEAM_ETAU_P", "DEGA_ITAU_P", "DENM_ETAU_P", "DESC_ITAU_P")
"""Biases that empty the capacitors when they are at their largest (chip.md 2.6)."""
CHUNK = 20_000
"""Words stamped and written at a time."""
LAST_S = 0.005
"""Reading goes on so long after an end marker [s]; labs poll a hundred times more."""
TELL_S = 0.5
"""How often it is told what came so far [s]."""
PHASE_US = 1000
"""Runs start at whole multiples [us]: a simulated board then answers the same each time."""
POLL_S = 1e-4
"""Pause after a read that brought nothing [s]."""
STAMP_US = 3.0
"""Host time allowed for stamping and writing one word [us]; 0.9 us were measured."""


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


class Session:
    """A board from opening to closing.

    Raises everywhere:
        HardwareError: NO_ANSWER when a wait ends, LINK_LOST when samna raises.
    """

    def __init__(
        self, samna: ModuleType, board: Any, patience: Patience, chip: ChipSpec = DYNAPSE2
    ) -> None:
        self._samna, self._board, self._patience, self._chip = samna, board, patience, chip
        self._model = board.get_model()
        self._records: Any = None
        self._written: Configuration | None = None
        self._last_us = 0
        self._raw: list[np.ndarray] = []
        self._pool: dict[tuple, list[Any]] = {}

    def start(self, bit_file: str, chips: int) -> None:
        """Load the FPGA, reset the chips, and see that the clock runs.

        Raises:
            HardwareError: FPGA_FAILED, CLOCK_FROZEN, APPLY_FAILED.
        """
        board, samna = self._board, self._samna
        board.reset_fpga()
        if not board.configure_opal_kelly(bit_file):
            raise HardwareError(
                f"the FPGA did not take the bit file {bit_file}: check that it belongs to this "
                "board, and power-cycle the board",
                code="FPGA_FAILED",
            )
        board.reset_fpga()
        self._model.reset(samna.dynapse2.ResetType.PowerCycle, (1 << chips) - 1)
        time.sleep(self._patience.reset_s)
        self._records, self._written = self._model.get_configuration(), None
        self._apply()
        self._check_clock()

    def program(self, configuration: Configuration) -> None:
        """Write what differs from the last configuration, then discharge.

        Raises:
            HardwareError: APPLY_FAILED; CHIPS if the board has too few.
        """
        if configuration.n_chips > len(self._records.chips):
            raise HardwareError(
                f"the program needs {configuration.n_chips} chips, the board has "
                f"{len(self._records.chips)}: compile with --board-chips",
                code="CHIPS",
            )
        before, self._written = self._written, None
        write_registers(self._samna, self._records, before, configuration)
        self._apply()
        self._written = configuration
        self.discharge()

    def discharge(self) -> None:
        """Let every capacitor run empty: largest leaks, wait, then the leaks as they were."""
        if self._written is None:
            return
        largest = Bias(self._chip.coarse_codes - 1, self._chip.fine_codes - 1)
        for leaks in (dict.fromkeys(LEAKY, largest), None):
            for (chip, core), biases in self._written.biases.items():
                parameters = self._records.chips[chip].cores[core].parameters
                old = {name: biases[name] for name in LEAKY if name in biases}
                set_biases(parameters, old if leaks is None else dict.fromkeys(old, largest))
            self._apply()
            self.wait(int(self._patience.discharge_s * 1e6))

    def now_us(self, later_us: int = 0) -> int:
        """Time of the board [us], since its clock was first asked, unwrapped to 64 bits.

        Args:
            later_us: how long words that were written before may keep the answer waiting [us].
        """
        again = time.monotonic()
        limit = again + later_us * 1e-6 + self._patience.answer_s
        while True:
            if time.monotonic() >= again:
                self._write(control_words(np.zeros(1), np.array([PROBE_TAG]), self._chip))
                again += self._patience.answer_s / 10
            for block in self._read():
                answers = block[(block[:, 3] != 0) & (block[:, 1] == PROBE_TAG)]
                if len(answers):
                    return int(answers[-1, 0])
            self._alive(limit, "its time")

    def wait(self, duration_us: int) -> None:
        """Let chip time pass: a probe behind a control word of a later time comes back later."""
        due = self.now_us() + duration_us
        while self._last_us < due:
            self._write(control_words(np.array([due]), np.array([BEAT_TAG]), self._chip))
            self.now_us(duration_us)

    def run(
        self, events: Events, duration_us: int, part: Callable[[Events], None]
    ) -> tuple[Events, RunBooks]:
        """Play events and return what the chips sent.

        Args:
            part: called now and then with what came so far; time from the start of the run.
        """
        words = words_of(events, duration_us, self._chip)
        objects = self._made(words)
        self.now_us()
        stale = self._taken()
        writing_us = len(words) * STAMP_US
        start = self.now_us() + int(self._patience.lead_s * 1e6 + writing_us)
        start = -(-start // PHASE_US) * PHASE_US
        for first in range(0, len(words), CHUNK):
            chunk = slice(first, first + CHUNK)
            self._stamp_and_write(objects[chunk], words.time_us[chunk] + start)
            self._read()
        self._await_end(start + duration_us, lambda first: part(self._spikes(start, first)))
        came = np.concatenate([np.zeros((0, 5), np.int64), *self._raw])
        control = came[:, 3] != 0
        echo = control & (came[:, 1] < SEQUENCE)
        books = echo_books(events.time_us + start, came[echo, 1], came[echo, 0])
        books += RunBooks(stale=stale, control=int(control.sum()))
        spikes = self._spikes(start)
        self._raw = []
        return spikes, books

    def _await_end(self, end_us: int, part: Callable[[int], None]) -> None:
        """Read until an end marker of this run is back, and a moment longer.

        Only control words count as life: a chip may spike for ever.

        Args:
            part: told now and then the first block that it was not told of.
        """
        alive = told = time.monotonic()
        asked, first, checked = 0, 0, 0
        while True:
            now = time.monotonic()
            for block in self._raw[checked:]:
                control = block[block[:, 3] != 0]
                alive = now if len(control) else alive
                if (control[control[:, 1] == END_TAG, 0] >= end_us).any():
                    self._read_for(LAST_S)
                    return
            checked = len(self._raw)
            if now - alive > self._patience.answer_s * (0.3 + 0.2 * asked) and asked < 3:
                # Perhaps the markers were lost. Those sent now come after the end as well.
                self._write(control_words(np.zeros(1), np.array([END_TAG]), self._chip))
                asked += 1
            if now - told > TELL_S:
                part(first)
                told, first = now, checked
            self._alive(alive + self._patience.answer_s, "the end of the run")
            self._read()

    def _read_for(self, duration_s: float) -> None:
        """Read what is still on its way behind an end marker."""
        until = time.monotonic() + duration_s
        while time.monotonic() < until:
            self._read()

    def _spikes(self, start: int, first: int = 0) -> Events:
        """What came from a block on that is no control word; time from the start of the run."""
        came = np.concatenate([np.zeros((0, 5), np.int64), *self._raw[first:]])
        came = came[came[:, 3] == 0]
        return Events(came[:, 0] - start, came[:, 1], came[:, 4], came[:, 2], came[:, 3])

    def _taken(self) -> int:
        """Throw away what was read and is no control word; how many that was."""
        thrown = sum(int((block[:, 3] == 0).sum()) for block in self._raw)
        self._raw = []
        return thrown

    def _alive(self, limit: float, awaited: str) -> None:
        if time.monotonic() > limit:
            raise HardwareError(
                f"the board did not send {awaited} within {self._patience.answer_s:g} s: check "
                "the cable, power-cycle the board",
                code="NO_ANSWER",
            )

    def _check_clock(self) -> None:
        first = self.now_us()
        time.sleep(0.005)
        second = self.now_us()
        if second <= first:
            raise HardwareError(
                f"the clock of the board stands at {second} us: load the FPGA again, or "
                "power-cycle the board",
                code="CLOCK_FROZEN",
            )

    def _apply(self) -> None:
        """Write the records, and see that samna took them."""
        if hasattr(self._model, "clear_error_queue"):
            self._model.clear_error_queue()
        answer = self._model.apply_configuration(self._records)
        errors = self._model.get_error_events() if hasattr(self._model, "get_error_events") else []
        if answer is False or errors:
            self._written = None
            told = f": {errors}" if errors else ""
            raise HardwareError(
                f"samna did not apply the configuration{told}: try again, power-cycle the board",
                code="APPLY_FAILED",
            )
        time.sleep(self._patience.apply_s)

    def _read(self) -> list[np.ndarray]:
        """What came, as one block [event, (time us, tag, x hop, y hop, cores)]; also kept."""
        events = self._board.read_events()
        if not events:
            time.sleep(POLL_S)
            return []
        rows = [(e.timestamp, *_word(e.event)) for e in events]
        block = np.array(rows, np.int64)
        block[:, 0] = unwrapped(block[:, 0], self._last_us)
        self._last_us = int(block[-1, 0])
        self._raw.append(block)
        return [block]

    def _made(self, words: Events) -> list[Any]:
        """An event object for each word; those of other chunks serve again, writing copies."""
        columns = words.tag, words.cores, words.x_hop, words.y_hop
        made, taken = [], dict[tuple, int]()
        for k, word in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            if k % CHUNK == 0:
                taken = {}
            number = taken.get(word, 0)
            taken[word] = number + 1
            alike = self._pool.setdefault(word, [])
            if number == len(alike):
                alike.append(self._event(word))
            made.append(alike[number])
        return made

    def _event(self, word: tuple) -> Any:
        made = self._samna.dynapse2.NormalGridEvent()
        tag, cores, x_hop, y_hop = word
        made.event.tag, made.event.x_hop, made.event.y_hop = tag, x_hop, y_hop
        made.event.core = [bool(cores >> bit & 1) for bit in range(self._chip.cores)]
        return made

    def _stamp_and_write(self, objects: list[Any], time_us: np.ndarray) -> None:
        for event, stamp in zip(objects, (time_us % 2**32).tolist(), strict=True):
            event.timestamp = stamp
        self._board.input_interface_write_events(0, objects)

    def _write(self, words: Events) -> None:
        self._stamp_and_write(self._made(words), words.time_us)


def _word(word: Any) -> tuple[int, int, int, int]:
    return word.tag, word.x_hop, word.y_hop, sum(1 << k for k, on in enumerate(word.core) if on)
