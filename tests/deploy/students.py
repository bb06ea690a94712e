"""Small ADS networks that have learned nothing, a teacher that costs nothing, and their studies."""

from pathlib import Path

import numpy as np

from analoop.deploy.perturbations import PROTOCOLS, Cell
from analoop.deploy.robustness import Bench, Study, evaluate
from analoop.deploy.study_files import Row, StudyFiles
from analoop.models.learning.ads import Settings, construct
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
CELLS = (
    Cell("nominal", 0), Cell("mismatch", 0.1), Cell("bits", 3), Cell("noise", 0.1),
    Cell("silenced", 0.4),
)  # fmt: skip
TINY = Settings(neurons=24, signals=4, epoch=2, validation=2)


def study(protocol: str = "fair", **changed) -> Study:
    values = {"networks": 2, "draws": 3, "samples": 6, "seed": 0, "cells": CELLS}
    return Study(TASK, PROTOCOLS[protocol], **(values | changed))


def some_teacher() -> Teacher:
    rng = np.random.default_rng(1)
    shapes = ((1, 8), (8, 8), (8,), (8,))
    w_in, w_rec, w_out, bias = (rng.normal(0, 1, shape).astype(np.float32) for shape in shapes)
    return Teacher(20 * w_in, w_rec, w_out, bias, np.linspace(0.02, 0.08, 8).astype(np.float32))


def student(seed: int = 0) -> Student:
    return construct(TASK, some_teacher(), TINY, np.random.default_rng(seed))


def rows(tmp_path: Path, asked: Study, workers: int = 2) -> list[Row]:
    files = StudyFiles(tmp_path, asked.record())
    students = [("ads", k, student(k)) for k in range(2)]
    bench = Bench.of(asked).taught_by(some_teacher())
    try:
        return evaluate(bench, students, files, lambda *news: None, workers)
    finally:
        files.close()
