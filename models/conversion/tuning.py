"""Weights that make a population of the chip spike as one of the source, learnt from it.

Every population first hears what its source heard (the source's own spikes), so each is tuned for
itself; then all run freely together, to make up for each other's errors. The gradient is the
surrogate's, through the chip model (models/unrolling.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .. import chip_layer
from ..mismatch import Draw
from ..settings import check
from ..training import W_UNIT, FitLevels, hold, levels_for

KERNEL = 20e-3
"""Time constant spike trains are smoothed with before they are compared [s]."""

LABELS = 0.2
"""Weight of the output's labels in the loss."""


@dataclass(frozen=True)
class Tuning:
    """How to tune; every field is in the provenance of the converted network.

    Raises:
        InputError: SETTING, MISMATCH_LEVEL.
    """

    epochs: int = 30
    """Passes through the stimulus for each population by itself."""
    together: int = 15
    """Passes with all populations running freely."""
    batch: int = 32
    """Trials per update."""
    learning_rate: float = 0.03
    """Adam's step at the start, in units of a population's typical weight; falls along a cosine."""
    max_fan_in: int = 64
    """Synapses a neuron may have: the strongest are kept, at every update."""
    mismatch: float = 0.0
    """Level of mismatch drawn anew for every trial of every batch; 0 tunes one nominal chip."""
    quantized_from: float = 0.5
    """Share of the passes after which weights are those of the chip's code, if one is given."""
    bias_period: int = 0
    """Steps between the events of a channel that stands for biases (bias_channel.py); 0: none, and
    a population has the mean of its biases as one injected current."""
    seed: int = 0
    """Seeds batches and mismatch."""

    def __post_init__(self) -> None:
        Draw(self.seed, self.mismatch, (1, 1, 1))  # refuses levels that cannot be drawn
        check(self, ("learning_rate",), shares=("quantized_from",), zero=("epochs", "together"))


class Weights:
    """Signed weight currents of one population, in units of `W_UNIT`, with the chip's limits.

    Only synapses of the source can be there: a weight that was 0 stays 0.
    """

    def __init__(self, start: np.ndarray, fan_in: int, fit: FitLevels | None):
        self.scale = float(np.sqrt(np.mean(start[start != 0] ** 2))) if start.any() else 1.0
        self.free = torch.tensor(start / self.scale, dtype=torch.float32, requires_grad=True)
        self.there = torch.tensor(start != 0)
        self.fan_in, self.fit = fan_in, fit
        self.levels: Tensor | None = None

    def quantise(self) -> None:
        """From now on the weights are those of the chip's code, chosen for them as they are."""
        if self.fit is not None:
            self.levels = levels_for(self.free * self.there * self.scale, self.fan_in, self.fit)

    def held(self) -> Tensor:
        """As the chip would hold them, [source, neuron], in units of `W_UNIT`."""
        return hold(self.free * self.there * self.scale, self.fan_in, self.levels)


def split(held: Tensor) -> Tensor:
    """Signed weights as currents [A] of the two dendrites, [source, dendrite, neuron]."""
    return chip_layer.split(held) * W_UNIT


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is played, and what should come."""

    counts: np.ndarray
    """Events into the sheet, [trial, step, source]."""
    wanted: Tensor
    """Spikes of the source, in the chip's steps, [trial, step, neuron]."""
    inside: Tensor
    """Which steps count, [trial, step, 1]."""
    output: slice
    """Columns of the output population; empty if it is not there."""
    dt: float
    """Step [s]."""


def loss_of(spikes: Tensor, wanted: Tensor, lesson: Lesson, chosen: np.ndarray) -> Tensor:
    """Distance of spike trains, of spike counts and, for the output, of labels [1]."""
    inside = lesson.inside[chosen]
    off = (spikes - wanted) * inside
    kernel = _kernel(off.shape[1], lesson.dt)
    size = (kernel @ (wanted * inside)).square().mean() + 1e-3
    number, told = off.sum(1), (wanted * inside).sum(1)
    loss = (kernel @ off).square().mean() / size
    loss = loss + number.square().mean() / (told.square().mean() + 1.0)
    if lesson.output.stop - lesson.output.start > 1:
        score = told[:, lesson.output]
        made = (score + number[:, lesson.output]) * 0.5
        target = torch.softmax(score * 0.5, 1)
        loss = loss + LABELS * (
            torch.nn.functional.cross_entropy(made, target)
            - torch.nn.functional.cross_entropy(score * 0.5, target)
        )
    return loss


def _kernel(steps: int, dt: float) -> Tensor:
    late = torch.arange(steps)[:, None] - torch.arange(steps)
    return torch.where(late >= 0, torch.exp(-late.clamp(min=0) * dt / KERNEL), 0.0)


Play = Callable[[np.ndarray, tuple[int, ...]], Tensor]
"""Spikes [trial, step, neuron] of the chosen trials, under mismatch of a seed."""


def tune(
    weights: list[Weights],
    lesson: Lesson,
    play: Play,
    passes: int,
    tuning: Tuning,
    stage: int,
    news: Callable[[float], None] = lambda loss: None,
) -> None:
    """Move the weights so that what `play` plays is what the lesson wants; the best are kept.

    Args:
        weights: those that `play` plays with; they change.
        stage: seeds batches and mismatch, with `tuning.seed`.
        news: called after every pass with its loss.
    """
    optimizer = torch.optim.Adam([w.free for w in weights], lr=tuning.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(passes, 1))
    generator = np.random.default_rng((tuning.seed, stage))
    trials, first = len(lesson.counts), int(np.ceil(tuning.quantized_from * passes))
    best, kept = np.inf, [w.free.detach().clone() for w in weights]
    for number in range(passes):
        if number >= first and any(w.fit for w in weights):
            for w in weights:
                w.quantise()
            best = np.inf if number == first else best
        before = [w.free.detach().clone() for w in weights]
        losses = []
        groups = np.array_split(generator.permutation(trials), max(1, trials // tuning.batch))
        for part, chosen in enumerate(groups):
            spikes = play(chosen, (tuning.seed, stage, number, part))
            loss = loss_of(spikes, lesson.wanted[chosen], lesson, chosen)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        schedule.step()
        mean = float(np.mean(losses))
        if mean < best:
            best, kept = mean, before
        news(mean)
    with torch.no_grad():
        for w, values in zip(weights, kept, strict=True):
            w.free.copy_(values)
            if w.levels is not None or first < passes:
                w.quantise()
