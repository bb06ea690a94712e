"""Events as the board speaks them: a destination word and a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..models.errors import InputError

_FIELDS = (
    ("time_us", np.int64),
    ("tag", np.int32),
    ("cores", np.uint8),
    ("x_hop", np.int16),
    ("y_hop", np.int16),
)


@dataclass(frozen=True, eq=False)
class Events:
    """Address events, sorted by time; each array is [event].

    To the board, `x_hop` is the chip the event is for (the FPGA sits one hop west of chip 0,
    chip.md 2.5). From the board, it is what is left of the host hop: -6 from chip 0, -5 from
    chip 1.

    Raises:
        InputError: EVENTS_INVALID.
    """

    time_us: np.ndarray
    """Time since the start of the run [us], int64; what a board sends may come before it."""
    tag: np.ndarray
    """What the CAM words listen to, int32."""
    cores: np.ndarray
    """Mask of the cores it goes to, uint8."""
    x_hop: np.ndarray
    """Chips to go along x, int16."""
    y_hop: np.ndarray
    """Chips to go along y, int16."""

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name, _ in _FIELDS}
        if len(lengths) > 1:
            raise InputError("events: arrays differ in length", code="EVENTS_INVALID")
        time = np.asarray(self.time_us)
        order = None if (time[1:] >= time[:-1]).all() else np.argsort(time, kind="stable")
        for name, dtype in _FIELDS:
            given = np.asarray(getattr(self, name))
            array = _whole(name, given if order is None else given[order], dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.time_us)

    def chosen(self, which: np.ndarray | slice, later_us: np.ndarray | int = 0) -> Events:
        """Some of the events, later by so many microseconds (one number, or one per event)."""
        time_us, *word = (getattr(self, name)[which] for name, _ in _FIELDS)
        later = np.asarray(later_us)
        return Events(time_us + (later[which] if later.ndim else later), *word)

    def followed_by(self, more: Events, later_us: int = 0) -> Events:
        """These events and others, the others later by so many microseconds."""
        if not len(more):
            return self
        moved = more.chosen(np.arange(len(more)), later_us)
        pairs = [(getattr(self, name), getattr(moved, name)) for name, _ in _FIELDS]
        return Events(*(np.concatenate(pair) for pair in pairs))

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name; `Events(**arrays)` makes the same events."""
        return {name: getattr(self, name) for name, _ in _FIELDS}

    @staticmethod
    def none() -> Events:
        """No events."""
        return Events(*(np.zeros(0, dtype) for _, dtype in _FIELDS))


def joined(parts: Sequence[Events]) -> Events:
    """The events of all parts."""
    if not parts:
        return Events.none()
    return Events(*(np.concatenate([getattr(p, name) for p in parts]) for name, _ in _FIELDS))


def in_pieces(
    play: Callable[[Events, int], Events],
    events: Events,
    duration_us: int,
    first_us: int,
    each_us: int,
) -> Events:
    """Play a run cut at `first_us` and then every `each_us` [us]; returns what the whole sent."""
    pieces, start, end = [], 0, min(first_us, duration_us)
    while start < duration_us:
        mine = (events.time_us >= start) & (events.time_us < end)
        came = play(events.chosen(mine, -start), end - start)
        pieces.append(came.chosen(np.arange(len(came)), start))
        start, end = end, min(end + each_us, duration_us)
    columns = [[getattr(p, name) for p in (Events.none(), *pieces)] for name, _ in _FIELDS]
    return Events(*(np.concatenate(column) for column in columns))


def _whole(name: str, given: np.ndarray, dtype: type) -> np.ndarray:
    """A copy of whole numbers as this type. Raises InputError EVENTS_INVALID."""
    with np.errstate(invalid="ignore"):
        array = given.astype(dtype)
    if given.dtype != dtype and not np.array_equal(array, given):
        raise InputError(
            f"events: {name} takes whole numbers that fit {np.dtype(dtype)}: round or correct them",
            code="EVENTS_INVALID",
        )
    return array
