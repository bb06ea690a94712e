"""Gradients through time: two spiking layers trained on a task itself (paper.md 4).

A student's arrays are those of `bptt_network.initial`, its constants `graded`: whether its layers
pass on the authors' smooth function of V, which is not what a chip can do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import torch

from ..bookmark import NO_BOOKMARK, Bookmark
from ..errors import InputError
from ..reference import one_thread
from ..tasks.samples import SequenceTask
from .bptt_network import (
    GRADED,
    GRADED_OUT,
    MISMATCH,
    QUANTIZED,
    SHAPES,
    WEIGHTS,
    from_teacher,
    initial,
    respond,
)
from .bptt_training import TOGETHER, Model, Situation, Training, descend, misfit, penalties
from .student import Student
from .teacher import Progress, Teacher

__all__ = ["MISMATCH", "NAME", "QUANTIZED", "SHAPES", "Settings", "respond", "train"]

NAME = "bptt"


@dataclass(frozen=True)
class Settings(Training):
    """How a network is trained; nothing beyond what every network of this kind is asked."""


def train(
    task: SequenceTask,
    teacher: Teacher | None,
    settings: Settings,
    generator: np.random.Generator,
    progress: Progress = lambda done, loss: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """Train a network for a task by gradient descent; same generator, same weights.

    Args:
        teacher: needed for `teacher_init` only.

    Raises:
        InputError: as `begin`.
    """
    model, optimiser = begin(task, teacher, settings, generator)

    graded = settings.outputs == GRADED

    def losses(done: int) -> Iterable[torch.Tensor]:
        batch = task.draw("train", settings.batch, generator)
        for first in range(0, len(batch), TOGETHER):
            part = batch.chosen(slice(first, first + TOGETHER))
            share = len(part) / len(batch)
            now = model.now()
            yield share * (
                misfit(settings, now, Situation(part, graded))[0] + penalties(settings, now)
            )

    with one_thread():
        descend(model, optimiser, settings.updates, losses, progress, (bookmark, generator))
    return finished(NAME, task, settings, model)


def begin(
    task: SequenceTask,
    teacher: Teacher | None,
    settings: Training,
    generator: np.random.Generator,
) -> tuple[Model, torch.optim.Optimizer]:
    """Parameters before training, and what will update them.

    Raises:
        InputError: NO_TEACHER to begin with.
    """
    arrays = initial(task.channels, settings.neurons, settings.bias, generator)
    arrays["w_in"] *= np.float32(settings.input_gain)
    if settings.outputs == GRADED:
        arrays["w_out"] *= np.float32(GRADED_OUT)
    spreads = {name: float(np.sqrt(np.mean(arrays[name] ** 2))) for name in WEIGHTS}
    if settings.teacher_init:
        if teacher is None:
            raise InputError("teacher_init needs a teacher: train one first", code="NO_TEACHER")
        arrays = from_teacher(arrays, teacher, generator)
    model = Model(arrays)
    groups = model.groups(settings.learning_rate, spreads)
    return model, torch.optim.Adam(groups)


def finished(name: str, task: SequenceTask, settings: Training, model: Model) -> Student:
    """What was learned."""
    constants = {"graded": float(settings.outputs == GRADED)}
    provenance = {"settings": asdict(settings), "outputs": settings.outputs}
    return Student(name, task.name, model.arrays(), constants, provenance)
