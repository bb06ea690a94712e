"""Everything that goes over the wires of a bench and comes back, with its time, in a file of
bounded size: when it is full it becomes FILE.1, that one FILE.2, and the last is dropped.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

REMEMBERED = 200
"""Lines that are kept in memory too."""


@dataclass
class WireLog:
    """Lines like `2026-11-21T20:15:31.512034Z supply > b'OUTP ON,(@1)\\n'`.

    `>` was sent, `<` came, `!` is a remark. A file that cannot be written does not stop the bench:
    it is said in `trouble`, and the memory goes on.
    """

    path: Path | None = None
    """The file; None: memory only."""
    size_bytes: int = 1_000_000
    """A file is full then [bytes]."""
    keep: int = 4
    """Full files that are kept."""
    trouble: str = ""
    """Why the file is not written, if it is not."""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The last lines."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def sent(self, name: str, content: bytes) -> None:
        """What was written to an instrument."""
        self._write(f"{name} > {content!r}")

    def came(self, name: str, content: bytes) -> None:
        """What was read from an instrument."""
        self._write(f"{name} < {content!r}")

    def remark(self, name: str, text: str) -> None:
        """What happened to a wire."""
        self._write(f"{name} ! {text}")

    def _write(self, line: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        with self._lock:
            self.lines.append(f"{now} {line}")
            if self.path is None or self.trouble:
                return
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(f"{now} {line}\n")
                    full = file.tell() >= self.size_bytes
                if full:
                    self._rotate(self.path)
            except OSError as error:
                self.trouble = f"{self.path} is not written any more: {error.strerror or error}"

    def _rotate(self, path: Path) -> None:
        names = [path, *(path.with_name(f"{path.name}.{k + 1}") for k in range(self.keep))]
        with suppress(FileNotFoundError):
            names[-1].unlink()
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with suppress(FileNotFoundError):
                os.replace(newer, older)
