"""Which CAM words of a neuron do not hear: what would each loss have done, trial by trial?

For a neuron that was found to deviate, the nominal chip is asked what the spikes that arrived on
that board would have made of it with each of its words deaf in turn. The loss whose pattern over
the trials explains most of the difference from the other boards is taken, then the next, until
none explains more than chance would among so many. SIMULATED inference: a suspicion with evidence,
to be confirmed by a screening.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .alignment import BoardRecordings
from .replay import Replay

FALSE_WORDS = 0.01
"""Probability with which a neuron that lost none gets a word to its name, about [1]."""
LEAST_SHARE = 0.2
"""Share of a neuron's difference that the loss of a word must explain to be named [1]."""
LATER_SHARE = 0.08
"""The same of a second word or a later one, of which there is less left to explain [1]."""
LATER_ALTERNATIVES = 3
"""Most words that may explain it as well, for a second word or a later one to be named."""
_ROUNDING = 1.0 / 12.0
"""Variance of a count that was rounded to whole spikes."""


@dataclass(frozen=True)
class SuspectWord:
    """A CAM word that seems not to hear."""

    word: int
    """Which word of the neuron."""
    sources: tuple[str, ...]
    """What it listens to: neurons of the program, or input channels."""
    explained: float
    """Share of the squared difference from the other boards that its loss explains, after the
    words before it [1]."""
    alternatives: int
    """Other words of the neuron whose loss would explain it about as well."""

    def record(self) -> dict:
        """As JSON values."""
        return {**vars(self), "sources": list(self.sources)}


@dataclass(frozen=True, eq=False)
class WordLosses:
    """What the loss of every word would do to one board's neurons."""

    unexplained: np.ndarray
    """Spikes beyond those of the whole neuron, as the other boards have it [trial, neuron]."""
    effect: np.ndarray
    """Spikes that the loss of each word adds [word, trial, neuron]; 0 where there is none."""


def word_losses(
    replay: Replay, boards: Sequence[BoardRecordings], odd: int, log_gain: np.ndarray
) -> WordLosses:
    """Replay board number `odd` with every word deaf in turn.

    Args:
        log_gain: of every neuron on every board as it should be, [board, neuron].
    """
    circuits, column = replay.circuits, replay.column
    gain = np.where(column >= 0, np.exp(log_gain[:, column]), 1.0)
    words = np.arange(replay.program.configuration.chip.cam_words)
    kept = circuits.cam_word != words[:, None]
    scale = np.concatenate([np.ones((1, len(column)), bool), kept]) * gain[odd]
    made = replay.counts(boards[odd].recordings[0], scale)
    beyond = [
        board.counts[:, replay.trials].mean(axis=0)
        - (made[0] if b == odd else replay.counts(board.recordings[0], gain[b : b + 1])[0])
        for b, board in enumerate(boards)
    ]
    others = np.median(np.delete(np.stack(beyond), odd, axis=0), axis=0)
    return WordLosses(beyond[odd] - others, made[1:] - made[:1])


def suspects(replay: Replay, losses: WordLosses, neuron: int) -> tuple[SuspectWord, ...]:
    """The words of a neuron (recording column) that seem not to hear, most telling first."""
    from scipy.stats import chi2

    left, effect = losses.unexplained[:, neuron].copy(), losses.effect[:, :, neuron]
    whole, found = float((left**2).sum()), []
    free = (effect != 0).any(axis=1)
    while whole and free.any():
        error = ((left - effect) ** 2).sum(axis=1)
        before = float((left**2).sum())
        gained = np.where(free, _evidence(before, error, len(left)), 0.0)
        best = int(gained.argmax())
        share = (before - float(error[best])) / whole
        worth = chi2.isf(FALSE_WORDS / len(effect), 1)
        as_good = int((gained >= gained[best] - worth).sum()) - 1
        if gained[best] <= worth or share < (LATER_SHARE if found else LEAST_SHARE):
            break
        if found and as_good > LATER_ALTERNATIVES:
            break
        found.append(SuspectWord(best, _sources(replay, neuron, best), share, as_good))
        left -= effect[best]
        free[best] = False
    return tuple(found)


def _evidence(before: float, after: np.ndarray, trials: int) -> np.ndarray:
    """Twice the gain in log likelihood when squares over the trials fall from `before` to `after`,
    counts being known to whole spikes only."""
    rounding = trials * _ROUNDING
    return trials * np.log((before + rounding) / (after + rounding))


def _sources(replay: Replay, neuron: int, word: int) -> tuple[str, ...]:
    """What a CAM word listens to, by the program's names."""
    program = replay.program
    mine = np.flatnonzero((replay.column == neuron) & (replay.circuits.cam_word == word))
    heard = [k for k, reached in enumerate(replay.reached) if np.isin(mine, reached).any()]
    names = {int(place): program.names[k] for k, place in enumerate(replay.place)}
    first = len(replay.circuits.address)
    return tuple(
        names.get(k, "a neuron without a column")
        if k < first
        else f"input channel {int(program.inputs['source'][k - first])}"
        for k in heard
    )
