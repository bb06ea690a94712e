"""The audio front end: sound in, 16 slow channels out (paper.md 2.2; Rockpool's ButterMelFilter).

Each channel: Butterworth band-pass, full-wave rectifier, Butterworth low-pass, every 16th value.
Nothing is normalised: sound of peak 1 gives a standard deviation near 0.01.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..errors import InputError
from .samples import DT_S

RATE_HZ = 16_000
"""Sampling rate of the sound [Hz]."""
CHANNELS = 16
LOWEST_HZ = 100.0
"""Lower edge of the first band [Hz]."""
WIDTH = 2 / CHANNELS
"""Width of a band, as a part of its lower edge."""
SMOOTHING_HZ = 100.0
"""Corner of the low-pass [Hz]; the 400 and 200 Hz of older scripts do not fit (paper.md 2.2)."""
ORDER = 2
"""Order of the low-pass; a band-pass has such a flank on either side."""
DECIMATION = round(RATE_HZ * DT_S)
"""Values of the sound per step."""
BLOCK = 16
"""Sounds that are filtered at once: more would take memory and no less time."""


def band_edges_hz() -> np.ndarray:
    """Lower and upper edge of each band, equally far apart in mel [Hz] [edge, channel]."""
    highest_hz = RATE_HZ / 2 / (1 + WIDTH) - 1
    low, high = (2595 * np.log10(1 + f / 700) for f in (LOWEST_HZ, highest_hz))
    edge = 700 * (10 ** (np.linspace(low, high, CHANNELS) / 2595) - 1)
    return np.stack([edge, edge * (1 + WIDTH)])


def filtered(sound: np.ndarray) -> np.ndarray:
    """What the front end makes of sounds; each starts from silence.

    Args:
        sound: at `RATE_HZ`, full scale 1; [..., value].

    Returns:
        float32 [..., step, channel], a step for every `DECIMATION` values, rounded up.

    Raises:
        InputError: SHAPE (no values), STIMULUS_INVALID (not finite), DATA_MISSING (no scipy).
    """
    sound = np.asarray(sound)
    if sound.ndim == 0 or sound.shape[-1] == 0:
        raise InputError(
            f"the sound has shape {sound.shape}, [..., value] with values is needed: give an "
            "array of samples",
            code="SHAPE",
        )
    if not np.isfinite(sound).all():
        raise InputError(
            "the sound holds values that are not finite: filters would keep them for ever; "
            "leave such recordings out",
            code="STIMULUS_INVALID",
        )
    rows = sound.reshape(-1, sound.shape[-1])
    steps = -(-rows.shape[1] // DECIMATION)
    out = np.empty((len(rows), steps, CHANNELS), np.float32)
    for start in range(0, len(rows), BLOCK):
        _filter_block(rows[start : start + BLOCK], out[start : start + BLOCK])
    return out.reshape(*sound.shape[:-1], steps, CHANNELS)


def signal_library() -> Any:
    """scipy.signal.

    Raises:
        InputError: DATA_MISSING, when the installation lost it.
    """
    try:
        from scipy import signal
    except ImportError as error:
        raise InputError(
            "sound is filtered with the package scipy, which is not installed: in the clone, "
            "pip install -c constraints.txt -e .",
            code="DATA_MISSING",
        ) from error
    return signal


def _filter_block(sound: np.ndarray, out: np.ndarray) -> None:
    signal = signal_library()
    bands, smoothing = _filters()
    for channel, band in enumerate(bands):
        rectified = np.abs(signal.sosfilt(band, sound))
        out[..., channel] = signal.sosfilt(smoothing, rectified)[..., ::DECIMATION]


@cache
def _filters() -> tuple[list[np.ndarray], np.ndarray]:
    """Second-order sections of every band-pass, and of the low-pass."""
    signal = signal_library()
    bands = [
        signal.butter(ORDER, edges, "bandpass", output="sos", fs=RATE_HZ)
        for edges in band_edges_hz().T
    ]
    return bands, signal.butter(ORDER, SMOOTHING_HZ, "lowpass", output="sos", fs=RATE_HZ)
