"""Background noise of the synthetic wake-phrase task: people talking, something coloured, hum.

Every sample hears all three. The coloured part is of one family; `TEST_ONLY` is heard in no other
part than 'test' (paper.md 2.3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from .front_end import RATE_HZ

FAMILIES = ("pink", "brown")
TEST_ONLY = "engine"
STREAMS = (4, 8)
"""Least and most voices that talk at once."""
COLOURED_DB = (-6.0, 6.0)
"""Power of the coloured part over that of the voices [dB]."""
HUM_DB = (-20.0, -6.0)
"""Power of the hum over that of the voices [dB]."""
LOWEST_HZ = 20.0
"""Coloured noise is flat below [Hz]."""


def families(part: str) -> tuple[str, ...]:
    """Coloured noise that a part ('train', 'validation', 'test') hears, each equally often."""
    return (*FAMILIES, TEST_ONLY) if part == "test" else FAMILIES


def draw_background(
    voices: Sequence[np.ndarray], family: str, values: int, generator: Generator
) -> np.ndarray:
    """Noise of a sample; float64 [value].

    Args:
        voices: what people may be talking; each long enough to be heard again without notice.
        family: of the coloured part.
        values: its length.
    """
    noise = _unit_power(_babble(voices, values, generator))
    for part, (low_db, high_db) in (
        (_coloured(family, values, generator), COLOURED_DB),
        (_hum(values, generator), HUM_DB),
    ):
        noise += _unit_power(part) * 10 ** (generator.uniform(low_db, high_db) / 20)
    return noise


def _babble(voices: Sequence[np.ndarray], values: int, generator: Generator) -> np.ndarray:
    """Voices that began some time before, each over and over again."""
    number = int(generator.integers(STREAMS[0], STREAMS[1] + 1))
    sum_ = np.zeros(values)
    for k in generator.choice(len(voices), number, replace=len(voices) < number):
        start = generator.integers(len(voices[k]))
        sum_ += _unit_power(np.resize(np.roll(voices[k], -start), values))
    return sum_


def _coloured(family: str, values: int, generator: Generator) -> np.ndarray:
    if family == TEST_ONLY:
        return _engine(values, generator)
    spectrum = np.fft.rfft(generator.standard_normal(values))
    frequency_hz = np.maximum(np.fft.rfftfreq(values, 1 / RATE_HZ), LOWEST_HZ)
    slope = {"pink": -0.5, "brown": -1.0}[family]
    return np.fft.irfft(spectrum * frequency_hz**slope, values)


def _engine(values: int, generator: Generator) -> np.ndarray:
    """Noise in puffs, 20 to 60 in a second, with a whine of ten harmonics."""
    time_s = np.arange(values) / RATE_HZ
    speed_hz = generator.uniform(20.0, 60.0)
    wobble = 0.02 * np.sin(2 * np.pi * generator.uniform(0.2, 1.0) * time_s)
    turn = 2 * np.pi * speed_hz * (time_s + wobble / speed_hz)
    puffs = np.maximum(np.sin(turn), 0) ** 2 * generator.standard_normal(values)
    phase, order = generator.uniform(0, 2 * np.pi, (10, 1)), np.arange(1, 11)[:, None]
    whine = (np.sin((order + 7) * turn + phase) / order).sum(axis=0)
    return _unit_power(puffs) + 0.5 * _unit_power(whine)


def _hum(values: int, generator: Generator) -> np.ndarray:
    """Mains of 50 or 60 Hz with five odd harmonics."""
    time_s = np.arange(values) / RATE_HZ
    mains_hz = generator.choice([50.0, 60.0])
    phase = generator.uniform(0, 2 * np.pi, 5)
    order = 2 * np.arange(5) + 1
    waves = np.sin(2 * np.pi * mains_hz * order[:, None] * time_s + phase[:, None])
    return (waves / order[:, None]).sum(axis=0)


def _unit_power(sound: np.ndarray) -> np.ndarray:
    power = np.square(sound).mean()
    return sound / np.sqrt(power) if power else sound
