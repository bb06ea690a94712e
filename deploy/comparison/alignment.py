"""Recordings of one program and stimulus, grouped by board and aligned by model neuron.

Columns are brought into the program's order by their names; nothing is matched by column number
or tag. What cannot be compared is refused, with everything that is wrong at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...hw.snapshot import silicon
from ...models.errors import InputError, Violation
from ...models.partial_recording import PartialRecording
from ...models.recording import Recording, Stimulus
from ..program import Program
from ..recorded import check_recording

LEAST_BOARDS = 2
"""A comparison needs two boards."""

_REMEDIES = {
    "program": ("COMPARE_PROGRAM", "compare recordings of one program"),
    "stimulus": ("COMPARE_STIMULUS", "compare recordings of one stimulus"),
    "neurons": ("COMPARE_NEURONS", "record with this program"),
    "trials": ("COMPARE_TRIALS", "record every trial of the stimulus"),
    "books": ("COMPARE_UNBALANCED", "record it again: events are missing without a trace"),
}
"""Code and way out of each fault of a recording that keeps it out of a comparison."""


@dataclass(frozen=True, eq=False)
class BoardRecordings:
    """The repeats of one board, columns in the program's order."""

    name: str
    """What the board is called in the comparison."""
    recordings: tuple[Recording, ...]
    """One per repeat, in the order given."""

    @cached_property
    def counts(self) -> np.ndarray:
        """Spikes, int64 [repeat, trial, neuron]."""
        return np.stack([recording.counts for recording in self.recordings])

    @property
    def record(self) -> Mapping[str, Any]:
        """Identity record of its first repeat."""
        return self.recordings[0].board


def align(
    program: Program,
    stimulus: Stimulus,
    recordings: Sequence[Recording],
    boards: Sequence[str] = (),
) -> tuple[BoardRecordings, ...]:
    """Group recordings by board, in the order in which boards first appear.

    Args:
        boards: which board each recording is of, in any words, one silicon per name; empty:
            recordings of the same silicon (hw.snapshot.silicon) are repeats of one board.

    Raises:
        InputError: NOT_COMPARABLE, with every reason and the recordings it holds for.
    """
    found = list(_violations(program, stimulus, recordings, boards))
    if found:
        raise InputError("\n".join(map(str, found)), code="NOT_COMPARABLE")
    groups: dict[str, list[Recording]] = {}
    for key, recording in zip(_keys(recordings, boards), recordings, strict=True):
        groups.setdefault(key, []).append(_in_order(recording, program.names))
    if len(groups) < LEAST_BOARDS:
        raise InputError(
            f"{len(recordings)} recordings of {len(groups)} board(s) ({'; '.join(groups)}): a "
            "comparison needs two; if they are of different boards that are simulated from the "
            "same numbers, say which is of which board",
            code="NOT_COMPARABLE",
        )
    names = list(groups) if boards else _names(list(groups.values()))
    return tuple(
        BoardRecordings(name, tuple(group))
        for name, group in zip(names, groups.values(), strict=True)
    )


def _keys(recordings: Sequence[Recording], boards: Sequence[str]) -> list[str]:
    """What tells the boards apart, one per recording."""
    return list(boards) or [_silicon(r) for r in recordings]


def _silicon(recording: Recording) -> str:
    """Which chips it is of; the same text for the same chips."""
    return json.dumps(silicon(recording.board), sort_keys=True)


def named_by_silicon(recordings: Sequence[Recording], labels: Sequence[str]) -> list[str]:
    """A board for each recording, as `align` takes them: for each silicon the first of its labels.

    Args:
        labels: what each recording's board was called; one board may have been called differently.
    """
    first: dict[str, str] = {}
    for recording, label in zip(recordings, labels, strict=True):
        first.setdefault(_silicon(recording), label)
    return [first[_silicon(recording)] for recording in recordings]


def _names(groups: Sequence[Sequence[Recording]]) -> list[str]:
    """A name per board: that of its first recording, numbered where two boards share it."""
    wanted = [str(group[0].board["name"]) for group in groups]
    return [
        name if wanted.count(name) == 1 else f"{name} ({wanted[: k + 1].count(name)})"
        for k, name in enumerate(wanted)
    ]


def _in_order(recording: Recording, names: Sequence[str]) -> Recording:
    """The recording with its columns in the order of these names."""
    if recording.names == tuple(names):
        return recording
    place = {name: k for k, name in enumerate(names)}
    column = np.array([place[name] for name in recording.names], np.int64)
    neuron = column[recording.neuron]
    order = np.lexsort((neuron, recording.time_us, recording.trial))
    trial, time = recording.trial[order], recording.time_us[order]
    return replace(recording, names=tuple(names), trial=trial, time_us=time, neuron=neuron[order])


def _violations(
    program: Program, stimulus: Stimulus, recordings: Sequence[Any], boards: Sequence[str]
) -> Iterator[Violation]:
    """Why these cannot be compared."""
    if boards and len(boards) != len(recordings):
        yield Violation(
            "COMPARE_BOARDS", "the comparison", f"a board for each of {len(recordings)} recordings",
            f"{len(boards)} were named", "name one per recording, or none",
        )  # fmt: skip
    for number, recording in enumerate(recordings):
        what = f"recording {number}"
        if isinstance(recording, PartialRecording):
            yield Violation(
                "COMPARE_PARTIAL", what, "to be whole",
                f"it is partial ({recording.cause})", "record it again, or leave it out",
            )  # fmt: skip
            continue
        what += f" ({recording.board.get('name', 'unnamed board')})"
        for fault in check_recording(recording, program, stimulus):
            if fault.kind in _REMEDIES:  # columns in another order are brought into the program's
                code, remedy = _REMEDIES[fault.kind]
                yield Violation(code, what, fault.need, fault.found, remedy)
    whole = [r for r in recordings if isinstance(r, Recording)]
    yield from _counted_twice(whole)
    if len(whole) == len(boards):
        yield from _shared_names(whole, boards)


def _counted_twice(recordings: Sequence[Recording]) -> Iterator[Violation]:
    """Recordings that are given twice, so that one repeat would pass for two."""
    first: dict[str, int] = {}
    for number, recording in enumerate(recordings):
        before = first.setdefault(recording.hash, number)
        varied = [recording.board.get(name) for name in ("noise", "loss", "jitter_us")]
        # A simulation without noise repeats itself truly.
        if before < number and (any(varied) or recording.board.get("target") == "measured"):
            yield Violation(
                "COMPARE_TWICE", f"recording {number}", "to be another than those before it",
                f"it is recording {before} once more ({recording.hash[:12]})", "give it once",
            )  # fmt: skip


def _shared_names(recordings: Sequence[Recording], boards: Sequence[str]) -> Iterator[Violation]:
    """Names that stand for different chips."""
    chips: dict[str, dict[str, str]] = {}
    for recording, board in zip(recordings, boards, strict=True):
        told = str(recording.board.get("serial") or recording.board.get("name"))
        chips.setdefault(board, {}).setdefault(_silicon(recording), told)
    for board, found in chips.items():
        if len(found) > 1:
            yield Violation(
                "COMPARE_NAMES", f"board {board!r}", "recordings of one board",
                f"they are of {len(found)}: {', '.join(found.values())}",
                "give each its own name; or give recordings instead of folders, which are told "
                "apart by their silicon",
            )  # fmt: skip
