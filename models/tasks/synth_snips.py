"""SynthSnips: the wake phrase said by synthetic speakers, where there is no Hey Snips corpus.

Positives: "hey snips". Negatives: sentences, phrases that sound nearly like it, noise alone. All
in background noise, through the front end of the real task (paper.md 2.3). No speaker is in two
parts, nor is the voice variant of one. What is learnt here is never reported as Hey Snips.

Samples of a part are made once from a seed and kept in a hashed file; other settings make another
file. Making 1,000 takes minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.random import Generator

from ..archive import check_writable, read_content, write_archive
from ..errors import FileError, InputError
from .background import draw_background, families
from .front_end import BLOCK, CHANNELS, filtered
from .phrases import WAKE_PHRASE, draw_near_miss, draw_sentence
from .samples import Samples, SequenceTask
from .speech import VARIANTS, Speaker, draw_speakers, say
from .wake_phrase import STEPS, VALUES, balanced, draw_onset, mixed, placed, target

NAME = "synth-snips"
FORMAT, VERSION = "synth-snips", 1
PARTS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)
"""Shares of speakers and voice variants that the parts have."""
KINDS = ("wake phrase", "sentence", "near miss", "noise")
WAKE, SENTENCE, NEAR_MISS, NOISE = range(4)
BABBLE_VOICES = 40
"""Sentences that the babble of a part is made of."""


@dataclass(frozen=True)
class Settings:
    """What the samples are made from, and how hard they are."""

    seed: int = 0
    """Of everything."""
    train: int = 2000
    """Samples of the part."""
    validation: int = 500
    """Samples of the part."""
    test: int = 1000
    """Samples of the part."""
    speakers: int = 500
    """In all parts together; see `SHARES`."""
    snr_db: float = 20.0
    """Mean power of the speech over that of the noise [dB]; paper.md has 10, with which a teacher
    decided 84 % rightly."""
    near_miss_share: float = 0.05
    """Of the negatives; paper.md has 0.2, of which a teacher took 60 % for the phrase."""
    noise_share: float = 0.1
    """Negatives that are noise alone; the rest are sentences."""

    def __post_init__(self) -> None:
        shares = (self.near_miss_share, self.noise_share)
        if not (min(shares) >= 0 and sum(shares) <= 1):  # refuses NaN, too
            raise InputError(
                f"near_miss_share and noise_share are {shares}, shares from 0 up to 1 together "
                "are needed: paper.md has 0.2 and 0.1",
                code="SETTING",
            )
        if min(self.train, self.validation, self.test) < 2 or self.speakers < 15 or self.seed < 0:
            raise InputError(
                f"{self} cannot be made: give a seed from 0, 15 speakers and 2 samples of a part "
                "at least",
                code="SETTING",
            )
        if not np.isfinite(self.snr_db):
            raise InputError(
                f"snr_db is {self.snr_db}, a finite ratio in dB is needed: paper.md has 10",
                code="SETTING",
            )


def synth_snips(
    settings: Settings | None = None,
    folder: str | os.PathLike | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> SequenceTask:
    """The task. A part is made when it is first asked for, whatever threads ask for it.

    Args:
        settings: None: those by which a teacher is right about as often as the paper's.
        folder: where samples are kept; None: `cache_folder()`.
        tell: called with a line before a part is made.
    """
    chosen = settings or Settings()
    loaded: dict[str, dict[str, np.ndarray]] = {}
    making = Lock()

    def draw(part: str, number: int, generator: Generator) -> Samples:
        with making:
            if part not in loaded:
                loaded[part] = prepare(part, chosen, folder, tell)
        arrays = loaded[part]
        label = (arrays["kind"] == WAKE).astype(np.int64)
        which = balanced(label, number, generator, f"the {part} part of SynthSnips")
        return Samples(arrays["input"][which], arrays["target"][which], label[which])

    return SequenceTask(NAME, CHANNELS, STEPS, draw, signed=False)


def cache_folder() -> Path:
    """Where samples are kept: the environment's ANALOOP_CACHE, else ~/.cache/analoop."""
    return Path(os.environ.get("ANALOOP_CACHE") or Path.home() / ".cache" / "analoop")


def prepare(
    part: str,
    settings: Settings,
    folder: str | os.PathLike | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, np.ndarray]:
    """Samples of a part, made if they are not there.

    Args:
        tell: called with a line before they are made.

    Returns:
        input: float16 [sample, step, channel]; target: float16 [sample, step]; kind: index into
        `KINDS`, speaker: index into `speakers`, -1 for noise, int16 [sample].

    Raises:
        InputError: DATA_MISSING (an extra is not installed), SPEECH.
        FileError: FILE_NOT_WRITABLE, FILE_CORRUPT.
    """
    path = cache_path(part, settings, folder)
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(
                f"cannot make {path.parent} ({error.strerror}): give another folder, or set "
                "ANALOOP_CACHE",
                code="FILE_NOT_WRITABLE",
            ) from error
        check_writable(path)
        number = getattr(settings, part)
        tell(f"making {number} {part} samples of {NAME}, once: minutes a thousand; kept in {path}")
        header = {"part": part, "settings": asdict(settings), "kinds": list(KINDS)}
        write_archive(path, FORMAT, VERSION, header, make(part, settings))
    wanted = ("input", "target", "kind", "speaker")
    return read_content(path, FORMAT, VERSION, lambda _, arrays: {n: arrays[n] for n in wanted})


def cache_path(part: str, settings: Settings, folder: str | os.PathLike | None = None) -> Path:
    """File of a part: its name holds a hash of the settings and of the version of this format."""
    content = json.dumps([VERSION, asdict(settings)], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Path(folder or cache_folder()) / f"synth-snips-{digest}-{part}.npz"


def speakers(part: str, settings: Settings) -> list[Speaker]:
    """Who speaks in a part."""
    order = np.random.default_rng([settings.seed, 0]).permutation(len(VARIANTS))
    k = PARTS.index(part)
    first, last = (round(sum(SHARES[:n]) * len(VARIANTS)) for n in (k, k + 1))
    variants = [VARIANTS[v] for v in order[first:last]]
    number = round(SHARES[k] * settings.speakers)
    return draw_speakers(variants, number, np.random.default_rng([settings.seed, 1, k]))


def make(part: str, settings: Settings) -> dict[str, np.ndarray]:
    """Make the samples of a part: see `prepare`."""
    generator = np.random.default_rng([settings.seed, 2, PARTS.index(part)])
    people = speakers(part, settings)
    kind = _draw_kinds(getattr(settings, part), settings, generator)
    speaker = np.where(kind == NOISE, -1, generator.integers(len(people), size=len(kind)))
    words = [(_draw_text(k, generator), people[s]) for k, s in zip(kind, speaker, strict=True)]
    talk = [
        (draw_sentence(generator), people[generator.integers(len(people))])
        for _ in range(BABBLE_VOICES)
    ]
    clips = [clip[:VALUES] for clip in say([*words, *talk])]  # one process, in this order
    voices = [clip for clip in clips[len(words) :] if len(clip)]
    features = np.empty((len(kind), STEPS, CHANNELS), np.float16)
    wanted = np.zeros((len(kind), STEPS), np.float16)
    for start in range(0, len(kind), BLOCK):
        which = range(start, min(start + BLOCK, len(kind)))
        sounds = []
        for k in which:
            clean, noise = sound_and_noise(clips[k], voices, part, generator)
            sounds.append(mixed(clean, noise, len(clips[k]), settings.snr_db))
            if kind[k] == WAKE:
                wanted[k] = target(clean)
        features[start : start + BLOCK] = filtered(np.array(sounds))
    return {
        "input": features,
        "target": wanted,
        "kind": kind.astype(np.int16),
        "speaker": speaker.astype(np.int16),
    }


def sound_and_noise(
    clip: np.ndarray, voices: list[np.ndarray], part: str, generator: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A clip at a random onset in silence, and background noise of unit scale, each [value]."""
    clean = placed(clip, draw_onset(clip, generator))
    heard = families(part)
    family = heard[generator.integers(len(heard))]
    return clean, draw_background(voices, family, VALUES, generator)


def _draw_kinds(number: int, settings: Settings, generator: Generator) -> np.ndarray:
    """Kinds in random order: half wake phrases, of the negatives exactly the shares; [sample]."""
    negative = number - number // 2
    near, noise = (round(s * negative) for s in (settings.near_miss_share, settings.noise_share))
    noise = min(noise, negative - near)
    counts = [number // 2, negative - near - noise, near, noise]
    return generator.permutation(np.repeat(np.arange(len(KINDS)), counts))


def _draw_text(kind: int, generator: Generator) -> str:
    if kind == SENTENCE:
        return draw_sentence(generator)
    if kind == NEAR_MISS:
        return draw_near_miss(generator)
    return WAKE_PHRASE if kind == WAKE else ""
