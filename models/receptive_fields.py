"""Analog channels to spikes: Gaussian receptive fields, each firing at a rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, eq=False)
class ReceptiveFields:
    """A population code: field j of channel c fires fastest when the value is its centre.

    Deterministic: each field integrates its rate and fires at every whole number, from a
    starting phase of its own, so the same frames always give the same events.
    """

    centre: np.ndarray
    """Centres in the unit of the channel, float64 [channel, field]."""
    width: np.ndarray
    """Standard deviation of the fields, float64 [channel]."""
    rate_max_hz: float
    """Rate at the centre of a field [Hz]."""
    frame_us: int
    """Duration of one frame [us]."""

    @staticmethod
    def fit(frames: np.ndarray, fields: int, rate_max_hz: float, frame_us: int) -> ReceptiveFields:
        """Centres at equally spaced quantiles of the frames [frame, channel]; no labels needed.

        Raises:
            InputError: CHANNEL_CONSTANT.
        """
        quantiles = (np.arange(fields) + 0.5) / fields
        centre = np.quantile(frames, quantiles, axis=0).T
        if fields < 2 or (centre[:, -1] <= centre[:, 0]).any():
            flat = np.flatnonzero(centre[:, -1] <= centre[:, 0]).tolist()
            raise InputError(
                "receptive fields need at least two fields and channels that vary, but there are "
                f"{fields} fields and channels {flat} do not vary: leave those channels out",
                code="CHANNEL_CONSTANT",
            )
        width = np.diff(centre, axis=1).mean(axis=1) * 0.75
        return ReceptiveFields(centre, width, rate_max_hz, frame_us)

    @property
    def n_fields(self) -> int:
        """Number of input channels of the network: channels times fields."""
        return self.centre.size

    def encode(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn frames [frame, channel] into events: times [us] and field numbers, by field."""
        distance = (frames[:, :, None] - self.centre) / self.width[:, None]
        rate = self.rate_max_hz * np.exp(-0.5 * distance**2).reshape(len(frames), -1)
        grown = np.cumsum(rate * self.frame_us * 1e-6, axis=0)
        phase = (np.arange(self.n_fields) * _GOLDEN) % 1.0
        grown = np.vstack([phase, phase + grown])
        grid = np.arange(len(frames) + 1) * self.frame_us
        times, fields = [], []
        for j in range(self.n_fields):
            whole = np.arange(1, int(np.floor(grown[-1, j])) + 1)
            at = np.interp(whole, grown[:, j], grid).astype(np.int64)
            times.append(np.minimum(at, grid[-1] - 1))
            fields.append(np.full(len(whole), j))
        return np.concatenate(times), np.concatenate(fields)
