"""The numbers behind mismatch and defects, each with its unit, basis and source, from one file.

`data/mismatch.csv` has a row per number. A number of a parameter stands in the row that names the
parameter, or else in the row 'every' of the same sampler.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True)
class Number:
    """One number, and how far it can be trusted."""

    sampler: str
    """Who uses it: 'measured', 'rockpool', 'paper', or 'defects' (hw/defects.py)."""
    parameters: tuple[str, ...]
    """What it is about: currents, weights of a dendrite, halves of the tags, or 'every'."""
    number: str
    """Its name."""
    value: float
    """The number, in `unit`."""
    unit: str
    """Its unit, with what it is relative to."""
    basis: str
    """'measured', 'literature' or 'assumed'."""
    source: str
    """Where it comes from, or why it was assumed."""


@cache
def numbers() -> tuple[Number, ...]:
    """Every number, in the order of the file."""
    text = (files("analoop.models") / "data" / "mismatch.csv").read_text(encoding="utf-8")
    return tuple(
        Number(
            row["sampler"],
            tuple(row["parameters"].split()),
            row["number"],
            float(row["value"]),
            row["unit"],
            row["basis"],
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def numbers_of(sampler: str, parameter: str) -> Mapping[str, float]:
    """The numbers a sampler has for a parameter, by name; its own before those of 'every'."""
    mine = [n for n in numbers() if n.sampler == sampler]
    return MappingProxyType(
        {n.number: n.value for n in mine if n.parameters == ("every",)}
        | {n.number: n.value for n in mine if parameter in n.parameters}
    )
