"""Questions and commands to one instrument, over a wire that loses, bends and delays.

A reply counts only if it is the one line that came, whole and of the shape that was asked for.
After anything else the link is *out of step*: a late reply could answer the next question. It gets
back in step before anything else is asked, with a number of its own that the instrument has to
repeat (`*ESE`, `*ESE?`, of IEEE 488.2); what comes before that number is thrown away.

Questions are asked again, `AGAIN` times; a command that did not get out once, and 'on' never.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ...models.errors import BoardError, HardwareError
from .. import lease
from .ports import key_of
from .replies import InstrumentIdentity, decoded, read_error, read_identity, read_whole, refused
from .transport import Transport, Wiring, open_transport
from .wire_log import WireLog

T = TypeVar("T")

AGAIN = 2
"""How often a question is asked again."""
QUIET_S = 0.05
"""A line that is silent for so long is taken for silent [s]: 48 characters at 9600 baud."""
MOST_ERRORS = 32
"""Entries of an error queue that are read; SCPI asks for room for two."""
TRANSIENT = ("NO_ANSWER", "GARBLED", "UNPLUGGED")
"""What may be otherwise when asked again."""


class Link:
    """One instrument on its wire; may be used by several threads.

    Args:
        transport: its wire; None opens the one of the wiring.
        scpi: whether it knows `*ESE?` and `SYST:ERR?`; without, being in step is silence.

    `answered_s` is when the last question that got its answer was asked, and when the answer was
    there, by `time.monotonic` [s].
    """

    def __init__(
        self, wiring: Wiring, log: WireLog, transport: Transport | None = None, scpi: bool = True
    ):
        self.wiring, self.log = wiring, log
        self.identity: InstrumentIdentity | None = None
        self.answered_s = (0.0, 0.0)
        self._scpi, self._mark = scpi, 0
        self._in_step = self._lost = self._unsure = self._unseen = False
        self._old_errors = True
        self._lock = threading.RLock()
        self._transport = open_transport(wiring, log) if transport is None else transport

    @property
    def transport(self) -> Transport:
        """The wire itself."""
        return self._transport

    def ask(self, question: str, read: Callable[[str], T]) -> T:
        """Ask, and read the one line that comes.

        Raises:
            HardwareError: NO_ANSWER, GARBLED, UNPLUGGED, when it stayed so; what `read` raises.
        """
        with self._lock:
            for _ in range(AGAIN):
                self._back()
                try:
                    return self._asked(question, read)
                except HardwareError as error:
                    if error.code not in TRANSIENT:
                        raise
            self._back()
            return self._asked(question, read)

    def tell(self, command: str, again: bool = True) -> None:
        """Give a command, and read the error queue until it is empty. What is in there before is
        no fault of the command: it goes into the wire log.

        Args:
            again: the command may be given once more if it did not get out, as all may that set
                something; 'on' may not.

        Raises:
            HardwareError: INSTRUMENT_ERROR, with what is in the queue; as `ask`.
        """
        with self._lock:
            if self._unseen:
                self._write_unseen(command)
                return
            self._drop_errors()
            self._old_errors = True  # until its own are read to the end
            try:
                self._write(command)
            except HardwareError as error:
                if not again or error.code not in TRANSIENT:
                    raise
                self._write(command)
            errors = self.errors()
            self._old_errors = False
            if errors:
                raise HardwareError(
                    f"{self.wiring.name} does not accept '{command}': {'; '.join(errors)}",
                    code="INSTRUMENT_ERROR",
                )

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Inside, a command is only written: not in step, once, and no error is looked for. For an
        instrument that cannot be heard, and may hear."""
        with self._lock:
            self._unseen = True
            try:
                yield
            finally:
                self._unseen = self._in_step = False

    def errors(self) -> list[str]:
        """The error queue, emptied; an instrument without one has no errors."""
        found: list[str] = []
        while self._scpi and len(found) < MOST_ERRORS:
            number, text = self.ask("SYST:ERR?", read_error)
            if number == 0:
                break
            found.append(f"{number} {text}")
        return found

    def _drop_errors(self) -> None:
        """Empty the queue of what was there when we came, or comes of getting in step: so that is
        done first."""
        if self._in_step and not self._lost and not self._old_errors:
            return
        if errors := self.errors():
            self.log.remark(self.wiring.name, f"errors of before: {'; '.join(errors)}")

    def identify(self) -> InstrumentIdentity:
        """Which instrument this is; another one than before is an error from then on."""
        self.identity = self.ask("*IDN?", read_identity)
        return self.identity

    def close(self) -> None:
        """Let go of the port."""
        with self._lock:
            self._transport.close()

    def _write(self, command: str) -> None:
        """One attempt to get a command out."""
        try:
            self._back()
            self._get_ready()
            self._in_step = False
            self._transport.write(command)
            self._in_step = True
        except HardwareError as error:
            self._note(error)
            raise self._named(error) from error

    def _write_unseen(self, command: str) -> None:
        """A command to whoever hears it, behind the end of half a one that may be left there."""
        try:
            if self._scpi:
                self._transport.write("")
            self._transport.write(command)
        except HardwareError as error:
            self._note(error)
            raise self._named(error) from error
        self.log.remark(self.wiring.name, f"'{command}' was sent unseen")

    def _asked(self, question: str, read: Callable[[str], T]) -> T:
        """One attempt, from getting in step to the answer; errors name the instrument."""
        try:
            self._get_ready()
            return self._ask(question, read)
        except HardwareError as error:
            self._note(error)
            raise self._named(error) from error

    def _ask(self, question: str, read: Callable[[str], T]) -> T:
        """One exchange; whatever ends it early, a signal too, leaves the link out of step."""
        self._transport.drop_input()
        self._in_step, asked = False, time.monotonic()
        self._transport.write(question)
        line = self._transport.read(self.wiring.timeout_s)
        if more := self._transport.drop_input().strip():
            raise refused(str(more), f"end of the answer to '{question}'")
        text = decoded(line)
        try:
            value = read(text)
        except HardwareError as error:
            self._in_step = error.code not in TRANSIENT
            raise
        self._in_step, self.answered_s = True, (asked, time.monotonic())
        return value

    def _note(self, error: HardwareError) -> None:
        self._lost = self._lost or error.code == "UNPLUGGED"

    def _get_ready(self) -> None:
        """Get in step; and after the cable was out, see that the same instrument is there."""
        if not self._in_step:
            self._get_in_step()
        if self._unsure and self.identity is not None:
            found = self._ask("*IDN?", read_identity)
            if found != self.identity:
                raise HardwareError(
                    f"{self.wiring.name} was {self.identity}, and now {found} answers there: "
                    "plug in the first one, or correct `port`",
                    code="OTHER_INSTRUMENT",
                )
        self._unsure = False

    def _get_in_step(self) -> None:
        """Throw away what is late, until the instrument repeats a number of ours."""
        self._transport.drop_input(QUIET_S)
        if not self._scpi:
            self._in_step = True
            return
        self._mark, self._old_errors = self._mark % 250 + 1, True
        deadline = time.monotonic() + self.wiring.timeout_s
        self._transport.write("")  # ends half a command that may be left in there
        self._transport.write(f"*ESE {self._mark}")
        self._transport.write("*ESE?")
        bent: HardwareError | None = None
        while True:
            try:
                line = self._transport.read(max(0.0, deadline - time.monotonic()))
                if read_whole(decoded(line), 255) == self._mark:
                    break
            except HardwareError as error:
                if error.code == "UNPLUGGED":
                    raise
                bent = error if bent is None or error.code == "GARBLED" else bent
            if bent is not None and time.monotonic() >= deadline:
                raise bent
        self._transport.write("*ESE 0")
        self._in_step = True

    def _back(self) -> None:
        """Wait for an instrument whose cable was out. Raises HardwareError UNPLUGGED."""
        if not self._lost:
            return
        deadline = time.monotonic() + self.wiring.reconnect_s
        while True:
            try:
                self._transport.reopen()
                break
            except BoardError as error:
                if time.monotonic() >= deadline:
                    raise HardwareError(
                        f"{self.wiring.name} is unplugged and did not come back within "
                        f"{self.wiring.reconnect_s:g} s ({error})",
                        code="UNPLUGGED",
                    ) from error
                time.sleep(QUIET_S)
        self._in_step, self._lost, self._unsure = False, False, True

    def _named(self, error: HardwareError) -> HardwareError:
        name = self.wiring.name
        if str(error).startswith(name):
            return error
        return HardwareError(f"{name}: {error}", code=error.code)


def reserve(port: str) -> lease.Lease:
    """Take a port for this process, as a board is taken (hw/lease.py); VISA resources too.

    Raises:
        BoardError: PORT_HELD, saying by whom; LOCK_FOLDER.
    """
    key = f"port {key_of(port)}"
    try:
        return lease.acquire(key)
    except BoardError as error:
        if error.code != "BOARD_HELD":
            raise
        by = lease.holder(key) or lease.NAMELESS
        raise BoardError(
            f"port {port} is held by {by}: wait for it or end that process", code="PORT_HELD"
        ) from error
