"""Events as samna's objects, out and in, in large numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np

from .chip import ChipSpec
from .events import Events
from .samna_words import RunBooks, unwrapped

CHUNK = 2_000
"""Words written at a time."""
AHEAD_US = 600_000_000
"""Words are written at most so long ahead, and half as long again [us]: half an hour ahead, their
32-bit timestamps would mean the past."""

TIME, TAG, X_HOP, Y_HOP, CORES = range(5)
"""Columns of a block."""


class EventWriter:
    """Makes event objects, and writes them. An object serves again in later writes, which copy."""

    def __init__(self, samna: ModuleType, board: Any, chip: ChipSpec):
        self._new_event = samna.dynapse2.NormalGridEvent
        if hasattr(board, "input_interface_write_events"):
            self._write = partial(board.input_interface_write_events, 0)
        else:
            self._write = board.grid_bus_write_events
        self._bits = range(chip.cores)
        self._made = _Made(self._event)

    def made(self, words: Events) -> list[Any]:
        """An event object for each word of one write, at most `CHUNK`, without its time."""
        keys = _keys(words)
        return list(map(self._made.__getitem__, (keys * CHUNK + _nth(keys)).tolist()))

    def write(self, made: list[Any], time_us: np.ndarray) -> None:
        """Stamp and write what `made` gave; time 0 means at once."""
        stamps = np.where((time_us > 0) & (time_us % 2**32 == 0), 1, time_us % 2**32)
        for event, stamp in zip(made, stamps.tolist(), strict=True):
            event.timestamp = stamp
        self._write(made)

    def send(self, words: Events) -> None:
        """Make, stamp and write."""
        self.write(self.made(words), words.time_us)

    def _event(self, key: int) -> Any:
        made = self._new_event()
        word = made.event
        word.tag, cores = key >> 24, key >> 16 & 255
        word.core = [bool(cores >> bit & 1) for bit in self._bits]
        word.x_hop, word.y_hop = (key >> 8 & 255) - 128, (key & 255) - 128
        return made


class _Made(dict[int, Any]):
    """The objects that were made: the n-th for each word, counted within a chunk."""

    def __init__(self, make: Callable[[int], Any]):
        super().__init__()
        self._make = make

    def __missing__(self, place: int) -> Any:
        self[place] = new = self._make(place // CHUNK)
        return new


def _nth(keys: np.ndarray) -> np.ndarray:
    """How often each key stood before it in the list."""
    order = np.argsort(keys, kind="stable")
    place = np.arange(len(keys))
    first = np.diff(keys[order], prepend=-1) != 0
    nth = np.empty_like(place)
    nth[order] = place - np.maximum.accumulate(np.where(first, place, 0))
    return nth


def _keys(words: Events) -> np.ndarray:
    """One number for each different word; numbers are found faster than rows."""
    tag, cores, x_hop, y_hop = (
        column.astype(np.int64) for column in (words.tag, words.cores, words.x_hop, words.y_hop)
    )
    return (tag << 24) + (cores << 16) + (x_hop + 128 << 8) + (y_hop + 128)


class EventReader:
    """Reads events into blocks [event, (time us, tag, x hop, y hop, cores)], and keeps them."""

    def __init__(self, board: Any, chip: ChipSpec):
        self._board = board
        every = product((False, True), repeat=chip.cores)
        self._masks = {on: sum(1 << k for k, x in enumerate(on) if x) for on in every}
        self.last_us = 0
        """Time of the newest event [us], unwrapped to 64 bits."""
        self.received = 0
        """Events that came, counted before anything is told apart."""
        self.blocks: list[np.ndarray] = []
        """What was read since they were last taken."""

    def read(self) -> np.ndarray | None:
        """What came since the last call, also kept; None: nothing."""
        events, masks = self._board.read_events(), self._masks
        if not events:
            return None
        self.received += len(events)
        rows = [
            (e.timestamp, w.tag, w.x_hop, w.y_hop, masks[tuple(w.core)])
            for e in events
            for w in (e.event,)
        ]
        block = np.array(rows, np.int64)
        block[:, TIME] = unwrapped(block[:, TIME], self.last_us)
        self.last_us = int(block[-1, TIME])
        self.blocks.append(block)
        return block

    def taken(self) -> tuple[np.ndarray, RunBooks]:
        """Everything that was kept, in one block, and how much was received and is control;
        nothing is kept afterwards."""
        kept, self.blocks = joined(self.blocks), []
        received, self.received = self.received, 0
        return kept, RunBooks(received=received, control=int((kept[:, Y_HOP] != 0).sum()))


def joined(blocks: list[np.ndarray]) -> np.ndarray:
    """Blocks as one."""
    return np.concatenate([np.zeros((0, 5), np.int64), *blocks])


def spikes(block: np.ndarray, start_us: int) -> Events:
    """The events of a block that are no control words; time from a start [us]."""
    block = block[block[:, Y_HOP] == 0]
    time_us, tag, x_hop, y_hop, cores = block.T
    return Events(time_us - start_us, tag, cores, x_hop, y_hop)


def chunks(words: Events) -> Iterator[slice]:
    """Runs of words that are written at a time: neither too many nor too long."""
    first = 0
    while first < len(words):
        until = np.searchsorted(words.time_us, words.time_us[first] + AHEAD_US // 2)
        last = min(first + CHUNK, max(int(until), first + 1))
        yield slice(first, last)
        first = last
