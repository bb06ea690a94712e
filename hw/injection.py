"""What is broken on a virtual board: drawn from its seed (hw/defects.py), or as in a snapshot.

`sim:snapshot=FILE` has the defects of a snapshot file: a word that the snapshot calls bad is deaf
in every trial, a neuron that it calls stuck is. A word that fails seldom counts as good, words
of stuck neurons, which nobody could try, as well.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..models.errors import InputError
from .board import VirtualBoard
from .chip import ChipSpec
from .defects import sample_defects, sample_stuck
from .snapshot import Snapshot


def injected(board: VirtualBoard, chip: ChipSpec) -> Snapshot | None:
    """The snapshot that a board's name asks for, or None.

    Raises:
        FileError: there is no such file, or it holds no snapshot.
        InputError: WRONG_CHIP.
    """
    if board.snapshot is None:
        return None
    path = Path(board.snapshot)
    stamp = path.stat() if path.is_file() else None  # another file by this name is read again
    snapshot = _loaded(path.absolute(), stamp and (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))
    if snapshot.chip != chip:
        raise InputError(
            f"{path} is a snapshot of {snapshot.chip.name}, the board has {chip.name}: give a "
            "snapshot of this kind of chip",
            code="WRONG_CHIP",
        )
    return snapshot


@lru_cache(maxsize=8)
def _loaded(path: Path, stamp: tuple[int, ...] | None) -> Snapshot:
    return Snapshot.load(path)


def deaf_words(board: VirtualBoard, number: int, chip: ChipSpec) -> np.ndarray | None:
    """Words of a chip that do not hear, bool [core, neuron, word, half]; None: all hear."""
    snapshot = _of_chip(board, number, chip)
    if snapshot is not None:
        return snapshot.bad[number] & (snapshot.tried[number] > 0)
    if board.defects and board.seed is not None:
        return sample_defects(board.seed, number, chip).deaf
    return None


def stuck_neurons(board: VirtualBoard, number: int, chip: ChipSpec) -> np.ndarray | None:
    """Neurons of a chip that spike without input, bool [core, neuron]; None: there are none."""
    snapshot = _of_chip(board, number, chip)
    if snapshot is not None:
        return snapshot.stuck[number]
    if board.stuck and board.seed is not None:
        return sample_stuck(board.seed, number, chip, board.stuck)
    return None


def _of_chip(board: VirtualBoard, number: int, chip: ChipSpec) -> Snapshot | None:
    snapshot = injected(board, chip)
    if snapshot is not None and number >= snapshot.n_chips:
        raise InputError(
            f"{board.snapshot} is a snapshot of {snapshot.n_chips} chip(s), the registers are for "
            f"chip {number} too: use a snapshot of more chips, or fewer chips",
            code="SNAPSHOT_CHIPS",
        )
    return snapshot
