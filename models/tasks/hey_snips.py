"""Hey Snips: is the wake phrase spoken? The real corpus, which Sonos gives away on request.

The folder as it comes out of the archive:

    hey_snips_research_6k_en_train_eval_clean_ter/
        train.json  dev.json  test.json     lists of {"id", "audio_file_path", "is_hotword",
                                            "worker_id", "duration"}; the path from this folder
        audio_files/*.wav                   16 kHz, mono, 16 bit

The authors took background noise from DEMAND; any folder of such wave files will do. Speakers of
the three lists differ; of each noise file, parts hear stretches of their own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ..errors import FileError, InputError
from .front_end import CHANNELS, filtered
from .samples import Samples, SequenceTask
from .wake_phrase import STEPS, VALUES, balanced, draw_onset, mixed, placed, target
from .wave_files import read_wave

NAME = "hey-snips"
FOLDER = "hey_snips_research_6k_en_train_eval_clean_ter"
LISTS = {"train": "train.json", "validation": "dev.json", "test": "test.json"}
MORE = "give a corpus with more of them, the whole one if this is a part"
STRETCHES = {"train": (0.0, 0.6), "validation": (0.6, 0.8), "test": (0.8, 1.0)}
"""Which stretch of each noise file a part hears, as parts of its length."""


@dataclass(frozen=True)
class Clip:
    """A recording of the corpus."""

    path: Path
    """Wave file."""
    positive: bool
    """Whether the wake phrase is spoken."""


def hey_snips(
    folder: str | Path,
    generator: Generator,
    noise_folder: str | Path | None = None,
    snr_db: float = 10.0,
    train_share: float = 0.1,
) -> SequenceTask:
    """The task.

    Args:
        folder: that of the corpus, or the one above it.
        generator: chooses which recordings of the training list are used.
        noise_folder: holds wave files, also in folders of its own; None: no noise.
        snr_db: power of a recording over that of the noise [dB].
        train_share: share of the training list that is used; the authors took a tenth.

    Raises:
        InputError: DATA_MISSING (a folder is not there), SETTING; TOO_FEW_SAMPLES, when samples are
            drawn.
        FileError: FILE_MISSING, FILE_CORRUPT: a list.
    """
    if not 0 < train_share <= 1:
        raise InputError(
            f"train_share is {train_share}, a share above 0 and up to 1 is needed: the authors "
            "took 0.1",
            code="SETTING",
        )
    clips = {part: read_list(_corpus(Path(folder)), part) for part in LISTS}
    listed = len(clips["train"])
    kept = generator.permutation(listed)[: max(1, round(train_share * listed))]
    clips["train"] = [clips["train"][k] for k in np.sort(kept)]
    names = {part: f"the {part} part of Hey Snips" for part in LISTS}
    used = f"{len(kept)} of its {listed} recordings, as hey_snips(train_share={train_share:g}) says"
    names["train"] += f" ({used})"
    noises = _noise_files(Path(noise_folder)) if noise_folder is not None else []

    def draw(part: str, number: int, generator: Generator) -> Samples:
        label = np.array([clip.positive for clip in clips[part]], np.int64)
        which = balanced(label, number, generator, names[part], MORE)
        sound = np.empty((number, VALUES), np.float32)
        wanted = np.zeros((number, STEPS), np.float32)
        for k, clip in enumerate(clips[part][i] for i in which):
            recording = read_wave(clip.path)[:VALUES]
            clean = placed(recording, draw_onset(recording, generator))
            noise = _draw_noise(noises, part, generator) if noises else None
            sound[k] = mixed(clean, noise, len(recording), snr_db)
            if clip.positive:
                wanted[k] = target(clean)
        return Samples(filtered(sound), wanted, label[which])

    def check(part: str, number: int) -> None:
        label = np.array([clip.positive for clip in clips[part]], np.int64)
        balanced(label, number, np.random.default_rng(0), names[part], MORE, fixed=True)
        for clip in clips[part]:
            read_wave(clip.path)

    return SequenceTask(NAME, CHANNELS, STEPS, draw, False, check, snr_db if noises else None)


def read_list(folder: Path, part: str) -> list[Clip]:
    """Recordings of a part ('train', 'validation', 'test').

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    path = folder / LISTS[part]
    if not path.is_file():
        raise FileError(
            f"{path}: no such file: unpack the whole archive of the corpus", code="FILE_MISSING"
        )
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        clips = [Clip(folder / e["audio_file_path"], bool(int(e["is_hotword"]))) for e in entries]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise FileError(
            f"{path} is no list of recordings with audio_file_path and is_hotword ({error!r}): "
            "unpack the archive again",
            code="FILE_CORRUPT",
        ) from error
    if not clips:
        raise FileError(f"{path} lists nothing: unpack the archive again", code="FILE_CORRUPT")
    return clips


def _corpus(folder: Path) -> Path:
    for there in (folder, folder / FOLDER):
        if there.is_dir() and (there.name == FOLDER or (there / LISTS["train"]).exists()):
            return there
    raise InputError(
        f"{folder} holds no Hey Snips corpus ({FOLDER} with train.json): ask Sonos for it "
        "(research licence), unpack it there; or take the task synth-snips, which needs none",
        code="DATA_MISSING",
    )


def _noise_files(folder: Path) -> list[Path]:
    files = sorted(folder.rglob("*.wav"))
    if not files:
        raise InputError(
            f"{folder} holds no wave files of noise: unpack DEMAND (16 kHz) there, or give no "
            "folder for no noise",
            code="DATA_MISSING",
        )
    return files


def _draw_noise(files: list[Path], part: str, generator: Generator) -> np.ndarray:
    """Noise of the length of a sample, from anywhere in the part's stretch of some file; what is
    shorter comes again; float64 [value]."""
    noise = read_wave(files[generator.integers(len(files))])
    first, last = (round(share * len(noise)) for share in STRETCHES[part])
    stretch = noise[first : max(last, first + 1)]
    start = generator.integers(max(1, len(stretch) - VALUES + 1))
    return np.resize(stretch[start : start + VALUES], VALUES)
