"""What numbers the settings of a training may have: one rule for all of them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import fields
from numbers import Integral
from typing import Any

from .errors import InputError


def check(
    settings: Any,
    above: Collection[str] = (),
    shares: Collection[str] = (),
    zero: Collection[str] = (),
) -> None:
    """Refuse numbers that nothing can be trained with, all at once.

    Every number has to be finite, and at least 0; one whose default is whole has to be whole, and
    at least 1. Where the default is lower, so may be the number: 0 for whole ones, anything for
    others.

    Args:
        settings: a dataclass; numbers, or tuples of them, are looked at.
        above: names of those that have to be above 0: time constants, what is divided by.
        shares: names of those of at most 1.
        zero: names of whole ones that may be 0, whatever their default.

    Raises:
        InputError: SETTING.
    """
    wrong = []
    for field in fields(settings):
        usual, value = field.default, getattr(settings, field.name)
        if isinstance(usual, (bool, str)):
            continue
        lowest: Any = min(usual) if isinstance(usual, tuple) else usual
        whole, most = isinstance(lowest, int), math.inf
        need, least = _least(0 if field.name in zero else lowest, field.name in above)
        if field.name in shares:
            need, most = f"{need} and at most 1", 1.0
        numbers = value if isinstance(value, tuple) else (value,)
        possible = all(math.isfinite(v) and least <= v <= most for v in numbers)
        if not possible or (whole and not all(isinstance(v, Integral) for v in numbers)):
            kind = "whole" if whole else "finite"
            wrong.append(
                f"setting {field.name} is {value}, a {kind} number {need} is needed: give a value "
                f"like {usual}"
            )
    if wrong:
        raise InputError("; ".join(wrong), code="SETTING")


def _least(lowest: float, above: bool) -> tuple[str, float]:
    """In words, and the least number."""
    if above:
        return "above 0", math.ulp(0.0)
    if lowest < 0:
        return "of any sign", -math.inf
    whole = isinstance(lowest, int) and lowest > 0
    return ("at least 1", 1) if whole else ("at least 0", 0)
