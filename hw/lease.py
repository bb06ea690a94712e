"""One process at a time per board, with a lock that dies with its process.

A board is one per machine, so its lock is in one folder for all users: `/tmp/analoop-locks`, sticky
like /tmp itself, unless the variable ANALOOP_LOCKS names another (docs/boards.md). Beside the lock
stands a file that says who holds it. The lock alone decides; the file only tells.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shlex
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from ..models.errors import BoardError

FOLDER = Path("/tmp/analoop-locks")
"""The same for all users: TMPDIR and /run/user/UID differ between them, and would lock nothing."""
GRACE_S = 0.25
"""Time to try before a board counts as held [s]: `holder` takes a lock for a moment to look."""
LONGEST = 120
"""Longest file name made of a serial alone; file systems allow 255 bytes."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a board."""

    pid: int
    """Process number; 0 if it left no name."""
    user: str
    """Whose process it is."""
    since: str
    """When it took the board, ISO 8601 UTC."""
    what: str
    """Its command line, shortened."""

    def __str__(self) -> str:
        if not self.pid:
            return "a process that left no name"
        return f"pid {self.pid} (user {self.user}, since {self.since}, `{self.what}`)"


NAMELESS = Holder(0, "unknown", "unknown", "unknown")
"""Who holds a board whose lock is taken, when nobody living says so."""


class Lease:
    """The right to use one board, until `release`, the end of a `with`, or of the process."""

    def __init__(self, serial: str, lock: FileLock, owner_file: Path):
        self.serial = serial
        self._lock, self._owner_file = lock, owner_file

    def release(self) -> None:
        """Let others have the board; more than once does no harm."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._owner_file.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def acquire(serial: str) -> Lease:
    """Take a board for this process.

    Raises:
        BoardError: BOARD_HELD, saying by whom; LOCK_FOLDER if no lock can be made.
    """
    folder, stem = lock_folder(), _stem(serial)
    lock = _lock(folder, stem)
    owner_file = folder / f"{stem}+{os.getuid()}.json"
    try:
        _make(folder)
        lock.acquire(timeout=GRACE_S)
        _write_owner(owner_file)
    except Timeout:
        by = _owner(folder, stem) or NAMELESS
        raise BoardError(
            f"board {serial} is held by {by}: wait for it or end that process", code="BOARD_HELD"
        ) from None
    except OSError as error:
        lock.release()
        raise BoardError(
            f"board {serial} cannot be locked in {folder} ({error}): make that folder writable for "
            "all users (chmod 1777) and its .lock files too (chmod 666), or name another for all "
            "of them in ANALOOP_LOCKS",
            code="LOCK_FOLDER",
        ) from error
    return Lease(serial, lock, owner_file)


def holder(serial: str) -> Holder | None:
    """Who holds a board; None when nobody does. What a dead process left does not count."""
    return _holder(lock_folder(), _stem(serial))


def holders() -> dict[str, Holder]:
    """Who holds what, by serial, over the whole folder."""
    folder = lock_folder()
    found = {path.stem: _holder(folder, path.stem) for path in sorted(folder.glob("*.lock"))}
    return {unquote(stem.removeprefix("board-")): by for stem, by in found.items() if by}


def lock_folder() -> Path:
    """Where the locks of this machine are."""
    return Path(os.environ.get("ANALOOP_LOCKS") or FOLDER)


def _make(folder: Path) -> None:
    """Make the folder for all users, if it is not there; one that is there is left as it is."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o1777)


def _stem(serial: str) -> str:
    """A serial as the beginning of a file name: without slashes, '+' and '=', and not too long."""
    name = quote(serial, safe="", errors="surrogatepass")
    if len(name) > LONGEST:
        name = f"{name[:40]}={hashlib.sha256(name.encode()).hexdigest()[:32]}"
    return f"board-{name}"


def _lock(folder: Path, stem: str) -> FileLock:
    """The lock of a board; never one that would outlive its process (fallback_to_soft)."""
    path = folder / f"{stem}.lock"
    return FileLock(path, mode=0o666, thread_local=False, fallback_to_soft=False)


def _holder(folder: Path, stem: str) -> Holder | None:
    lock = _lock(folder, stem)
    if not Path(lock.lock_file).exists():
        return None
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _owner(folder, stem) or NAMELESS
    except OSError:  # a lock that we may not open: whoever lives and says so
        return _owner(folder, stem)
    lock.release()
    return None


def _write_owner(path: Path) -> None:
    """Say who we are, all at once: a reader sees the old file or the new one.

    Each user has a file of their own, since in a sticky folder nobody replaces another's.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    me = Holder(os.getpid(), _user(), now, _command_line())
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(me), file)
    os.chmod(draft, 0o644)
    os.replace(draft, path)


def _owner(folder: Path, stem: str) -> Holder | None:
    """The newest living process that says it holds the board."""
    said = [_read_owner(path) for path in folder.glob(f"{stem}+*.json")]
    living = [by for by in said if by is not None and _lives(by.pid)]
    return max(living, key=lambda by: by.since, default=None)


def _read_owner(path: Path) -> Holder | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(said["pid"]), str(said["user"]), str(said["since"]), str(said["what"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # another user's
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in containers
        return str(os.getuid())


def _command_line() -> str:
    words = [Path(sys.argv[0]).name or "python", *sys.argv[1:]]
    line = shlex.join(words)
    return line if len(line) <= 80 else line[:77] + "..."
