"""Fifty virtual chips at the measured mismatch, through the whole pipeline: compile, play, decide.

    python benchmarks/fifty_chips.py network.npz student.npz > benchmarks/results/fifty_chips.txt

Networks of `analoop train japanese-vowels` are judged on its test set, students of `analoop train
TASK --method chip` on 200 samples that they were not tested with in training. Seeds 1..50, without
and with sampled defects: dead CAM words, which a program compiled without the board's snapshot
cannot avoid. Everything is simulated.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from analoop.deploy.chip_students import on_boards
from analoop.deploy.compilation import compile
from analoop.deploy.learning import generator_for, sequence_task
from analoop.deploy.training import load_task
from analoop.deploy.validation import validate
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.errors import FileError
from analoop.models.learning.student import Student
from analoop.models.mismatch import MISMATCH_VERSION
from analoop.models.network import Network

CHIPS, SAMPLES = 50, 200


def main(files: Sequence[str]) -> None:
    seeds = range(1, CHIPS + 1)
    kinds = {"": [VirtualBoard(seed) for seed in seeds]}
    kinds[", defects"] = [VirtualBoard(seed, defects=True) for seed in seeds]
    print(f"SIMULATED: {MISMATCH_VERSION}, level 1, seeds 1..{CHIPS}; accuracies in percent")
    print(f"{'':50} nominal  mean  mean drop  worst  worst drop  rate, nominal")
    for name in files:
        for kind, boards in kinds.items():
            title, accuracies, rate_hz = judged(name, [VirtualBoard(), *boards])
            nominal, chips = 100 * accuracies[0], 100 * np.array(accuracies[1:])
            print(
                f"{title + kind:50} {nominal:7.1f} {chips.mean():5.1f} "
                f"{nominal - chips.mean():10.1f} {chips.min():6.1f} {nominal - chips.min():11.1f} "
                f"{rate_hz:11.1f} Hz",
                flush=True,
            )


def judged(name: str, boards: Sequence[VirtualBoard]) -> tuple[str, list[float], float]:
    """What a file holds, its accuracy on every board, and its rate on the first [Hz]."""
    try:
        student = Student.load(name)
    except FileError:
        network = Network.load(name)
        report = validate(compile(network), load_task("japanese-vowels").test, boards)
        rows = report.rows
        title = f"japanese-vowels, network {network.hash[:12]}"
    else:
        task = sequence_task(student.task)
        samples = task.draw("test", SAMPLES, generator_for(0, task.name, "fifty chips"))
        rows = on_boards(student, task, samples, boards)
        title = f"{student.task}, student {student.hash[:12]}"
    return title, [row.accuracy for row in rows], rows[0].rate_hz


if __name__ == "__main__":
    main(sys.argv[1:])
