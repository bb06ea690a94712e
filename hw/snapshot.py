"""What was measured on one board: which CAM words hear, which neurons spike by themselves, and how
its neurons differ from nominal.

A snapshot is a measurement, not an opinion: it holds how often every word was tried and how often
it failed, with date, method and the identity of the board. What is bad follows from that by the
rule of chip.md 4.4: a word that fails in more than 10 % of its trials. A word that was never tried
counts as bad. A snapshot may hold a twin (hw/twin.py) beside the screening, or instead of one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..models.archive import content_hash, read_content, write_archive
from ..models.errors import InputError
from .chip import DYNAPSE2, ChipSpec
from .configuration import CHIPS
from .twin import Twin, twin_content, twin_from
from .virtual_board import VirtualBoard

FAILING_ABOVE_PERCENT = 10
"""A word is bad if it fails in more than this share of its trials [percent] (chip.md 4.4)."""

LOW, HIGH = 0, 1
"""Lower and upper half of the tags, in the order of the last axis."""

MOST_TRIALS = 255
"""Counts are stored in a byte."""

_FORMAT, _SCREENING, _WITH_TWIN = "snapshot", 1, 2
"""A file without a twin is as earlier releases wrote it."""
UNSCREENED = "not screened"
"""Method of a snapshot that holds a twin only."""

_UNITS = {"tried": "trials", "failed": "trials", "stuck": "0 or 1"}

_ALWAYS = ("target", "chip")
_DRAWN = ("seed", "level", "mismatch", "doubled", "defects", "stuck", "snapshot")
_SIMULATED = (*_DRAWN, "sampler")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A screening of one board, a twin of it, or both.

    Raises:
        InputError: SNAPSHOT_INVALID, when the arrays are not those of a board; SNAPSHOT_MIXED,
            when screening and twin are of different boards.
    """

    board: Mapping[str, Any]
    """Identity record of the board (`BoardIdentity.record`): name, target, serial number or seed,
    hash of the bit file where there is one. JSON values."""
    date: str
    """When it was measured, ISO 8601."""
    method: str
    """How, and in which version (hw/screening.py)."""
    tried: np.ndarray
    """Trials of every word, uint8 [chip, core, neuron, word, half of the tags]."""
    failed: np.ndarray
    """Those in which the neuron did not answer, uint8 [chip, core, neuron, word, half]."""
    stuck: np.ndarray
    """Neurons that spiked without input, bool [chip, core, neuron]; their words are not tried."""
    books: Mapping[str, int] = field(default_factory=dict)
    """What became of the words that were sent, as far as the board knows, and of the events that
    came."""
    chip: ChipSpec = DYNAPSE2
    """The kind of chip."""
    twin: Twin | None = None
    """What was fitted from recordings."""

    def __post_init__(self) -> None:
        for name, dtype in (("tried", np.uint8), ("failed", np.uint8), ("stuck", np.bool_)):
            array = np.array(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        c = self.chip
        neurons = (len(self.stuck), c.cores, c.neurons_per_core)
        words = (*neurons, c.cam_words, 2)
        shapes = (self.stuck.shape, self.tried.shape, self.failed.shape)
        legal = shapes == (neurons, words, words) and 1 <= len(self.stuck) <= c.max_chips
        if not legal or (self.failed > self.tried).any():
            raise InputError(
                f"a snapshot of {c.name} needs tried and failed [chip, core, neuron, word, half] "
                f"and stuck [chip, core, neuron], with no more failures than trials; got "
                f"{shapes}: screen the board again",
                code="SNAPSHOT_INVALID",
            )
        self._check_twin()

    def _check_twin(self) -> None:
        if self.twin is None:
            return
        if self.twin.shape != self.stuck.shape:
            raise InputError(
                f"a snapshot of [chip, core, neuron] {self.stuck.shape} needs a twin of the same "
                f"shape, got {self.twin.shape}: fit it again",
                code="SNAPSHOT_INVALID",
            )
        if silicon(self.twin.board) != silicon(self.board):
            raise InputError(
                f"the screening is of {self.board.get('name')}, the twin of "
                f"{self.twin.board.get('name')}: keep them in files of their own",
                code="SNAPSHOT_MIXED",
            )

    @property
    def screened(self) -> bool:
        """Whether any word was tried."""
        return bool(self.tried.any())

    @cached_property
    def screening(self) -> Snapshot:
        """The same without its twin."""
        return self if self.twin is None else replace(self, twin=None)

    @property
    def n_chips(self) -> int:
        """Chips that were screened."""
        return len(self.stuck)

    @cached_property
    def bad(self) -> np.ndarray:
        """Words not to be used for tags of a half, bool [chip, core, neuron, word, half]."""
        tried = self.tried.astype(np.int64)
        failing = self.failed * np.int64(100) > FAILING_ABOVE_PERCENT * tried
        return np.logical_or(failing, tried == 0)

    @cached_property
    def mute(self) -> np.ndarray:
        """Neurons that were asked and never answered, bool [chip, core, neuron]."""
        silent, asked = self.failed == self.tried, self.tried > 0
        return np.asarray(silent.all(axis=(3, 4)) & asked.any(axis=(3, 4)))

    @cached_property
    def unusable(self) -> np.ndarray:
        """Cores in which no word hears a half of the tags, bool [chip, core, half]."""
        return np.asarray(self.bad.all(axis=(2, 3)))

    @cached_property
    def hash(self) -> str:
        """Hash of everything."""
        return content_hash(*_to_content(self))

    def is_of(self, record: Mapping[str, Any]) -> bool:
        """Whether this was measured on the board of an identity record, or was put into it."""
        put_into = {record.get("snapshot"), record.get("screening")}
        return silicon(self.board) == silicon(record) or self.hash in put_into

    def cores(self) -> list[dict[str, Any]]:
        """Per core what is bad, as JSON values; words of stuck neurons count neither way."""
        rows = []
        for chip, core in np.ndindex(self.stuck.shape[:2]):
            tried = self.tried[chip, core] > 0
            failing = self.bad[chip, core] & tried
            rows.append(
                {
                    "chip": chip,
                    "core": core,
                    "words": int(tried[..., HIGH].sum()),
                    "failing_low": int(failing[..., LOW].sum()),
                    "failing_high": int(failing[..., HIGH].sum()),
                    "unusable": [
                        half
                        for half, bad in zip(
                            ("low", "high"), self.unusable[chip, core], strict=True
                        )
                        if bad
                    ],
                    "stuck": int(self.stuck[chip, core].sum()),
                    "mute": int(self.mute[chip, core].sum()),
                }
            )
        return rows

    def save(self, path: str | os.PathLike) -> Path:
        """Write a snapshot file."""
        version = _SCREENING if self.twin is None else _WITH_TWIN
        return write_archive(path, _FORMAT, version, *_to_content(self))

    @staticmethod
    def load(path: str | os.PathLike) -> Snapshot:
        """Read a snapshot file. Raises FileError, or InputError SNAPSHOT_INVALID."""
        return read_content(path, _FORMAT, (_SCREENING, _WITH_TWIN), _from_content)


def unscreened(twin: Twin, chip: ChipSpec = DYNAPSE2) -> Snapshot:
    """A snapshot that holds a twin only."""
    words = np.zeros((*twin.shape, chip.cam_words, 2), np.uint8)
    stuck = np.zeros(twin.shape, np.bool_)
    return Snapshot(twin.board, twin.date, UNSCREENED, words, words, stuck, {}, chip, twin)


def silicon(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a board's identity record that says which chips it has.

    Not how finely they are simulated, how warm they are, or which bit file is loaded.
    """
    measured = ("serial",) if record.get("serial") else ("name",)
    own = _SIMULATED if record.get("target") == "simulated" else measured
    return {key: record.get(key) for key in (*_ALWAYS, *own)}


def chips_of(board: VirtualBoard) -> tuple[Any, ...]:
    """What of a virtual board says which chips it has, as `silicon` of its record; to compare many
    without making records."""
    return tuple(getattr(board, key) for key in _DRAWN)


def silicon_hash(record: Mapping[str, Any]) -> str:
    """Hash of `silicon`: equal for the same chips, under whatever name they were opened."""
    return content_hash(silicon(record), {})


def _to_content(s: Snapshot) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header: dict[str, Any] = {
        "chip": s.chip.name,
        "n_chips": s.n_chips,
        "board": dict(s.board),
        "date": s.date,
        "method": s.method,
        "units": _UNITS,
        "books": dict(s.books),
    }
    arrays = {"tried": s.tried, "failed": s.failed, "stuck": s.stuck}
    if s.twin is not None:
        header["twin"], own = twin_content(s.twin)
        arrays |= own
    return header, arrays


def _from_content(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Snapshot:
    return Snapshot(
        header["board"],
        header["date"],
        header["method"],
        arrays["tried"],
        arrays["failed"],
        arrays["stuck"],
        header["books"],
        CHIPS[header["chip"]],
        twin_from(header["twin"], arrays) if "twin" in header else None,
    )
