"""Fifty virtual chips at the measured mismatch, through the whole pipeline: compile, play, decide.

    python benchmarks/fifty_chips.py network.npz student.npz > benchmarks/results/fifty_chips.txt

Networks of `analoop train japanese-vowels` are judged on its test set, students of `analoop train
TASK --method chip` on 200 samples that they were not tested with in training. Seeds 1..50: without
defects; with sampled ones, dead CAM words, which a program compiled without the board's snapshot
cannot avoid; and with them where every board was screened before and the program compiled with its
snapshot. Everything is simulated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from analoop.deploy.chip_students import PLAYED, load_network, stimulus_of
from analoop.deploy.compilation import compile
from analoop.deploy.learning import generator_for
from analoop.deploy.program import Program
from analoop.deploy.sequence_tasks import sequence_task
from analoop.deploy.training import load_task
from analoop.deploy.validation import validate
from analoop.hw.screening import screen
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.snapshot import Snapshot
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.errors import FileError
from analoop.models.learning.chip_network import encoding_of
from analoop.models.learning.student import Student
from analoop.models.mismatch import MISMATCH_VERSION
from analoop.models.network import Network

CHIPS, VOWELS = 50, "japanese-vowels"
Judge = Callable[[Program, Sequence[VirtualBoard]], list[tuple[float, float]]]
"""Accuracy and rate [Hz] of a program on every board."""


def main(files: Sequence[str]) -> None:
    print(f"SIMULATED: {MISMATCH_VERSION}, level 1, seeds 1..{CHIPS}; accuracies in percent")
    print(f"{'':60} nominal  mean  mean drop  worst  worst drop  rate, nominal")
    for name in files:
        network = load_network(name)
        program = compile(network)
        title, judge = judge_of(name, network)
        ((nominal, rate_hz),) = judge(program, [VirtualBoard()])
        for kind, accuracies in fifty(network, program, judge):
            chips = 100 * np.array(accuracies)
            drops = 100 * nominal - chips
            print(
                f"{title + kind:60} {100 * nominal:7.1f} {chips.mean():5.1f} {drops.mean():10.1f} "
                f"{chips.min():6.1f} {drops.max():11.1f} {rate_hz:11.1f} Hz",
                flush=True,
            )


def fifty(network: Network, program: Program, judge: Judge) -> Iterator[tuple[str, list[float]]]:
    """What is wrong with the chips, and the accuracy on each."""
    sound = [VirtualBoard(seed) for seed in range(1, CHIPS + 1)]
    deaf = [VirtualBoard(seed, defects=True) for seed in range(1, CHIPS + 1)]
    yield "", [accuracy for accuracy, _ in judge(program, sound)]
    yield ", defects", [accuracy for accuracy, _ in judge(program, deaf)]
    own = [judge(compile(network, snapshot=screened(board)), [board]) for board in deaf]
    yield ", defects, screened", [accuracy for ((accuracy, _),) in own]


def judge_of(name: str, network: Network) -> tuple[str, Judge]:
    """What a file holds, and what judges it."""
    try:
        student = Student.load(name)
    except FileError:
        title, stimulus = f"japanese-vowels, network {network.hash[:12]}", load_task(VOWELS).test
    else:
        task = sequence_task(student.task)
        samples = task.draw("test", PLAYED, generator_for(0, task.name, "fifty chips"))
        title = f"{student.task}, student {student.hash[:12]}"
        stimulus = stimulus_of(encoding_of(student), samples)

    def judge(program: Program, boards: Sequence[VirtualBoard]) -> list[tuple[float, float]]:
        return [(r.accuracy, r.rate_hz) for r in validate(program, stimulus, boards).rows]

    return title, judge


@cache
def screened(board: VirtualBoard) -> Snapshot:
    """What asking every word of a board finds."""
    with SimulatedBoard(board) as opened:
        return screen(opened, date="")  # kept nowhere


if __name__ == "__main__":
    main(sys.argv[1:])
