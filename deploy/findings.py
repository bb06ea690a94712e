"""What the doctor says about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """What was looked at."""
    status: Literal["ok", "missing", "broken"]
    """'missing' is an optional part that is not there; only 'broken' fails."""
    found: str
    """What was found."""
    remedy: str = ""
    """What to do, if anything."""
