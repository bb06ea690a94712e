"""Events that wait in a virtual board's FPGA until they are due: first in, first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import attrgetter, itemgetter

import numpy as np

from .events import Events, joined
from .samna_clock import meant
from .samna_records import NormalGridEvent

_values, _mask = attrgetter("_values"), attrgetter("mask")
_of_event, _of_word = itemgetter("timestamp", "event"), itemgetter("tag", "core", "x_hop", "y_hop")
PIECE = 2000
"""Events taken apart at a time: more do not fit the processor's cache."""


class Queue:
    """Words in the order in which they were written; none leaves before one that came earlier."""

    def __init__(self) -> None:
        self._blocks = deque[Events]()
        self.count = 0
        """Words that wait; an attribute, because programs poll a million times a second."""
        self.last_us = 0
        """When the last word that was written is due [us]."""

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        self.count = self.last_us = 0

    def write(self, events: Sequence[NormalGridEvent], now_us: int) -> None:
        """Queue words; each is due at its timestamp, now if that is past, and after those before.

        Raises:
            TypeError, InputError: something that is no event, or no word; then nothing is queued.
        """
        if not events:
            return
        if set(map(type, events)) != {NormalGridEvent}:
            raise TypeError("events are written as a list of NormalGridEvent")
        blocks, last_us = [], self.last_us
        for first in range(0, len(events), PIECE):
            blocks.append(_block(events[first : first + PIECE], now_us, last_us))
            last_us = int(blocks[-1].time_us[-1])
        self._blocks.extend(blocks)
        self.last_us, self.count = last_us, self.count + len(events)

    def due(self, until_us: int) -> Events:
        """Take out the words that are due before a time [us]."""
        blocks, found = self._blocks, []
        while blocks and blocks[0].time_us[-1] < until_us:
            found.append(blocks.popleft())
        if blocks and blocks[0].time_us[0] < until_us:
            cut = int(np.searchsorted(blocks[0].time_us, until_us))
            found.append(blocks[0].chosen(slice(0, cut)))
            blocks[0] = blocks[0].chosen(slice(cut, None))
        due = joined(found)
        self.count -= len(due)
        return due


def _block(events: Sequence[NormalGridEvent], now_us: int, last_us: int) -> Events:
    """Events by arrays, none due before `last_us`; in maps over C functions, for they are many."""
    stamps, words = zip(*map(_of_event, map(_values, events)), strict=True)
    tags, cores, x_hops, y_hops = zip(*map(_of_word, map(_values, words)), strict=True)
    time_us = np.maximum(meant(np.array(stamps), now_us), last_us)
    columns = tags, list(map(_mask, cores)), x_hops, y_hops
    return Events(np.maximum.accumulate(time_us), *map(np.array, columns))
