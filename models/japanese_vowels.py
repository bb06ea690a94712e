"""The Japanese Vowels task: nine speakers, told apart by one vowel sequence of real speech.

640 utterances of the vowels /ae/ by nine male speakers, 12 LPC cepstral coefficients in 7 to 29
frames (Kudo, Toyama, Shimbo 1999; UCI). The data ship inside the wheel of `aeon`; the split into
270 training and 370 test utterances is the published one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .receptive_fields import ReceptiveFields
from .recording import Stimulus

FRAME_US = 6_400  # the published frame shift: the stimulus runs at the speed of speech
TAIL_US = 30_000  # for the last spikes to reach the output
FIELDS = 4
RATE_MAX_HZ = 400.0


@dataclass(frozen=True, eq=False)
class Task:
    """A labelled data set as spikes."""

    name: str
    """Name on the command line."""
    labels: tuple[str, ...]
    """What the output neurons stand for."""
    train: Stimulus
    """Training trials with targets."""
    test: Stimulus
    """Test trials with targets."""


def japanese_vowels() -> Task:
    """Load the data and encode them; the receptive fields are fitted to the training part.

    Raises:
        InputError: DATA_MISSING, when the extra `demo` is not installed.
    """
    try:
        from aeon.datasets import load_japanese_vowels
    except ImportError as error:
        raise InputError(
            "the Japanese Vowels data ship with the package aeon, which is not installed: "
            "in the clone, pip install -e '.[demo]'",
            code="DATA_MISSING",
        ) from error
    train, train_target = _read(load_japanese_vowels, "train")
    test, test_target = _read(load_japanese_vowels, "test")
    fields = ReceptiveFields.fit(np.concatenate(train), FIELDS, RATE_MAX_HZ, FRAME_US)
    return Task(
        "japanese-vowels",
        tuple(f"speaker {k + 1}" for k in range(9)),
        _encode(fields, train, train_target),
        _encode(fields, test, test_target),
    )


def _read(load, split: str) -> tuple[list[np.ndarray], np.ndarray]:
    utterances, speakers = load(split=split)[:2]
    frames = [np.asarray(u, np.float64).T for u in utterances]
    return frames, np.asarray(speakers).astype(np.int64) - 1


def _encode(fields: ReceptiveFields, frames: list[np.ndarray], target: np.ndarray) -> Stimulus:
    encoded = [fields.encode(utterance) for utterance in frames]
    return Stimulus(
        n_channels=fields.n_fields,
        duration_us=np.array(
            [-(-(len(f) * fields.frame_us + TAIL_US) // 1000) * 1000 for f in frames]
        ),
        trial=np.repeat(np.arange(len(frames)), [len(t) for t, _ in encoded]),
        time_us=np.concatenate([t for t, _ in encoded]),
        channel=np.concatenate([c for _, c in encoded]),
        target=target,
    )
