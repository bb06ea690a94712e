"""How the virtual samna's data classes behave: like samna's, which are C++ seen through pybind11.

Whole numbers of numpy are taken and floats are refused (TypeError), unknown attributes are refused
(AttributeError), an attribute that holds records hands out the records themselves, and assigning a
record or a list copies it. JSON is laid out as samna does: everything inside {"value0": ...}, keys
in camelCase, fixed arrays as {"value0": ..., "value1": ...}, maps as [{"key": ..., "value": ...}].
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from .samna_lists import (
    Flags,
    RecordMap,
    Rows,
    Vector,
    as_flag,
    flags_of,
    plain_of,
    vector_of,
)


class Field:
    """One attribute of a record: what it is at first, and what it takes."""

    def __init__(self, default: Callable[[], Any], check: Callable[[Any], Any]):
        self.default, self.check, self.name = default, check, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, record: Any, owner: type) -> Any:
        return self if record is None else record._values[self.name]

    def __set__(self, record: Any, value: Any) -> None:
        try:
            record._values[self.name] = self.check(value)
        except TypeError as error:
            raise TypeError(f"{type(record).__name__}.{self.name}: {error}") from None


class WholeField(Field):
    """A whole number; a plain one in range, which most are, is taken at once."""

    def __init__(self, low: int, high: int, default: int, check: Callable[[Any], int]):
        super().__init__(lambda: default, check)
        self.low, self.high = low, high

    def __set__(self, record: Any, value: Any) -> None:
        if type(value) is int and self.low <= value <= self.high:
            record._values[self.name] = value
        else:
            super().__set__(record, value)


class _Slotted(type):
    """Makes classes whose objects have no attributes but those of the class."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        return super().__new__(cls, name, bases, {"__slots__": ()} | namespace)


class Record(metaclass=_Slotted):
    """A data class of samna: attributes and JSON. Subclasses declare `Field`s and nothing else."""

    __slots__ = ("_values",)
    _fields: dict[str, Field] = {}
    _plain_values: dict[str, Any] = {}
    """First values of attributes that need no copy."""
    _made: tuple[str, ...] = ()
    """Attributes that need one."""

    def __init_subclass__(cls) -> None:
        own = {k: v for k, v in vars(cls).items() if isinstance(v, Field)}
        cls._fields = cls._fields | own
        first = {name: field.default() for name, field in cls._fields.items()}
        cls._made = tuple(name for name, value in first.items() if hasattr(value, "copy"))
        cls._plain_values = {name: None if name in cls._made else first[name] for name in first}

    def __init__(self) -> None:
        self._values = values = self._plain_values.copy()
        for name in self._made:
            values[name] = self._fields[name].default()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values == self._values

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in self._values.items())
        return f"{type(self).__name__}({inside})"

    @classmethod
    def holding(cls, **values: Any) -> Any:
        """A record of these values, all its attributes in order; fast, nothing is checked."""
        new = cls.__new__(cls)
        new._values = values
        return new

    def copy(self) -> Any:
        """The same values, shared with nothing."""
        new = type(self).__new__(type(self))
        new._values = values = self._values.copy()
        for name in self._made:
            values[name] = values[name].copy()
        return new

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> Any:
        return self.copy()

    def to_json(self) -> str:
        """samna's JSON."""
        return json.dumps({"value0": self.plain()}, indent=4)

    def from_json(self, text: str) -> None:
        """Take every value from samna's JSON.

        Raises:
            ValueError: it is no JSON of this class.
        """
        try:
            self.take(json.loads(text)["value0"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no JSON of {type(self).__name__}: {error!r}") from error

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {self.key_of(k): plain_of(v) for k, v in self._values.items()}

    def take(self, plain: dict[str, Any]) -> None:
        """The inverse of `plain`."""
        for name in self._fields:
            value = self._values[name]
            new = plain[self.key_of(name)]
            if isinstance(value, (Record, Rows, RecordMap, Flags, Vector)):
                value.take(new)
            else:
                setattr(self, name, type(value)(new))

    @staticmethod
    def key_of(name: str) -> str:
        """The name of an attribute in JSON."""
        first, *others = name.lstrip("_").split("_")
        return "_" * name.startswith("_") + first + "".join(word.title() for word in others)


def whole(low: int, high: int, default: int = 0) -> Any:
    """A whole number; its C++ type holds low..high."""

    def check(value: Any) -> int:
        if isinstance(value, float):
            raise TypeError("takes a whole number, not float")
        number = operator.index(value)
        if not low <= number <= high:
            raise TypeError(f"takes {low}..{high}, not {number}")
        return number

    return WholeField(low, high, default, check)


def flag() -> Any:
    """A boolean."""
    return Field(lambda: False, as_flag)


def letter(default: str) -> Any:
    """One character."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) != 1:
            raise TypeError(f"takes one character, not {value!r}")
        return value

    return Field(lambda: default, check)


def choice(kind: type[IntEnum], default: IntEnum) -> Any:
    """A member of an enumeration; numbers are refused."""

    def check(value: Any) -> IntEnum:
        if not isinstance(value, kind):
            raise TypeError(f"takes {kind.__name__}, not {type(value).__name__}")
        return value

    return Field(lambda: default, check)


def flags(number: int) -> Any:
    """So many booleans."""
    return Field(lambda: Flags([False] * number), flags_of(number))


def record(kind: Callable[[], Any]) -> Any:
    """A record inside."""

    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"takes {getattr(kind, '__name__', kind)}, not {type(value).__name__}")
        return value.copy()

    return Field(kind, check)


def rows(kind: Callable[[], Any], number: int) -> Any:
    """A fixed number of records."""

    def check(values: Iterable[Any]) -> Rows:
        new, given = Rows(kind, number), list(values)
        if len(given) != number:
            raise TypeError(f"takes {number} records, not {len(given)}")
        for k, value in enumerate(given):
            new[k] = value
        return new

    return Field(lambda: Rows(kind, number), check)


def vector(kind: Callable[[], Any], number: int = 0) -> Any:
    """A list of records, so many at first."""
    check = vector_of(kind)
    return Field(lambda: check([kind() for _ in range(number)]), check)


def named(make: Callable[[], dict[str, Record]]) -> Any:
    """Records by name."""

    def check(values: dict[str, Record]) -> RecordMap:
        return RecordMap({k: v.copy() for k, v in values.items()})

    return Field(lambda: RecordMap(make()), check)


def spelling(name: str) -> Any:
    """Another spelling of an attribute."""
    return property(
        lambda record: getattr(record, name), lambda record, v: setattr(record, name, v)
    )


def maps(make: Callable[[], dict[str, Record]], number: int) -> Any:
    """So many groups of records by name."""
    return Field(lambda: Rows(lambda: RecordMap(make()), number), _refused)


def _refused(value: Any) -> Any:
    raise TypeError("is changed in place, not assigned")
