"""A session of recordings: boards and repeats interleaved, every play on the disk when it is done.

A simulated board is opened for each play, with the noise of its repeat: the play depends on
nothing but its name, so a session that was cut and goes on gives the same bytes. A real board is
opened once, before anything is played, and closed at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from ...hw import board as boards
from ...hw.board import Board
from ...hw.simulated_board import identify
from ...hw.snapshot import silicon
from ...models.errors import (
    AnaloopError,
    BoardError,
    HardwareError,
    IncompleteError,
    InputError,
)
from ...models.partial_recording import PartialRecording
from ...models.recording import Recording, Stimulus
from ...models.versions import versions
from ..bench_session import BenchSession, with_incidents
from ..board_check import check_board
from ..execution import run
from ..labelled import check_channels
from ..program import Program
from ..recovery import FAILED
from .plan import Plan, Play, name_in_repeat
from .recording_set import RecordingSet, UnfinishedSet, asked_record, find_segment, load_set
from .set_files import SetFiles, file_of

Tell = Callable[[int, int, str], None]
"""Called with plays that are done, planned ones, and words for the last."""


def record(
    program: Program,
    plan: Plan,
    stimulus: Stimulus,
    folder: Path,
    tell: Tell = lambda done, planned, what: None,
    bench: BenchSession | None = None,
    failed: Callable[[AnaloopError], None] = lambda error: None,
) -> RecordingSet | UnfinishedSet:
    """Play a stimulus on every board of a plan, as often as it says, into a folder.

    Again with the same arguments it goes on where it stopped. A play that fails is kept as a
    partial recording and tried again when the same is recorded again. A board that failed
    (HARDWARE_FAULT) plays no more in this session, one whose books did not balance goes on; the
    other boards go on in any case. Ctrl-C ends the session and keeps what is finished.

    Args:
        bench: what it measures while a board plays is in that recording; and it power-cycles a
            board that stopped answering, if it was told to. What came before is kept.
        failed: called with the error of every play that was lost because a board failed, and not
            for its books.

    Raises:
        InputError: INPUT_CHANNELS; WRONG_BOARD; OTHER_SET, SET_HELD as `SetFiles`; OTHER_BOARD,
            another board than before answers to a name.
        BoardError: a board cannot be had; then nothing is played.
        FileError: a segment that was finished is missing or corrupt.
    """
    check_channels(program, stimulus)
    asked = asked_record(program, stimulus, plan)
    stopped, around = "", bench or BenchSession()
    with _Boards(program, plan) as opened:
        whole = asked | {"versions": versions()}
        with SetFiles(folder, whole, program, stimulus) as files:
            left = _left(files, plan, asked, opened)
            try:
                _play(Session(program, stimulus, opened, around, failed), files, left, tell)
            except KeyboardInterrupt:
                stopped = "interrupted"
                around.make_safe()
    found = load_set(folder)
    if stopped and isinstance(found, UnfinishedSet):
        done = f"{len(found.takes)} of {found.planned} plays are finished"
        return replace(found, cause=f"{stopped}: {done}")
    return found


def _left(files: SetFiles, plan: Plan, asked: dict[str, Any], opened: _Boards) -> list[Play]:
    """Plays that are not finished; segments that a kill kept out of the manifest get into it."""
    left = []
    for play in plan.plays():
        if not (files.folder / file_of(play)).exists():
            files.finished.pop(play.number, None)  # it was deleted, to be played anew
            left.append(play)
            continue
        recording = find_segment(files.folder, play, asked, files.finished)
        if recording is not None:
            opened.check(play.board, recording)
            if play.number not in files.finished:
                files.adopt(play, recording)
    return left


@dataclass(frozen=True)
class Session:
    """What every play of a session shares."""

    program: Program
    """What boards are programmed with."""
    stimulus: Stimulus
    """What they are played."""
    opened: _Boards
    """The boards."""
    bench: BenchSession
    """What stands around them."""
    failed: Callable[[AnaloopError], None] = lambda error: None
    """Called with the error of a board that failed."""

    def play(self, play: Play, keep: Callable[[PartialRecording], None]) -> Recording:
        """Play once; with a bench that may, again after a power cycle. `keep` is given what came
        before each. Raises as `execution.run`."""

        def once() -> Recording:
            with self.opened.ready(play) as board:
                return self.bench.watched(board, lambda b: run(self.program, b, self.stimulus))

        recording, incidents = self.bench.recovered(
            once, lambda partial, number: keep(partial), self.opened.close
        )
        return with_incidents(recording, incidents)


def _play(session: Session, files: SetFiles, left: list[Play], tell: Tell) -> None:
    """Play what is left, as long as its board works."""
    planned = len(files.finished) + len(left)
    broken: set[str] = set()
    for play in left:
        words = f"{play.board}, repeat {play.repeat}"
        if play.board in broken:
            continue

        def fail(partial: PartialRecording, play: Play = play) -> None:
            content = _marked(partial.content, play, _now())
            files.fail(play, replace(partial, content=content))

        try:
            files.finish(play, _marked(session.play(play, fail), play, _now()))
        except IncompleteError as error:
            fail(error.partial)
            words += f" FAILED: {error} ({error.code})"
            if error.exit_code == HardwareError.exit_code:
                session.failed(error)
            if error.code == FAILED:
                broken.add(play.board)
        except BoardError as error:
            failed = isinstance(error, HardwareError)
            if not (failed or session.opened.let_go):
                raise
            fail(_nothing(session, play, error))
            how = "FAILED" if failed else "GONE after a power cycle"
            words += f" {how}: {error} ({error.code})"
            session.failed(error)
            broken.add(play.board)
        tell(len(files.finished), planned, words)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _marked(recording: Recording, play: Play, time: str) -> Recording:
    """With what tells it from other recordings of its session. What a simulated board does, it
    does at any time: only a measurement says when it was finished."""
    more: dict[str, Any] = {"asked_board": play.board, "repeat": play.repeat, "play": play.number}
    if recording.board["target"] == "measured":
        more["time"] = time
    return replace(recording, provenance=dict(recording.provenance) | more)


def _nothing(session: Session, play: Play, error: BoardError) -> PartialRecording:
    """What there is of a play before whose first trial the board failed."""
    none = np.zeros(0, np.int64)
    target = "simulated" if boards.simulated(play.board) else "measured"
    board = {"name": play.board, "target": target}
    asked = {"program": session.program.hash, "stimulus": session.stimulus.hash}
    made = asked | {"versions": versions()}
    content = Recording(session.program.names, none, none, none, none, {}, board, made)
    cause = f"{error} ({error.code}); no trial was begun"
    return PartialRecording(content, cause, session.stimulus.n_trials)


class _Boards:
    """The boards of a session: real ones open from its beginning to its end, or to a power cycle,
    after which each is opened anew when it has to play.

    Raises:
        BoardError: a board cannot be had.
        InputError: WRONG_BOARD, the program is for another board.
    """

    def __init__(self, program: Program, plan: Plan):
        self._chip = program.configuration.chip
        self._real = [name for name in plan.boards if not boards.simulated(name)]
        self._open: dict[str, Board] = {}
        self._stack = ExitStack()
        self.let_go = False
        try:
            for name in self._real:
                self._open_one(name)
            self._records = {name: self._record(name) for name in plan.boards}
            for record in self._records.values():
                check_board(program, record)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all boards."""
        self.let_go = True
        self._open.clear()
        self._stack.close()

    def _open_one(self, name: str) -> None:
        self._open[name] = self._stack.enter_context(boards.open_board(name, self._chip))

    def _record(self, name: str) -> dict[str, Any]:
        """The identity record of a board, which is open if it is real."""
        board = boards.simulated(name)
        identity = identify(board, self._chip) if board else self._open[name].identity
        return identity.record()

    @contextmanager
    def ready(self, play: Play) -> Iterator[Board]:
        """The board of a play: the open one, or a simulated one with the noise of this repeat."""
        if play.board in self._real:
            if play.board not in self._open:
                self._open_one(play.board)
                self._same(play.board, self._open[play.board].identity.record(), "open before")
            yield self._open[play.board]
            return
        with boards.open_board(name_in_repeat(play.board, play.repeat), self._chip) as board:
            yield board

    def check(self, name: str, recording: Recording) -> None:
        """Refuse to go on with another board than the one that was recorded before."""
        self._same(name, recording.board, "recorded before in this folder")

    def _same(self, name: str, record: Mapping[str, Any], when: str) -> None:
        if silicon(self._records[name]) != silicon(record):
            raise InputError(
                f"'{name}' opens another board than the one {when} ({record['name']}): connect "
                "that one, or record into another folder",
                code="OTHER_BOARD",
            )
