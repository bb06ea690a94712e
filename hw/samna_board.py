"""A real board behind samna, as a `Board`: this side of the process that talks to it.

Named `dynapse2:<serial>` or `dynapse2:any`. A serial that begins with 'sim:' is a board of the
virtual samna: the same driver, process and books, on simulated chips, and recorded as simulated.
No real board was available when this was written: nothing of it was run on silicon.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ..models.errors import BoardError, HardwareError, InputError
from .board import BoardIdentity, Trial
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration, to_content
from .event_check import check_events
from .events import Events
from .lease import Lease, acquire, holder
from .samna_faults import Faults
from .samna_installation import bit_file, require_samna
from .samna_link import VIRTUAL_PATIENCE, Patience
from .samna_opening import no_board
from .samna_process import WorkerProcess
from .samna_words import RunBooks
from .simulated_board import identify
from .virtual_board import parse_board

DRIVER_VERSION = "analoop-samna-1"
"""Changes whenever the same program and stimulus would be written differently."""
ANY = "any"
VIRTUAL = "sim"


@dataclass(frozen=True)
class Settings:
    """How a board is driven."""

    bit_file: str | None = None
    """Bit file of the FPGA; None: as hw.samna_installation.bit_file finds it."""
    patience: Patience | None = None
    """Waits; None: those of a real or a virtual board."""
    silence_s: float = 120.0
    """Longest silence of the worker process before it counts as hung [s]."""
    realtime: bool = False
    """Virtual boards only: host and chip clocks run together."""
    faults: Faults = field(default_factory=Faults)
    """Virtual boards only."""


class SamnaBoard:
    """The implementation of `Board` for boards behind samna; see that protocol.

    Time passes on a chip between two runs: a run cut in two is not the whole. Any HardwareError
    closes the board; its `received` holds what came of the trials before, and of the one that
    failed.

    Raises:
        BoardError: NO_SAMNA, SAMNA_STUB, NO_BOARD, BOARD_HELD, NO_BIT_FILE and its like.
        HardwareError: the board, samna or the worker process failed.
    """

    def __init__(
        self, serial: str, settings: Settings | None = None, chip: ChipSpec = DYNAPSE2
    ) -> None:
        self._settings, self._chip = settings or Settings(), chip
        self._virtual = serial.partition(":")[0] == VIRTUAL
        self._books = RunBooks()
        self._chips_used: int | None = None
        self._lease: Lease | None = None
        if self._virtual:
            serial = parse_board(serial).name
        else:
            require_samna()
        self._worker = WorkerProcess(self._settings.silence_s)
        try:
            self._identity = self._opened(serial)
        except BaseException:
            self._let_go()
            raise

    @property
    def identity(self) -> BoardIdentity:
        """Which board this is: serial, samna, bit file, firmware."""
        return self._identity

    @property
    def chip(self) -> ChipSpec:
        """What its chips are."""
        return self._chip

    @property
    def books(self) -> dict[str, int]:
        """What became of every word since the board was programmed, and what was read."""
        return asdict(self._books)

    def program(self, configuration: Configuration) -> None:
        """Write every register, and settle. Raises also RegisterError, InputError WRONG_CHIP."""
        if configuration.chip != self._chip:
            raise InputError(
                f"the configuration is for {configuration.chip.name}, the board has "
                f"{self._chip.name}: compile for this chip",
                code="WRONG_CHIP",
            )
        there = dict(self._identity.details)["chips"]
        if configuration.n_chips > there:
            raise InputError(
                f"the program needs {configuration.n_chips} chips, {self._identity.name} has "
                f"{there}: compile with --board-chips {there}",
                code="CHIPS",
            )
        header, arrays = to_content(configuration)
        flushed = self._ask({"call": "program", "configuration": header}, arrays)
        self._books, self._chips_used = RunBooks(**flushed), configuration.n_chips

    def settle(self) -> None:
        """Discharge every capacitor: largest leaks for a while, then those of the program."""
        self._books += RunBooks(**self._ask({"call": "discharge"}))

    def run(self, events: Events, duration_us: int) -> Events:
        """Play events and return what was sent to the host; a tail of 1 ms comes with it."""
        return self._played([Trial(events, duration_us)], discharge=False)[0]

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """Run independent trials, each after a discharge; the board is discharged afterwards."""
        came = self._played(trials, discharge=True)
        try:
            if trials:
                self.settle()
        except HardwareError as error:
            error.received = came
            raise
        return came

    def close(self) -> None:
        """Discharge the board and let go of it; more than once does no harm."""
        try:
            if self._worker.alive:
                with suppress(HardwareError):
                    self._worker.ask({"call": "close"})
        finally:
            self._let_go()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _opened(self, serial: str) -> BoardIdentity:
        virtual = None
        if self._virtual:
            s = self._settings
            virtual = {"board": serial, "chips": self._chip.max_chips, "realtime": s.realtime}
            virtual["faults"] = asdict(s.faults)
        found = self._worker.ask({"call": "load", "virtual": virtual})
        if self._virtual:
            path, hash_, kind = "virtual.bit", None, found["offers"][0]
        else:
            kind = self._choose(serial, found["offers"])
            file = bit_file(kind["device_type"], self._settings.bit_file)
            path, hash_ = str(file.path), file.sha256
        patience = self._settings.patience or (VIRTUAL_PATIENCE if self._virtual else Patience())
        answer = self._worker.ask(
            {"call": "open", "serial": kind["serial"], "bit_file": path}
            | {"patience": asdict(patience)}
        )
        details = {
            "serial": kind["serial"],
            "device_type": kind["device_type"],
            "chips": answer["chips"],
            "samna": found["samna"],
            "bit_file": path,
            "bit_file_sha256": hash_,
            "firmware": kind["firmware"],
            "driver": DRIVER_VERSION,
        }
        if self._virtual:  # which chips these are: seed, level, defects
            details |= dict(identify(parse_board(serial), self._chip).details)
            details["virtual_samna"] = True
        target = "simulated" if self._virtual else "measured"
        name = f"dynapse2:{kind['serial']}"
        return BoardIdentity(name, target, self._chip.name, tuple(details.items()))

    def _choose(self, serial: str, offers: list[dict[str, Any]]) -> dict[str, Any]:
        """The board that is meant, leased."""
        alike = [offer for offer in offers if serial in (ANY, offer["serial"])]
        free = [o for o in alike if serial != ANY or holder(o["serial"]) is None] or alike
        if not free:
            raise no_board(serial, [offer["serial"] for offer in offers])
        self._lease = acquire(free[0]["serial"])
        return free[0]

    def _played(self, trials: Sequence[Trial], discharge: bool) -> list[Events]:
        self._check_open()
        if self._chips_used is None:
            raise BoardError("the board holds no program: program it first", code="NOT_PROGRAMMED")
        for events, duration_us in trials:
            check_events(events, duration_us, self._chips_used, self._chip)
        came: list[Events] = []
        for trial in trials:
            parts = Events.none()
            header = {"call": "run", "duration_us": int(trial.duration_us), "discharge": discharge}
            try:
                for message in self._worker.answers(header, trial.events.arrays()):
                    if "part" in message.header:
                        parts = parts.followed_by(Events(**message.arrays))
                    else:
                        came.append(Events(**message.arrays))
                        self._books += RunBooks(**message.header["done"])
            except HardwareError as error:
                error.received = [*came, parts]
                self._let_go()
                raise
        return came

    def _ask(self, header: dict[str, Any], arrays: dict[str, Any] | None = None) -> dict:
        self._check_open()
        try:
            return self._worker.ask(header, arrays)
        except HardwareError:
            self._let_go()  # the board is closed, and others may have it
            raise

    def _check_open(self) -> None:
        if not self._worker.alive:
            raise BoardError(f"{self._identity.name} is closed: open it again", code="CLOSED")

    def _let_go(self) -> None:
        self._worker.end()
        if self._lease:
            self._lease.release()
