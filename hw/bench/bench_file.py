"""bench.toml: which instruments there are, how they are connected, and what each is for.

Every table but [bench] is an instrument, under a name of the user's. All problems of a file are
found at once; those that a command can live without (a limit, where nothing is switched on) do not
stop it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...models.errors import BoardError, FileError, Violation, ViolationsError
from .instruments import Driver, Drivers, Key, Quantity, load_drivers
from .ports import FORMS, find_port
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
    Key("timeout_s", float, 2.0, 0.001, 3600.0),
    Key("reconnect_s", float, 5.0, 0.0, 3600.0),
    Key("backend", str, "@py"),
    Key("rail", str, "rail"),
)
"""What every instrument can be told. Instruments of one rail belong together."""


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
        supply = self.driver.capability == "supply"
        key = f"accuracy_{'V' if quantity == 'voltage' else 'A'}" if supply else "accuracy"
        percent = self.settings.get(f"{key}_percent", 0.0)
        return percent / 100.0, self.settings.get(key, 0.0)


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

    def checked(self, energise: bool = False) -> BenchPlan:
        """Itself, if it will do for reading, or also for switching on.

        Raises:
            ViolationsError: every problem.
        """
        bad = [p for p in self.problems if energise or p.code != NO_LIMIT]
        if bad:
            raise ViolationsError(bad)
        return self


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
    rules = _values("bench", tables.pop("bench", {}), RULES, problems)
    sections: list[Section] = []
    for name, table in tables.items():
        section = _section(name, table, known, problems)
        if section is not None:
            sections.append(section)
    problems += _together(sections, bool(tables))
    return BenchPlan(path, tuple(sections), rules, tuple(problems))


def _section(name: str, table: Any, drivers: Drivers, problems: list[Violation]) -> Section | None:
    if not isinstance(table, dict):
        problems.append(_problem("NO_TABLE", name, "a table", f"it is {table!r}", f"[{name}]"))
        return None
    driver = drivers.known.get(str(table.get("driver")))
    if driver is None:
        problems.append(_no_driver(name, table, drivers))
    keys = (*COMMON, *(driver.keys if driver else ()))
    given = {k: v for k, v in table.items() if k != "driver"}
    if driver is None:  # its own settings cannot be judged
        given = {k: v for k, v in given.items() if k in {key.name for key in COMMON}}
    values = _values(name, given, keys, problems)
    if "port" not in values:
        if "port" not in given:
            problems.append(
                _problem("NO_PORT_NAME", name, "a port", "none is named", f"port = one of {FORMS}")
            )
    else:
        _check_port(name, values["port"], problems)
    if driver is None or "port" not in values:
        return None
    if driver.capability == "supply" and "limit_A" not in values:
        remedy = "say at which current it has to switch off, as limit_A = 0.25"
        problems.append(
            _problem(NO_LIMIT, name, "limit_A to switch it on", "it is missing", remedy)
        )
    common = {key.name: values.pop(key.name) for key in COMMON if key.name in values}
    rail = common.pop("rail", "rail")
    common.setdefault("baud", driver.baud)
    return Section(driver, Wiring(name, **common), values, rail)


def _check_port(name: str, port: str, problems: list[Violation]) -> None:
    """The name of the port only: whether it is there is asked when it is opened."""
    try:
        find_port(port, there=())
    except BoardError as error:
        if error.code == "PORT_NAME":
            problems.append(
                _problem("PORT_NAME", name, "a port", f"'{port}' names none", f"give {FORMS}")
            )


def _values(
    name: str, table: Mapping[str, Any], keys: tuple[Key, ...], problems: list[Violation]
) -> dict[str, Any]:
    """Settings with defaults; what is wrong is left out, and a problem."""
    known = {key.name: key for key in keys}
    values = {key.name: key.default for key in keys if key.default is not None}
    if not isinstance(table, Mapping):
        problems.append(_problem("NO_TABLE", name, "a table", f"it is {table!r}", f"[{name}]"))
        return values
    for word, value in table.items():
        key = known.get(word)
        if key is None:
            remedy = f"there are {', '.join(known)}"
            problems.append(_problem("KEY", name, "known keys", f"'{word}' is none", remedy))
            continue
        if key.kind is float and type(value) is int:
            value = float(value)
        wrong = _wrong(key, value)
        if wrong:
            limit = f"{word} = {value!r} is not"
            problems.append(_problem("VALUE", name, f"{word} to be {wrong}", limit, "correct it"))
            values.pop(word, None)
        else:
            values[word] = value
    return values


def _wrong(key: Key, value: Any) -> str:
    """What a value should be, if it is not."""
    if type(value) is not key.kind:
        return {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[
            key.kind
        ]
    if key.legal and value not in key.legal:
        return " or ".join(f'"{word}"' for word in key.legal)
    if key.kind in (int, float) and not key.least <= value <= key.most:
        return f"{key.least:g}..{key.most:g}"
    if key.kind is str and not (value and value.isascii() and value.isprintable()):
        return "a printable text"
    return ""


def _together(sections: list[Section], any_table: bool) -> Iterator[Violation]:
    """What is wrong with instruments taken together."""
    if not sections and not any_table:
        yield _problem("EMPTY", "bench", "an instrument", "there is none", "add [supply], ...")
    first: dict[str, Section] = {}
    taken: dict[tuple[str, Any], Section] = {}
    for section in sections:
        port, supply = section.wiring.port, section.driver.capability == "supply"
        other = first.setdefault(port, section)
        limit = f"[{other.name}] has it"
        if other is not section and not (supply and other.driver == section.driver):
            remedy = "name another port; only channels of one supply share one"
            yield _problem("PORT_TWICE", section.name, f"port {port}", limit, remedy)
        elif other.wiring.baud != section.wiring.baud:
            limit += f" at {other.wiring.baud} baud"
            yield _problem("PORT_TWICE", section.name, f"port {port}", limit, "say the same baud")
        slot = (port, section.settings.get("channel"))
        if supply and (other := taken.setdefault(slot, section)) is not section:
            limit = f"[{other.name}] has it"
            remedy = "name another channel"
            yield _problem("CHANNEL_TWICE", section.name, f"channel {slot[1]}", limit, remedy)


def _no_driver(name: str, table: Mapping[str, Any], drivers: Drivers) -> Violation:
    asked = table.get("driver")
    limit = "none is named" if asked is None else f"there is no driver '{asked}'"
    if str(asked) in drivers.broken:
        limit = f"driver '{asked}' cannot be loaded ({drivers.broken[str(asked)]})"
    remedy = f"driver = one of {', '.join(sorted(drivers.known))}"
    return _problem("NO_DRIVER", name, "a driver", limit, remedy)


def _problem(code: str, name: str, need: str, limit: str, remedy: str) -> Violation:
    return Violation(code, f"[{name}]", need, limit, remedy)
