"""Events that wait in a virtual board's FPGA until they are due: first in, first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import NamedTuple

import numpy as np

from ..models.errors import InputError
from .events import Events, joined
from .samna_clock import meant
from .samna_records import NormalGridEvent

_values, _mask = attrgetter("_values"), attrgetter("mask")
_stamp, _word, _core = itemgetter("timestamp"), itemgetter("event"), itemgetter("core")
_plain = itemgetter("tag"), itemgetter("x_hop"), itemgetter("y_hop")
MOST_TAG = 2**31 - 1
"""Tags are kept in 32 bits with a sign; those of a chip are far below."""
PIECE = 2000
"""Events taken apart at a time: more do not fit the processor's cache."""


class _Block(NamedTuple):
    """Words that were written at a time; lists become arrays only when they are due."""

    time_us: np.ndarray
    """When they are due [us], ascending."""
    columns: tuple[list[int], ...]
    """Tag, mask of cores, x hop, y hop."""

    def part(self, which: slice) -> _Block:
        """Some of them."""
        return _Block(self.time_us[which], tuple(column[which] for column in self.columns))

    def events(self) -> Events:
        """As arrays."""
        return Events(self.time_us, *map(np.array, self.columns))


class Queue:
    """Words in the order in which they were written; none leaves before one that came earlier."""

    def __init__(self) -> None:
        self._blocks = deque[_Block]()
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
            found.append(blocks.popleft().events())
        if blocks and blocks[0].time_us[0] < until_us:
            cut = int(np.searchsorted(blocks[0].time_us, until_us))
            found.append(blocks[0].part(slice(0, cut)).events())
            blocks[0] = blocks[0].part(slice(cut, None))
        due = joined(found)
        self.count -= len(due)
        return due


def _block(events: Sequence[NormalGridEvent], now_us: int, last_us: int) -> _Block:
    """What events say now, none due before `last_us`; in maps over C functions, for they are
    many."""
    values = list(map(_values, events))
    words = list(map(_values, map(_word, values)))
    time_us = np.maximum(meant(np.array(list(map(_stamp, values))), now_us), last_us)
    tag, x_hop, y_hop = (list(map(plain, words)) for plain in _plain)
    if max(tag) > MOST_TAG:
        raise InputError(
            f"an event has tag {max(tag)}: words have tags up to {MOST_TAG}", code="EVENTS_INVALID"
        )
    mask = list(map(_mask, map(_core, words)))
    return _Block(np.maximum.accumulate(time_us), (tag, mask, x_hop, y_hop))
