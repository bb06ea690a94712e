"""What a run writes to a board, beside its input, and what is read out of what comes back.

Words to a chip are followed by an echo: a control word (one with a y hop) that the FPGA sends back,
whose tag counts. So what is lost, late or doubled is known: each word, or in runs of more than
`ECHOES` words each group of them. Heartbeats come back ten times a second of chip time, and end
markers when all is over (chip.md 2.5).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from .chip import ChipSpec
from .events import Events

SEQUENCE = 1024
"""Tags 0..1023 of control words count echoes."""
PROBE_TAG, BEAT_TAG, END_TAG = 1024, 1025, 2047
"""Control words: "what time is it?", "still there", "all over"; the first and last as labs do."""
ECHOES = 100_000
"""Most echoes of a run; beyond, each stands for a group of words, or the host would write twice as
much as it has to say."""
BEAT_US = 100_000
"""Chip time from heartbeat to heartbeat [us]."""
END_MARKERS = 3
"""Copies of the end marker, because events can be lost."""
TAIL_US = 1000
"""The end markers come so long after the run [us]."""
LATE_US = 1000
"""A word is late if its echo left so long after its time, early if before [us]; a default step."""


def control_words(time_us: np.ndarray, tag: np.ndarray, chip: ChipSpec) -> Events:
    """Words that come back."""
    hops = np.full(len(time_us), chip.host_hop)
    return Events(time_us, tag, np.zeros(len(time_us)), hops, hops)


def words_of(events: Events, duration_us: int, chip: ChipSpec) -> Events:
    """Everything a run writes, in order: input words and their echoes, heartbeats, end markers."""
    answered = echoed_words(len(events))
    tags = np.arange(len(answered)) % SEQUENCE
    echoes = control_words(events.time_us[answered], tags, chip)
    beats = np.arange(0, duration_us, BEAT_US)
    ends = np.full(END_MARKERS, duration_us + TAIL_US)
    time_us = np.concatenate([beats, ends])
    tags = np.where(np.arange(len(time_us)) < len(beats), BEAT_TAG, END_TAG)
    return events.followed_by(echoes).followed_by(control_words(time_us, tags, chip))


def echoed_words(words: int) -> np.ndarray:
    """Which of so many words an echo follows: the last of each group, int64."""
    each = max(1, -(-words // ECHOES))
    return np.minimum(np.arange(each - 1, words + each - 1, each), words - 1)


def unwrapped(stamps: np.ndarray, last_us: int) -> np.ndarray:
    """Times [us] of 32-bit timestamps in the order in which they came, int64.

    Args:
        last_us: time of the event before the first of them; steps of up to half a wrap (35.8
            minutes) either way are understood.
    """
    with_last = np.concatenate([[last_us % 2**32], stamps]).astype(np.uint32)
    return last_us + np.cumsum(np.diff(with_last).view(np.int32).astype(np.int64))


@dataclass(frozen=True)
class RunBooks:
    """What became of the words of runs, and what was read.

    Words to chips = `echoed` + `early_in` + `late_in` + `lost_in`. What was `received` is counted
    when it is read, before anything is told apart: it has to be `stale` + `control` + the spikes
    of the runs.
    """

    echoed: int = 0
    """Words to chips that left at their time."""
    early_in: int = 0
    """Words to chips whose echo left before their time: the clock of the board is not to be
    trusted, the books of such a run do not balance."""
    late_in: int = 0
    """Words to chips that left late."""
    lost_in: int = 0
    """Words to chips whose echo never came."""
    repeated: int = 0
    """Echoes that came more than once, or to no word: the books of such a run do not balance."""
    received: int = 0
    """Events that were read, of whatever kind."""
    stale: int = 0
    """Spikes between runs, of an earlier one or of a discharge, kept out of the next."""
    control: int = 0
    """Control words that came: echoes, probes, heartbeats, end markers."""

    def __add__(self, other: RunBooks) -> RunBooks:
        return RunBooks(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def balanced(self) -> bool:
        """Whether each echo is that of its words, and in its time."""
        return not self.repeated and not self.early_in


def echo_books(sent_us: np.ndarray, tags: np.ndarray, time_us: np.ndarray) -> RunBooks:
    """Compare echoes with the words they belong to.

    Echoes keep their order, so the tag of each says how many were lost before it. Where 1,024 or
    more in a row are, the number of lost words is right, but those behind count as late.

    Args:
        sent_us: time of each word [us], ascending.
        tags: of the echoes, as they came.
        time_us: when they left [us].
    """
    answered = echoed_words(len(sent_us))
    words = np.diff(answered, prepend=-1)
    step = np.diff(tags, prepend=SEQUENCE - 1) % SEQUENCE
    repeated = step == 0
    number = np.cumsum(step)[~repeated] - 1
    left = time_us[~repeated]
    known = number < len(answered)
    number = number[known]
    after_us = left[known] - sent_us[answered[number]]
    late, early = after_us > LATE_US, after_us < -LATE_US
    came = words[number]
    return RunBooks(
        echoed=int(came[~late & ~early].sum()),
        early_in=int(came[early].sum()),
        late_in=int(came[late].sum()),
        lost_in=len(sent_us) - int(came.sum()),
        repeated=int(repeated.sum() + (~known).sum()),
    )
