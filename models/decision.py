"""From an output to a decision; the same rules for every method (paper.md 1.5)."""

from __future__ import annotations

import numpy as np

KEPT = 0.95
"""Share of the last value that the readout filter keeps per step of 1 ms (tau 19.5 ms) [1]."""
THRESHOLD = 0.5
"""An output counts from here on [1]."""
TEACHER_THRESHOLD = 0.7
"""A teacher's output counts from here on [1]."""
MISS = -1
"""No decision: always wrong."""
GRID = 1000
"""Boundaries tried."""


def low_pass(output: np.ndarray) -> np.ndarray:
    """y_t = 0.95 y_(t-1) + 0.05 z_t along the last axis, from 0."""
    filtered, last = np.empty_like(output), np.zeros(output.shape[:-1], output.dtype)
    for step in range(output.shape[-1]):
        last = KEPT * last + (1 - KEPT) * output[..., step]
        filtered[..., step] = last
    return filtered


def decide_sign(output: np.ndarray) -> np.ndarray:
    """1 if the output [sample, step] is ever above the threshold, else 0 if it is ever below minus
    the threshold, else `MISS`; int64 [sample]."""
    above, below = (output > THRESHOLD).any(axis=1), (output < -THRESHOLD).any(axis=1)
    return np.where(above, 1, np.where(below, 0, MISS))


def integrals(output: np.ndarray) -> np.ndarray:
    """The largest running sum of each output [sample, step] while it is at or above the threshold;
    below, the sum starts anew."""
    largest = running = np.zeros(len(output))
    for column in output.T:
        running = np.where(column >= THRESHOLD, running + column, 0.0)
        largest = np.maximum(largest, running)
    return largest


def best_boundary(integral: np.ndarray, label: np.ndarray) -> float:
    """The boundary of `GRID` between 0 and the largest integral that decides most samples rightly;
    the lowest of several."""
    grid = np.linspace(0.0, max(float(integral.max(initial=0.0)), 1e-6), GRID)
    right = ((integral > grid[:, None]) == (label == 1)).mean(axis=1)
    return float(grid[right.argmax()])


def decide_teacher(output: np.ndarray, signed: bool) -> np.ndarray:
    """A teacher's decisions: by sign, or positive where the output is ever above 0.7; never
    filtered (paper.md 1.2)."""
    if signed:
        return decide_sign(output)
    return np.where((output > TEACHER_THRESHOLD).any(axis=1), 1, 0)


def decide(output: np.ndarray, signed: bool, boundary: float) -> np.ndarray:
    """Decisions of a task: by sign, or positive where the integral is above a boundary."""
    if signed:
        return decide_sign(output)
    return (integrals(output) > boundary).astype(np.int64)
