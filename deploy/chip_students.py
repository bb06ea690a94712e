"""Students of the method `chip` as networks to compile, and samples of their tasks as stimuli."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..models.errors import FileError, InputError
from ..models.learning import chip
from ..models.learning.chip_network import student_network
from ..models.learning.spike_encoding import SpikeEncoding, spike_counts
from ..models.learning.student import Student
from ..models.network import Network
from ..models.readout import STEP_US
from ..models.recording import Stimulus
from ..models.tasks.samples import Samples
from .learning import generator_for
from .sequence_tasks import NO_FOLDERS, Folders, Tell, sequence_task

PLAYED = 200
"""Test samples that boards are played where a task is named; `train` tests with more."""


def load_network(path: str | os.PathLike) -> Network:
    """A network from its own file, or from that of a student of the method `chip`.

    Raises:
        FileError: as `Network.load`.
        InputError: METHOD_TASK, a student of another method.
    """
    try:
        return Network.load(path)
    except FileError as error:
        if error.code != "FILE_WRONG_KIND":
            raise
        try:
            student = Student.load(path)
        except FileError:
            raise error from None
    return checked_network(student)


def checked_network(student: Student) -> Network:
    """The network of a student.

    Raises:
        InputError: METHOD_TASK, a student of another method.
    """
    if student.method != chip.NAME:
        raise InputError(
            f"a student of {student.method} is no network for a chip: its input is analog, its "
            f"fan-in and weights know no limits; train one with --method {chip.NAME}",
            code="METHOD_TASK",
        )
    return student_network(student)


def stimulus_of(encoding: SpikeEncoding, samples: Samples) -> Stimulus:
    """The samples as input events, every event at the start of its step, and their labels."""
    return Stimulus.from_counts(spike_counts(samples.input, encoding), STEP_US, samples.label)


def task_stimulus(
    task: str,
    made: Mapping[str, Any],
    folders: Folders = NO_FOLDERS,
    tell: Tell = lambda line: None,
) -> Stimulus:
    """Test samples of a task of sequences, seed 0: another draw than those that `train` tests with.

    Args:
        made: provenance of the network that hears them.
        folders, tell: as for `sequence_task`.

    Raises:
        InputError: NO_ENCODING, TOO_FEW_SAMPLES; as `sequence_task`.
    """
    if "encoding" not in made:
        raise InputError(
            f"samples of {task} are analog, and this network does not say how they become input "
            "events: give a stimulus file, or take a network of `train --method chip` (compiled "
            "again, if an earlier Analoop did it)",
            code="NO_ENCODING",
        )
    samples = sequence_task(task, folders, tell).draw(
        "test", PLAYED, generator_for(0, task, "test")
    )
    return stimulus_of(SpikeEncoding(**made["encoding"]), samples)
