"""Events that wait in a virtual board's FPGA until they are due: first in, first out."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from .events import Events
from .samna_clock import meant
from .samna_records import NormalGridEvent

_values = attrgetter("_values")


class Queue:
    """Words in the order in which they were written; none leaves before one that came earlier."""

    def __init__(self) -> None:
        self._blocks: list[Events] = []
        self.count = 0
        """Words that wait; an attribute, because programs poll a million times a second."""
        self.last_us = 0
        """When the last word that was written is due [us]."""

    def clear(self) -> None:
        """Forget everything."""
        self._blocks, self.count, self.last_us = [], 0, 0

    def write(self, events: Sequence[NormalGridEvent], now_us: int) -> None:
        """Queue words; each is due at its timestamp, now if that is past, and after those before.

        Raises:
            TypeError: something that is no event; then none of them is queued.
        """
        if not events:
            return
        if set(map(type, events)) != {NormalGridEvent}:
            raise TypeError("events are written as a list of NormalGridEvent")
        own = list(map(_values, events))
        words = [v["event"]._values for v in own]
        time_us = meant(np.array([v["timestamp"] for v in own]), now_us)
        time_us[0] = max(time_us[0], self.last_us)
        block = Events(
            np.maximum.accumulate(time_us),
            np.array([w["tag"] for w in words]),
            np.array([w["core"].mask for w in words]),
            np.array([w["x_hop"] for w in words]),
            np.array([w["y_hop"] for w in words]),
        )
        self.last_us = int(block.time_us[-1])
        self._blocks.append(block)
        self.count += len(block)

    def due(self, until_us: int) -> Events:
        """Take out the words that are due before a time [us]."""
        found, left = Events.none(), []
        for block in self._blocks:
            cut = int(np.searchsorted(block.time_us, until_us))
            found = found.followed_by(block.chosen(np.arange(cut)))
            if cut < len(block):
                left.append(block.chosen(np.arange(cut, len(block))) if cut else block)
        self._blocks = left
        self.count -= len(found)
        return found
