"""A board of the virtual samna: its FPGA behind the methods of chip.md 2.2.

Chip time runs with the host's clock, but stands while the host simulates, and hurries while input
waits; unless the board is in real time: then host and board agree, and waiting input waits.

The FPGA sends every word that is for no chip back to the host, one hop on (chip.md 2.5): echoes of
virtual neurons, time probes and end markers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..models.errors import BoardError
from .chip import DYNAPSE2
from .events import Events
from .samna_clock import Clock, timestamp
from .samna_fpga import FpgaExtras
from .samna_lists import Flags
from .samna_model import VirtualModel
from .samna_queue import Queue
from .samna_records import Dynapse2Destination, NormalGridEvent
from .samna_sensors import Shown
from .samna_translation import Translated
from .sensed_board import SensedBoard
from .virtual_board import VirtualBoard

TURN_US = 100_000
"""Most chip time that one call simulates ahead while input waits [us]."""
PATIENCE_US, REALTIME_PATIENCE_US = 50_000, 10_000
"""Chip time that has to pass before a call simulates again, without input [us]; simulating a moment
costs as much as simulating ten, and programs poll."""


class VirtualStack(FpgaExtras):
    """What `samna.device.open_device` returns."""

    def __init__(
        self,
        board: VirtualBoard,
        chips: int,
        realtime: bool = False,
        start_us: int = 0,
        sadc: Shown = "all",
    ) -> None:
        self.board, self._chips, self.realtime = board, chips, realtime
        self.closed = False
        self._patience_us = REALTIME_PATIENCE_US if realtime else PATIENCE_US
        self._clock, self._silicon = Clock(start_us), SensedBoard(board)
        self._simulated_us = start_us
        self._waiting = Queue()
        self._came: list[NormalGridEvent] = []
        self._outputs: dict[Any, bool] = {}
        self._model = VirtualModel(self, self._silicon, sadc)
        self.foreign = 0
        """Events that were for no chip of this board."""

    def configure_opal_kelly(self, bit_file: str) -> bool:
        """Load the FPGA: any name will do."""
        self.check_open()
        return bool(str(bit_file))

    def reset_fpga(self) -> bool:
        """Forget events on their way, either way; always succeeds."""
        self.check_open()
        self._waiting.clear()
        self._came.clear()
        return True

    def get_model(self) -> VirtualModel:
        """The chips; the same object each time."""
        self.check_open()
        return self._model

    def get_device_type_name(self) -> str:
        """The kind of board."""
        return "DYNAP-SE2 Stack"

    def get_number_of_chips(self) -> int:
        """Chips of the board."""
        return self._chips

    def enable_output(self, bus: Any, on: bool) -> None:
        """Stored, without effect: all events come back by `read_events`."""
        self._outputs[bus] = bool(on)

    def get_output_enable_status(self) -> dict[Any, bool]:
        """What `enable_output` stored."""
        return dict(self._outputs)

    def input_interface_write_events(self, port: int, events: Iterable[NormalGridEvent]) -> None:
        """Queue events; each is sent at its time, but never before those that were queued earlier.

        Raises:
            TypeError: something that is no event; then none of them is queued.
        """
        self.check_open()
        self._waiting.write(list(events), self.now_us)

    def grid_bus_write_events(self, events: Iterable[NormalGridEvent]) -> None:
        """As `input_interface_write_events`."""
        self.input_interface_write_events(0, events)

    def read_events(self) -> list[NormalGridEvent]:
        """All events that came since the last call; does not wait for any."""
        if (
            self.closed
            or self._waiting.count
            or self._clock.now_us - self._simulated_us > self._patience_us
        ):
            self.check_open()
            self.catch_up()
        came = self._came
        if came:
            self._came = []
        return came

    def catch_up(self) -> None:
        """Simulate up to now, or further where input waits."""
        until = self._clock.now_us
        if self._waiting.count and not self.realtime:
            ahead = self._simulated_us + TURN_US
            until = max(until, min(self._waiting.last_us + self.board.step_us, ahead))
        while self._simulated_us < until:
            self._advance(min(until, self._simulated_us + TURN_US))
        if not self.realtime:
            self._clock.set_to(self._simulated_us)

    def program(self, translated: Translated, watched: tuple = ()) -> None:
        """Write registers; capacitors keep their charge. See `SimulatedBoard.reprogram`."""
        self.catch_up()
        now = self._clock.now_us
        self._silicon.reprogram(translated.configuration, watched)
        if not self.realtime:
            self._clock.set_to(now)

    @property
    def now_us(self) -> int:
        """Chip time [us]; not before what was simulated."""
        return max(self._clock.now_us, self._simulated_us)

    @property
    def waiting(self) -> int:
        """Words that are not due yet."""
        return self._waiting.count

    def check_open(self) -> None:
        """Raise if the board was closed."""
        if self.closed:
            raise BoardError(f"{self.board.name} is closed: open it again", code="CLOSED")

    def _advance(self, until_us: int) -> None:
        """Simulate in whole steps, at least until a time [us]."""
        start, step = self._simulated_us, self.board.step_us
        duration = -(-(until_us - start) // step) * step
        due = self._waiting.due(start + duration)
        returned = (due.y_hop != 0) | (due.x_hop == DYNAPSE2.host_hop)
        inward = ~returned & (due.x_hop >= 0) & (due.x_hop < self._chips)
        self.foreign += int((~returned & ~inward).sum())
        out = Events.none()
        if self._model.awake:
            out = self._silicon.run(due.chosen(inward, -start), duration)
        self._simulated_us = start + duration
        back = due.chosen(returned)
        back = Events(back.time_us, back.tag, back.cores, back.x_hop + 1, back.y_hop)
        self._came += _records(back.followed_by(out, start))


_CORES = [[bool(mask >> k & 1) for k in range(DYNAPSE2.cores)] for mask in range(16)]
"""Booleans of every mask of cores."""


def _records(events: Events) -> list[NormalGridEvent]:
    """As samna hands them out."""
    columns = events.time_us, events.tag, events.cores, events.x_hop, events.y_hop
    return [_event(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def _event(time_us: int, tag: int, cores: int, x_hop: int, y_hop: int) -> NormalGridEvent:
    core = Flags(_CORES[cores], cores)
    word = Dynapse2Destination.holding(core=core, x_hop=x_hop, y_hop=y_hop, tag=tag)
    return NormalGridEvent.holding(event=word, timestamp=timestamp(time_us))
