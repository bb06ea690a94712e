"""Is the bench as its file says? Every instrument is opened and asked; nothing is switched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...models.errors import AnaloopError
from .bench_file import BenchPlan, Section
from .instruments import UNITS, Supply
from .links import Connect, Links, connect
from .ports import is_there
from .power import against_the_file, refuse_tripped, tripping
from .wire_log import WireLog


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at."""

    name: str
    """The instrument, or the file."""
    sound: bool
    """Whether it will do."""
    found: str
    """What was found."""
    remedy: str = ""
    """What to do, if anything."""


def check(plan: BenchPlan, log: WireLog, by: Connect = connect) -> list[Checked]:
    """Everything that is wrong with a bench, at once: the file, the ports, the instruments."""
    found = [
        Checked(p.object, False, f"needs {p.need}, {p.limit} [{p.code}]", p.remedy)
        for p in plan.problems
    ]
    wrong = {(p.object, p.code) for p in plan.problems}
    doubtful = {place for place, _ in wrong}
    for table in plan.unclear:
        found += _missing(f"[{table.name}]", table.port, wrong)
    with Links(log, by) as links:
        for section in plan.sections:
            name = f"[{section.name}]"
            missing = list(_missing(name, section.wiring.port, wrong))
            found += missing
            if section.driver.rest is not None and name in doubtful:
                continue  # at the wrong level it would pull something
            if not missing and (name, "PORT_NAME") not in wrong:
                found += _checked(section, links)
    return found


def _missing(name: str, port: str | None, wrong: set[tuple[str, str]]) -> Iterator[Checked]:
    """A port that is named and not there; what is no name of a port is said of the file."""
    if port is None or (name, "PORT_NAME") in wrong:
        return
    try:
        is_there(port)
    except AnaloopError as error:
        yield Checked(name, False, f"{error} [{error.code}]")


def _checked(section: Section, links: Links) -> Iterator[Checked]:
    """Who answers at a port, and what it says."""
    name = f"[{section.name}]"
    try:
        link = links.to(section)
        who = str(link.identify()) if section.driver.scpi else "opened; it cannot say who it is"
        if errors := link.errors():
            yield Checked(name, False, f"{who} had errors: {'; '.join(errors)}", "check again")
        instrument = section.driver.build(link, section.settings)
        if section.driver.capability == "supply":
            yield from _checked_output(section, instrument, who)
        else:
            yield Checked(name, True, f"{who}; {_said(section, instrument)}{_driver(section)}")
    except AnaloopError as error:
        yield Checked(name, False, f"{error} [{error.code}]")


def _checked_output(section: Section, supply: Supply, who: str) -> Iterator[Checked]:
    """What an output gives; one that is on has to be as the file says."""
    name = f"[{section.name}]"
    refuse_tripped(section, supply)
    on, volts, amperes = supply.is_on(), supply.read("voltage"), supply.read("current")
    limit = "no limit configured" if section.limit_A is None else f"{section.limit_A:g} A"
    said = f"{who}; {'on' if on else 'off'}, {volts:g} V, {amperes:g} A, {protection(supply)}"
    yield Checked(name, True, f"{said}, configured: {limit}, {_driver(section)}")
    if on:
        remedy = "`analoop bench power off`; `power on` sets limit and voltage"
        for words in against_the_file(section, supply, amperes):
            yield Checked(name, False, words, remedy)


def protection(supply: Supply) -> str:
    """Where a supply would switch itself off, in words."""
    return tripping(supply.protected_at_A())


def _said(section: Section, instrument: Any) -> str:
    """What an instrument reads, if it reads anything."""
    if section.driver.capability not in ("meter", "thermometer"):
        return ""
    return f"{instrument.read(instrument.quantity):g} {UNITS[instrument.quantity]}, "


def _driver(section: Section) -> str:
    return f"driver {section.driver.name}, tried {section.driver.tried}"
