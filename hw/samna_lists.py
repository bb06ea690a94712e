"""Lists and maps in the virtual samna's data classes; see samna_fields.py for how they behave.

Chips hold a quarter of a million CAM words, so records in fixed arrays are made when first touched.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def plain_of(value: Any) -> Any:
    """A value of an attribute as JSON values."""
    return value.plain() if hasattr(value, "plain") else value


class Flags(list):
    """A fixed number of booleans, changed in place."""

    __slots__ = ("mask",)

    def __init__(self, values: Iterable[bool], mask: int | None = None):
        super().__init__(values)
        self.mask = sum(1 << k for k, on in enumerate(self) if on) if mask is None else mask
        """The same as bits, first one lowest."""

    def __setitem__(self, index: Any, value: Any) -> None:
        new = list(self)
        new[index] = value
        checked = flags_of(len(self))(new)
        super().__setitem__(slice(None), checked)
        self.mask = checked.mask

    def copy(self) -> Flags:
        """The same booleans, shared with nothing."""
        return Flags(self, self.mask)

    def plain(self) -> dict[str, bool]:
        """As JSON values."""
        return {f"value{k}": bool(v) for k, v in enumerate(self)}

    def take(self, plain: dict[str, bool]) -> None:
        """The inverse of `plain`."""
        for k in range(len(self)):
            self[k] = plain[f"value{k}"]


class Rows:
    """A fixed number of records, each made when first touched; what is assigned is copied."""

    def __init__(self, kind: Callable[[], Any], number: int):
        self.kind, self.number = kind, number
        self.made: dict[int, Any] = {}

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(self.number))]
        k = self._place(index)
        if k not in self.made:
            self.made[k] = self.kind()
        return self.made[k]

    def __setitem__(self, index: Any, value: Any) -> None:
        k = self._place(index)
        if type(value) is not type(self[k]):
            raise TypeError(f"takes {type(self[k]).__name__}, not {type(value).__name__}")
        self.made[k] = value.copy()

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(self.number))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return isinstance(other, list) and list(self) == other
        touched = self.made.keys() | other.made.keys()
        return len(self) == len(other) and all(self[k] == other[k] for k in touched)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"[{self.number} records, {len(self.made)} of them touched]"

    def _place(self, index: Any) -> int:
        k = operator.index(index)
        if not -self.number <= k < self.number:
            raise IndexError(f"index {k} of {self.number} records")
        return k % self.number

    def copy(self) -> Rows:
        """The same records, shared with nothing."""
        new = Rows(self.kind, self.number)
        new.made = {k: v.copy() for k, v in self.made.items()}
        return new

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {f"value{k}": v.plain() for k, v in enumerate(self)}

    def take(self, plain: dict[str, Any]) -> None:
        """The inverse of `plain`."""
        for k in range(self.number):
            self[k].take(plain[f"value{k}"])


class Vector(list):
    """Any number of records of one kind; what is assigned is copied."""

    kind: Callable[[], Any]

    def append(self, value: Any) -> None:
        super().append(value.copy())

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value.copy() if hasattr(value, "copy") else value)

    def copy(self) -> Vector:
        """The same records, shared with nothing."""
        return vector_of(self.kind)(self)

    def plain(self) -> list[Any]:
        """As JSON values."""
        return [v.plain() for v in self]

    def take(self, plain: list[Any]) -> None:
        """The inverse of `plain`."""
        self[:] = [self.kind() for _ in plain]
        for record, value in zip(self, plain, strict=True):
            record.take(value)


class RecordMap(dict):
    """Records by name; a real dict, whose values are copied when assigned."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value.copy())

    def copy(self) -> RecordMap:
        """The same records, shared with nothing."""
        return RecordMap({k: v.copy() for k, v in self.items()})

    def plain(self) -> list[dict[str, Any]]:
        """As JSON values."""
        return [{"key": k, "value": v.plain()} for k, v in self.items()]

    def take(self, plain: list[dict[str, Any]]) -> None:
        """The inverse of `plain`; names that are not in it stay as they are."""
        for entry in plain:
            self[entry["key"]].take(entry["value"])


def as_flag(value: Any) -> bool:
    """Truth of a value; no text and no list is a boolean."""
    if isinstance(value, (str, bytes, list, tuple, dict)):
        raise TypeError(f"takes a boolean, not {type(value).__name__}")
    return bool(value)


def flags_of(number: int) -> Callable[[Any], Flags]:
    """Checks and copies a list of so many booleans."""

    def check(value: Any) -> Flags:
        found = Flags(as_flag(v) for v in value)
        if len(found) != number:
            raise TypeError(f"takes {number} booleans, not {len(found)}")
        return found

    return check


def vector_of(kind: Callable[[], Any]) -> Callable[[Iterable[Any]], Vector]:
    """Checks and copies a list of records."""

    def check(values: Iterable[Any]) -> Vector:
        new = Vector(v.copy() for v in values)
        new.kind = kind
        return new

    return check
