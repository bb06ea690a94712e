"""bench.toml: which instruments there are, how they are connected, and what each is for.

Every table but [bench] is an instrument, under a name of the user's. All problems of a file are
found at once; those that a command can live without (a limit, where nothing is switched on) do not
stop it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...models.errors import BoardError, FileError, Violation, ViolationsError
from .instruments import (
    Capability,
    Driver,
    Drivers,
    Key,
    Quantity,
    accuracy_keys,
    load_drivers,
)
from .ports import FORMS, find_port, key_of_name
from .settings import problem, read_settings
from .transport import Wiring

NO_LIMIT = "NO_LIMIT"
"""The one problem that stops only what switches something on."""
RULES = (
    Key("at_exit", str, "as-found", legal=("as-found", "off", "on")),
    Key("off_s", float, 1.0, 0.0, 3600.0),
    Key("boot_s", float, 2.0, 0.0, 3600.0),
    Key("interval_s", float, 0.2, 0.001, 3600.0),
    Key("log", str, "bench-wire.log"),
    Key("log_bytes", int, 1_000_000, 1_000, 1_000_000_000),
    Key("log_keep", int, 4, 0, 100),
)
"""What can stand in [bench]: the outputs at exit; how long power is off in a cycle, and how long a
board boots [s]; time between two samples of a trace [s]; the wire log."""
COMMON = (
    Key("port", str),
    Key("baud", int, None, 50, 10_000_000),
    Key("parity", str, "N", legal=("N", "E", "O")),
    Key("bits", int, 8, 5, 8),
    Key("stop_bits", int, 1, 1, 2),
    Key("timeout_s", float, 2.0, 0.001, 3600.0),
    Key("reconnect_s", float, 5.0, 0.0, 3600.0),
    Key("backend", str, "@py"),
    Key("rail", str, "rail"),
)
"""What every instrument can be told. Instruments of one rail belong together."""
OF_OUTPUTS = ("channel", "limit_A", "voltage_V")
"""Keys by which a table of an unknown driver is taken for a supply."""
AMBIGUOUS = ("NO_DRIVER", "NO_PORT_NAME", "PORT_NAME")
"""Problems that leave in doubt which output is meant, as do those of `OF_PLACE`."""
OF_PLACE = ("port", "channel")
"""Keys that say which output is meant."""
LEAST_HZ = 50.0
"""Slowest mains, by whose cycles meters count [Hz]."""


class BenchFileError(ViolationsError):
    """What is wrong with a bench.toml; all of it is printed."""

    unabridged = True


@dataclass(frozen=True)
class Section:
    """One instrument of a bench."""

    driver: Driver
    """How to talk to it."""
    wiring: Wiring
    """Its name, and how it is connected."""
    settings: Mapping[str, Any]
    """Settings of its driver, defaults filled in."""
    rail: str
    """What it supplies or measures."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.wiring.name

    @property
    def limit_A(self) -> float | None:
        """Current at which a supply has to switch off [A]."""
        return self.settings.get("limit_A")

    def accuracy(self, quantity: Quantity) -> tuple[float, float]:
        """Limits of error of a reading: share of it [1], and a constant in its unit."""
        percent, constant = accuracy_keys(self.driver.capability, quantity)
        return self.settings[percent] / 100.0, self.settings[constant]


@dataclass(frozen=True)
class Unclear:
    """A table that is no instrument yet, for want of a driver or a port."""

    name: str
    """What the user calls it."""
    port: str | None
    """Its port, if it names one."""
    output: bool
    """Whether it is a supply, or may be one."""


@dataclass(frozen=True)
class BenchPlan:
    """What a bench.toml says."""

    path: Path
    """The file."""
    sections: tuple[Section, ...]
    """Its instruments, as far as they can be understood."""
    rules: Mapping[str, Any]
    """`RULES`, defaults filled in."""
    problems: tuple[Violation, ...] = field(default=())
    """Everything that is wrong with it."""
    unclear: tuple[Unclear, ...] = field(default=())
    """Its tables that cannot be understood."""
    doubts: tuple[Violation, ...] = field(default=())
    """Those of the problems that concern a key of `OF_PLACE`, or may."""

    def checked(self, energise: bool = False) -> BenchPlan:
        """Itself, if it will do for reading, or also for switching on.

        Raises:
            BenchFileError: every problem.
        """
        bad = [p for p in self.problems if energise or p.code != NO_LIMIT]
        if bad:
            raise BenchFileError(bad)
        return self

    def only(self, *capabilities: Capability) -> BenchPlan:
        """The instruments that can do something; the problems are those of the whole file."""
        kept = (s for s in self.sections if s.driver.capability in capabilities)
        return replace(self, sections=tuple(kept))

    def outputs(self) -> BenchPlan:
        """What has to be switched off, whatever is wrong with the rest of the file: supplies, and
        the problems of those, or of what may be one, that leave in doubt which output is meant."""
        supplies = self.only("supply").sections
        names = {f"[{s.name}]" for s in supplies}
        names |= {f"[{table.name}]" for table in self.unclear if table.output}
        unsure = [p for p in self.problems if p.code in AMBIGUOUS or p in self.doubts]
        doubts = tuple(p for p in unsure if p.object in names)
        doubtful = {p.object for p in doubts}
        clear = tuple(s for s in supplies if f"[{s.name}]" not in doubtful)
        return replace(self, sections=clear, problems=doubts)


def read_bench(path: Path, drivers: Drivers | None = None) -> BenchPlan:
    """Read a bench.toml; what is wrong with its content is in `problems`.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT (it is no TOML).
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileError(
            f"{path}: no such file: write one, or let `analoop bench simulate` make one",
            code="FILE_MISSING",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise FileError(f"{path} cannot be read ({error}): mend it", code="FILE_CORRUPT") from error
    known = load_drivers() if drivers is None else drivers
    problems: list[Violation] = []
    rules = read_settings("bench", tables.pop("bench", {}), RULES, problems)
    found = [_section(name, table, known, problems) for name, table in tables.items()]
    sections = [one for one in found if isinstance(one, Section)]
    unclear = tuple(one for one in found if isinstance(one, Unclear))
    problems += _together(sections, bool(tables))
    doubts = tuple(p for name, table in tables.items() for p in _of_place(name, table, known))
    return BenchPlan(path, tuple(sections), rules, tuple(problems), unclear, doubts)


def _section(
    name: str, table: Any, drivers: Drivers, problems: list[Violation]
) -> Section | Unclear:
    if not isinstance(table, dict):
        problems.append(problem("NO_TABLE", name, "a table", f"it is {table!r}", f"[{name}]"))
        return Unclear(name, None, output=False)
    driver = drivers.known.get(str(table.get("driver")))
    if driver is None:
        problems.append(_no_driver(name, table, drivers))
    keys = (*COMMON, *(driver.keys if driver else ()))
    given = {k: v for k, v in table.items() if k != "driver"}
    if driver is None:  # its own settings cannot be judged
        given = {k: v for k, v in given.items() if k in {key.name for key in COMMON}}
    values = read_settings(name, given, keys, problems)
    if "port" not in values:
        if "port" not in given:
            problems.append(
                problem("NO_PORT_NAME", name, "a port", "none is named", f"port = one of {FORMS}")
            )
    else:
        _check_port(name, values["port"], problems)
    output = driver.capability == "supply" if driver else any(k in table for k in OF_OUTPUTS)
    if driver is None or "port" not in values:
        return Unclear(name, values.get("port"), output)
    if output and "limit_A" not in values:
        remedy = "say at which current it has to switch off, as limit_A = 0.25"
        problems.append(problem(NO_LIMIT, name, "limit_A to switch it on", "it is missing", remedy))
    common = {key.name: values.pop(key.name) for key in COMMON if key.name in values}
    rail = common.pop("rail")
    common.setdefault("baud", driver.baud)
    problems += _slow(name, values.get("nplc", 0.0), common["timeout_s"])
    rest = driver.rest(values) if driver.rest else None
    return Section(driver, Wiring(name, **common, rest=rest), values, rail)


def _of_place(name: str, table: Any, drivers: Drivers) -> list[Violation]:
    """Problems with the settings that say which output a table means."""
    doubts: list[Violation] = []
    if isinstance(table, dict):
        driver = drivers.known.get(str(table.get("driver")))
        keys = (*COMMON, *(driver.keys if driver else ()))
        names = [key.name for key in keys]
        given = {k: v for k, v in table.items() if k != "driver" and _says_place(k, table, names)}
        read_settings(name, given, keys, doubts)
    return doubts


def _says_place(key: str, table: Mapping[str, Any], names: list[str]) -> bool:
    """Whether a key says which output is meant. One that is not known may, where no channel is
    given: if it looks like that word, or is like no other and a whole number."""
    if key in names or "channel" not in names or "channel" in table:
        return key in OF_PLACE
    near = difflib.get_close_matches(key.lower(), [name.lower() for name in names], 1)
    return near == ["channel"] if near else type(table[key]) is int


def _slow(name: str, cycles: float, timeout_s: float) -> Iterator[Violation]:
    """A meter integrates for so many cycles of the mains, and once more to find its zero."""
    needed_s = 2 * cycles / LEAST_HZ
    if needed_s >= timeout_s:
        need = f"a timeout_s above {needed_s:g} for nplc = {cycles:g}"
        remedy = f"say timeout_s = {needed_s + 2:g}, or a smaller nplc"
        yield problem("TIMEOUT", name, need, f"it is {timeout_s:g}", remedy)


def _check_port(name: str, port: str, problems: list[Violation]) -> None:
    """The name of the port only: whether it is there is asked when it is opened."""
    try:
        find_port(port, there=())
    except BoardError as error:
        if error.code == "PORT_NAME":
            problems.append(
                problem("PORT_NAME", name, "a port", f"'{port}' names none", f"give {FORMS}")
            )


def _together(sections: list[Section], any_table: bool) -> Iterator[Violation]:
    """What is wrong with instruments taken together."""
    if not sections and not any_table:
        yield problem("EMPTY", "bench", "an instrument", "there is none", "add [supply], ...")
    first: dict[str, Section] = {}
    taken: dict[tuple[str, Any], Section] = {}
    for section in sections:
        port, supply = section.wiring.port, section.driver.capability == "supply"
        key = key_of_name(port)
        other = first.setdefault(key, section)
        limit = f"[{other.name}] has it"
        limit += "" if other.wiring.port == port else f" under the name {other.wiring.port}"
        if other is not section and not (supply and other.driver == section.driver):
            remedy = "name another port; only channels of one supply share one"
            yield problem("PORT_TWICE", section.name, f"port {port}", limit, remedy)
        elif other.wiring.framing != section.wiring.framing:
            limit += " with baud, parity, bits, stop_bits = " + ", ".join(
                map(str, other.wiring.framing)
            )
            yield problem("PORT_TWICE", section.name, f"port {port}", limit, "say the same")
        slot = (key, section.settings.get("channel"))
        if supply and (other := taken.setdefault(slot, section)) is not section:
            limit = f"[{other.name}] has it"
            remedy = "name another channel"
            yield problem("CHANNEL_TWICE", section.name, f"channel {slot[1]}", limit, remedy)


def _no_driver(name: str, table: Mapping[str, Any], drivers: Drivers) -> Violation:
    asked = table.get("driver")
    limit = "none is named" if asked is None else f"there is no driver '{asked}'"
    if str(asked) in drivers.broken:
        limit = f"driver '{asked}' cannot be loaded ({drivers.broken[str(asked)]})"
    remedy = f"driver = one of {', '.join(sorted(drivers.known))}"
    return problem("NO_DRIVER", name, "a driver", limit, remedy)
