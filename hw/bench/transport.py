"""How lines get to an instrument and back: what every transport does, and the one over pyserial."""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ...models.errors import BoardError, HardwareError
from .ports import VISA, find_port, gone
from .wire_log import WireLog

POLL_S = 0.05
"""Longest wait in one call of the driver of a port [s]; bytes that come end it at once."""
LONGEST = 4096
"""Most bytes without an end of line: instruments say less, a wrong baud rate says more."""


@dataclass(frozen=True)
class Wiring:
    """How an instrument is connected."""

    name: str
    """What the bench calls it."""
    port: str
    """As in bench.toml; see hw.bench.ports."""
    baud: int = 9600
    """Bits per second [1/s]."""
    timeout_s: float = 2.0
    """Longest wait for one reply [s]."""
    reconnect_s: float = 5.0
    """Longest wait for a port that was unplugged [s]."""
    backend: str = "@py"
    """Backend of PyVISA, for VISA resources."""
    parity: str = "N"
    """None, even or odd, by their first letters."""
    bits: int = 8
    """Bits of a character."""
    stop_bits: int = 1
    """Bits behind a character."""
    rest: bool | None = None
    """Level of DTR and RTS from the opening on; None: high, as a terminal has them."""

    @property
    def framing(self) -> tuple[int, str, int, int]:
        """What both ends of a line have to agree in."""
        return self.baud, self.parity, self.bits, self.stop_bits


class Transport(Protocol):
    """Lines to an instrument and back. Every wait has a deadline; what goes wrong is a
    HardwareError: NO_ANSWER, GARBLED (half a line, or one without end), UNPLUGGED."""

    def write(self, line: str) -> None:
        """Send a line; its end is added."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """The next line without its end."""
        ...

    def drop_input(self, quiet_s: float = 0.0) -> bytes:
        """Throw away what has come, until nothing came for a while [s]; bounded in time."""
        ...

    def reopen(self) -> None:
        """Open the port again, wherever it is now."""
        ...

    def close(self) -> None:
        """Let go of the port; more than once does no harm."""
        ...


class SerialTransport:
    """Lines over pyserial: device files, `socket://`, `rfc2217://`, `loop://`.

    Raises:
        BoardError: NO_PORT and its like, PORT_CLOSED: it is there and cannot be opened.
    """

    def __init__(self, wiring: Wiring, log: WireLog):
        self._wiring, self._log = wiring, log
        self._come = b""
        self._port: Any = None
        self.reopen()

    @property
    def port(self) -> Any:
        """The port of pyserial, for lines like DTR."""
        return self._port

    def reopen(self) -> None:
        self.close()
        import serial

        url = find_port(self._wiring.port)
        try:
            port = self._made(serial, url)
            port.timeout, port.exclusive = POLL_S, True
            port.baudrate, port.parity, port.bytesize, port.stopbits = self._wiring.framing
            if not url.startswith("rfc2217:"):  # knows none, and lines are shorter than any buffer
                port.write_timeout = self._wiring.timeout_s
            # Both alike: reset circuits of microcontrollers take one against the other.
            port.dtr = port.rts = self._wiring.rest is not False
            with warnings.catch_warnings():  # pyserial 3.5 calls Thread.setDaemon for rfc2217://
                warnings.simplefilter("ignore", DeprecationWarning)
                port.open()
            _hold(port, self._wiring.rest)
        except Exception as error:  # SerialException, termios.error, ValueError: it depends
            raise BoardError(
                f"{self._wiring.name}: {getattr(error, 'strerror', '') or error} ({url}): plug it "
                "in, end the program that has it, or correct `port`, `baud`, `parity` or `bits`",
                code="NO_PORT" if getattr(error, "errno", None) == 2 else "PORT_CLOSED",
            ) from error
        self._port, self._come = port, b""
        self._log.remark(self._wiring.name, f"opened {url} at {self._wiring.baud} baud")

    def _made(self, serial: Any, url: str) -> Any:
        try:
            return serial.serial_for_url(url, do_not_open=True)
        except ValueError as error:
            raise BoardError(
                f"{self._wiring.name}: {url} is no URL of a port ({error}): correct `port`",
                code="PORT_NAME",
            ) from error

    def write(self, line: str) -> None:
        content = line.encode("ascii") + b"\n"
        self._log.sent(self._wiring.name, content)
        try:
            self._port.write(content)
            self._port.flush()
        except Exception as error:
            raise self._lost(error) from error

    def read(self, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while (end := self._come.find(b"\n")) < 0:
            if len(self._come) > LONGEST:
                said, self._come = self._come, b""
                raise self._garbled(f"{len(said)} bytes without an end of line")
            if time.monotonic() >= deadline:
                said, self._come = self._come, b""
                if said:
                    raise self._garbled(f"half a line, {said[:40]!r}")
                raise HardwareError(
                    f"{self._wiring.name} did not answer within {timeout_s:.3g} s: is it on, and "
                    f"is {self._wiring.baud} baud right?",
                    code="NO_ANSWER",
                )
            self._come += self._some()
        line, self._come = self._come[:end], self._come[end + 1 :]
        return line.removesuffix(b"\r")

    def drop_input(self, quiet_s: float = 0.0) -> bytes:
        dropped, self._come = self._come, b""
        deadline = time.monotonic() + self._wiring.timeout_s
        last = time.monotonic()
        while time.monotonic() < deadline:
            some = self._some(block=quiet_s > 0)
            if some:
                dropped, last = dropped + some, time.monotonic()
            elif time.monotonic() - last >= quiet_s:
                break
        if dropped:
            self._log.remark(self._wiring.name, f"threw away {dropped[:LONGEST]!r}")
        return dropped

    def close(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            try:
                port.close()
            except Exception as error:  # the device is gone: there is nothing to close
                self._log.remark(self._wiring.name, f"closing failed: {error}")

    def _some(self, block: bool = True) -> bytes:
        """What has come, or comes within `POLL_S`."""
        try:
            some = self._port.read(1) if block or self._port.in_waiting else b""
            if some and (waiting := min(self._port.in_waiting, LONGEST)):
                some += self._port.read(waiting)
        except Exception as error:
            raise self._lost(error) from error
        if some:
            self._log.came(self._wiring.name, some)
        return some

    def _lost(self, error: Exception) -> HardwareError:
        """pyserial says it in many ways: OSError, SerialException, TypeError when it is closed."""
        self._log.remark(self._wiring.name, f"lost: {error}")
        return gone(self._wiring.name, error)

    def _garbled(self, what: str) -> HardwareError:
        return HardwareError(
            f"{self._wiring.name} sent {what}: look at the cable and the baud rate",
            code="GARBLED",
        )


def _hold(port: Any, rest: bool | None) -> None:
    """Where high is rest, closing the port must not let the lines fall, as Linux does."""
    if rest is True and getattr(port, "fd", None) is not None:
        import termios

        with suppress(termios.error):  # a port without modem lines
            settings = termios.tcgetattr(port.fd)
            settings[2] &= ~termios.HUPCL
            termios.tcsetattr(port.fd, termios.TCSANOW, settings)


def open_transport(wiring: Wiring, log: WireLog) -> Transport:
    """The transport of a port."""
    if wiring.port.startswith(VISA):
        from .visa import VisaTransport

        return VisaTransport(wiring, log)
    return SerialTransport(wiring, log)
