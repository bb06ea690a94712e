"""Waiting for what other threads do."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool]) -> bool:
    """Wait for something that has to come, 20 s at most; whether it came."""
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.002)
    return true()
