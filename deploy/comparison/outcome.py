"""What came of a comparison as a whole: the one outcome that gate, console and page share.

different: a core or a neuron is named, or two boards differ in a group. equivalent: none is named,
and all boards were shown to be equivalent in every group. undecided: anything else. A group that is
silent on both boards was shown to be nothing: it is no difference, and no equivalence either.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

Overall = Literal["different", "equivalent", "undecided"]

EXIT_CODES: dict[Overall, int] = {"equivalent": 0, "different": 1, "undecided": 5}
"""Of a gate."""
NOBODY_NAMED = "no core or neuron is named"
"""Said where nothing was found; whether anything differs is for the groups to say."""
_KINDS = ("equivalent", "different", "undecided", "silent")


def overall(named: int, groups: Collection[str]) -> Overall:
    """The outcome of a comparison.

    Args:
        named: cores and neurons that were found to deviate.
        groups: the outcome of every pair of boards in every group.
    """
    if named or "different" in groups:
        return "different"
    return "equivalent" if set(groups) == {"equivalent"} else "undecided"


def counted(groups: Collection[str]) -> str:
    """How many pairs by group came out how: "3 equivalent, 1 silent"."""
    numbers = [(sum(g == kind for g in groups), kind) for kind in _KINDS]
    return ", ".join(f"{number} {kind}" for number, kind in numbers if number)
