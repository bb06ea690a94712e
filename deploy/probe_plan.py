"""Which destination words can be asked for, who hears them, and which can be asked at once.

Sets of neurons are whole numbers here: bit k is model neuron k.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import numpy as np

from ..models.parameters import DENDRITES
from .probe_images import EXCITING, INHIBITING, Mode, owners
from .probe_report import PROVED
from .probe_synapses import UNSEEN, Hearing
from .program import Program

MOST_SOURCES = 16
"""In one image."""
OPEN_GROUPS = 64
"""Groups that a source may still join: bounds the search in large programs."""

NOT_FOR_CORES = "it leads to the host and is no monitor word"
UNHEARD = "on a core of its mask, no other neuron was found to hear its tag"

Place = tuple[int, int, int]
"""Where a word goes, and with what: (chip, core, tag)."""


class Question(NamedTuple):
    """Does a word reach a core?"""

    word: int
    """Row in the configuration's destinations."""
    place: Place
    """Where it goes."""
    listeners: int
    """Neurons there that were found to hear it."""


class Source(NamedTuple):
    """A neuron whose words are asked for in one mode."""

    neuron: int
    """Model index."""
    reach: int
    """Neurons that may hear any of its words in this mode."""
    questions: tuple[Question, ...]
    """What is asked."""
    near: tuple[int, ...] = ()
    """Neurons that hear a tag of it on a core where it should not arrive; a set for each core."""


class Plan(NamedTuple):
    """What to ask."""

    outcomes: dict[int, str]
    """What becomes of each destination word but the monitor words, by row, if every answer is as
    it should be."""
    sources: dict[Mode, list[Source]]
    """Whom to ask."""


def plan(program: Program, hearing: Hearing, alone: np.ndarray) -> Plan:
    """Find listeners for every destination word; `alone`: neurons that can be judged."""
    words = program.configuration.destinations
    to_host = words["x_hop"] == program.configuration.chip.host_hop
    owner = owners(program, words)
    known = {m: _listeners(program, hearing, m) for m in (EXCITING, INHIBITING)}
    outcomes = dict.fromkeys(_stray(program, words, owner).tolist(), NOT_FOR_CORES)
    outcomes |= dict.fromkeys(np.flatnonzero(~to_host & (owner < 0)).tolist(), UNSEEN)
    sources: dict[Mode, list[Source]] = {EXCITING: [], INHIBITING: []}
    for n in range(len(alone)):
        rows = np.flatnonzero((owner == n) & ~to_host).tolist()
        outcomes |= dict.fromkeys(rows, PROVED if alone[n] else UNSEEN)
        places = [(row, at) for row in rows if alone[n] for at in _places(words[row])]
        asked: dict[Mode, list[Question]] = {EXCITING: [], INHIBITING: []}
        for row, at in places:
            question = _question(n, row, at, known)
            if question is None:
                outcomes[row] = UNHEARD
            else:
                asked[question[0]].append(question[1])
        for mode, questions in asked.items():
            if questions:
                reach = union(known[mode].may.get(at, 0) for _, at in places)
                near = _near(n, reach, [at for _, at in places], known[mode].hear, mode)
                sources[mode].append(Source(n, reach, tuple(questions), near))
    return Plan(outcomes, sources)


def grouped(sources: list[Source], mode: Mode) -> list[list[Source]]:
    """Put sources that do not disturb each other together, first come, first served."""
    full: list[list[Source]] = []
    groups: list[list[Source]] = []
    for source in sources:
        home = next((g for g in groups if _fit([*g, source], mode)), None)
        if home is None:
            groups.append([source])
        else:
            home.append(source)
        full += [g for g in groups if len(g) == MOST_SOURCES]
        groups = [g for g in groups if len(g) < MOST_SOURCES]
        if len(groups) > OPEN_GROUPS:
            full.append(groups.pop(0))
    return full + groups


def union(sets: Iterable[int]) -> int:
    """Neurons in any of these sets."""
    return reduce(or_, sets, 0)


def bits_of(neurons: Iterable[int]) -> int:
    """A set of these neurons."""
    return union(1 << int(n) for n in neurons)


def unasked(group: list[Source], source: Source, mode: Mode) -> int:
    """Neurons that say nothing about a source of a group, since something else moves them."""
    others = union(s.reach for s in group if s is not source)
    # Sources fire by themselves, so they cannot tell whether they are excited; but they can fall
    # silent.
    return others | (bits_of(s.neuron for s in group) if mode is EXCITING else 0)


def _fit(group: list[Source], mode: Mode) -> bool:
    """Whether every question has a listener that only its source moves, and every core that is to
    be spared one that nobody moves; and no source silences another."""
    for source in group:
        deaf = unasked(group, source, mode)
        if mode is INHIBITING and deaf >> source.neuron & 1:
            return False
        asked = [q.listeners for q in source.questions] + list(source.near)
        if not all(listeners & ~deaf for listeners in asked):
            return False
    return True


class _Listeners(NamedTuple):
    """Neurons by what they hear in a mode."""

    hear: dict[Place, int]
    """Those that were found to."""
    may: dict[Place, int]
    """Those that were found to, or should."""


def _listeners(program: Program, hearing: Hearing, mode: Mode) -> _Listeners:
    kinds = [DENDRITES.index(d) for d in mode.dendrites]
    found = hearing.heard[kinds].any(axis=0)
    either = found | hearing.listening.expected[kinds].any(axis=0)
    chips, cores = program.neurons["chip"], program.neurons["core"]
    hear, may = {}, {}
    for (chip, core), tags in hearing.listening.tags.items():
        mine = ((chips == chip) & (cores == core))[:, None]
        for to, table in ((hear, found & mine), (may, either & mine)):
            for window, tag in enumerate(tags.tolist()):
                to[chip, core, tag] = bits_of(np.flatnonzero(table[:, window]))
    return _Listeners(hear, may)


def _question(
    n: int, row: int, at: Place, known: dict[Mode, _Listeners]
) -> tuple[Mode, Question] | None:
    """How to ask whether a word of neuron n arrives; None if nobody can tell."""
    for mode in (EXCITING, INHIBITING):
        itself = 1 << n if mode is EXCITING else 0
        listeners = known[mode].hear.get(at, 0) & ~itself
        if listeners:
            return mode, Question(row, at, listeners)
    return None


def _near(
    n: int, reach: int, places: list[Place], hear: dict[Place, int], mode: Mode
) -> tuple[int, ...]:
    """Neurons that would tell that a word of neuron n also arrives at a core it should not."""
    itself = 1 << n if mode is EXCITING else 0
    sent = {(chip, tag) for chip, _, tag in places}
    spared = {(chip, core, tag) for chip, tag in sent for core in range(8)} - set(places)
    heard = [hear.get(at, 0) & ~reach & ~itself for at in sorted(spared)]
    return tuple(listeners for listeners in heard if listeners)


def _places(word: Any) -> list[Place]:
    chip, tag = int(word["chip"]) + int(word["x_hop"]), int(word["tag"])
    return [(chip, core, tag) for core in range(8) if int(word["cores"]) >> core & 1]


def _stray(program: Program, words: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Rows of words that lead to the host and are not those the program knows its neurons by."""
    to_host = words["x_hop"] == program.configuration.chip.host_hop
    monitor = (owner >= 0) & (words["tag"] == program.neurons["tag"][owner])
    return np.flatnonzero(to_host & ~(monitor & (words["y_hop"] == 0)))
