"""The process that loads samna, seen from the one that uses it: requests, answers, an end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from ..models.errors import BoardError, HardwareError, InputError
from .messages import Hangup, Message, receive, send

_MODULE = "analoop.hw.samna_worker"
GRACE_S = 5.0
"""Time to leave by itself once its socket is closed [s]."""


class WorkerProcess:
    """A worker process. Whatever goes wrong with it ends it, and is a HardwareError.

    Args:
        silence_s: longest silence of the worker before it counts as hung [s].
    """

    def __init__(self, silence_s: float):
        self._silence_s = silence_s
        self._link, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, str(number)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                env=dict(os.environ),
            )

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None and self._link.fileno() >= 0

    def ask(self, header: dict[str, Any], arrays: Mapping[str, Any] | None = None) -> dict:
        """Ask for something that has one answer."""
        (message,) = self.answers(header, arrays)
        return message.header["done"] or {}

    def answers(
        self, header: dict[str, Any], arrays: Mapping[str, Any] | None = None
    ) -> Iterator[Message]:
        """What it says to a request, up to its last word.

        Raises:
            HardwareError: HUNG, WORKER_DIED, and what the worker reports; it is ended then.
            BoardError, InputError: what the worker reports.
        """
        asked, call, answered = time.monotonic(), header["call"], False
        try:
            send(self._link, header, arrays, self._silence_s)
            while True:
                message = receive(self._link, self._silence_s)
                answered = "done" in message.header or "error" in message.header
                if "error" in message.header:
                    self._fail(message.header)
                yield message
                if answered:
                    return
        except TimeoutError as error:
            self.end(grace_s=0.0)
            raise HardwareError(
                f"the process that drives the board was silent for {self._silence_s:g} s and was "
                f"ended (during '{call}', {time.monotonic() - asked:.0f} s after it began): "
                "power-cycle the board",
                code="HUNG",
            ) from error
        except Hangup as error:
            self.end()
            raise HardwareError(
                f"the process that drives the board died during '{call}' (exit status "
                f"{self._process.returncode}): open the board again, power-cycle it",
                code="WORKER_DIED",
            ) from error
        finally:
            if not answered:  # interrupted: what it would still say belongs to no later request
                self.end(grace_s=0.0)

    def end(self, grace_s: float = GRACE_S) -> None:
        """End it, with force if it does not leave by itself; more than once does no harm."""
        self._link.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        if self._process.poll() is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)

    def _fail(self, header: dict[str, Any]) -> None:
        """Raise what the worker reports; a failure of the board ends the process."""
        if header["exit"] == HardwareError.exit_code:
            self.end()
            raise HardwareError(header["error"], code=header["code"])
        kind = BoardError if header["exit"] == BoardError.exit_code else InputError
        raise kind(header["error"], code=header["code"])
