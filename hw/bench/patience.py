"""Leaving alone what does not answer, so that it keeps nothing else waiting."""

from __future__ import annotations

import time

from .link import Link


class Patience:
    """Leaves a port alone whose instrument did not answer in time, for as long as that took: what
    is read in turn would wait for it again and again. What is not asked for is a lost reading."""

    def __init__(self) -> None:
        self._until: dict[Link, tuple[float, str]] = {}

    def cause(self, link: Link) -> str:
        """Why it is not asked now; empty: it is."""
        until, code = self._until.get(link, (0.0, ""))
        return f"not asked again yet {code}" if time.monotonic() < until else ""

    def note(self, link: Link, asked_s: float, cause: str) -> None:
        """What came of asking; an error that came at once kept nobody waiting."""
        now = time.monotonic()
        if cause and now - asked_s >= link.wiring.timeout_s:
            code = cause.rpartition(" ")[2]  # the words are with the first reading
            self._until[link] = (2 * now - asked_s, code)
