"""What the wake-phrase tasks share: how sound becomes a sample, and the output that is wanted.

A sample is 5 s long. A clip stands in silence, noise is added at a given ratio, the sum is scaled
to peak 1 and goes through the front end. The target follows the energy of the phrase, without the
noise; of all else it is 0 (paper.md 2.2).
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..errors import InputError
from .front_end import DECIMATION, RATE_HZ, signal_library
from .samples import DT_S

DURATION_S = 5.0
"""Length of a sample [s]."""
STEPS = round(DURATION_S / DT_S)
VALUES = round(DURATION_S * RATE_HZ)
ONSET_S = (1.2, 2.7)
"""Where clips may begin [s]: those of the released examples do (paper.md 2.2)."""
RISE_S, FALL_S, TARGET_SD_S = 0.110, 0.350, 0.040
"""The target: two one-pole low-passes, one after the other, and a Gaussian [s]."""


def draw_onset(clip: np.ndarray, generator: Generator) -> int:
    """Value of the sample at which a clip begins: within `ONSET_S`, earlier where it is too long
    for that, so that it ends before the sample does."""
    latest = max(0, VALUES - len(clip))
    low, high = (min(round(s * RATE_HZ), latest) for s in ONSET_S)
    return int(generator.integers(low, high + 1))


def placed(clip: np.ndarray, onset: int) -> np.ndarray:
    """A clip in silence, cut where the sample ends; float64 [value]."""
    sound = np.zeros(VALUES)
    part = clip[: VALUES - onset]
    sound[onset : onset + len(part)] = part
    return sound


def mixed(clean: np.ndarray, noise: np.ndarray | None, length: int, snr_db: float) -> np.ndarray:
    """A sound with noise, scaled to peak 1; [value].

    Args:
        clean: sound in silence [value].
        noise: as long; None: none. Where `clean` is silent throughout, the noise alone counts.
        length: values of `clean` that are sound: its mean power is taken over them.
        snr_db: mean power of the sound over mean power of the noise [dB].
    """
    both = clean
    if noise is not None:
        power = np.square(clean).sum() / max(length, 1)
        loud = np.square(noise).mean()
        scale = np.sqrt(power / loud) * 10 ** (-snr_db / 20) if power and loud else 1.0
        both = clean + scale * noise
    peak = np.abs(both).max()
    return both / peak if peak else both


def target(clean: np.ndarray) -> np.ndarray:
    """The output that is wanted for the phrase, of peak 1; float64 [step].

    It agrees with the released targets at a correlation of 0.988 (paper.md 2.2).

    Args:
        clean: the phrase in silence, without noise; float [VALUES].
    """
    if not clean.any():
        return np.zeros(STEPS)
    signal = signal_library()
    bump = np.abs(clean).reshape(STEPS, DECIMATION).mean(axis=1)
    for tau_s in (FALL_S, RISE_S):
        keep = np.exp(-DT_S / tau_s)
        bump = signal.lfilter([1 - keep], [1, -keep], bump)
    reach = np.arange(-round(4 * TARGET_SD_S / DT_S), round(4 * TARGET_SD_S / DT_S) + 1) * DT_S
    bump = np.convolve(bump, np.exp(-0.5 * (reach / TARGET_SD_S) ** 2), mode="same")
    return bump / bump.max()


def balanced(
    label: np.ndarray,
    number: int,
    generator: Generator,
    what: str,
    more: str = "",
    fixed: bool = False,
) -> np.ndarray:
    """So many different indices in random order, half of them positive; int64 [number].

    Of an odd number, the one over is negative.

    Args:
        label: 1 or 0 [sample].
        what: their name in messages.
        more: how to have more of them, for messages.
        fixed: whether nobody can ask for fewer.

    Raises:
        InputError: TOO_FEW_SAMPLES.
    """
    chosen = []
    for value, wanted in ((1, number // 2), (0, number - number // 2)):
        there = np.flatnonzero(label == value)
        if len(there) < wanted:
            kind = "positive" if value else "negative"
            fewer = len(there) and not fixed
            ways = (f"ask for {2 * len(there)} at most" if fewer else "", more)
            raise InputError(
                f"{number} samples of {what} need {wanted} {kind} ones, there are {len(there)}: "
                + (" or ".join(filter(None, ways)) or "ask for none"),
                code="TOO_FEW_SAMPLES",
            )
        chosen.append(generator.permutation(there)[:wanted])
    return generator.permutation(np.concatenate(chosen))
