"""Does every CAM word hear its tag on its dendrite with its weight bits, and no other?

There is an image for every dendrite and weight bit in use, in which only these are on and neurons
reach only the host. The host sends a burst on each tag of each core, one after the other. So for
every neuron, tag and dendrite the weight bits that are heard come out. Where they are not what they
should be, and what the host sent was lost or late, it is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..hw.board import Trial
from ..hw.chip import Dendrite
from ..hw.events import Events
from ..hw.ledger import ATTEMPTS
from ..models.parameters import DENDRITES, WEIGHT_BITS
from .probe_images import EXCITING, Examiner, Image, Mode, mode_of, owners
from .probe_report import FAILED, PROVED, Failure, place
from .program import Program

BURST = 4
"""Events of a burst: one alone is enough, so one that is lost does no harm."""
APART_US = 500
"""Time between the events of a burst [us]."""
MOST_WINDOWS = 256
"""Bursts in one trial: less than 20 s, and most programs need one trial only."""

UNSEEN = "its neuron is not seen under an identity of its own"
NO_WEIGHT = "no weight bit is set, so it has no effect"
TWIN = "another word of its neuron hears the same"


@dataclass(frozen=True, eq=False)
class Listening:
    """CAM words of a program as the probe asks for them; arrays are [word] unless said."""

    tags: dict[tuple[int, int], np.ndarray]
    """(chip, core) -> tags in use there, ascending; the position is the window they are sent in."""
    neuron: np.ndarray
    """Model index; -1: of no neuron of the program."""
    window: np.ndarray
    """In which window the word's tag is sent."""
    dendrite: np.ndarray
    """Index into DENDRITES."""
    mask: np.ndarray
    """Weight bits."""
    expected: np.ndarray
    """Weight bits that should be heard, uint8 [dendrite, neuron, window]."""


class Hearing(NamedTuple):
    """What the words of a board hear."""

    outcomes: list[str]
    """What became of each CAM word, [word]."""
    failures: list[Failure]
    """What was found wrong."""
    listening: Listening
    """What was asked."""
    heard: np.ndarray
    """Weight bits that are heard, uint8 [dendrite, neuron, window]; of neurons in use."""


def listen(examiner: Examiner, alone: np.ndarray) -> Hearing:
    """Probe every CAM word; `alone`: neurons that can be judged, bool [neuron].

    Raises:
        IncompleteError: WORDS_LOST, the link loses so much that an image was not asked whole.
    """
    listening = listening_of(examiner.program)
    heard = np.zeros_like(listening.expected)
    used = [
        (d, bit)
        for d in range(len(DENDRITES))
        for bit in range(WEIGHT_BITS)
        if (listening.expected[d] >> bit & 1).any()
    ]
    for number, (d, bit) in enumerate(used):
        examiner.say(f"CAM words: image {number + 1} of {len(used)}, {DENDRITES[d]} bit {bit}")
        heard[d] |= _answers(examiner, listening, alone, d, bit).astype(np.uint8) << bit
    heard[:, ~alone] = 0
    outcomes, failures = judge(examiner.program, listening, heard, alone)
    return Hearing(outcomes, failures, listening, heard)


def listening_of(program: Program) -> Listening:
    """Sort the CAM words of a program by what they hear."""
    words = program.configuration.synapses
    kinds = {int(Dendrite[name.upper()]): k for k, name in enumerate(DENDRITES)}
    neuron, window = owners(program, words), np.zeros(len(words), np.int64)
    tags = {}
    for chip, core in np.unique(np.stack([words["chip"], words["core"]], 1), axis=0).tolist():
        mine = (words["chip"] == chip) & (words["core"] == core)
        tags[chip, core] = np.unique(words["tag"][mine])
        window[mine] = np.searchsorted(tags[chip, core], words["tag"][mine])
    dendrite = np.array([kinds[d] for d in words["dendrite"].tolist()], np.int64)
    mask = words["weight"].astype(np.int64)
    windows = max((len(t) for t in tags.values()), default=0)
    expected = np.zeros((len(DENDRITES), len(program.neurons), windows), np.uint8)
    ours = neuron >= 0
    at = dendrite[ours], neuron[ours], window[ours]
    np.bitwise_or.at(expected, at, mask[ours].astype(np.uint8))
    return Listening(tags, neuron, window, dendrite, mask, expected)


def _answers(
    examiner: Examiner, listening: Listening, alone: np.ndarray, d: int, bit: int
) -> np.ndarray:
    """Which neurons hear in which window, with one dendrite and one bit, bool [neuron, window].

    Raises:
        IncompleteError: WORDS_LOST.
    """
    _, neurons, windows = listening.expected.shape
    mode, ledger = mode_of(DENDRITES[d]), examiner.ledger
    wanted = (listening.expected[d] >> bit & 1) > 0
    driven = np.zeros(neurons, bool) if mode is EXCITING else listening.expected[d].any(axis=1)
    starts = range(0, windows, MOST_WINDOWS)
    trials = [_bursts(listening, mode, a, min(a + MOST_WINDOWS, windows)) for a in starts]
    image = Image(driven, (DENDRITES[d],), 1 << bit)
    for attempt in range(ATTEMPTS):
        came = examiner.again(trials) if attempt else examiner.ask(image, trials)
        spiked = _spiked(examiner.program, mode, windows, came)
        heard = spiked if mode is EXCITING else driven[:, None] & ~spiked
        asked = not ledger.late and ledger.lost < BURST  # no burst can be lost whole
        if asked or (heard[alone] == wanted[alone]).all():
            return heard
    raise ledger.gave_up(f"which words hear on {DENDRITES[d].upper()} with weight bit {bit}")


def _spiked(program: Program, mode: Mode, windows: int, came: list[Events]) -> np.ndarray:
    """Which neurons spiked in which window, bool [neuron, window]."""
    spiked = np.zeros((len(program.neurons), windows), bool)
    for first, events in zip(range(0, windows, MOST_WINDOWS), came, strict=True):
        column = program.columns_of(events)
        since = events.time_us - mode.window_us
        within = since % mode.window_us
        good = (column >= 0) & (since >= 0) & (within >= mode.from_us) & (within < mode.until_us)
        spiked[column[good], first + since[good] // mode.window_us] = True
    return spiked


def _bursts(listening: Listening, mode: Mode, first: int, last: int) -> Trial:
    """A trial with the bursts of these windows, after one window of rest."""
    rows = [
        (mode.window_us * (1 + k) + APART_US * n, tag, 1 << core, chip)
        for (chip, core), tags in listening.tags.items()
        for k, tag in enumerate(tags[first:last].tolist())
        for n in range(BURST)
    ]
    time, tag, cores, chip = np.array(rows, np.int64).T
    events = Events(time, tag, cores, chip, np.zeros(len(rows)))
    return Trial(events, mode.window_us * (1 + last - first))


def judge(
    program: Program, listening: Listening, heard: np.ndarray, alone: np.ndarray
) -> tuple[list[str], list[Failure]]:
    """What became of each word, and what was found wrong."""
    expected = listening.expected * alone[:, None].astype(np.uint8)
    at = listening.dendrite, listening.neuron, listening.window
    seen = (listening.neuron >= 0) & alone[listening.neuron]
    lost = seen & ((listening.mask & ~heard[at].astype(np.int64)) > 0)
    besides = heard & ~expected
    instead = {int(w): _instead(listening, besides, expected, int(w)) for w in np.flatnonzero(lost)}
    # What is left on a tag that a word hears anyway is that word's own weight.
    wrong = seen & ~lost & (besides[at] > 0)
    failures = [
        _failure(program, listening, int(w), int(heard[at][w]), instead.get(int(w)))
        for w in np.flatnonzero(lost | wrong)
    ]
    failures += _besides(program, listening, np.where(expected > 0, 0, besides))
    single = _bits_of_its_own(listening) > 0
    outcomes = np.select(
        [listening.mask == 0, ~seen, lost | wrong, ~single],
        [NO_WEIGHT, UNSEEN, FAILED, TWIN],
        PROVED,
    )
    return outcomes.tolist(), failures


def _bits_of_its_own(listening: Listening) -> np.ndarray:
    """Weight bits that no other word with the same neuron, tag and dendrite has, [word]."""
    key = np.stack([listening.neuron, listening.dendrite, listening.window])
    _, group = np.unique(key, axis=1, return_inverse=True)
    own = np.zeros(len(listening.mask), np.int64)
    for bit in range(WEIGHT_BITS):
        has = listening.mask >> bit & 1
        count = np.bincount(group.ravel(), weights=has, minlength=1)
        own |= np.where((has > 0) & (count[group.ravel()] == 1), 1 << bit, 0)
    return own


def _instead(
    listening: Listening, besides: np.ndarray, expected: np.ndarray, word: int
) -> tuple[int, int] | None:
    """Dendrite and window in which the neuron of a lost word hears exactly this word's weight, if
    nothing else explains that; it is taken out of `besides`."""
    n, mask = int(listening.neuron[word]), int(listening.mask[word])
    home = int(listening.dendrite[word]), int(listening.window[word])
    fits = (besides[:, n] > 0) & (besides[:, n] == (mask & ~expected[:, n].astype(np.int64)))
    fits[home] = False
    for d, window in np.argwhere(fits).tolist():
        besides[d, n, window] = 0
        return d, window
    return None


def _failure(
    program: Program, listening: Listening, word: int, heard: int, instead: tuple[int, int] | None
) -> Failure:
    row, n = program.configuration.synapses[word], int(listening.neuron[word])
    dendrite = DENDRITES[int(listening.dendrite[word])].upper()
    register = f"tag {row['tag']}, {dendrite}, weight bits {row['weight']:04b}"
    code, found = "NOT_HEARD", "did not hear"
    if heard:
        code, found = "WRONG_WEIGHT", f"heard with weight bits {heard:04b}"
    if instead is not None:
        d, window = instead
        found += f"; {_spelled(program, listening, n, window, d)} is heard instead"
    return Failure(code, n, place(program, n), int(row["word"]), register, found)


def _besides(program: Program, listening: Listening, besides: np.ndarray) -> list[Failure]:
    """One failure for each neuron and dendrite that hears tags none of its words listens to."""
    failures = []
    for d, n in np.argwhere(besides.any(axis=2)).tolist():
        windows = np.flatnonzero(besides[d, n])
        first = _spelled(program, listening, n, int(windows[0]), d)
        more = f" and {len(windows) - 1} other tags" if len(windows) > 1 else ""
        found = f"hears {first}{more}, to which none of its CAM words listens"
        failures.append(Failure("HEARD_BESIDES", n, place(program, n), None, "", found))
    return failures


def _spelled(program: Program, listening: Listening, n: int, window: int, d: int) -> str:
    chip, core, _ = program.address[n].tolist()
    tags = listening.tags[chip, core]
    # A neuron that hears when its core has nothing to hear, hears another core's.
    tag = f"tag {tags[window]}" if window < len(tags) else "a tag of another core"
    return f"{tag} on {DENDRITES[d].upper()}"
