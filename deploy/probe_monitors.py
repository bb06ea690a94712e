"""Roll call: is every neuron seen by the host, under its own identity and no other?

Neurons are driven by direct current in groups: for each binary digit of the model index those that
have it, then those that do not. So every neuron has a pattern of groups that no other one has, and
neither have two together: whoever comes under an identity is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..hw.board import Trial
from ..hw.events import Events
from .probe_images import Examiner, Image
from .probe_report import FAILED, PROVED, Failure, place
from .program import Program

LOOK_US = 60_000
"""How long a group is looked at [us]: some seven spikes each."""


class RollCall(NamedTuple):
    """Who is seen."""

    outcomes: list[str]
    """What became of each neuron's monitor word, [neuron]."""
    alone: np.ndarray
    """Neurons that are seen, and are alone under their identity, bool [neuron]."""
    failures: list[Failure]
    """What was found wrong."""


def call_the_roll(examiner: Examiner) -> RollCall:
    """Drive every neuron in its groups and see who comes."""
    program = examiner.program
    groups = groups_of(len(program.neurons))
    examiner.say(f"monitor words: {len(groups)} images")
    seen: dict[tuple[int, int], int] = {}
    for number, driven in enumerate(groups):
        (events,) = examiner.ask(Image(driven), [Trial(Events.none(), LOOK_US)])
        for identity in _identities(program, events):
            seen[identity] = seen.get(identity, 0) | 1 << number
    return judge(program, groups, seen)


def groups_of(neurons: int) -> list[np.ndarray]:
    """Groups to drive, each bool [neuron]."""
    index = np.arange(neurons)
    digits = range(max(1, (neurons - 1).bit_length()))
    return [(index >> d & 1) == value for d in digits for value in (1, 0)]


def _identities(program: Program, events: Events) -> set[tuple[int, int]]:
    """(chip, tag) of everyone who sent something to the host."""
    chip = events.x_hop.astype(np.int64) - program.configuration.chip.host_hop - 1
    spikes = events.y_hop == 0
    return set(zip(chip[spikes].tolist(), events.tag[spikes].tolist(), strict=True))


def judge(program: Program, groups: list[np.ndarray], seen: dict[tuple[int, int], int]) -> RollCall:
    """Who came in which groups, against who should have.

    Args:
        seen: (chip, tag) -> bit k: it came while group k was driven.
    """
    patterns = [
        sum(1 << k for k, driven in enumerate(groups) if driven[n])
        for n in range(len(program.neurons))
    ]
    own = [(int(n["chip"]), int(n["tag"])) for n in program.neurons]
    missing = [n for n, p in enumerate(patterns) if p & ~seen.get(own[n], 0)]
    owner = {identity: n for n, identity in enumerate(own) if n not in set(missing)}
    besides = {i: came & ~patterns[owner[i]] if i in owner else came for i, came in seen.items()}
    failures, outcomes, alone = [], [PROVED] * len(own), np.ones(len(own), bool)
    for n in missing:
        hidden = {i: patterns[n] & ~(patterns[owner[i]] if i in owner else 0) for i in besides}
        under = next((i for i, came in besides.items() if came and came == hidden[i]), None)
        outcomes[n], alone[n] = FAILED, False
        failures.append(_unseen(program, n, seen.get(own[n], 0), under))
        if under is not None:
            besides[under] = 0
            if under in owner:
                alone[owner[under]] = False
    for identity, came in besides.items():
        if came:
            n = owner.get(identity)
            failures.append(_unasked(program, n, identity))
            if n is not None:
                outcomes[n], alone[n] = FAILED, False
    return RollCall(outcomes, alone, failures)


def _unseen(program: Program, n: int, came: int, under: tuple[int, int] | None) -> Failure:
    chip, tag = int(program.neurons["chip"][n]), int(program.neurons["tag"][n])
    found = "was seen only now and then" if came else "was not seen"
    if under is not None:
        found = f"came as chip {under[0]} tag {under[1]} instead"
    return Failure(
        "UNSEEN", n, place(program, n), None, f"monitor word with chip {chip} tag {tag}", found
    )


def _unasked(program: Program, n: int | None, identity: tuple[int, int]) -> Failure:
    chip, tag = identity
    if n is None:
        found = f"events come as chip {chip} tag {tag}, which no neuron of the program is"
        return Failure("FOREIGN", None, "the board", None, "", found)
    found = "events come under its identity while it is not driven"
    return Failure(
        "UNASKED", n, place(program, n), None, f"monitor word with chip {chip} tag {tag}", found
    )
