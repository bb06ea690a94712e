"""What a page shows of boards: accuracy, and what every neuron did and how far off that is.

From recordings, or from the record of a comparison where there are none. Worst boards come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...models.recording import Recording
from ..comparison.alignment import BoardRecordings
from ..comparison.responses import Responses, responses
from ..labelled import answerable_targets
from ..metrics import mean_rate_hz, median_of_others, repeated_accuracy
from ..program import Program
from ..recorded import need_recording
from ..recordings.recording_set import RecordingSet

QUANTITIES = ("rate_hz", "latency_us", "isi_us", "isi_cv")
"""What is said of every neuron, as `Responses` defines it."""


@dataclass(frozen=True, eq=False)
class BoardView:
    """One board on a page."""

    name: str
    """What it is called."""
    target: str
    """'simulated' or 'measured'."""
    accuracy: float | None
    """Share of trials decided right, mean over repeats [1]; None: there are no right answers that
    the program could give."""
    interval: tuple[float, float] | None
    """Exact 95 % interval of that, over trials like these [1]."""
    rate_hz: float
    """Mean over neurons, trials and repeats [Hz]."""
    hashes: tuple[str, ...]
    """Of its recordings."""
    responses: Responses
    """What its neurons did."""
    plays: tuple[Recording, ...] = ()
    """Its recordings, columns in the program's order; none if only a comparison is known."""


@dataclass(frozen=True, eq=False)
class Boards:
    """Boards that were played the same, worst first."""

    views: tuple[BoardView, ...]
    """By accuracy, lowest first; by deviation where there are no right answers."""
    names: tuple[str, ...]
    """Of the neurons, which are the columns of what follows."""
    address: np.ndarray | None
    """(chip, core, neuron) of each, int64 [neuron, 3]; None: not known."""

    @cached_property
    def rates_hz(self) -> np.ndarray:
        """Mean rate of every neuron [Hz], float64 [board, neuron]."""
        return np.stack([view.responses.rate_hz for view in self.views])

    @cached_property
    def deviations_hz(self) -> np.ndarray:
        """Rate less the median rate of the other boards [Hz], float64 [board, neuron]."""
        return deviations_hz(self.rates_hz)

    def worst_neurons(self, board: int) -> np.ndarray:
        """Neurons by how far off they are on a board, farthest first, int64 [neuron]."""
        return np.argsort(-np.abs(self.deviations_hz[board]), kind="stable")


def deviations_hz(rates_hz: np.ndarray) -> np.ndarray:
    """Rate less the median of the other boards, [board, neuron]; 0 with no other board."""
    if len(rates_hz) < 2:
        return np.zeros_like(rates_hz)
    return rates_hz - median_of_others(rates_hz)


def from_recordings(found: RecordingSet) -> Boards:
    """The boards of a recording set.

    Raises:
        InputError: WRONG_RECORDING, of another program or stimulus, or of other neurons;
            UNBALANCED.
    """
    views = []
    for name in found.boards:
        plays = tuple(_checked(take.recording, found) for take in found.of(name))
        answers = responses(BoardRecordings(name, plays))
        rate = float(np.mean([mean_rate_hz(play) for play in plays]))
        share, interval = _share(plays, found)
        target = str(plays[0].board["target"])
        hashes = tuple(play.hash for play in plays)
        views.append(BoardView(name, target, share, interval, rate, hashes, answers, plays))
    return _sorted(views, found.program.names, found.program.address)


def from_comparison(record: Mapping[str, Any], program: Program | None = None) -> Boards:
    """The boards of a comparison's record, whose recordings are not there.

    Args:
        program: to know where neurons are.
    """
    answers = {one["board"]: one["neurons"] for one in record["responses"]}
    views = []
    for one in record["boards"]:
        columns = [np.array(answers[one["name"]][q], np.float64) for q in QUANTITIES]
        low, high = one["accuracy_low"], one["accuracy_high"]
        views.append(
            BoardView(
                one["name"],
                one["target"],
                one["accuracy"],
                None if low is None else (low, high),
                one["rate_hz"],
                tuple(one["recordings"]),
                Responses(one["name"], *columns),
            )
        )
    return _sorted(views, tuple(record["names"]), None if program is None else program.address)


def _sorted(
    views: Sequence[BoardView], names: tuple[str, ...], address: np.ndarray | None
) -> Boards:
    off = np.abs(deviations_hz(np.stack([v.responses.rate_hz for v in views]))).mean(axis=1)
    none = any(view.accuracy is None for view in views)
    keys = [-off[k] if none else view.accuracy for k, view in enumerate(views)]
    order = sorted(range(len(views)), key=lambda k: (keys[k], -off[k], views[k].name))
    return Boards(tuple(views[k] for k in order), names, address)


def _share(
    plays: Sequence[Recording], found: RecordingSet
) -> tuple[float | None, tuple[float, float] | None]:
    """Mean accuracy over repeats, and its interval over trials, as a comparison has them."""
    program = found.program
    target, _ = answerable_targets(program, found.stimulus)
    if not len(target):
        return None, None
    return repeated_accuracy(plays, program.readout, target)


def _checked(recording: Recording, found: RecordingSet) -> Recording:
    need_recording(recording, found.program, found.stimulus)
    return recording
