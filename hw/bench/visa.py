"""VISA resources behind the same transport: PyVISA, by default with the backend PyVISA-py.

The only file that imports pyvisa, and only when a resource is opened.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

from ...models.errors import BoardError, HardwareError, InputError
from .ports import VISA, gone
from .transport import LONGEST, Wiring
from .wire_log import WireLog

SLICE_S = 0.05
"""Wait of one read while input is thrown away [s]."""
LOOK_S = 0.001
"""Wait of a look whether a raw socket has something [s]."""


class VisaTransport:
    """Lines over a VISA resource, as 'visa:TCPIP::192.168.0.7::INSTR' or 'visa:ASRL/dev/tty..'.

    Raises:
        InputError: NO_VISA, PyVISA is not installed.
        BoardError: NO_PORT, the resource cannot be opened.
    """

    def __init__(self, wiring: Wiring, log: WireLog):
        self._wiring, self._log = wiring, log
        self._resource: Any = None
        self.reopen()

    def reopen(self) -> None:
        self.close()
        try:
            import pyvisa
            from pyvisa import constants
        except ImportError as error:
            raise InputError(
                f"{self._wiring.name}: a VISA resource needs PyVISA: pip install 'analoop[bench]'",
                code="NO_VISA",
            ) from error
        name = self._wiring.port.removeprefix(VISA)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # backends warn of what they could load besides
                manager = pyvisa.ResourceManager(self._wiring.backend)
                self._resource = manager.open_resource(name)
                self._resource.read_termination = self._resource.write_termination = "\n"
                if name.upper().startswith("ASRL"):
                    self._frame(constants)
        except Exception as error:  # backends raise their own, ValueError and OSError
            self.close()
            raise BoardError(
                f"{self._wiring.name}: cannot open VISA resource {name} by {self._wiring.backend} "
                f"({error}): correct `port`, or `backend`",
                code="NO_PORT",
            ) from error
        self._log.remark(self._wiring.name, f"opened {name} by {self._wiring.backend}")

    def _frame(self, constants: Any) -> None:
        """How a serial line is framed; VISA counts stop bits in tenths."""
        baud, parity, bits, stop_bits = self._wiring.framing
        names = {"N": constants.Parity.none, "E": constants.Parity.even, "O": constants.Parity.odd}
        self._resource.baud_rate, self._resource.parity = baud, names[parity]
        self._resource.data_bits = bits
        self._resource.stop_bits = constants.StopBits(10 * stop_bits)

    def write(self, line: str) -> None:
        self._log.sent(self._wiring.name, line.encode("ascii") + b"\n")
        try:
            self._resource.timeout = max(1, int(self._wiring.timeout_s * 1e3))
            self._resource.write(line)
        except Exception as error:
            raise self._failed(error) from error

    def read(self, timeout_s: float) -> bytes:
        try:
            self._resource.timeout = max(1, int(timeout_s * 1e3))
            line = bytes(self._resource.read_raw())
        except Exception as error:
            raise self._failed(error) from error
        self._log.came(self._wiring.name, line)
        if not line.endswith(b"\n") or len(line) > LONGEST:
            raise HardwareError(
                f"{self._wiring.name} sent half a line, {line[:40]!r}: look at the cable",
                code="GARBLED",
            )
        return line[:-1].removesuffix(b"\r")

    def drop_input(self, quiet_s: float = 0.0) -> bytes:
        """Serial lines and raw sockets hold what nobody asked for; other resources have frames."""
        dropped = self._waiting()
        deadline = time.monotonic() + self._wiring.timeout_s
        wait_s = max(quiet_s, LOOK_S if "SOCKET" in self._wiring.port.upper() else 0.0)
        while wait_s > 0 and time.monotonic() < deadline:
            try:
                dropped += self.read(min(wait_s, SLICE_S)) + b"\n"
            except HardwareError as error:
                if error.code == "UNPLUGGED":
                    raise
                if error.code == "NO_ANSWER":
                    break
        if dropped:
            self._log.remark(self._wiring.name, f"threw away {dropped[:LONGEST]!r}")
        return dropped

    def _waiting(self) -> bytes:
        """What a serial line has already; nothing elsewhere."""
        if not self._wiring.port.removeprefix(VISA).upper().startswith("ASRL"):
            return b""
        try:
            count = min(self._resource.bytes_in_buffer, LONGEST)
            return bytes(self._resource.read_bytes(count)) if count else b""
        except Exception as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Let go of the resource; the manager is one for all resources of the process."""
        if self._resource is not None:
            resource, self._resource = self._resource, None
            try:
                resource.close()
            except Exception as error:
                self._log.remark(self._wiring.name, f"closing failed: {error}")

    def _failed(self, error: Exception) -> HardwareError:
        if "timeout" in str(error).lower() or "TMO" in str(error):
            return HardwareError(
                f"{self._wiring.name} did not answer in time ({error}): is it on?",
                code="NO_ANSWER",
            )
        return gone(self._wiring.name, error)
