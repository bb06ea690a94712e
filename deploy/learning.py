"""Train students of the learning methods, with what reproduces them."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..models.bookmark import NO_BOOKMARK, Bookmark
from ..models.errors import InputError
from ..models.learning import chip
from ..models.learning.methods import WAKE_PHRASES, answer, boundary_of, decided, method_of
from ..models.learning.student import Response, Student
from ..models.learning.teacher import Teacher, TeacherSettings, train_teacher
from ..models.readout import read_relative
from ..models.tasks.samples import SequenceTask
from ..models.versions import versions
from .training import chip_levels, legal_parameters

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
HARDWARE = chip.Hardware(legal_parameters, chip_levels)
"""For networks of the chip's own circuits."""

TESTED = 1000
"""Samples that a trained student is tested with."""
VALIDATED = 300
"""Samples that its boundary is chosen by."""
Progress = Callable[[int, float], None]
"""Called with the updates or samples done, and the error or loss."""


def generator_for(seed: int, *names: str | int) -> np.random.Generator:
    """Random numbers for one purpose; other names give others, in whatever order they are asked."""
    words = [zlib.crc32(n.encode()) if isinstance(n, str) else n for n in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def teacher_for(
    task: SequenceTask,
    seed: int,
    progress: Progress = lambda done, loss: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Teacher:
    """The teacher of a task: the same for every method and network of a seed.

    Args:
        bookmark: where the training stands, if it is to go on after a kill (bookmarks.py); the
            caller removes it when the teacher is safe.

    Raises:
        InputError: OTHER_TRAINING, TOO_FEW_SAMPLES of what students of it are judged with.
        FileError: FILE_NOT_WRITABLE: the bookmark; a recording.
    """
    check_parts(task)
    generator = generator_for(seed, task.name, "teacher")
    return train_teacher(task, teacher_settings(task.name), generator, progress, bookmark)


def teacher_settings(task: str) -> TeacherSettings:
    """How the teacher of a task is trained."""
    return WAKE_PHRASE_TEACHER if task in WAKE_PHRASES else TeacherSettings()


def train_student(
    task: SequenceTask,
    method: str,
    settings: Any,
    teacher: Teacher | None,
    seed: Sequence[int],
    progress: Progress = lambda done, error: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """A student of a method; its provenance says what made it, and how often it is right. That of a
    variant is a student of the method it varies.

    Args:
        settings: of the method's own class.
        teacher: None where the method needs none with these settings: `Method.needs_teacher`.
        seed: of the run, and the number of the network in it.
        bookmark: as for `teacher_for`, of a training by this very teacher.

    Raises:
        InputError: UNKNOWN_METHOD, NO_TEACHER, OTHER_TRAINING; TOO_FEW_SAMPLES to judge it with;
            DIVERGED, numbers of the student are not finite: then the bookmark is removed.
        FileError: FILE_NOT_WRITABLE: the bookmark; a recording that cannot be read.
    """
    check_parts(task)
    run, network = seed
    generator = generator_for(run, task.name, method, network)
    how = method_of(method)
    if teacher is None and how.needs_teacher(settings):
        raise InputError(
            f"{method} with these settings needs a teacher: give that of teacher_for",
            code="NO_TEACHER",
        )
    more = {"hardware": HARDWARE} if how.on_silicon else {}
    told = _Told(progress, settings.planned)
    student = how.train(task, teacher, settings, generator, told, bookmark, **more)
    try:
        student = _finite(student, method)
        relative = isinstance(settings, chip.Settings) and settings.relative
        validation = generator_for(run, task.name, "boundary")
        student = _finite(_with_readout(student, task, relative, validation, told), method)
        test = task.draw("test", TESTED, generator_for(run, task.name, "test"))
        output, rate_hz = answer(student, test, seen=told.again)
        right = decided(student, task, output) == test.label
        made = {
            "method": method,
            "seed": [run, network],
            "test_samples": TESTED,
            "test_accuracy": float(right.mean()),
            "rate_hz": float(rate_hz.mean()),
            "versions": versions(),
        }
        if task.noise_snr_db is not None:
            made["noise_snr_db"] = task.noise_snr_db
        return _finite(replace(student, provenance={**student.provenance, **made}), method)
    except InputError as error:
        if error.code == "DIVERGED":  # nothing there is worth going on from
            bookmark.remove()
        raise


def check_parts(task: SequenceTask) -> None:
    """Refuse a task whose samples a trained student could not be judged with, before hours of
    training. Raises InputError TOO_FEW_SAMPLES, FileError FILE_MISSING, FILE_CORRUPT."""
    for part, number in (("validation", VALIDATED), ("test", TESTED)):
        if part == "test" or not task.signed:
            task.check(part, number)


class _Told:
    """Progress that is told its last news again while a student is judged: whoever hears them can
    end that, too, by raising. A training that went on behind its last update has no error to
    tell."""

    def __init__(self, progress: Progress, planned: int) -> None:
        self._progress, self._last = progress, (planned, math.nan)

    def __call__(self, done: int, error: float) -> None:
        self._last = (done, error)
        self._progress(done, error)

    def again(self, first: int, response: Response) -> None:
        """A portion was answered."""
        self._progress(*self._last)


def _finite(student: Student, method: str) -> Student:
    """The student. Raises InputError, DIVERGED, if a number of it is not finite."""
    lost = [name for name, array in student.arrays.items() if not np.isfinite(array).all()]
    for name, value in {**student.constants, **student.provenance}.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            lost.append(name)
    if lost:
        raise InputError(
            f"training by {method} diverged, numbers of {', '.join(lost)} are not finite, and "
            "nothing is written: change settings less, or give another seed",
            code="DIVERGED",
        )
    return student


def _with_readout(
    student: Student,
    task: SequenceTask,
    relative: bool,
    generator: np.random.Generator,
    told: _Told,
) -> Student:
    """With what its output is read relative to, where it is, and the boundary that decides most
    validation samples rightly; once, without perturbation, the same rule for every method (paper.md
    1.5)."""
    if task.signed and not relative:
        return student
    validation = task.draw("validation", VALIDATED, generator)
    rates: list[np.ndarray] = []

    def seen(first: int, response: Response) -> None:
        told.again(first, response)
        if response.second_half_hz is not None:
            rates.append(response.second_half_hz)

    output, _ = answer(student, validation, seen=seen)
    chosen: dict[str, float] = {}
    if relative:
        second = np.concatenate(rates)
        chosen["reference_hz"] = float(second.mean())
        output = read_relative(output, second, chosen["reference_hz"])
    if not task.signed:
        chosen["boundary"] = boundary_of(task, output, validation.label)
    return replace(student, constants={**student.constants, **chosen})


def settings_of(method: str, task: str, words: Sequence[str]) -> Any:
    """Settings of a method for a task with some changed by texts like 'signals=2000'.

    Raises:
        InputError: UNKNOWN_METHOD, SETTING, UNKNOWN_OUTPUTS.
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
    """A value of the type of the default; which numbers make sense is for the settings to say."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, str):
            return text
        parts = text.split(":") if isinstance(default, tuple) else [text]
        usual = default if isinstance(default, tuple) else (default,)
        values = tuple(type(one)(part) for one, part in zip(usual, parts, strict=True))
        return values if isinstance(default, tuple) else values[0]
    except (ValueError, KeyError) as error:
        like = ":".join(map(str, default)) if isinstance(default, tuple) else default
        raise InputError(
            f"setting {name}={text!r}: give a value like {like}", code="SETTING"
        ) from error
