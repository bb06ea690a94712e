"""Which events a board can be given."""

from __future__ import annotations

from ..models.errors import InputError
from .chip import ChipSpec
from .events import Events


def check_events(events: Events, duration_us: int, n_chips: int, chip: ChipSpec) -> None:
    """Refuse events that no run of this length on a board of so many chips can hold.

    Raises:
        InputError: DURATION, EVENT_OUTSIDE_RUN, EVENT_FOR_NO_CHIP, EVENT_ILLEGAL.
    """
    if duration_us < 0:
        raise InputError(f"a run of {duration_us} us: give 0 or more", code="DURATION")
    outside = (events.time_us < 0) | (events.time_us >= duration_us)
    if outside.any():
        raise InputError(
            f"{int(outside.sum())} input events lie outside the run (0 to {duration_us} us), the "
            f"first at {events.time_us[outside][0]} us: shift them or make the run longer",
            code="EVENT_OUTSIDE_RUN",
        )
    lost = (events.y_hop != 0) | (events.x_hop < 0) | (events.x_hop >= n_chips)
    if lost.any():
        raise InputError(
            f"{int(lost.sum())} input events are for no chip of this board (x_hop "
            f"0..{n_chips - 1}, y_hop 0), the first has x_hop {events.x_hop[lost][0]}, y_hop "
            f"{events.y_hop[lost][0]}",
            code="EVENT_FOR_NO_CHIP",
        )
    illegal = (events.tag < 0) | (events.tag >= chip.tags) | (events.cores >> chip.cores > 0)
    if illegal.any():
        raise InputError(
            f"{int(illegal.sum())} input events are no words of this chip (tag 0..{chip.tags - 1}, "
            f"a mask of {chip.cores} cores), the first has tag {events.tag[illegal][0]}, cores "
            f"{events.cores[illegal][0]}",
            code="EVENT_ILLEGAL",
        )
