"""Is this the board that a program was compiled for?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..hw.board import simulated
from ..hw.chip import ChipSpec
from ..hw.simulated_board import identify
from ..hw.snapshot import Snapshot, silicon
from ..models.errors import InputError
from .program import Program


def check_board(program: Program, record: Mapping[str, Any]) -> None:
    """Refuse a board other than the one whose snapshot a program was compiled with.

    Virtual boards without defects are not refused: they have no bad words to hit, and validation
    on many mismatched chips stays possible.

    Args:
        record: identity record of the board.

    Raises:
        InputError: WRONG_BOARD.
    """
    made_with = program.provenance.get("snapshot")
    if made_with is None or _without_defects(record):
        return
    given = made_with["hash"] in (record.get("snapshot"), record.get("screening"))
    if not given and silicon(made_with["board"]) != silicon(record):
        raise InputError(
            f"the program was compiled for the dead words of {made_with['board']['name']}, this "
            f"board is {record['name']}: screen it and compile for it with --snapshot, or compile "
            "without a snapshot",
            code="WRONG_BOARD",
        )


def _without_defects(record: Mapping[str, Any]) -> bool:
    """Whether a board is known to have none: only a virtual one can be."""
    defects = ("defects", "stuck", "snapshot")
    return record["target"] == "simulated" and not any(record.get(key) for key in defects)


def load_snapshot(path: Path | None, board: str | None) -> Snapshot | None:
    """The snapshot of a file, which has to be of this board if one is named.

    Raises:
        FileError: no snapshot is there.
        InputError: WRONG_BOARD; NO_SNAPSHOT, when a board is named and no file.
    """
    if path is None:
        if board is not None:
            raise InputError(
                f"--board {board} says which board a snapshot has to be of: give --snapshot too",
                code="NO_SNAPSHOT",
            )
        return None
    snapshot = Snapshot.load(path)
    if board is not None:
        check_snapshot(snapshot, board, snapshot.chip)
    return snapshot


def check_snapshot(snapshot: Snapshot, board: str, chip: ChipSpec) -> None:
    """Refuse a snapshot that is not of the board of this name. The board is not opened.

    Raises:
        BoardError: UNKNOWN_BOARD.
        InputError: WRONG_BOARD.
    """
    virtual = simulated(board)
    if virtual is not None:
        record = identify(virtual, chip).record()
    else:
        serial = board.partition(":")[2]
        known = snapshot.board.get("serial")
        record = {"name": board, "target": "measured", "chip": chip.name}
        record |= {"serial": serial} if known else {}
    if not snapshot.is_of(record):
        raise InputError(
            f"the snapshot is of {snapshot.board.get('name')} ({snapshot.board.get('target')}), "
            f"not of {board}: screen that board, or give its snapshot",
            code="WRONG_BOARD",
        )
