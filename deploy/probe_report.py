"""What a full probe of a board found: which words were proved, which failed, which could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .program import Program

_OF_CAM = ("NOT_HEARD", "WRONG_WEIGHT")
Kind = Literal["monitor words", "CAM words", "destinations"]


@dataclass(frozen=True)
class Failure:
    """Something a board did otherwise than its registers say."""

    code: str
    """Stable: UNSEEN, UNASKED, FOREIGN, NOT_HEARD, WRONG_WEIGHT, HEARD_BESIDES, NOT_DELIVERED or
    DELIVERED_BESIDES."""
    neuron: int | None
    """Model index of the neuron the register belongs to; None: of no neuron of the program."""
    place: str
    """The neuron's full identity: "neuron 17 of 'hidden' (chip 0 core 1 neuron 17)"."""
    word: int | None
    """Which CAM or SRAM word of it; None: not to be told, or the neuron itself."""
    register: str
    """What was programmed there: "tag 1033, AMPA, weight bits 0110"."""
    found: str
    """What came instead: "did not hear"."""

    def __str__(self) -> str:
        memory = "CAM" if self.code in _OF_CAM else "SRAM"
        word = "" if self.word is None else f", {memory} word {self.word}"
        register = f", {self.register}" if self.register else ""
        return f"{self.place}{word}{register}: {self.found} [{self.code}]"


@dataclass(frozen=True)
class Coverage:
    """How many words of one kind there are, and what became of them."""

    kind: Kind
    """Of which words."""
    used: int
    """Words in the program."""
    proved: int
    """Words that did what they should."""
    failed: int
    """Words that did not."""
    not_covered: Mapping[str, int]
    """Words that cannot be judged, by reason."""

    @property
    def percent(self) -> float:
        """Share of words that were judged, proved or failed [%]; of none, 100."""
        return 100.0 * (self.proved + self.failed) / self.used if self.used else 100.0

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"percent": round(self.percent, 3)}


@dataclass(frozen=True)
class ProbeReport:
    """The verdict on every word of a program on one board."""

    coverage: tuple[Coverage, ...]
    """By kind of word."""
    failures: tuple[Failure, ...]
    """Everything that was found wrong."""
    board: Mapping[str, Any]
    """Which board, as `BoardIdentity.record`."""
    program: str
    """Hash of the program."""
    images: int
    """Register images that were programmed for it."""
    chip_time_s: float
    """How long the chips were played to, discharges not counted [s]."""

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong; how much was looked at is in the coverage."""
        return not self.failures

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "passed": self.passed,
            "coverage": [c.record() for c in self.coverage],
            "failures": [asdict(f) | {"text": str(f)} for f in self.failures],
            "board": dict(self.board),
            "program": self.program,
            "images": self.images,
            "chip_time_s": round(self.chip_time_s, 3),
        }


PROVED, FAILED = "proved", "failed"
"""What can become of a word; any other text is the reason why it was not covered."""


def coverage(kind: Kind, outcomes: list[str]) -> Coverage:
    """Count what became of each word."""
    counts = Counter(outcomes)
    proved, failed = counts.pop(PROVED, 0), counts.pop(FAILED, 0)
    return Coverage(kind, len(outcomes), proved, failed, dict(sorted(counts.items())))


def place(program: Program, neuron: int) -> str:
    """Full identity of a neuron."""
    chip, core, index = program.address[neuron].tolist()
    return f"{program.names[neuron]} (chip {chip} core {core} neuron {index})"
