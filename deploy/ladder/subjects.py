"""The board at the foot of a ladder, from the names and files a user gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...hw.board import simulated
from ...hw.chip import DYNAPSE2, ChipSpec
from ...hw.snapshot import Snapshot
from ...hw.virtual_board import VirtualBoard, parse_board
from ...models.errors import InputError
from ...models.recording import Recording
from ..board_check import check_snapshot
from .steps import Subject


def subject_of(
    board: str | None,
    recording: Recording | None = None,
    twin: str | None = None,
    snapshot: Path | None = None,
    chip: ChipSpec = DYNAPSE2,
) -> Subject:
    """The board of this name or of this recording, and what is known of it.

    Args:
        board: its name; None: that of the recording.
        recording: what it did; a real board needs one.
        twin: name of a virtual board that stands for a real one.
        snapshot: screening of a real board, for its defects.

    Raises:
        InputError: NO_BOARD, NO_RECORDING, TWIN, WRONG_RECORDING, WRONG_BOARD.
        BoardError: UNKNOWN_BOARD.
    """
    name = _name(board, recording)
    virtual = simulated(name)
    if virtual is not None:
        if twin is not None or snapshot is not None:
            raise InputError(
                f"{name} is simulated, its options say what it has: leave out --twin and "
                "--snapshot, or put snapshot=FILE into its name",
                code="TWIN",
            )
        return Subject(virtual, recording)
    if recording is None:
        raise InputError(
            f"{name} is no simulated board: play the stimulus on it first and give the recording",
            code="NO_RECORDING",
        )
    return Subject(stand_in(name, twin, snapshot, chip), recording)


def _name(board: str | None, recording: Recording | None) -> str:
    made_by = None if recording is None else str(recording.board["name"])
    if board is None and made_by is None:
        raise InputError("which board? give --board NAME or --recording FILE", code="NO_BOARD")
    known = made_by is None or board is None or board.endswith(":any") or _same(board, made_by)
    if not known:
        raise InputError(
            f"the recording was made on {made_by}, not on {board}: leave out --board, or give a "
            "recording of that board",
            code="WRONG_RECORDING",
        )
    return made_by or str(board)


def _same(board: str, other: str) -> bool:
    one, two = simulated(board), simulated(other)
    return board == other if one is None or two is None else one == two


def stand_in(
    name: str, twin: str | None, snapshot: Path | None, chip: ChipSpec
) -> VirtualBoard | None:
    """The virtual board that stands for a real one, as far as it is known.

    Args:
        name: of the real one, as its identity says it.

    Raises:
        BoardError: UNKNOWN_BOARD, of the twin.
        InputError: WRONG_BOARD, a screening of another board. FileError.
    """
    virtual = None if twin is None else parse_board(twin)
    if snapshot is None:
        return virtual
    check_snapshot(Snapshot.load(snapshot), name, chip)
    return replace(virtual or VirtualBoard(), snapshot=str(snapshot))
