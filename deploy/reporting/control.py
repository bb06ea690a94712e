"""Control charts: numbers of one board over its fingerprints, and what would have been usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..recordings.fingerprint_history import ChartPoint


@dataclass(frozen=True)
class ControlPoint:
    """One number of one fingerprint."""

    label: str
    """Date of the fingerprint."""
    value: float | None
    """The number, in the chart's unit; None: a reference has none."""
    low: float | None
    """Least that would have been usual, in the same unit; None: no such limit."""
    high: float | None
    """Most that would have been usual, in the same unit; None: no such limit."""
    alarm: bool
    """Whether the verdict is that the board or the code changed."""
    said: str
    """The verdict in words."""
    recording: str
    """Hash of the recording behind it."""


@dataclass(frozen=True)
class ControlChart:
    """One number of one board over time."""

    board: str
    """Its name."""
    target: str
    """'simulated' or 'measured'."""
    quantity: str
    """What is drawn, with its unit."""
    points: tuple[ControlPoint, ...]
    """In the order in which they were taken, one at least."""


def charts_of(points: Sequence[ChartPoint]) -> tuple[ControlChart, ...]:
    """The charts of one board's fingerprints: rate, likeness to the reference, spread."""
    rates, likeness, spreads = [], [], []
    for p in points:
        more = bool(p.board_changed or p.code_changed), _verdict(p), p.recording
        rates.append(ControlPoint(p.date, p.rate_hz, p.rate_low_hz, p.rate_high_hz, *more))
        likeness.append(ControlPoint(p.date, p.correlation, p.correlation_low, None, *more))
        spreads.append(ControlPoint(p.date, p.spread, p.spread_low, p.spread_high, *more))
    board, target = points[0].board, points[0].target  # noise has a new seed each time
    return (
        ControlChart(board, target, "mean rate (Hz)", tuple(rates)),
        ControlChart(board, target, "correlation with the reference", tuple(likeness)),
        ControlChart(board, target, "variance of counts over trials", tuple(spreads)),
    )


def _verdict(point: ChartPoint) -> str:
    if point.reference == point.number:
        return "the reference"
    code = "the code changed" if point.code_changed else "the code is unchanged"
    if point.board_changed is None:
        return f"{code}; the board is not judged: it is simulated by that code"
    board = "the board changed" if point.board_changed else "the board is unchanged"
    return f"{board}, {code}"
