"""What numbers the settings of a learning method may have: one rule for all methods."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from ..errors import InputError


def check(settings: Any, above: Collection[str] = (), shares: Collection[str] = ()) -> None:
    """Refuse numbers that nothing can be trained with, all at once.

    Every number has to be finite, and at least 0; a whole one at least 1. Where the default is
    lower, so may be the number: 0 for whole ones, anything for others.

    Args:
        settings: a dataclass; numbers, or tuples of them, are looked at.
        above: names of those that have to be above 0: time constants, what is divided by.
        shares: names of those of at most 1.

    Raises:
        InputError: SETTING.
    """
    wrong = []
    for field in fields(settings):
        usual, value = field.default, getattr(settings, field.name)
        if isinstance(usual, (bool, str)):
            continue
        need, least = _least(usual, field.name in above)
        most = math.inf
        if field.name in shares:
            need, most = f"{need} and at most 1", 1.0
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(math.isfinite(v) and least <= v <= most for v in numbers):
            wrong.append(
                f"setting {field.name} is {value}, a finite number {need} is needed: give a value "
                f"like {usual}"
            )
    if wrong:
        raise InputError("; ".join(wrong), code="SETTING")


def _least(usual: Any, above: bool) -> tuple[str, float]:
    """In words, and the least number."""
    lowest = min(usual) if isinstance(usual, tuple) else usual
    if above:
        return "above 0", math.ulp(0.0)
    if lowest < 0:
        return "of any sign", -math.inf
    whole = isinstance(lowest, int) and lowest > 0
    return ("at least 1", 1) if whole else ("at least 0", 0)
