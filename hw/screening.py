"""Screening: ask every CAM word of a board whether it hears, for both halves of the tags.

Through the board protocol only: registers and events. First a quiet time: neurons that spike in
more than a tenth of its trials are stuck, and silenced for the rest. Then, per half, trials in
which every word of every neuron is asked once; a neuron answers if it spikes in the slot of the
word. The words are asked in another order in every trial, so that no word is always judged in the
wake of the same other one.

What the link did is not the silicon's fault: books that do not balance end a screening, and a trial
in which a word may not have been asked, or not in its slot, is put again (hw/ledger.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import comb
from typing import NamedTuple

import numpy as np

from ..models.errors import IncompleteError, InputError
from .board import Board, Trial
from .chip import ChipSpec
from .events import Events
from .ledger import ATTEMPTS, Ledger
from .screening_program import BURST_US, SLOT_US, asking, quiet, registers, senders
from .snapshot import FAILING_ABOVE_PERCENT, HIGH, LOW, MOST_TRIALS, Snapshot

METHOD = "analoop-screening-2"
"""Names registers, stimulus and rule; changes whenever one of them does."""

TRIALS = 10
"""Times each word is asked unless told otherwise: one failure of ten is not yet bad."""

MOST_LOST = 0.02
"""Share of the words of a trial that may be lost on the way [1]: a burst is then lost whole once in
a hundred thousand times."""
LEAST_SPIKES = 2
"""Spikes of an answer, on mismatched simulated chips."""
MOST_FALSE = 0.5
"""Good words, at most, that a screening may be expected to call bad for answers that were lost."""

Progress = Callable[[int, int, str], None]


class _Screened(NamedTuple):
    """What is under screening."""

    ledger: Ledger
    n_chips: int
    trials: int
    books: Counter[str]
    """What every event was counted as."""

    @property
    def chip(self) -> ChipSpec:
        """Kind of chip."""
        return self.ledger.board.chip

    @property
    def shape(self) -> tuple[int, int, int]:
        """[chip, core, neuron]."""
        return self.n_chips, self.chip.cores, self.chip.neurons_per_core


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
        IncompleteError: UNBALANCED, the books of the board do not balance; WORDS_LOST, the link
            loses so much that words were not asked, however often it was tried, or that good ones
            would be among the bad.
    """
    chip = board.chip
    if not (1 <= n_chips <= chip.max_chips and 1 <= trials <= MOST_TRIALS):
        raise InputError(
            f"cannot screen {n_chips} chips in {trials} trials: chips are 1..{chip.max_chips}, "
            f"trials 1..{MOST_TRIALS}",
            code="SCREENING",
        )
    screened = _Screened(Ledger(board), n_chips, trials, Counter())
    stuck = _stuck(screened, progress)
    answered = [_answers(screened, half, stuck, progress) for half in (LOW, HIGH)]
    asked = np.where(stuck, 0, trials)[..., None, None]
    tried = np.broadcast_to(asked, (*screened.shape, chip.cam_words, 2))
    failed = np.where(tried > 0, trials - np.stack(answered, axis=-1), 0)
    progress(3 * trials, 3 * trials, "done")
    books = dict(sorted((screened.ledger.books | screened.books).items()))
    found = Snapshot(board.identity.record(), date, METHOD, tried, failed, stuck, books, chip)
    _check_loss(found, trials)
    return found


def _check_loss(found: Snapshot, trials: int) -> None:
    """Refuse a screening that may call words bad whose answers were lost.

    Real boards do not know what is lost on the way back: as much, it is taken, as on the way in.
    """
    books, asked = found.books, int((found.tried > 0).sum())
    lost_in, lost_out = books.get("lost_in", 0), books.get("lost_out", 0)
    came = books["answers"] + books.get("set_aside", 0)
    share = max(lost_in / max(1, books["words"]), lost_out / max(1, lost_out + came))
    expected = asked * _called_bad(share, trials)
    if expected <= MOST_FALSE or not found.failed.any():
        return
    more = range(trials + 1, MOST_TRIALS + 1)
    enough = next((n for n in more if asked * _called_bad(share, n) <= MOST_FALSE), None)
    remedy = "try another cable or port" + (f", or {enough} trials" if enough else "")
    raise IncompleteError(
        f"{found.board['name']} lost {share:.2%} of its words on the way: as answers are lost too, "
        f"{expected:.1f} good words of {asked} would be called bad in {trials} trials: {remedy}",
        code="WORDS_LOST",
        partial=None,
        exit_code=4,
    )


def _called_bad(share: float, trials: int) -> float:
    """Chance that a good word fails too often when this share of all spikes is lost [1]."""
    p, most = share**LEAST_SPIKES, FAILING_ABOVE_PERCENT * trials // 100
    return 1.0 - sum(comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(most + 1))


def _stuck(screened: _Screened, progress: Progress) -> np.ndarray:
    """Neurons that spike without input, bool [chip, core, neuron]."""
    ledger, n_chips, trials, _ = screened
    progress(0, 3 * trials, "neurons that spike without input")
    ledger.program(registers(screened.chip, n_chips, HIGH, np.zeros(screened.shape, bool)))
    spiked = np.zeros(np.prod(screened.shape), np.int64)
    for events in ledger.run_trials([quiet()] * trials):
        neuron = _known(events, screened, "spontaneous")[0]
        spiked[np.unique(neuron)] += 1
    return (spiked * 100 > FAILING_ABOVE_PERCENT * trials).reshape(screened.shape)


def _answers(screened: _Screened, half: int, stuck: np.ndarray, progress: Progress) -> np.ndarray:
    """Trials in which each word was heard, int64 [chip, core, neuron, word]."""
    ledger, n_chips, trials, _ = screened
    chip = screened.chip
    ledger.program(registers(chip, n_chips, half, stuck))
    heard = np.zeros((np.prod(screened.shape), chip.cam_words), np.int64)
    name = f"words that hear the {('lower', 'upper')[half]} tags"
    for number in range(trials):
        progress((1 + half) * trials + number, 3 * trials, name)
        order = np.random.default_rng([half, number]).permutation(chip.cam_words)
        neuron, slot = _trial(screened, asking(chip, n_chips, half, order), name)
        answers = np.unique(np.stack([neuron, order[slot]]), axis=1)
        np.add.at(heard, tuple(answers), 1)
    return heard.reshape(*screened.shape, chip.cam_words)


def _trial(screened: _Screened, trial: Trial, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Neuron and slot of every answer, of a trial in which every word was asked in its slot.

    No burst is lost whole where fewer words are than it has. Where more are, few enough, it was not
    if anyone answered: it goes to all cores of a chip, and one event of it is enough.

    Raises:
        IncompleteError: WORDS_LOST.
    """
    ledger, books = screened.ledger, screened.books
    for _ in range(ATTEMPTS):
        (events,) = ledger.run_trials([trial])
        neuron, time = _known(events, screened, "answers", trial)
        slot = time // SLOT_US
        answered = np.zeros((screened.n_chips, trial.duration_us // SLOT_US), bool)
        answered[neuron // screened.chip.neurons, slot] = True
        few = ledger.lost <= MOST_LOST * ledger.sent and answered.all()
        if not ledger.late and (few or ledger.lost < len(BURST_US)):
            return neuron, slot
        books["answers"] -= len(neuron)
        books["set_aside"] += len(neuron)
    raise ledger.gave_up(f"for {name}")


def _known(
    events: Events, screened: _Screened, kind: str, trial: Trial | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Neuron and time [us] of the events that are of the board's neurons and, with a trial, within
    it; every event goes into one book, those as `kind`, control words into the ledger's."""
    neuron, control = senders(events, screened.chip, screened.n_chips)
    known, time = neuron >= 0, events.time_us
    inside = known if trial is None else known & (time >= 0) & (time < trial.duration_us)
    for name, which in (
        (kind, inside), ("outside", known & ~inside), ("foreign", ~known & ~control),
    ):  # fmt: skip
        screened.books[name] += int(which.sum())
    return neuron[inside], time[inside]
