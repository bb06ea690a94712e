"""Screening: ask every CAM word of a board whether it hears, for both halves of the tags.

Through the board protocol only: registers and events. First a quiet time: neurons that spike in
more than a tenth of its trials are stuck, and silenced for the rest. Then, per half, trials in
which every word of every neuron is asked once; a neuron answers if it spikes in the slot of the
word. The words are asked in another order in every trial, so that no word is always judged in the
wake of the same other one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..models.errors import InputError
from .board import Board, Trial
from .events import Events
from .screening_program import SLOT_US, asking, quiet, registers, senders
from .snapshot import FAILING_ABOVE_PERCENT, HIGH, LOW, MOST_TRIALS, Snapshot

METHOD = "analoop-screening-1"
"""Names registers, stimulus and rule; changes whenever one of them does."""

TRIALS = 10
"""Times each word is asked unless told otherwise: one failure of ten is not yet bad."""

Progress = Callable[[int, int, str], None]


class _Screened(NamedTuple):
    """What is under screening."""

    board: Board
    n_chips: int
    trials: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """[chip, core, neuron]."""
        return self.n_chips, self.board.chip.cores, self.board.chip.neurons_per_core


def screen(
    board: Board,
    date: str,
    n_chips: int = 1,
    trials: int = TRIALS,
    progress: Progress = lambda done, planned, what: None,
) -> Snapshot:
    """Screen every CAM word and neuron of a board.

    The board is left with a screening program; nothing of what it held before is kept.

    Args:
        date: when this is done, ISO 8601; it goes into the snapshot.
        n_chips: chips to screen, from chip 0 on.
        trials: how often every word is asked, 1..255.
        progress: told trials done, trials planned and what the next ones ask.

    Raises:
        InputError: SCREENING, for a number of chips or trials that cannot be.
        RegisterError: the board cannot make what the screening programs.
    """
    chip = board.chip
    if not (1 <= n_chips <= chip.max_chips and 1 <= trials <= MOST_TRIALS):
        raise InputError(
            f"cannot screen {n_chips} chips in {trials} trials: chips are 1..{chip.max_chips}, "
            f"trials 1..{MOST_TRIALS}",
            code="SCREENING",
        )
    screened, books = _Screened(board, n_chips, trials), Counter()
    stuck = _stuck(screened, books, progress)
    answered = [_answers(screened, half, stuck, books, progress) for half in (LOW, HIGH)]
    asked = np.where(stuck, 0, trials)[..., None, None]
    tried = np.broadcast_to(asked, (*screened.shape, chip.cam_words, 2))
    failed = np.where(tried > 0, trials - np.stack(answered, axis=-1), 0)
    progress(3 * trials, 3 * trials, "done")
    return Snapshot(
        board.identity.record(), date, METHOD, tried, failed, stuck, dict(sorted(books.items())),
        chip,
    )  # fmt: skip


def _stuck(screened: _Screened, books: Counter, progress: Progress) -> np.ndarray:
    """Neurons that spike without input, bool [chip, core, neuron]."""
    board, n_chips, trials = screened
    progress(0, 3 * trials, "neurons that spike without input")
    board.program(registers(board.chip, n_chips, HIGH, np.zeros(screened.shape, bool)))
    spiked = np.zeros(np.prod(screened.shape), np.int64)
    for events in board.run_trials([quiet()] * trials):
        neuron = _known(events, screened, books, "spontaneous")[0]
        spiked[np.unique(neuron)] += 1
    return (spiked * 100 > FAILING_ABOVE_PERCENT * trials).reshape(screened.shape)


def _answers(
    screened: _Screened, half: int, stuck: np.ndarray, books: Counter, progress: Progress
) -> np.ndarray:
    """Trials in which each word was heard, int64 [chip, core, neuron, word]."""
    board, n_chips, trials = screened
    chip = board.chip
    board.program(registers(chip, n_chips, half, stuck))
    heard = np.zeros((np.prod(screened.shape), chip.cam_words), np.int64)
    for number in range(trials):
        name = ("lower", "upper")[half]
        progress((1 + half) * trials + number, 3 * trials, f"words that hear the {name} tags")
        order = np.random.default_rng([half, number]).permutation(chip.cam_words)
        trial = asking(chip, n_chips, half, order)
        (events,) = board.run_trials([trial])
        neuron, time = _known(events, screened, books, "answers", trial)
        answers = np.unique(np.stack([neuron, order[time // SLOT_US]]), axis=1)
        np.add.at(heard, tuple(answers), 1)
    return heard.reshape(*screened.shape, chip.cam_words)


def _known(
    events: Events, screened: _Screened, books: Counter, kind: str, trial: Trial | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Neuron and time [us] of the events that are of the board's neurons and, with a trial, within
    it; every event goes into one book, those as `kind`."""
    neuron, control = senders(events, screened.board.chip, screened.n_chips)
    known, time = neuron >= 0, events.time_us
    inside = known if trial is None else known & (time >= 0) & (time < trial.duration_us)
    for name, which in (
        (kind, inside), ("outside", known & ~inside), ("control", control),
        ("foreign", ~known & ~control),
    ):  # fmt: skip
        books[name] += int(which.sum())
    return neuron[inside], time[inside]
