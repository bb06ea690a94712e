"""Sound files: 16 kHz, mono, 16 bit, read with the standard library."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ..errors import FileError
from .front_end import RATE_HZ


def read_wave(path: Path) -> np.ndarray:
    """Sound of a file, full scale 1; float64 [value].

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT, FILE_WRONG_KIND.
    """
    if not path.is_file():
        raise FileError(f"{path}: no such file: check the folder", code="FILE_MISSING")
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            frames, content = file.getnframes(), file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise _corrupt(path, str(error) or "it ends too early") from error
    if form != (RATE_HZ, 1, 16):
        raise FileError(
            f"{path} has {form[0]} Hz, {form[1]} channels, {form[2]} bit; {RATE_HZ} Hz, 1 channel, "
            "16 bit are needed: convert it, or leave it out",
            code="FILE_WRONG_KIND",
        )
    if not frames or len(content) != 2 * frames:
        raise _corrupt(path, f"{len(content) // 2} of {frames} values are there")
    return np.frombuffer(content, "<i2") / 2.0**15


def _corrupt(path: Path, why: str) -> FileError:
    return FileError(
        f"{path} is no wave file that can be read ({why}): copy it again", code="FILE_CORRUPT"
    )
