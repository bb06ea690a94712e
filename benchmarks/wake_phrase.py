"""Students of the wake phrase: trained with seed 0 and tested as drawn, without any perturbation.

    python benchmarks/wake_phrase.py teacher FOLDER
    python benchmarks/wake_phrase.py train FOLDER METHOD [NAME=VALUE ...]

FOLDER keeps the teacher and the students, which are too large for the repository; rows go to
benchmarks/results/synth_snips. `train` is what `analoop train synth-snips` does, with the teacher
of FOLDER. Simulated.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analoop.deploy.learning import (
    TESTED,
    VALIDATED,
    generator_for,
    settings_of,
    teacher_for,
    train_student,
)
from analoop.deploy.sequence_tasks import sequence_task
from analoop.models.decision import decide, decide_teacher, low_pass
from analoop.models.learning.methods import boundary_of
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher

TASK, SEED = "synth-snips", 0
RESULTS = Path(__file__).parent / "results" / "synth_snips"
POINTS = 12
"""Of a training that are kept, about."""
NOMINAL = ("method", "seed", "set", "done", "processor_s", "accuracy", "rate_hz", "boundary")
"""Columns of nominal.csv."""


def main(words: Sequence[str]) -> None:
    what, folder = words[0], Path(words[1])
    if what == "teacher":
        teacher = teacher_for(sequence_task(TASK), SEED)
        teacher.save(folder / "teacher.npz")
        write_teacher(teacher)
    else:
        train(folder, words[2], words[3:])


def write_teacher(teacher: Teacher) -> None:
    """How often a teacher is right: by its own rule, and by that of students."""
    task = sequence_task(TASK)
    test, validation = (
        task.draw(part, number, generator_for(SEED, TASK, name))
        for part, number, name in (
            ("test", TESTED, "test"),
            ("validation", VALIDATED, "boundary"),
        )
    )
    output = teacher.output(test)
    boundary = boundary_of(task, low_pass(teacher.output(validation)), validation.label)
    answers = {
        "its own rule": decide_teacher(output, task.signed),
        "the students' rule": decide(low_pass(output), task.signed, boundary),
    }
    for rule, answer in answers.items():
        accuracy = float((answer == test.label).mean())
        row = {"method": "teacher", "seed": SEED, "set": rule, "accuracy": accuracy}
        write_row("nominal.csv", NOMINAL, row)


def train(folder: Path, method: str, changed: Sequence[str]) -> None:
    """Train a student and test it."""
    task, teacher = sequence_task(TASK), Teacher.load(folder / "teacher.npz")
    begun, told = time.process_time(), []

    def tell(done: int, error: float) -> None:
        told.append((done, error, time.process_time() - begun))

    settings = settings_of(method, TASK, changed)
    student = train_student(task, method, settings, teacher, (SEED, 0), tell)
    student.save(folder / f"{'-'.join([method, *changed])}.npz")
    write_student(student, changed, told)


def write_student(
    student: Student, changed: Sequence[str], told: Sequence[tuple[int, float, float]]
) -> None:
    """What it is, and how it came to be.

    Args:
        told: by training: what was done, the error or loss then, and the processor's seconds.
    """
    made = student.provenance
    row = {"method": made["method"], "seed": SEED, "set": " ".join(changed)}
    for done, error, _ in told[:: -max(1, len(told) // POINTS)][::-1]:
        now = {"done": done, "error_or_loss": round(error, 5)}
        write_row("progress.csv", (*row, *now), row | now)
    done, _, processor_s = told[-1]
    found = {
        "done": done,
        "processor_s": round(processor_s),
        "accuracy": made["test_accuracy"],
        "rate_hz": round(made["rate_hz"], 2),
        "boundary": round(student.constants["boundary"], 3),
    }
    write_row("nominal.csv", NOMINAL, row | found)


def write_row(name: str, columns: Sequence[str], row: Mapping[str, Any]) -> None:
    """Add a row to a table of the results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / name
    new = not file.exists()
    with file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
