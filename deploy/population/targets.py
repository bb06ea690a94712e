"""What a program is judged on: virtual chips by the number, boards by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ...hw.virtual_board import VirtualBoard, parse_board
from ...models.errors import BoardError, InputError

ANY = ":any"
"""How the name of a board ends that may be another one next time."""

Target = VirtualBoard | str
"""A virtual board, or the name of one that has to be opened."""

CHUNK = 4
"""Virtual boards in one batch: small enough to show progress and to lose little on a kill."""


def sampled(chips: int, seed: int, options: str = "") -> list[VirtualBoard]:
    """Virtual chips `seed`, `seed + 1`, ... with the same options, as in 'noise=1,defects=1'.

    Raises:
        InputError: CHIP_OPTIONS, naming what no virtual chip has.
    """
    words = [word for word in options.split(",") if word]
    if {"seed", "nominal"} & {word.partition("=")[0] for word in words}:
        raise InputError(
            f"'{options}' cannot be asked of every chip: seeds are counted up from --seed, and a "
            "nominal chip has none",
            code="CHIP_OPTIONS",
        )
    try:
        first = parse_board(",".join([f"sim:seed={seed}", *words]))
    except BoardError as error:
        raise InputError(str(error), code="CHIP_OPTIONS") from error
    return [replace(first, seed=seed + k) for k in range(chips)]


def targets_of(names: Sequence[str]) -> list[Target]:
    """Boards by name; simulated ones can be computed side by side.

    Raises:
        BoardError: UNKNOWN_BOARD.
    """
    return [parse_board(name) if name.partition(":")[0] == "sim" else name for name in names]


def name_of(target: Target) -> str:
    """The name that opens it."""
    return target if isinstance(target, str) else target.name


def batches(targets: Sequence[Target]) -> Iterator[list[Target]]:
    """Neighbours that can be computed together, `CHUNK` at most; boards to be opened one by one."""
    for key, alike in groupby(targets, _likeness):
        run, size = list(alike), 1 if key is None else CHUNK
        yield from (run[first : first + size] for first in range(0, len(run), size))


def _likeness(target: Target) -> tuple | None:
    if isinstance(target, str):
        return None
    return target.step_us, target.temperature_C, target.precision
