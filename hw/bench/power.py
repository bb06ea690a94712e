"""Switching an output on and off, so that what is true afterwards is known, or an error.

Nothing is switched on without a limit that the instrument has confirmed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress

from ...models.errors import AnaloopError, HardwareError, InputError
from .bench_file import Section
from .instruments import Supply
from .link import Link

UNANSWERED = ("NO_ANSWER", "GARBLED")
"""What is said of an instrument that may hear, and cannot be heard."""
RESOLUTION = 0.02
"""Share by which a supply may round a limit or a voltage down or up [1]."""


def switch_on(section: Section, supply: Supply, link: Link) -> None:
    """Set the limit, see that it is set, and switch on.

    An output that is on already gets its limit all the same.

    Raises:
        InputError: LIMIT_MISSING.
        HardwareError: OUTPUT_TRIPPED, LIMIT_NOT_TAKEN, VOLTAGE_NOT_TAKEN, OUTPUT_NOT_ON,
            OVER_LIMIT; the output is off then, as far as it can be reached.
    """
    name, limit = section.name, section.limit_A
    if limit is None:
        raise InputError(
            f"[{name}] is not switched on without a limit: say limit_A in bench.toml",
            code="LIMIT_MISSING",
        )
    refuse_tripped(section, supply)
    supply.protect(limit)
    there = supply.protected_at_A()
    if there > limit * (1 + RESOLUTION):
        raise HardwareError(
            f"{name} says that it would switch off at {there:g} A, not at {limit:g} A: it was not "
            "switched on; set it at the front panel, or another limit_A",
            code="LIMIT_NOT_TAKEN",
        )
    _set_voltage(section, supply)
    try:
        supply.switch(True)
        _confirm(section, supply, limit)
    except BaseException:
        with suppress(AnaloopError):  # the first error says what happened
            switch_off(section, supply, link)
        raise


def switch_off(section: Section, supply: Supply, link: Link) -> None:
    """Switch off, and see that it is off: what counts is the state, not what the instrument says of
    the command. An instrument that cannot be heard is told all the same, unseen.

    Raises:
        HardwareError: OUTPUT_NOT_OFF; NO_ANSWER and its like: the state is not known.
    """
    try:
        _switch_off(section, supply)
    except HardwareError as error:
        if error.code not in UNANSWERED:
            raise
        raise HardwareError(f"{error}; {_switch_unseen(supply, link)}", code=error.code) from error


def _switch_unseen(supply: Supply, link: Link) -> str:
    """Send 'off' to what does not answer; what came of it."""
    try:
        with link.unseen():
            supply.switch(False)
    except Exception as error:  # the error that led here says what happened
        return f"off could not be sent unseen either ({error})"
    return "off was sent unseen, nobody knows whether it was heard"


def _switch_off(section: Section, supply: Supply) -> None:
    """Tried twice, since a command may be bent on its way."""
    why = ""
    for _ in range(2):
        try:
            supply.switch(False)
        except HardwareError as error:
            if error.code != "INSTRUMENT_ERROR":
                raise
            why = f" ({error})"
        if not supply.is_on():
            return
    raise HardwareError(
        f"{section.name} says that its output is still on{why}: switch it off by hand",
        code="OUTPUT_NOT_OFF",
    )


def refuse_tripped(section: Section, supply: Supply) -> None:
    """An output that its protection switched off is for a person to look at.

    Raises:
        HardwareError: OUTPUT_TRIPPED.
    """
    if supply.has_tripped():
        raise HardwareError(
            f"the over-current protection of {section.name} has switched its output off: look for "
            "the cause, then `analoop bench power clear`",
            code="OUTPUT_TRIPPED",
        )


def against_the_file(section: Section, supply: Supply, drawn_A: float) -> Iterator[str]:
    """In what an output that is on is not as bench.toml says; without a limit there, nothing is."""
    limit = section.limit_A
    if limit is not None:
        if (there := supply.protected_at_A()) > limit * (1 + RESOLUTION):
            yield f"is on and {tripping(there)}, limit_A is {limit:g}"
        if drawn_A > limit * (1 + RESOLUTION):
            yield f"is on and gives {drawn_A:g} A, limit_A is {limit:g}"
    wanted = section.settings.get("voltage_V")
    if wanted is not None and not _near(there := supply.set_at_V(), wanted):
        yield f"is on at {there:g} V, voltage_V is {wanted:g}"


def tripping(limit_A: float) -> str:
    """Where a supply would switch itself off, in words."""
    return "protection is off" if math.isinf(limit_A) else f"would switch off at {limit_A:g} A"


def _near(there_V: float, wanted_V: float) -> bool:
    return abs(there_V - wanted_V) <= RESOLUTION * wanted_V + 1e-3


def _set_voltage(section: Section, supply: Supply) -> None:
    wanted = section.settings.get("voltage_V")
    if wanted is None:
        return
    supply.set_voltage(wanted)
    if not _near(there := supply.set_at_V(), wanted):
        raise HardwareError(
            f"{section.name} is set to {there:g} V, not to {wanted:g} V: it was not switched on",
            code="VOLTAGE_NOT_TAKEN",
        )


def _confirm(section: Section, supply: Supply, limit: float) -> None:
    refuse_tripped(section, supply)
    if not supply.is_on():
        raise HardwareError(
            f"{section.name} says that its output is off: look at its front panel",
            code="OUTPUT_NOT_ON",
        )
    drawn = supply.read("current")
    refuse_tripped(section, supply)
    if drawn > limit * (1 + RESOLUTION):
        raise over_limit(section, drawn, section.name)


def too_much(section: Section, drawn_A: float, by: str) -> str:
    """A current above the limit of an output, as the supply or a meter of its rail reads it."""
    if by == section.name:
        return f"{by} gives {drawn_A:g} A, its limit is {section.limit_A:g} A"
    return (
        f"{by} reads {drawn_A:g} A on rail {section.rail}, above the limit of {section.name}, "
        f"{section.limit_A:g} A"
    )


def over_limit(section: Section, drawn_A: float, by: str) -> HardwareError:
    """The error for a current that the instrument's protection should have stopped; it does not
    say that the output is off, since that may fail."""
    return HardwareError(
        f"{too_much(section, drawn_A, by)}: look for the cause before it is switched on again",
        code="OVER_LIMIT",
    )
