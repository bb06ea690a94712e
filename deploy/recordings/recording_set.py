"""Recordings of the same program and stimulus by several boards, as one thing.

A set that lacks a play is an `UnfinishedSet`, another type: nothing that judges takes it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...models.archive import content_hash
from ...models.errors import FileError, InputError
from ...models.recording import Recording, Stimulus
from ..program import Program
from .plan import Plan, Play
from .set_files import Failure, Finished, file_of, read_json, read_manifest


@dataclass(frozen=True, eq=False)
class Take:
    """What one board did when it played the whole stimulus once."""

    board: str
    """The name the user gave; `recording.board` says which board it is."""
    repeat: int
    """How often this board had played before."""
    recording: Recording
    """What came."""

    def record(self) -> dict[str, Any]:
        """All but the spikes, as JSON values."""
        return {
            "board": self.board,
            "repeat": self.repeat,
            "recording": self.recording.hash,
            "identity": dict(self.recording.board),
            "books": dict(self.recording.books),
        }


@dataclass(frozen=True, eq=False)
class RecordingSet:
    """Every play that was asked for."""

    program: Program
    """What the boards were programmed with."""
    stimulus: Stimulus
    """What they played."""
    takes: tuple[Take, ...]
    """In playing order."""
    plan: Plan
    """What was asked for."""
    failures: tuple[Failure, ...] = ()
    """Plays that came to no result and were played again."""

    @property
    def boards(self) -> tuple[str, ...]:
        """Names of the boards, as the user gave them and in that order."""
        return self.plan.boards

    def of(self, board: str) -> tuple[Take, ...]:
        """The takes of a board, by repeat."""
        mine = (take for take in self.takes if take.board == board)
        return tuple(sorted(mine, key=lambda take: take.repeat))

    @cached_property
    def hash(self) -> str:
        """Hash of what was asked and of every recording."""
        return _hash(self.program, self.stimulus, self.plan, self.takes)


@dataclass(frozen=True, eq=False)
class UnfinishedSet:
    """A set that lacks plays. What it has is whole; run the same 'record' again for the rest."""

    program: Program
    """What the boards were programmed with."""
    stimulus: Stimulus
    """What they played."""
    takes: tuple[Take, ...]
    """Those that are finished, in playing order."""
    plan: Plan
    """What was asked for."""
    failures: tuple[Failure, ...]
    """Plays that came to no result."""
    planned: int
    """Plays that were asked for."""
    cause: str
    """Why it is unfinished, in a sentence."""


def _hash(program: Program, stimulus: Stimulus, plan: Plan, takes: tuple[Take, ...]) -> str:
    made = [[take.board, take.repeat, take.recording.hash] for take in takes]
    asked = asked_record(program, stimulus, plan) | {"recordings": made}
    return content_hash(asked, {})


def asked_record(program: Program, stimulus: Stimulus, plan: Plan) -> dict[str, Any]:
    """What tells one set from another, as JSON values."""
    return {"program": program.hash, "stimulus": stimulus.hash} | plan.record()


def load_set(folder: str | os.PathLike) -> RecordingSet | UnfinishedSet:
    """Read a set, finished or not, and check every hash in it.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT, FILE_WRONG_KIND, FILE_WRONG_VERSION, naming the
            file and, for a segment, whose it is.
    """
    folder = Path(folder)
    asked = read_json(folder / "set.json")
    try:
        plan = Plan(tuple(asked["boards"]), asked["repeats"], asked["seed"])
        told = asked["program"], asked["stimulus"]
    except (KeyError, TypeError) as error:
        raise FileError(
            f"{folder / 'set.json'} lacks or misstates a part ({error!r}): record again, into "
            "another folder",
            code="FILE_CORRUPT",
        ) from error
    if not (folder / "stimulus.npz").exists():
        raise FileError(
            f"{folder} holds a recording set that was cut before its first play: run the same "
            "'record' again",
            code="FILE_MISSING",
        )
    program = Program.load(folder / "program.npz")
    stimulus = Stimulus.load(folder / "stimulus.npz")
    for name, hash_, content in zip(
        ("program", "stimulus"), told, (program, stimulus), strict=True
    ):
        if content.hash != hash_:
            raise FileError(
                f"{folder}/{name}.npz has hash {content.hash[:12]}, set.json says {hash_[:12]}: "
                "put the right file back, or record again",
                code="FILE_CORRUPT",
            )
    finished, failures = read_manifest(folder)
    found = ((play, find_segment(folder, play, asked, finished)) for play in plan.plays())
    takes = tuple(Take(play.board, play.repeat, r) for play, r in found if r is not None)
    planned = len(plan.plays())
    if len(takes) == planned:
        return RecordingSet(program, stimulus, takes, plan, failures)
    cause = _cause(takes, failures, planned)
    return UnfinishedSet(program, stimulus, takes, plan, failures, planned, cause)


def load_finished(folder: str | os.PathLike) -> RecordingSet:
    """Read a set that lacks nothing.

    Raises:
        InputError: UNFINISHED_SET.
        FileError: as `load_set`.
    """
    found = load_set(folder)
    if isinstance(found, UnfinishedSet):
        raise InputError(
            f"{folder} holds an unfinished recording set: {found.cause}; run the same 'record' "
            "again to finish it",
            code="UNFINISHED_SET",
        )
    return found


def find_segment(
    folder: Path, play: Play, asked: Mapping[str, Any], finished: Mapping[int, Finished]
) -> Recording | None:
    """The recording of a play; None: it was not finished.

    One that is there and not yet in the manifest was finished just before a kill: it counts, if it
    is sound and says itself that it is of this play.

    Raises:
        FileError: it is in the manifest and missing, corrupt, or of something else.
    """
    path, row = folder / file_of(play), finished.get(play.number)
    whose = f"play {play.number}, board {play.board}, repeat {play.repeat}"
    if row is None and not path.exists():
        return None
    remedy = "run the same 'record' again to play it anew"
    remedy = f"delete it and {remedy}" if path.exists() else remedy
    try:
        recording = Recording.load(path)
    except FileError as error:
        raise FileError(f"{error} ({whose}); {remedy}", code=error.code) from error
    p = recording.provenance
    says = [p.get(k) for k in ("program", "stimulus", "play", "asked_board", "repeat")]
    meant = [asked["program"], asked["stimulus"], play.number, play.board, play.repeat]
    if says != meant or (row is not None and row.recording != recording.hash):
        raise FileError(
            f"{path} is not the recording that belongs there ({whose}): {remedy}",
            code="FILE_CORRUPT",
        )
    return recording


def _cause(takes: tuple[Take, ...], failures: tuple[Failure, ...], planned: int) -> str:
    """Why a set is unfinished, as far as its folder tells."""
    done = {(take.board, take.repeat) for take in takes}
    open_ = [f for f in failures if (f.board, f.repeat) not in done]
    told = {f.play: f"board {f.board}, repeat {f.repeat}: {f.cause}" for f in open_}  # the latest
    count = f"{len(takes)} of {planned} plays are finished"
    why = "; ".join(told.values()) or "it was cut short, or is being recorded now"
    return f"{count}: {why}"
