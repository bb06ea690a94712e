"""Settings of one table of a bench.toml, against the keys that it can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.errors import Violation
from .instruments import Key


def read_settings(
    name: str, table: Mapping[str, Any], keys: tuple[Key, ...], problems: list[Violation]
) -> dict[str, Any]:
    """Settings with defaults, which also stand in for what is wrong; that is a problem."""
    known = {key.name: key for key in keys}
    values = {key.name: key.default for key in keys if key.default is not None}
    if not isinstance(table, Mapping):
        problems.append(problem("NO_TABLE", name, "a table", f"it is {table!r}", f"[{name}]"))
        return values
    for word, value in table.items():
        key = known.get(word)
        if key is None:
            remedy = f"there are {', '.join(known)}"
            problems.append(problem("KEY", name, "known keys", f"'{word}' is none", remedy))
            continue
        if key.kind is float and type(value) is int:
            value = float(value)
        wrong = _wrong(key, value)
        if wrong:
            limit = f"{word} = {value!r} is not"
            problems.append(problem("VALUE", name, f"{word} to be {wrong}", limit, "correct it"))
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


def problem(code: str, name: str, need: str, limit: str, remedy: str) -> Violation:
    """What is wrong with one table."""
    return Violation(code, f"[{name}]", need, limit, remedy)
