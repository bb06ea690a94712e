"""A simulated instrument behind a real pseudo-terminal: its bytes go over a tty of the kernel, and
faults happen to them on demand.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Protocol, Self

JOIN_S = 5.0
"""Longest wait for the thread to end [s]."""


class Machine(Protocol):
    """A simulated instrument."""

    def feed(self, content: bytes) -> bytes:
        """Take bytes, give bytes."""
        ...


@dataclass
class WireFaults:
    """What happens to the next replies; each number counts down, 0 is no fault."""

    silence: int = 0
    """So many replies are not sent."""
    late: int = 0
    """So many replies are sent in front of the next one only."""
    garbage: int = 0
    """So many replies are replaced by a line of noise."""
    half: int = 0
    """Of so many replies the second half does not come, the end of the line neither."""
    wrong_baud: int = 0
    """So many replies come as they look at another baud rate."""
    doubled: int = 0
    """So many replies come twice."""
    endless: int = 0
    """So many replies are followed by thousands of characters without an end."""
    unplug_after: int = 0
    """The cable is out when so many commands have come; 1: at the next."""
    held: bytes = field(default=b"", repr=False)
    """The reply that is late."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def bent(self, reply: bytes) -> bytes:
        """What of a reply gets through."""
        with self._lock:
            if not reply:
                return b""
            reply, self.held = self.held + reply, b""
            for name in ("silence", "late", "garbage", "half", "wrong_baud", "doubled", "endless"):
                left = getattr(self, name)
                if left:
                    setattr(self, name, left - 1)
                    return self._bent(name, reply)
            return reply

    def pulled(self) -> bool:
        """Whether the cable comes out with this command."""
        with self._lock:
            if not self.unplug_after:
                return False
            self.unplug_after -= 1
            return self.unplug_after == 0

    def _bent(self, name: str, reply: bytes) -> bytes:
        if name == "late":
            self.held = reply
            return b""
        noise = bytes(33 + (7 * k + len(reply)) % 94 for k in range(24))
        return {
            "silence": b"",
            "garbage": noise + b"\n",
            "half": reply[: len(reply) // 2],
            "wrong_baud": bytes((0x80 | (x << 1)) & 0xFE for x in reply),
            "doubled": reply + reply,
            "endless": reply.rstrip(b"\n") + noise * 400,
        }[name]


class PseudoTerminal:
    """Serves a machine behind `path`, a link to a tty, until `close` or the end of a `with`.

    `unplug` makes the tty vanish for those who have it open; `plug_in` makes another one behind
    the same path, as the kernel does for a USB device with a rule of udev.
    """

    def __init__(self, machine: Machine, path: Path, faults: WireFaults | None = None):
        self.machine, self.path = machine, path
        self.faults = faults or WireFaults()
        self._thread: threading.Thread | None = None
        self._fds: list[int] = []
        self.plug_in()

    def plug_in(self) -> None:
        """Make the tty and serve it."""
        self.unplug()
        import tty

        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        wake, waker = os.pipe()
        self._fds = [ours, theirs, wake, waker]
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.path.symlink_to(os.ttyname(theirs))
        self._thread = threading.Thread(
            target=self._serve, args=(ours, theirs, wake), daemon=True, name=f"tty {self.path.name}"
        )
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable."""
        if self._thread is not None:
            with suppress(OSError):
                os.write(self._fds[3], b"x")
            if self._thread is not threading.current_thread():
                self._thread.join(JOIN_S)
            self._thread = None
            for fd in self._fds[2:]:
                with suppress(OSError):
                    os.close(fd)
            with suppress(FileNotFoundError):
                self.path.unlink()

    def close(self) -> None:
        """End it; more than once does no harm."""
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _serve(self, ours: int, theirs: int, wake: int) -> None:
        try:
            while True:
                ready, _, _ = select.select([ours, wake], [], [])
                if wake in ready:
                    return
                come = os.read(ours, 4096)
                for _ in range(come.count(b"\n")):
                    if self.faults.pulled():
                        with suppress(FileNotFoundError):
                            self.path.unlink()
                        return
                self._answer(ours, come)
        except OSError:
            return
        finally:
            os.close(theirs)
            os.close(ours)

    def _answer(self, ours: int, come: bytes) -> None:
        """One reply per line, so that faults count replies."""
        lines: list[bytes] = come.splitlines(keepends=True)
        for line in lines:
            left = self.faults.bent(self.machine.feed(line))
            while left:
                _, writable, _ = select.select([], [ours], [], JOIN_S)
                if not writable:  # nobody reads: what a tty drops when it is full
                    return
                with suppress(BlockingIOError):
                    left = left[os.write(ours, left) :]


def fault_names() -> list[str]:
    """Faults that can be asked for, by the names of their counts."""
    return [f.name for f in fields(WireFaults) if f.name != "held"]
