"""Gradients through time over chips that differ: `bptt`, made aware of mismatch (paper.md 7.2 i).

Every sample of every batch is played by a chip of its own: the network with mismatch, silent
neurons and a level of noise, drawn anew. Weights may be rounded as they will be, gradients passing
straight through; and a chip may be attacked, after Büchel et al. (paper.md 5), here in its time
constants and biases too. A student is as one of `bptt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from ..bookmark import NO_BOOKMARK, Bookmark
from ..reference import one_thread
from ..settings import check
from ..tasks.samples import Samples, SequenceTask
from . import attack
from .bptt import begin, finished
from .bptt_network import GRADED, MISMATCH, QUANTIZED, SHAPES, respond
from .bptt_training import Parameters, Situation, Training, descend, misfit, penalties
from .student import Perturbed, Student
from .teacher import Progress, Teacher

__all__ = [
    "MISMATCH",
    "NAME",
    "QUANTIZED",
    "SHAPES",
    "Settings",
    "attacked",
    "drawn",
    "respond",
    "rounded_weights",
    "train",
]

NAME = "robust"


@dataclass(frozen=True)
class Settings(Training):
    """How a network is trained, and what its chips go through; 0 switches a thing off."""

    mismatch: float = 0.3
    """Highest level of mismatch; each chip draws its own from 0 on [1]."""
    log_normal: bool = False
    """Factors of weights and time constants are exp(level N(0,1)), not 1 + level N(0,1)."""
    samples_per_chip: int = 1
    """Samples of a batch that share a chip."""
    bits: int = 0
    """Bits that weights are rounded to."""
    quantized_from: float = 0.5
    """Share of the updates behind which weights are rounded [1]."""
    noise: float = 0.05
    """Highest level of noise, see `student.Conditions`; each chip draws its own from 0 on."""
    silenced: float = 0.2
    """Highest share of silent neurons in the recurrent layer; each chip draws its own from 0 on,
    and which [1]."""
    attack: float = 0.0
    """Weight of what an attack changes in the output, mean square, relative to the error's."""
    attack_size: float = 0.1
    """How far an attack goes, relative to each parameter; of biases relative to the range of V."""
    attack_steps: int = 3
    """Steps of an attack."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, shares=("quantized_from", "silenced"))


def train(
    task: SequenceTask,
    teacher: Teacher | None,
    settings: Settings,
    generator: Generator,
    progress: Progress = lambda done, loss: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """Train a network for a task; same generator, same weights.

    Args:
        teacher: needed for `teacher_init` only.

    Raises:
        InputError: as `bptt.begin`.
    """
    model, optimiser = begin(task, teacher, settings, generator)

    def losses(done: int) -> Iterator[Tensor]:
        batch = task.draw("train", settings.batch, generator)
        rounded = settings.bits and done >= settings.quantized_from * settings.updates
        for first in range(0, len(batch), settings.samples_per_chip):
            part = batch.chosen(slice(first, first + settings.samples_per_chip))
            now = model.now()
            made = rounded_weights(now, settings.bits) if rounded else now
            loss = chip_loss(settings, made, part, generator)
            yield (loss + penalties(settings, now)) * (len(part) / len(batch))

    with one_thread():
        descend(model, optimiser, settings.updates, losses, progress, (bookmark, generator))
    return finished(NAME, task, settings, model)


def chip_loss(
    settings: Settings, parameters: Parameters, samples: Samples, generator: Generator
) -> Tensor:
    """What a chip does wrong that is drawn for these samples, and what an attack on it changes."""
    neurons = parameters["bias"].numel()
    chip = drawn(parameters, settings, generator)
    noise = alive = None
    if settings.silenced:
        alive = generator.random(neurons) >= settings.silenced * generator.random()
    if settings.noise:
        shape = (*samples.input.shape[:2], 2, neurons)
        noise = generator.standard_normal(shape, np.float32)
        noise *= np.float32(settings.noise * generator.random())
    situation = Situation(samples, settings.outputs == GRADED, alive, noise)
    loss, output = misfit(settings, chip, situation)
    if not settings.attack:
        return loss
    other, _ = situation.play(attacked(chip, output.detach(), situation, settings, generator))
    return loss + settings.attack * settings.error * (other - output).square().mean()


def drawn(parameters: Parameters, settings: Settings, generator: Generator) -> dict[str, Tensor]:
    """Parameters of a chip with mismatch; gradients pass through it."""
    chip, level = dict(parameters), settings.mismatch * generator.random()
    if not settings.mismatch:
        return chip
    for what in MISMATCH:
        p = chip[what.array]
        deviation = level * attack.normal(p, generator)
        if what.scale is not None:
            p = p + what.scale * deviation
        else:
            p = p * (deviation.exp() if settings.log_normal else 1 + deviation)
        chip[what.array] = p.abs() if what.positive else p
    return chip


def rounded_weights(parameters: Parameters, bits: int) -> dict[str, Tensor]:
    """Weights at the nearest multiples of a step, (max - min) / (2^bits - 1) of each array; their
    gradients pass straight through (paper.md 1.6)."""
    made = dict(parameters)
    for name in QUANTIZED:
        p = parameters[name].detach()
        step = ((p.max() - p.min()) / (2**bits - 1)).clamp(min=1e-12)
        made[name] = parameters[name] + ((p / step).round() * step - p)
    return made


def attacked(
    chip: Parameters,
    output: Tensor,
    situation: Situation,
    settings: Settings,
    generator: Generator,
) -> dict[str, Tensor]:
    """The chip, moved to where its output [sample, step] differs more, step by step along signs of
    the gradient; gradients pass through it as if the way were a constant."""
    size = settings.attack_size
    reach = {what.array: size * _reach(chip[what.array].detach(), what) for what in MISMATCH}

    def change(there: dict[str, Tensor]) -> Tensor:
        return (situation.play(there)[0] - output).square().mean()

    return attack.attacked(chip, reach, change, settings.attack_steps, generator)


def _reach(p: Tensor, what: Perturbed) -> Tensor:
    return p.abs() if what.scale is None else torch.full_like(p, what.scale)
