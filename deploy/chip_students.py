"""Students of the method `chip` on boards: compiled, played and read out as their task is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..hw.virtual_board import VirtualBoard
from ..models.errors import FileError, InputError
from ..models.learning import chip
from ..models.learning.chip_network import encoding_of, network_of, read_out
from ..models.learning.methods import decided
from ..models.learning.spike_encoding import spike_counts
from ..models.learning.student import Student
from ..models.network import Network
from ..models.recording import Recording, Stimulus
from ..models.tasks.samples import DT_S, Samples, SequenceTask
from .compilation import compile
from .execution import run_virtual
from .metrics import mean_rate_hz
from .program import Program

STEP_US = round(DT_S * 1e6)


@dataclass(frozen=True)
class BoardRow:
    """How a student did on a board."""

    board: str
    """Name of the board."""
    accuracy: float
    """Share of samples decided rightly [1]."""
    rate_hz: float
    """Spikes per neuron and second [Hz]."""
    recording: str
    """Hash of the recording behind the row."""


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
    return network_of(student)


def stimulus_of(student: Student, samples: Samples) -> Stimulus:
    """The samples as input events; every event at the start of its step."""
    counts = spike_counts(samples.input, encoding_of(student))
    trial, step, channel = np.nonzero(counts)
    number = counts[trial, step, channel].astype(np.int64)
    trials, steps, channels = counts.shape
    repeated = (np.repeat(x, number) for x in (trial, step * STEP_US, channel))
    return Stimulus(channels, np.full(trials, steps * STEP_US), *repeated)


def on_boards(
    student: Student,
    task: SequenceTask,
    samples: Samples,
    boards: Sequence[VirtualBoard],
    program: Program | None = None,
) -> list[BoardRow]:
    """Play the samples on boards, all with the same program.

    Args:
        task: which the samples are of; says how outputs are decided by.
        program: of the student; None: it is compiled here.
    """
    chosen = program or compile(checked_network(student))
    stimulus, rows = stimulus_of(student, samples), []
    for board in boards:
        (recording,) = run_virtual(chosen, [board], stimulus)
        output = output_of(student, recording)
        right = float((decided(student, task, output) == samples.label).mean())
        name = recording.board["name"]
        rows.append(BoardRow(name, right, mean_rate_hz(recording), recording.hash))
    return rows


def output_of(student: Student, recording: Recording) -> np.ndarray:
    """What a host reads from a recording, float32 [trial, step]."""
    hidden = student.arrays["w_out"].shape[0]
    rasters = (recording.raster(k, STEP_US) for k in range(recording.n_trials))
    return np.concatenate([read_out(r[None].astype(np.float32), hidden) for r in rasters])
