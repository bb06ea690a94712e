"""Is the bench as its file says? Every instrument is opened and asked; nothing is switched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from ...models.errors import AnaloopError
from .bench import Connect, connect
from .bench_file import BenchPlan, Section
from .instruments import UNITS, Supply
from .link import Link, reserve
from .ports import find_port, is_there
from .power import refuse_tripped
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
    links: dict[str, Link] = {}
    with ExitStack() as stack:
        for section in plan.sections:
            found += _checked(section, links, stack, log, by)
    return found


def _checked(
    section: Section, links: dict[str, Link], stack: ExitStack, log: WireLog, by: Connect
) -> Iterator[Checked]:
    """The port first; then who answers, and what it says."""
    name, port = f"[{section.name}]", section.wiring.port
    try:
        is_there(port)
        if port not in links:
            if by is connect and port != "loop://":
                stack.enter_context(reserve(find_port(port)))
            links[port] = by(section, log)
            stack.callback(links[port].close)
        link = links[port]
        who = str(link.identify()) if section.driver.scpi else "opened; it cannot say who it is"
        if errors := link.errors():
            yield Checked(name, False, f"{who} had errors: {'; '.join(errors)}", "check again")
        yield Checked(name, True, f"{who}; {', '.join(_said(section, link))}")
    except AnaloopError as error:
        cause, _, remedy = str(error).rpartition(": ")
        yield Checked(name, False, f"{cause or error} [{error.code}]", remedy if cause else "")


def protection(supply: Supply) -> str:
    """Where a supply would switch itself off, in words."""
    limit = supply.protected_at_A()
    return "protection is off" if math.isinf(limit) else f"would switch off at {limit:g} A"


def _said(section: Section, link: Link) -> Iterator[str]:
    """What an instrument reads."""
    instrument = section.driver.build(link, section.settings)
    kind = section.driver.capability
    if kind == "supply":
        refuse_tripped(section, instrument)
        yield "on" if instrument.is_on() else "off"
        yield f"{instrument.read('voltage'):g} V, {instrument.read('current'):g} A"
        limit = "no limit configured" if section.limit_A is None else f"{section.limit_A:g} A"
        yield f"{protection(instrument)}, configured: {limit}"
    elif kind in ("meter", "thermometer"):
        yield f"{instrument.read(instrument.quantity):g} {UNITS[instrument.quantity]}"
    yield f"driver {section.driver.name}, tried {section.driver.tried}"
