"""Synthetic speakers: espeak-ng (package espeakng-loader, GPL, the extra `speech`) in a process of
its own, then resampled, tilted and put into a room."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ..errors import InputError
from .front_end import RATE_HZ

SPEECH_HZ = 22_050
"""Sampling rate of espeak-ng [Hz]."""
SILENCE = 0.01
"""What is quieter than this part of the peak, before and behind the words, is cut off."""
GRACE_S = 60.0
"""Time that speaking may take, and 1 s more for every text [s]; it takes milliseconds."""
ACCENTS = (
    "en", "en-029", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-gb-x-rp",
    "en-us", "en-us-nyc",
)  # fmt: skip
VARIANTS = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2",
    "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "Reed",
    "RicishayMax", "RicishayMax2", "RicishayMax3", "adam", "anika", "announcer", "antonio",
    "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "edward2", "f1",
    "f2", "f3", "f4", "f5", "grandma", "grandpa", "gustave", "ian", "iven", "iven2", "iven3",
    "iven4", "john", "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4", "linda", "m1", "m2",
    "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "max", "michel", "miguel", "mike2", "norbert",
    "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2",
    "steph3", "travis", "victor", "zac",
)  # fmt: skip
"""Voices of espeak-ng 1.52 that pass for people; robots, whispers and demons are left out."""


@dataclass(frozen=True)
class Speaker:
    """A voice in a room."""

    accent: str
    """One of `ACCENTS`."""
    variant: str
    """One of `VARIANTS`."""
    pitch: int
    """0 to 99, as espeak-ng counts."""
    words_per_minute: int
    """Speed."""
    stretch: float
    """Length of the sound after resampling over that before: lowers pitch and formants."""
    tilt_db: float
    """Gain per octave, 0 at 1 kHz [dB]."""
    reverberation_s: float
    """Time in which the room's echo falls to 1/e [s]."""
    echo: float
    """Power of the echo over that of the direct sound."""
    room: int
    """Seed of the echo."""

    @property
    def voice(self) -> str:
        """Name of the voice for espeak-ng."""
        return f"{self.accent}+{self.variant}"


def draw_speakers(variants: Sequence[str], number: int, generator: Generator) -> list[Speaker]:
    """So many speakers with these variants, each used as often as any other."""
    order = generator.permutation(np.resize(np.arange(len(variants)), number))
    return [
        Speaker(
            accent=ACCENTS[generator.integers(len(ACCENTS))],
            variant=variants[int(k)],
            pitch=int(generator.integers(20, 81)),
            words_per_minute=int(generator.integers(110, 221)),
            stretch=generator.uniform(0.95, 1.05),
            tilt_db=generator.uniform(-3.0, 3.0),
            reverberation_s=generator.uniform(0.02, 0.10),
            echo=generator.uniform(0.0, 0.3),
            room=int(generator.integers(2**31)),
        )
        for k in order
    ]


def say(words: Sequence[tuple[str, Speaker]]) -> list[np.ndarray]:
    """Sound of each text by its speaker at `RATE_HZ`, peak 1, without silence around it.

    The same list gives the same values; a text in another list may differ a little.

    Raises:
        InputError: DATA_MISSING (the extra `speech` is not installed), SPEECH (it cannot speak).
    """
    return [
        in_room(trimmed(sound), speaker)
        for sound, (_, speaker) in zip(_synthesised(words), words, strict=True)
    ]


def trimmed(sound: np.ndarray) -> np.ndarray:
    """A sound without the silence before and behind it."""
    loud = np.flatnonzero(np.abs(sound) > SILENCE * np.abs(sound).max(initial=0))
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:0]


def in_room(sound: np.ndarray, speaker: Speaker) -> np.ndarray:
    """A sound of espeak-ng at `RATE_HZ`, with the speaker's stretch, tilt and room, peak 1."""
    if not len(sound):
        return sound
    length = round(len(sound) * RATE_HZ / SPEECH_HZ * speaker.stretch)
    kept = min(len(sound), length) // 2 + 1
    resampled = np.zeros(length // 2 + 1, complex)
    resampled[:kept] = np.fft.rfft(sound)[:kept]
    out = np.fft.irfft(resampled, length)
    response = _room(speaker)
    padded = 1 << (length + len(response)).bit_length()
    frequency_hz = np.maximum(np.fft.rfftfreq(padded, 1 / RATE_HZ), 50.0)
    tilt = 10 ** (speaker.tilt_db * np.log2(frequency_hz / 1000) / 20)
    spectrum = np.fft.rfft(out, padded) * np.fft.rfft(response, padded) * tilt
    out = np.fft.irfft(spectrum, padded)[: length + len(response)]
    return out / np.abs(out).max()


def _room(speaker: Speaker) -> np.ndarray:
    """Response of the room: the direct sound, then noise that dies away; [value]."""
    time_s = np.arange(1, round(3 * speaker.reverberation_s * RATE_HZ)) / RATE_HZ
    echo = np.random.default_rng(speaker.room).standard_normal(len(time_s))
    echo *= np.exp(-time_s / speaker.reverberation_s)
    echo *= np.sqrt(speaker.echo / np.square(echo).sum())
    return np.concatenate([[1.0], echo])


def _synthesised(words: Sequence[tuple[str, Speaker]]) -> list[np.ndarray]:
    """Sound of espeak-ng at `SPEECH_HZ`, float64."""
    if not words:
        return []
    loader = _loader()
    asked = {
        "library": loader.get_library_path(),
        "folder": loader.get_data_path(),
        "say": [[text, s.voice, s.pitch, s.words_per_minute] for text, s in words],
    }
    content = _answer(json.dumps(asked).encode(), GRACE_S + len(words))
    sounds, at = [], 0
    for _ in words:
        end = at + 4 + 2 * int.from_bytes(content[at : at + 4], "little")
        sounds.append(np.frombuffer(content[at + 4 : end], "<i2").astype(float))
        at = end
    return sounds


def _answer(asked: bytes, limit_s: float) -> bytes:
    """What the process that speaks writes."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("speech_process.py"))]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=limit_s)
        why = done.stderr.decode(errors="replace").strip() if done.returncode else None
    except subprocess.TimeoutExpired:
        done, why = None, f"nothing for {limit_s:.0f} s"
    if done is None or why is not None:
        raise InputError(
            f"espeak-ng does not speak ({why}): install espeakng-loader 0.2.4 again, in a folder "
            "with a shorter path if this one is long",
            code="SPEECH",
        )
    return done.stdout


def _loader():
    try:
        return import_module("espeakng_loader")
    except ImportError as error:
        raise InputError(
            "speech is made by the package espeakng-loader, which is not installed: in the "
            "clone, pip install -e '.[speech]'",
            code="DATA_MISSING",
        ) from error
