"""What a run writes to a board, beside its input, and what is read out of what comes back.

Every word to a chip is followed by an echo: a control word (one with a y hop) that the FPGA sends
back, whose tag counts the words. So each word that is lost, late or doubled is known. Heartbeats
come back ten times a second of chip time, and end markers when all is over (chip.md 2.5).
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
BEAT_US = 100_000
"""Chip time from heartbeat to heartbeat [us]."""
END_MARKERS = 3
"""Copies of the end marker, because events can be lost."""
TAIL_US = 1000
"""The end markers come so long after the run [us]."""
LATE_US = 1000
"""A word is late if its echo left so long after its time [us]; one default step."""


def control_words(time_us: np.ndarray, tag: np.ndarray, chip: ChipSpec) -> Events:
    """Words that come back."""
    hops = np.full(len(time_us), chip.host_hop)
    return Events(time_us, tag, np.zeros(len(time_us)), hops, hops)


def words_of(events: Events, duration_us: int, chip: ChipSpec) -> Events:
    """Everything a run writes, in order: each input word and its echo, heartbeats, end markers."""
    echoes = control_words(events.time_us, np.arange(len(events)) % SEQUENCE, chip)
    beats = np.arange(0, duration_us, BEAT_US)
    ends = np.full(END_MARKERS, duration_us + TAIL_US)
    time_us = np.concatenate([beats, ends])
    tags = np.where(np.arange(len(time_us)) < len(beats), BEAT_TAG, END_TAG)
    return events.followed_by(echoes).followed_by(control_words(time_us, tags, chip))


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
    """What became of the words of runs, and what came beside spikes."""

    echoed: int = 0
    """Words to chips that left at their time."""
    late_in: int = 0
    """Words to chips that left late."""
    lost_in: int = 0
    """Words to chips whose echo never came."""
    repeated: int = 0
    """Echoes that came more than once, or to no word: the books of such a run do not balance."""
    stale: int = 0
    """Events left behind by an earlier run, thrown away before this one."""
    control: int = 0
    """Control words that came: echoes, probes, heartbeats, end markers."""

    def __add__(self, other: RunBooks) -> RunBooks:
        return RunBooks(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def balanced(self) -> bool:
        """Whether each echo is that of one word."""
        return not self.repeated


def echo_books(sent_us: np.ndarray, tags: np.ndarray, time_us: np.ndarray) -> RunBooks:
    """Compare echoes with the words they belong to.

    Echoes keep their order, so the tag of each says how many words were lost before it. Where
    1,024 or more in a row are, the number of lost words is right, but those behind count as late.

    Args:
        sent_us: time of each word [us], ascending.
        tags: of the echoes, as they came.
        time_us: when they left [us].
    """
    step = np.diff(tags, prepend=SEQUENCE - 1) % SEQUENCE
    repeated = step == 0
    number = np.cumsum(step)[~repeated] - 1
    left = time_us[~repeated]
    known = number < len(sent_us)
    late = left[known] - sent_us[number[known]] > LATE_US
    return RunBooks(
        echoed=int((~late).sum()),
        late_in=int(late.sum()),
        lost_in=len(sent_us) - int(known.sum()),
        repeated=int(repeated.sum() + (~known).sum()),
    )
