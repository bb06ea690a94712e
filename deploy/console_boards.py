"""Boards as people see them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from .boards import BoardRow
from .console import stdout


def print_boards(rows: Sequence[BoardRow]) -> None:
    """One table of real and virtual boards."""
    table = Table()
    table.add_column("name", overflow="fold")
    for name in ("kind", "target", "chips", "state", "note"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.kind, row.target, row.chips, row.state, row.note)
    stdout().print(table)
    if all(row.target == "simulated" for row in rows):
        print("no real board is seen; analoop doctor says what one would need")
