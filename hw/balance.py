"""Do the books of a run add up?"""

from __future__ import annotations

from collections.abc import Mapping

SENT = ("echoed", "early_in", "late_in", "lost_in")
"""What became of the words that were sent."""
RECEIVED = ("in_window", "early", "late", "foreign", "control", "stale")
"""What became of the events that were read."""


def imbalance(books: Mapping[str, int]) -> str:
    """What does not add up in the books of a board that counts what it sends and reads; else "".

    Boards without `received`, which hand over all they have, have nothing to add up.
    """
    if "received" not in books:
        return ""
    found = []
    for whole, parts in (("words", SENT), ("received", RECEIVED)):
        total = sum(books[part] for part in parts)
        if total != books[whole]:
            found.append(f"{whole} {books[whole]}, but {' + '.join(parts)} = {total}")
    if books["repeated"]:
        found.append(f"{books['repeated']} echoes of no word, or of one that had come back")
    if books["early_in"]:
        found.append(f"{books['early_in']} words left before their time: the clock is wrong")
    return "; ".join(found)
