"""Whether the way back through time finds a whole tape, or plays it again from checkpoints.

Playing again costs one more way there (docs/training.md has the price), so a tape is kept whole if
it is small, or if the sequence is short and its tape not enormous. Else tape and checkpoints grow
with the square root of the length, and gradients are the same to the last bit: what is played
again is the same arithmetic on the same numbers.
"""

from __future__ import annotations

import math

SMALL = 2**27
"""Bytes of a tape that is always kept whole."""

SHORT = 4096
"""Steps of a sequence whose tape is kept whole up to `WHOLE`. A longer tape is given back to the
system after every call, and paging it in anew costs what playing again does."""

WHOLE = 2**30
"""Bytes that a tape kept whole takes at most."""


def stretch(steps: int, per_step: int, per_mark: int, multiple: int = 1) -> int | None:
    """How many steps lie between two checkpoints, or None where the tape is kept as a whole.

    One stretch of tape and all checkpoints take least together where they take the same.

    Args:
        steps: length of the sequence.
        per_step: bytes of tape per step, of all trials and chips that are played together.
        per_mark: bytes of a checkpoint of all of them.
        multiple: the number of steps is one of this.
    """
    if steps * per_step <= (WHOLE if steps <= SHORT else SMALL):
        return None
    return multiple * max(1, math.ceil(math.sqrt(steps * per_mark / per_step) / multiple))
