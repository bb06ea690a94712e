"""The clock of a virtual board: microseconds since it was opened; the host sees 32 bits."""

from __future__ import annotations

import time

import numpy as np

WRAP = 2**32
"""Timestamps wrap after so many microseconds, 71.58 minutes."""


class Clock:
    """Chip time. It runs with the host's clock, and can be set ahead of it or held.

    A chip that is simulated is slower or faster than a real one: what simulating costs the host
    is not time that passes for the chip.
    """

    def __init__(self, start_us: int = 0) -> None:
        self.set_to(start_us)

    @property
    def now_us(self) -> int:
        """Chip time [us]."""
        return (time.monotonic_ns() - self._start_ns) // 1000

    def set_to(self, time_us: int) -> None:
        """It is this late now [us]; callers do not turn it back behind what was read."""
        self._start_ns = time.monotonic_ns() - 1000 * time_us


def timestamp(time_us: int) -> int:
    """What the host sees of a time [us]."""
    return time_us % WRAP


def meant(stamps: np.ndarray, now_us: int) -> np.ndarray:
    """The times [us] that timestamps of events to be sent mean; now where they are 0 or past.

    Timestamps up to half a wrap ahead are future, all others past.
    """
    ahead = (stamps - now_us) % WRAP
    return now_us + np.where((stamps != 0) & (ahead < WRAP // 2), ahead, 0)
