"""What networks are put through, under which rules: the cells of a robustness table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models.errors import InputError, named
from ..models.learning.methods import method_of
from ..models.learning.perturbation import quantized, weakened
from ..models.learning.student import Conditions, Student


@dataclass(frozen=True)
class Cell:
    """One kind of perturbation at one level."""

    kind: str
    """'nominal', 'mismatch', 'bits', 'noise', 'silenced' or 'chip'."""
    level: float
    """Deviation [1], bits, noise [range of the membrane], share of neurons [1], or level of the
    measured mismatch [1]; 0: none."""

    @property
    def drawn(self) -> bool:
        """Whether it is another one for every draw."""
        return self.kind in ("mismatch", "chip") and self.level > 0

    def draws(self, most: int) -> int:
        """Rows of a network in it, where so many chips are drawn."""
        return most if self.drawn else 1

    @property
    def name(self) -> str:
        """As it is written in rows."""
        return f"{self.kind} {self.level:g}"


CELLS = (
    Cell("nominal", 0),
    *(Cell("mismatch", level) for level in (0.05, 0.1, 0.2, 0.3)),
    *(Cell("bits", bits) for bits in (6, 5, 4, 3, 2)),
    *(Cell("noise", size) for size in (0.01, 0.05, 0.1)),
    Cell("silenced", 0.4),
    Cell("chip", 1),
)
"""Those of the seed paper (paper.md 1.6); and chips with mismatch as measured, for networks of the
chip's own circuits."""

TAUGHT_CELLS = (*CELLS[:1], Cell("mismatch", 0), *CELLS[1:])
"""With a level without mismatch that is judged as the others are, by a teacher's decisions."""

SAFE_SCALING = {
    "mismatch 0.05": 0.9, "mismatch 0.1": 0.8, "mismatch 0.2": 0.5, "mismatch 0.3": 0.2,
    "bits 5": 0.8, "bits 4": 0.7, "bits 3": 0.7, "bits 2": 0.7,
    "noise 0.05": 0.8, "noise 0.1": 0.6,
}  # fmt: skip
"""By what the authors weaken the recurrence of ADS networks, tuned by hand for each level."""


@dataclass(frozen=True)
class Protocol:
    """How networks are compared."""

    name: str
    compensated: bool
    """Whether recurrences are weakened and output gains are fitted, for each level."""
    teacher_counts: bool
    """Whether methods with a teacher are judged by its decisions under mismatch, not by labels."""


PROTOCOLS = {
    "paper": Protocol("paper", compensated=True, teacher_counts=True),
    "fair": Protocol("fair", compensated=False, teacher_counts=False),
}
"""The authors' own, and one without tuning, by true labels (paper.md 1.6, 7.1)."""


def cells_of(protocol: Protocol, kinds: str | None = None) -> tuple[Cell, ...]:
    """The cells of a protocol.

    Args:
        kinds: separated by commas, None: all; the nominal cell is always there.

    Raises:
        InputError: UNKNOWN_CELL.
    """
    cells = TAUGHT_CELLS if protocol.teacher_counts else CELLS
    if kinds is None:
        return cells
    known = {cell.kind: cell for cell in cells}
    wanted = {named(known, "kind of cell", kind, "UNKNOWN_CELL").kind for kind in kinds.split(",")}
    return tuple(cell for cell in cells if cell.kind in wanted | {"nominal"})


def applies(cell: Cell, method: str) -> bool:
    """Whether students of a method can be put in a cell."""
    return cell.kind != "chip" or method_of(method).on_silicon is not None


def protocol_of(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        InputError: UNKNOWN_PROTOCOL.
    """
    return named(PROTOCOLS, "protocol", name, "UNKNOWN_PROTOCOL")


def under(
    student: Student, cell: Cell, protocol: Protocol, generator: np.random.Generator
) -> tuple[Student, Conditions]:
    """A student in a cell: perturbed, and what it has to work under besides.

    Args:
        generator: draws the chip, or the noise.

    Raises:
        InputError: CELL, one that does not apply to its method.
    """
    method = method_of(student.method)
    if not applies(cell, student.method):
        raise InputError(
            f"cell '{cell.name}' is for networks of the chip's circuits, {student.method} has "
            "others: leave it out",
            code="CELL",
        )
    factor = SAFE_SCALING.get(cell.name, 1.0) if protocol.compensated else 1.0
    student = weakened(student, factor, method.scaled) if factor != 1.0 else student
    if cell.kind == "mismatch":
        return method.with_mismatch(student, cell.level, generator), Conditions()
    if cell.kind == "chip" and method.on_silicon is not None:
        return method.on_silicon(student, cell.level, generator), Conditions()
    if cell.kind == "bits":
        return quantized(student, int(cell.level), method.quantized), Conditions()
    if cell.kind == "noise":
        return student, Conditions(noise=cell.level, seed=int(generator.integers(2**31)))
    return student, Conditions(silenced=cell.level)
