"""What is wrong with a virtual board: drawn from its seed (hw/defects.py), or as in a snapshot.

`sim:snapshot=FILE` has the defects of a snapshot file: a word that the snapshot calls bad is deaf
in every trial, a neuron that it calls stuck is. A word that fails seldom counts as good, words
of stuck neurons, which nobody could try, as well. If the snapshot holds a twin (hw/twin.py), the
board has its factors: it is a twin. Factors that the twin does not know are nominal, or the
seed's if there is one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..models.errors import InputError
from .chip import ChipSpec
from .defects import sample_defects, sample_stuck
from .snapshot import Snapshot
from .virtual_board import VirtualBoard


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


def twin_factor(board: VirtualBoard, n_chips: int, chip: ChipSpec, name: str) -> np.ndarray | None:
    """Factors of a parameter on a twin, NaN where unknown, float64 [chip, core, neuron]; None: the
    board is no twin, or its twin does not know the parameter."""
    if board.snapshot is None:
        return None
    snapshot = _of_chip(board, n_chips - 1, chip)
    return None if snapshot is None or snapshot.twin is None else snapshot.twin.factors.get(name)


def _of_chip(board: VirtualBoard, number: int, chip: ChipSpec) -> Snapshot | None:
    snapshot = injected(board, chip)
    if snapshot is not None and number >= snapshot.n_chips:
        raise InputError(
            f"{board.snapshot} is a snapshot of {snapshot.n_chips} chip(s), the registers are for "
            f"chip {number} too: use a snapshot of more chips, or fewer chips",
            code="SNAPSHOT_CHIPS",
        )
    return snapshot
