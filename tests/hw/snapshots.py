"""Snapshots made by hand."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from analoop.hw import DYNAPSE2, ChipSpec, Snapshot, VirtualBoard
from analoop.hw.simulated_board import identify

DATE = "2026-11-21T12:00:00+00:00"


def snapshot(
    bad: Iterable[tuple[int, ...]] | np.ndarray = (),
    stuck: Iterable[tuple[int, ...]] = (),
    board: VirtualBoard | None = None,
    chip: ChipSpec = DYNAPSE2,
    n_chips: int = 1,
) -> Snapshot:
    """Ten trials of every word; those in `bad` (addresses, or a mask) failed in all of them."""
    shape = (n_chips, chip.cores, chip.neurons_per_core)
    tried = np.full((*shape, chip.cam_words, 2), 10, np.uint8)
    failed, still = np.zeros_like(tried), np.zeros(shape, bool)
    if isinstance(bad, np.ndarray):
        failed[bad] = 10
    else:
        for place in bad:
            failed[place] = 10
    for place in stuck:
        still[place] = True
        tried[place] = failed[place] = 0
    record: dict[str, Any] = identify(board or VirtualBoard(1), chip).record()
    return Snapshot(record, DATE, "by hand", tried, failed, still, {}, chip)
