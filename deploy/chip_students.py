"""Students of the method `chip` on boards: compiled, played and read out as their task is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..hw.virtual_board import VirtualBoard
from ..models.errors import InputError
from ..models.learning import chip
from ..models.learning.chip_network import encoding_of, network_of, read_out
from ..models.learning.decision import decide
from ..models.learning.spike_encoding import spike_counts
from ..models.learning.student import Student
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


def program_of(student: Student) -> Program:
    """The student, compiled.

    Raises:
        InputError: METHOD_TASK, a student of another method.
        CompilationError: as `compile`.
    """
    if student.method != chip.NAME:
        raise InputError(
            f"a student of {student.method} is no network for a chip: its input is analog, its "
            f"fan-in and weights know no limits; train one with --method {chip.NAME}",
            code="METHOD_TASK",
        )
    return compile(network_of(student))


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
    chosen = program or program_of(student)
    rows = []
    for board in boards:
        (recording,) = run_virtual(chosen, [board], stimulus_of(student, samples))
        output = output_of(student, recording)
        decision = decide(output, task.signed, student.constants.get("boundary", 0.0))
        right = float((decision == samples.label).mean())
        name = recording.board["name"]
        rows.append(BoardRow(name, right, mean_rate_hz(recording), recording.hash))
    return rows


def output_of(student: Student, recording: Recording) -> np.ndarray:
    """What a host reads from a recording, float32 [trial, step]."""
    hidden = student.arrays["w_out"].shape[0]
    rasters = [recording.raster(k, STEP_US) for k in range(recording.n_trials)]
    return read_out(np.stack(rasters).astype(np.float32), hidden)
