"""A control chart: one number of one board over its history, and what counts as usual."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ControlPoint:
    """One fingerprint of a board."""

    label: str
    """When, or which: what stands at the axis."""
    value: float
    """The number, in the chart's unit."""
    alarm: bool
    """Whether it is outside of what is usual."""
    said: str
    """What was concluded, in words; may be empty."""
    recording: str
    """Hash of the recording behind it."""


@dataclass(frozen=True)
class ControlChart:
    """One board's fingerprints over time."""

    board: str
    """Its name."""
    target: str
    """'simulated' or 'measured'."""
    quantity: str
    """What is drawn, with its unit."""
    points: tuple[ControlPoint, ...]
    """In the order in which they were taken."""
    center: float | None = None
    """What is usual; None: not known yet."""
    low: float | None = None
    """Least that is usual; None: there is no such limit."""
    high: float | None = None
    """Most that is usual; None: there is no such limit."""
