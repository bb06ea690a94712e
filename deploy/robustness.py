"""The robustness table: methods, networks and draws under every perturbation; resumable.

A study is a folder: `study.json` (what was asked), `teacher.npz`, `networks/` (trained students),
and `rows.csv` with a row for each network, cell and draw. A row depends on the study's seed and its
own place alone; a study that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from ..models.decision import MISS, decide_teacher
from ..models.learning.imitation import DynamicsError, spread_of
from ..models.learning.methods import PORTION, answer, decided, method_of
from ..models.learning.student import Response, Student
from ..models.learning.teacher import Teacher
from ..models.tasks.samples import Samples, SequenceTask
from .learning import generator_for
from .output_gain import Gain
from .perturbations import CELLS, Cell, Protocol, applies, under
from .study_files import Place, Row, StudyFiles

Tell = Callable[[int, int, Row | None], None]
"""Called with rows done, rows in all, and the last row."""
Job = tuple[Place, Callable[[], Row]]
"""A row's place, and what makes it."""


@dataclass(frozen=True)
class Study:
    """What is asked."""

    task: SequenceTask
    protocol: Protocol
    networks: int = 10
    """Networks trained for each method."""
    draws: int = 10
    """Chips drawn for each network and level of mismatch."""
    samples: int = 500
    """Test samples of each row."""
    seed: int = 0
    cells: tuple[Cell, ...] = field(default=CELLS)

    def record(self) -> dict[str, Any]:
        """As JSON values; noise that is mixed into recordings is said where there is some."""
        noise = self.task.noise_snr_db
        return ({} if noise is None else {"noise_snr_db": noise}) | {
            "task": self.task.name,
            "protocol": asdict(self.protocol),
            "networks": self.networks,
            "draws": self.draws,
            "samples": self.samples,
            "seed": self.seed,
            "cells": [cell.name for cell in self.cells],
        }


VALIDATION = 500
"""Most validation samples, which gains are fitted with."""
LIMIT = 1e6
"""Outputs and rates [Hz] are cut off here: who runs away is wrong, not infinitely so."""
KEPT_BYTES = 1_500_000_000
"""Most memory for what a teacher's units do; what is more is computed anew for every row."""


class TeacherStates:
    """What the units of a teacher do with samples, in portions; kept if they are not too many."""

    def __init__(self, teacher: Teacher, samples: Samples):
        self._teacher, self._samples = teacher, samples
        steps, units = samples.target.size, len(teacher.tau_s)
        self._keeps, self._kept = 4 * steps * units <= KEPT_BYTES, {}
        self._spread: dict[int, float] = {}

    def of(self, first: int) -> np.ndarray:
        """Activations in the portion from that sample, float32 [sample, step, unit]."""
        if first in self._kept:
            return self._kept[first]
        found = self._teacher.activations(self._samples.chosen(slice(first, first + PORTION)))
        if self._keeps:
            self._kept[first] = found
        return found

    def spread(self, first: int) -> float:
        """Of these, as `spread_of` has it."""
        if first not in self._spread:
            self._spread[first] = spread_of(self.of(first))
        return self._spread[first]


@dataclass(frozen=True, eq=False)
class Bench:
    """What every row of a study shares: the same samples for all methods and networks."""

    study: Study
    test: Samples
    validation: Samples | None
    """None: nothing is fitted."""
    teachers: np.ndarray | None = None
    """Outputs of the teacher [sample, step]; None: networks from outside, whose teacher is not
    known."""
    states: TeacherStates | None = None
    """Of the teacher."""

    @staticmethod
    def of(study: Study) -> Bench:
        """The samples of a study."""

        def part(name: str, number: int) -> Samples:
            generator = generator_for(study.seed, study.task.name, name)
            return study.task.draw(name, number, generator)

        fitted = study.protocol.compensated
        number = min(study.samples, VALIDATION)
        test = part("test", study.samples)
        return Bench(study, test, part("validation", number) if fitted else None)

    def taught_by(self, teacher: Teacher) -> Bench:
        """With what the teacher says to the test samples."""
        pieces = range(0, len(self.test), PORTION)
        said = [teacher.output(self.test.chosen(slice(k, k + PORTION))) for k in pieces]
        states = TeacherStates(teacher, self.test)
        return replace(self, teachers=np.concatenate(said), states=states)


def evaluate(
    bench: Bench,
    students: Sequence[tuple[str, int, Student]],
    files: StudyFiles,
    progress: Tell,
    workers: int = 2,
) -> list[Row]:
    """Every row that is not there yet, written as it is finished; returns all rows, in order.

    Args:
        students: label of the method, number of the network, and the network.
        progress: called with rows done, rows in all, and the last row.
        workers: threads; rows do not depend on it.
    """
    hashes = {(label, number): student.hash for label, number, student in students}
    return made(_jobs(bench, students), hashes, files, progress, workers)


def made(
    jobs: Iterable[Job],
    hashes: Mapping[tuple[str, int], str],
    files: StudyFiles,
    progress: Tell,
    workers: int,
) -> list[Row]:
    """Rows of all jobs, those that are there already and the others; as `evaluate`.

    Args:
        hashes: of every network, by its label and number.
    """
    jobs = list(jobs)
    found = files.rows({place for place, _ in jobs})
    rows = [row for row in found if hashes.get(row.place[:2]) == row.network_hash]
    files.table.keep(rows)  # those of networks that were replaced are made anew
    there = {row.place for row in rows}
    jobs = [job for job in jobs if job[0] not in there]
    total = len(rows) + len(jobs)
    progress(len(rows), total, None)
    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[Row]] = set()
    try:
        left = iter(jobs)
        while True:
            waiting |= {pool.submit(make) for _, make in islice(left, workers - len(waiting))}
            if not waiting:
                break
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                rows.append(future.result())
                files.table.append(rows[-1])
                progress(len(rows), total, rows[-1])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return sorted(rows, key=lambda row: row.place)


def places(study: Study, methods: Iterable[str]) -> set[Place]:
    """Of every row of a study of these methods."""
    return {
        (method, number, cell.name, draw)
        for method in methods
        for number in range(study.networks)
        for cell, draws in _cells(study, method)
        for draw in range(draws)
    }


def rows_of(study: Study, methods: Iterable[str]) -> int:
    """Rows of a study of these methods."""
    return len(places(study, methods))


def _cells(study: Study, method: str) -> list[tuple[Cell, int]]:
    """Cells that students of a method are put in, and how often."""
    cells = (cell for cell in study.cells if applies(cell, method))
    return [(cell, cell.draws(study.draws)) for cell in cells]


def _jobs(bench: Bench, students: Sequence[tuple[str, int, Student]]) -> Iterator[Job]:
    """Every row of a study, by its place, and how it is made."""
    for label, number, student in students:
        for cell, draws in _cells(bench.study, student.method):
            gain = Gain(student, bench.validation, bench.study, cell, (label, number, cell.name))
            for draw in range(draws):
                place = (label, number, cell.name, draw)
                yield place, partial(_row, bench, student, cell, place, gain)


def _row(bench: Bench, student: Student, cell: Cell, place: Place, gain: Gain) -> Row:
    study = bench.study
    generator = generator_for(study.seed, *place)
    perturbed, conditions = under(student, cell, study.protocol, generator)
    dynamics = DynamicsError()
    seen = partial(_compare, bench.states, dynamics)
    output, rate_hz = answer(perturbed, bench.test, conditions, seen)
    output = _bounded(gain.value * output)
    decisions = decided(student, study.task, output)
    label = bench.test.label
    taught = method_of(student.method).taught and cell.kind == "mismatch"
    if study.protocol.teacher_counts and taught and bench.teachers is not None:
        label = decide_teacher(bench.teachers, study.task.signed)
    to_teacher = None if bench.teachers is None else _mean_square(output - bench.teachers)
    return Row(
        *place,
        accuracy=float(((decisions == label) & (decisions != MISS)).mean()),
        mse_target=_mean_square(output - bench.test.target),
        mse_teacher=to_teacher,
        rate_hz=float(np.nan_to_num(rate_hz, nan=LIMIT).clip(max=LIMIT).mean()),
        gain=gain.value,
        network_hash=student.hash,
        mse_dynamics=dynamics.mse if dynamics.count else None,
        nrmse_dynamics=dynamics.nrmse if dynamics.count else None,
    )


def _compare(
    states: TeacherStates | None, error: DynamicsError, first: int, response: Response
) -> None:
    """Add what a portion decodes, if it does."""
    if states is not None and response.dynamics is not None:
        error.add(states.of(first), response.dynamics, states.spread(first), LIMIT)


def _bounded(values: np.ndarray) -> np.ndarray:
    return np.clip(np.nan_to_num(values, nan=0.0), -LIMIT, LIMIT)


def _mean_square(error: np.ndarray) -> float:
    return float(np.square(error, dtype=np.float64).mean())
