"""The folder in which fingerprints of boards are kept, one control chart per board.

history.json                  what the folder is
boards/<name>/chart.jsonl     a line per fingerprint: a `ChartPoint`
boards/<name>/<number>.npz    its recording
code/<hash>.program.npz       a program that boards were asked with
code/<hash>.nominal.npz       what the nominal simulated board answered when a reference was made

A reference names program and nominal answer by their hashes: every board keeps its own, whatever
becomes of the code and of the references of others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...hw.snapshot import silicon
from ...models.archive import content_hash, write_bytes
from ...models.errors import FileError
from ...models.recording import Recording
from ..program import Program
from ..resumable import WorkFolder

FORMAT, VERSION = "fingerprint history", 2


@dataclass(frozen=True)
class ChartPoint:
    """One fingerprint of one board. Limits are None in a reference: it has nothing to be like."""

    number: int
    """Place in the chart of its board, from 0 on."""
    date: str
    """When, ISO 8601."""
    board: str
    """Name of the board."""
    target: str
    """'simulated' or 'measured'."""
    recording: str
    """Hash of its recording."""
    reference: int
    """Number of the fingerprint it was compared with; its own: it is a reference."""
    rate_hz: float
    """Spikes per neuron and second [Hz]."""
    rate_low_hz: float | None
    """Lower limit [Hz]."""
    rate_high_hz: float | None
    """Upper limit [Hz]."""
    correlation: float | None
    """Of the neurons' mean counts with the reference's [1]."""
    correlation_low: float | None
    """Lower limit [1]."""
    spread: float
    """Variance of a neuron's count over trials, mean over neurons [1]."""
    spread_low: float | None
    """Lower limit [1]."""
    spread_high: float | None
    """Upper limit [1]."""
    board_changed: bool | None
    """Verdict; None: a reference, or a simulated board whose code changed."""
    code_changed: bool
    """Verdict."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a board is held against, and the code of its time."""

    number: int
    """Of the fingerprint, on the chart of its board."""
    recording: Recording
    """What the board answered."""
    program: Program
    """What it was asked with."""
    nominal: Recording
    """What the nominal simulated board answered then."""


class History(WorkFolder):
    """A folder of fingerprints, held by one process at a time until it is closed.

    Raises:
        InputError: OTHER_HISTORY, HISTORY_HELD.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, folder: Path):
        super().__init__(folder, "history", {"format": FORMAT, "version": VERSION})

    def reference(self, board: Mapping[str, Any]) -> Reference | None:
        """The latest reference of the board of an identity record; None: it was never asked.

        Raises:
            FileError: a part of it is missing or corrupt.
        """
        numbers = [p.number for p in self.points(board) if p.reference == p.number]
        if not numbers:
            return None
        recording = Recording.load(self._home(board) / f"{numbers[-1]:06d}.npz")
        program, nominal = self._code(recording)
        return Reference(numbers[-1], recording, Program.load(program), Recording.load(nominal))

    def points(self, board: Mapping[str, Any]) -> tuple[ChartPoint, ...]:
        """The chart of the board of an identity record."""
        path = self._home(board) / "chart.jsonl"
        return _read(path) if path.exists() else ()

    def add(self, point: ChartPoint, answer: Reference) -> None:
        """Keep a fingerprint; program and nominal answer are there before anything names them."""
        recording, home = answer.recording, self._home(answer.recording.board)
        for path, content in zip(
            self._code(recording), (answer.program, answer.nominal), strict=True
        ):
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                content.save(path)
        home.mkdir(parents=True, exist_ok=True)
        recording.save(home / f"{point.number:06d}.npz")
        rows = [*self.points(recording.board), point]
        text = "".join(json.dumps(asdict(row), sort_keys=True) + "\n" for row in rows)
        write_bytes(home / "chart.jsonl", text.encode())

    def _code(self, recording: Recording) -> tuple[Path, Path]:
        """Where program and nominal answer of a fingerprint are."""
        made, folder = recording.provenance, self.folder / "code"
        return (
            folder / f"{made['program'][:16]}.program.npz",
            folder / f"{made['nominal'][:16]}.nominal.npz",
        )

    def _home(self, board: Any) -> Path:
        """By the chips of a board, so that one that is warmer, say, is still the same."""
        chips = silicon(board)
        name = str(chips.get("serial") or chips.get("seed") or board["name"])
        word = re.sub(r"\W+", "-", name).strip("-")
        return self.folder / "boards" / f"{word}-{content_hash(chips, {})[:8]}"


def read_charts(folder: Path) -> dict[str, tuple[ChartPoint, ...]]:
    """The chart of every board of a history, by the name of its folder."""
    return {p.parent.name: _read(p) for p in sorted((folder / "boards").glob("*/chart.jsonl"))}


def _read(path: Path) -> tuple[ChartPoint, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(ChartPoint(**json.loads(line)) for line in lines)
    except (OSError, ValueError, TypeError) as error:
        raise FileError(
            f"{path} is no chart of this release ({error!r}): give another folder",
            code="FILE_CORRUPT",
        ) from error
