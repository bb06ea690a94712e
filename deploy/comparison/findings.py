"""Which core of which board deviates, and which neurons, in words that name them.

The numbers behind are differences in effective gain (gains.py) from the other boards
(deviations.py); where a neuron lost single inputs, words.py says which it may have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from .alignment import BoardRecordings
from .awake import spikes_per_repeat
from .deviations import Deviations
from .gains import Gains
from .replay import Replay
from .words import SuspectWord, suspects, word_losses


@dataclass(frozen=True)
class Finding:
    """One thing that is unlike on one board."""

    kind: Literal["core", "neuron"]
    """What deviates."""
    board: str
    """On which board."""
    name: str
    """What it is called: "chip 0 core 1", or "neuron 3 of 'output'"."""
    place: tuple[int, ...]
    """(chip, core), or (chip, core, neuron)."""
    change: float
    """Effective gain over that of the other boards, less one [1]: -.15 is 15 % lower. A neuron's
    is what is left after its core's."""
    error: float
    """Standard error of its natural logarithm [1]; 0: not known, of one that is awake."""
    p: float
    """Of a difference this large where there is at most the margin; Holm over all boards, cores
    or neurons [1]."""
    silent: bool = False
    """Whether it never spiked in the trials that were looked at."""
    awake: bool = False
    """Whether it spikes where the other boards hardly do: `change` is then that of its spikes."""
    words: tuple[SuspectWord, ...] = ()
    """CAM words that seem not to hear; empty: none stands out."""

    @property
    def direction(self) -> Literal["lower", "higher"]:
        """Of the change."""
        return "lower" if self.change < 0 else "higher"

    @property
    def sentence(self) -> str:
        """As people say it."""
        what = f"{self.board}: {self.name}"
        if self.kind == "neuron":
            what += " (chip {} core {} neuron {})".format(*self.place)
        said = f"{what} has {abs(self.change):.1%} {self.direction} effective gain"
        if self.awake:
            said = f"{what} spikes {self.change + 1:.0f} times as often as on the others"
        if self.silent:
            said = f"{what} is silent"
        said += f" (p {self.p:.1g})"
        return said + "".join(f"; {_told(word)}" for word in self.words)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        words = [word.record() for word in self.words]
        more = {"direction": self.direction, "sentence": self.sentence, "words": words}
        return asdict(self) | {"place": list(self.place)} | more


def _told(word: SuspectWord) -> str:
    source = ", ".join(word.sources) or "nothing"
    told = f"CAM word {word.word} (from {source}) seems deaf"
    return told + (f", or one of {word.alternatives} others" if word.alternatives else "")


def find(
    replay: Replay,
    boards: Sequence[BoardRecordings],
    gains: Gains,
    away: Deviations,
    alpha: float,
) -> tuple[Finding, ...]:
    """Everything that deviates, cores before neurons, boards in their order.

    Args:
        alpha: probability of any false finding, shared between cores and neurons.
    """
    program, found = replay.program, []
    cores = away.core_p < alpha / 2
    for b, k in zip(*np.nonzero(cores), strict=True):
        chip, core = map(int, away.core[k])
        numbers = [float(a[b, k]) for a in (away.of_core, away.core_error, away.core_p)]
        place = (chip, core)
        found.append(_finding("core", boards[b].name, f"chip {chip} core {core}", place, numbers))
    neurons = away.neuron_p < alpha / 2
    for b in np.flatnonzero(neurons.any(axis=1)):
        expected = _expected(gains, away, cores, program.address)
        losses = word_losses(replay, boards, int(b), expected)
        for n in np.flatnonzero(neurons[b]):
            one = _of_neuron(replay, boards[b].name, gains, away, (int(b), int(n)))
            lost = () if one.silent or one.awake else suspects(replay, losses, int(n))
            found.append(replace(one, words=lost))
    return tuple(found)


def unsettled(
    boards: Sequence[str], names: Sequence[str], away: Deviations, alpha: float
) -> tuple[str, ...]:
    """Cores and neurons in which boards differ half against half, so that none can be named."""
    cores = [f"chip {chip} core {core}" for chip, core in away.core.tolist()]
    said: list[str] = []
    kinds: tuple[tuple[Sequence[str], np.ndarray, np.ndarray], ...] = (
        (cores, away.core_p, away.core_shared_p),
        (names, away.neuron_p, away.neuron_shared_p),
    )
    for places, p, shared in kinds:
        hidden = (shared < alpha / 2) & ~(p < alpha / 2).any(axis=0)
        found = np.flatnonzero(hidden.any(axis=0))
        if len(found):
            first = int(found[0])
            who = ", ".join(boards[int(b)] for b in np.flatnonzero(hidden[:, first]))
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            said.append(
                f"not named: {places[first]} ({who}){more}: large differences, but half of "
                "the boards agree with each of these, so which are odd cannot be said"
            )
    return tuple(said)


def _of_neuron(
    replay: Replay, board: str, gains: Gains, away: Deviations, which: tuple[int, int]
) -> Finding:
    """A neuron (board, column) that deviates, without what it may have lost."""
    b, n = which
    spikes = spikes_per_repeat(gains)
    shift, error, p = (float(a[which]) for a in (away.of_neuron, away.neuron_error, away.neuron_p))
    place = tuple(map(int, replay.program.address[n]))
    one = _finding("neuron", board, replay.program.names[n], place, (shift, error, p))
    if np.isnan(shift):
        others = max(0.5, float(np.delete(spikes[:, n], b).mean()))
        return replace(one, change=float(spikes[which]) / others - 1.0, error=0.0, awake=True)
    return replace(one, silent=bool(spikes[which] == 0))


def _finding(
    kind: Literal["core", "neuron"],
    board: str,
    name: str,
    place: tuple[int, ...],
    numbers: Sequence[float],
) -> Finding:
    shift, error, p = numbers
    return Finding(kind, board, name, place, float(np.expm1(shift)), error, p)


def _expected(gains: Gains, away: Deviations, cores: np.ndarray, address: np.ndarray) -> np.ndarray:
    """Log gain every neuron would have if nothing were wrong but its core, [board, neuron]."""
    there = ~np.isnan(gains.log_gain)
    mean = np.where(there, gains.log_gain, 0.0).sum(axis=1) / there.sum(axis=1)
    of = (away.core[:, None] == address[None, :, :2]).all(axis=2).argmax(axis=0)
    common = np.median(mean, axis=0)
    return common + np.where(cores, away.of_core, 0.0)[:, of]
