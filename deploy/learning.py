"""Train students of the learning methods, with what reproduces them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..models.errors import InputError, named
from ..models.learning.chip import Hardware
from ..models.learning.methods import WAKE_PHRASES, answer, boundary_of, decided, method_of
from ..models.learning.student import Student
from ..models.learning.teacher import Teacher, TeacherSettings, train_teacher
from ..models.tasks import synth_snips, temporal_xor
from ..models.tasks.samples import SequenceTask
from ..models.versions import versions
from .training import chip_levels, legal_parameters

SEQUENCE_TASKS: dict[str, Callable[[], SequenceTask]] = {
    temporal_xor.NAME: temporal_xor.temporal_xor,
    synth_snips.NAME: synth_snips.synth_snips,
}
"""Tasks of analog sequences by their name on the command line. Hey Snips needs a folder of data:
models/tasks/hey_snips.py."""
WAKE_PHRASE_TEACHER = TeacherSettings(
    units=128,
    updates=3000,
    batch=8,
    learning_rate=5e-3,
    coarse=4,
    recurrence=100.0,
    bias=1e5,
    long_tau=100.0,
)
"""For tasks of sound. With the penalties of paper.md 1.2 its weights and time constants are like
those of the released teacher; without them time constants reach 0.3 s, and no student follows."""
HARDWARE = Hardware(legal_parameters, chip_levels)
"""For networks of the chip's own circuits."""

TESTED = 1000
"""Samples that a trained student is tested with."""
VALIDATED = 300
"""Samples that its boundary is chosen by."""
Progress = Callable[[int, float], None]
"""Called with the updates or samples done, and the error or loss."""


def sequence_task(name: str) -> SequenceTask:
    """The task of that name.

    Raises:
        InputError: UNKNOWN_TASK.
    """
    return named(SEQUENCE_TASKS, "task of sequences", name, "UNKNOWN_TASK")()


def generator_for(seed: int, *names: str | int) -> np.random.Generator:
    """Random numbers for one purpose; other names give others, in whatever order they are asked."""
    words = [zlib.crc32(n.encode()) if isinstance(n, str) else n for n in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def teacher_for(
    task: SequenceTask, seed: int, progress: Progress = lambda done, loss: None
) -> Teacher:
    """The teacher of a task: the same for every method and network of a seed."""
    generator = generator_for(seed, task.name, "teacher")
    settings = WAKE_PHRASE_TEACHER if task.name in WAKE_PHRASES else TeacherSettings()
    return train_teacher(task, settings, generator, progress)


def train_student(
    task: SequenceTask,
    method: str,
    settings: Any,
    teacher: Teacher,
    seed: Sequence[int],
    progress: Progress = lambda done, error: None,
) -> Student:
    """A student of a method; its provenance says what made it, and how often it is right. That of a
    variant is a student of the method it varies.

    Args:
        settings: of the method's own class.
        seed: of the run, and the number of the network in it.

    Raises:
        InputError: UNKNOWN_METHOD.
    """
    run, network = seed
    generator = generator_for(run, task.name, method, network)
    how = method_of(method)
    more = {"hardware": HARDWARE} if how.on_silicon else {}
    student = how.train(task, teacher, settings, generator, progress, **more)
    student = _with_boundary(student, task, generator_for(run, task.name, "boundary"))
    test = task.draw("test", TESTED, generator_for(run, task.name, "test"))
    output, rate_hz = answer(student, test)
    right = decided(student, task, output) == test.label
    return replace(
        student,
        provenance={
            **student.provenance,
            "method": method,
            "seed": [run, network],
            "test_samples": TESTED,
            "test_accuracy": float(right.mean()),
            "rate_hz": float(rate_hz.mean()),
            "versions": versions(),
        },
    )


def _with_boundary(student: Student, task: SequenceTask, generator: np.random.Generator) -> Student:
    """With the boundary that decides most validation samples rightly; once, without perturbation,
    the same rule for every method (paper.md 1.5)."""
    if task.signed:
        return student
    validation = task.draw("validation", VALIDATED, generator)
    boundary = boundary_of(task, answer(student, validation)[0], validation.label)
    return replace(student, constants={**student.constants, "boundary": boundary})


def settings_of(method: str, task: str, words: Sequence[str]) -> Any:
    """Settings of a method for a task with some changed by texts like 'signals=2000'.

    Raises:
        InputError: UNKNOWN_METHOD, SETTING.
    """
    usual = method_of(method).settings_for(task)
    known = {field.name: getattr(usual, field.name) for field in fields(usual)}
    changed = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in known:
            raise InputError(
                f"{method} has no setting '{name}': there are {', '.join(known)}", code="SETTING"
            )
        changed[name] = _read(name, text, known[name])
    return replace(usual, **changed)


def _read(name: str, text: str, default: Any) -> Any:
    """A value of the type of the default; a number no smaller than the default could be."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, str):
            return text
        parts = text.split(":") if isinstance(default, tuple) else [text]
        usual = default if isinstance(default, tuple) else (default,)
        values = tuple(type(one)(part) for one, part in zip(usual, parts, strict=True))
        least = 1 if isinstance(usual[0], int) and usual[0] else 0
        if not all(math.isfinite(v) and (v >= least or min(usual) < 0) for v in values):
            raise ValueError(text)
        return values if isinstance(default, tuple) else values[0]
    except (ValueError, KeyError) as error:
        like = ":".join(map(str, default)) if isinstance(default, tuple) else default
        raise InputError(
            f"setting {name}={text!r}: give a value like {like}", code="SETTING"
        ) from error
