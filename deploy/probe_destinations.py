"""Does every destination word deliver its tag to every core of its mask, and nowhere else?

Sources fire by direct current and have all their destination words; the others reach only the
host, so nothing is passed on. Listeners are neurons whose CAM words were found to hear. Sources
that do not disturb each other's listeners share an image; if anything in it is not as it should
be, each of them gets an image of its own, so that what is wrong belongs to one neuron.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from ..models.parameters import DENDRITES
from .probe_images import EXCITING, Examiner, Image, Mode
from .probe_plan import Question, Source, bits_of, grouped, plan, unasked, union
from .probe_report import FAILED, Failure, place
from .probe_synapses import Hearing
from .program import Program

LOOK_US = 100_000
"""How long an image is looked at [us]: some twelve spikes of every source."""


class Wrong(NamedTuple):
    """What one source did otherwise."""

    missing: tuple[Question, ...] = ()
    """What did not arrive."""
    besides: int = 0
    """Neurons that heard it and should not have, as bits."""


def deliver(
    examiner: Examiner, hearing: Hearing, alone: np.ndarray
) -> tuple[list[str], list[Failure]]:
    """Probe every destination word but the monitor words.

    Args:
        alone: neurons that can be judged, bool [neuron].

    Returns:
        What became of each word, and what was found wrong.
    """
    outcomes, asked = plan(examiner.program, hearing, alone)
    wrong: dict[int, Wrong] = defaultdict(Wrong)
    for mode, sources in asked.items():
        if sources:
            for n, more in _Asking(examiner, hearing, mode, sources).all_wrong(alone).items():
                old = wrong[n]
                wrong[n] = Wrong(old.missing + more.missing, old.besides | more.besides)
    failures = []
    for n, found in sorted(wrong.items()):
        lost = {q.word for q in found.missing}
        outcomes |= dict.fromkeys(lost, FAILED)
        failures += _failures(examiner.program, n, found)
    return list(outcomes.values()), failures


class _Asking:
    """Asks for sources in one mode."""

    def __init__(self, examiner: Examiner, hearing: Hearing, mode: Mode, sources: list[Source]):
        self._examiner, self._mode, self._sources = examiner, mode, sources
        self._driven: np.ndarray | None = None
        if mode is not EXCITING:
            # Everyone who can be silenced has to fire.
            kinds = [DENDRITES.index(d) for d in mode.dendrites]
            driven = np.any(hearing.listening.expected[kinds], axis=(0, 2), keepdims=True)[0, :, 0]
            driven[[s.neuron for s in sources]] = True
            examiner.say("destinations: how fast neurons fire when left alone")
            self._driven = driven
            self._left_alone = examiner.counts(Image(driven, mode.dendrites), LOOK_US)

    def all_wrong(self, alone: np.ndarray) -> dict[int, Wrong]:
        """What was wrong at neurons that can be judged, by source."""
        found: dict[int, Wrong] = {}
        judged = bits_of(np.flatnonzero(alone))
        groups = grouped(self._sources, self._mode)
        for number, group in enumerate(groups):  # grows: a group that is wrong is taken apart
            dendrites = " and ".join(self._mode.dendrites)
            self._examiner.say(f"destinations: image {number + 1} of {len(groups)}, {dendrites}")
            wrong = self._wrong(group, judged)
            if wrong is not None and len(group) > 1:
                groups += [[source] for source in group]
            elif wrong is not None:
                found[group[0].neuron] = wrong
        return found

    def _wrong(self, group: list[Source], judged: int) -> Wrong | None:
        """What a group did otherwise; None: nothing."""
        answered = self._answered(group) & judged
        heard = [
            (q, q.listeners & ~unasked(group, source, self._mode) & answered)
            for source in group
            for q in source.questions
        ]
        known = union(s.reach for s in group)
        if self._mode is EXCITING:
            known |= bits_of(s.neuron for s in group)
        wrong = Wrong(tuple(q for q, by in heard if not by), answered & ~known)
        return None if wrong == Wrong() else wrong

    def _answered(self, group: list[Source]) -> int:
        """Neurons that were excited, or silenced, as bits."""
        sending = np.zeros(len(self._examiner.program.neurons), bool)
        sending[[s.neuron for s in group]] = True
        driven = sending if self._driven is None else self._driven
        image = Image(driven, self._mode.dendrites, sending=sending)
        counts = self._examiner.counts(image, LOOK_US)
        if self._driven is None:
            return bits_of(np.flatnonzero(counts))
        return bits_of(np.flatnonzero(driven & (2 * counts < self._left_alone)))


def _failures(program: Program, n: int, wrong: Wrong) -> list[Failure]:
    """One failure for each word that did not arrive; or one for all that arrived besides."""
    besides = [k for k in range(len(program.neurons)) if wrong.besides >> k & 1]
    instead = ""
    if besides:
        more = f" and {len(besides) - 1} others hear" if len(besides) > 1 else " hears"
        instead = f"{place(program, besides[0])}{more} it"
    failures = []
    for row in sorted({q.word for q in wrong.missing}):
        word = program.configuration.destinations[row]
        cores = [f"chip {q.place[0]} core {q.place[1]}" for q in wrong.missing if q.word == row]
        found = f"did not arrive at {', '.join(cores)}" + (instead and f"; {instead} instead")
        register = _spelled(word)
        failures.append(
            Failure("NOT_DELIVERED", n, place(program, n), int(word["word"]), register, found)
        )
    if besides and not failures:
        found = f"{instead}, to which none of its destination words leads"
        failures.append(Failure("DELIVERED_BESIDES", n, place(program, n), None, "", found))
    return failures


def _spelled(word: np.void) -> str:
    cores = [str(core) for core in range(8) if int(word["cores"]) >> core & 1]
    return f"tag {word['tag']} to chip {word['chip'] + word['x_hop']} core {', '.join(cores)}"
