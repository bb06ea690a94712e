"""A small corpus in the layout of Hey Snips: every clip is a tone of its own."""

import json
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from analoop.models.tasks.front_end import RATE_HZ
from analoop.models.tasks.hey_snips import FOLDER

LISTS = {"train.json": 40, "dev.json": 12, "test.json": 12}
"""Clips of each list."""


def write_wave(path: Path, sound: np.ndarray, rate_hz: int = RATE_HZ, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(sound * 32767).astype("<i2").tobytes())


def clip(frequency_hz: float, duration_s: float) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return 0.3 * np.sin(2 * np.pi * frequency_hz * time_s)


def write_corpus(above: Path, lists: Mapping[str, int] = LISTS) -> Path:
    """The folder of a corpus in a folder; one clip in four is positive; one negative of each list
    lasts 6 s."""
    folder, frequency_hz = above / FOLDER, 300.0
    for name, number in lists.items():
        entries = []
        for k in range(number):
            identity, frequency_hz = f"{name[:2]}-{k}", frequency_hz + 50
            write_wave(
                folder / "audio_files" / f"{identity}.wav",
                clip(frequency_hz, 6.0 if k == 1 else 0.5),
            )
            entries.append(
                {
                    "id": identity,
                    "audio_file_path": f"audio_files/{identity}.wav",
                    "is_hotword": int(k % 4 == 0),
                    "worker_id": f"worker {k}",
                    "duration": 0.5,
                }
            )
        (folder / name).write_text(json.dumps(entries), encoding="utf-8")
    return folder
