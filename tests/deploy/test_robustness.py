"""The robustness study over small ADS networks: rows, rules, resumption, report."""

import re
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import learning, robustness
from analoop.deploy.perturbations import PROTOCOLS, Cell, under
from analoop.deploy.robustness import Bench, Study, evaluate
from analoop.deploy.study import study_methods, study_networks
from analoop.deploy.study_files import Row, StudyFiles
from analoop.models import InputError
from analoop.models.learning.ads import Settings, construct
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher
from analoop.models.tasks.temporal_xor import temporal_xor

from .command import Shell

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


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teachers that cost nothing."""
    for module in (learning, robustness):
        if hasattr(module, "teacher_for"):
            monkeypatch.setattr(module, "teacher_for", lambda *given: some_teacher())
    monkeypatch.setattr("analoop.deploy.study.teacher_for", lambda *given: some_teacher())


def rows(tmp_path: Path, asked: Study, workers: int = 2) -> list[Row]:
    files = StudyFiles(tmp_path, asked.record())
    students = [("ads", k, student(k)) for k in range(2)]
    return evaluate(Bench.of(asked, some_teacher()), students, files, lambda *news: None, workers)


def test_every_network_meets_every_cell_and_mismatch_in_every_draw(tmp_path: Path):
    found = rows(tmp_path, study())
    places = {row.place for row in found}
    assert len(found) == len(places) == 2 * (4 + 3)
    assert {row.cell for row in found} == {cell.name for cell in CELLS}
    assert all(row.gain == 1.0 and row.mse_teacher is not None for row in found)


def test_rows_depend_on_their_place_alone(tmp_path: Path):
    whole = rows(tmp_path / "a", study())
    assert rows(tmp_path / "b", study(), workers=1) == whole
    fewer = rows(tmp_path / "c", study(cells=CELLS[1:2], draws=2))
    assert [row for row in whole if row.cell == "mismatch 0.1" and row.draw < 2] == fewer


def test_draws_differ_and_so_do_seeds(tmp_path: Path):
    found = rows(tmp_path / "a", study())
    errors = [row.mse_target for row in found if row.cell == "mismatch 0.1"]
    assert len(set(errors)) == len(errors)
    other = rows(tmp_path / "b", study(seed=1))
    assert {row.mse_target for row in other}.isdisjoint(errors)


def test_a_study_that_was_killed_goes_on_and_ends_the_same(tmp_path: Path):
    whole = rows(tmp_path / "a", study())
    text = (tmp_path / "a" / "rows.csv").read_bytes()
    cut = tmp_path / "b"
    StudyFiles(cut, study().record())
    (cut / "rows.csv").write_bytes(text[: len(text) // 2])
    said: list[tuple] = []
    files = StudyFiles(cut, study().record())
    students = [("ads", k, student(k)) for k in range(2)]
    again = evaluate(Bench.of(study(), some_teacher()), students, files, lambda *n: said.append(n))
    assert again == whole and 0 < said[0][0] < said[0][1] == len(whole)


def test_the_fair_protocol_tunes_nothing_and_the_papers_weakens_the_recurrence():
    net, rng = student(), np.random.default_rng
    cell = Cell("noise", 0.1)
    fair, _ = under(net, cell, PROTOCOLS["fair"], rng(0))
    paper, conditions = under(net, cell, PROTOCOLS["paper"], rng(0))
    assert fair.hash == net.hash and conditions.noise == 0.1
    assert paper.arrays["w_fast"] == pytest.approx(0.6 * net.arrays["w_fast"], rel=1e-6)
    assert (paper.arrays["encoder"] == net.arrays["encoder"]).all()


def test_the_papers_protocol_fits_gains(tmp_path: Path):
    found = rows(tmp_path, study("paper"))
    assert {row.gain for row in found if row.cell == "nominal 0"} == {1.0}
    fitted = {row.gain for row in found if row.cell == "mismatch 0.1"}
    assert all(1.0 <= gain <= 5.5 for gain in fitted) and len(fitted) <= 2, "one for each network"


def test_a_study_of_methods_writes_networks_rows_and_a_report(tmp_path: Path, teacher: None):
    said: list[tuple] = []
    found = study_methods(tmp_path, study(), {"ads": TINY}, 2, lambda *news: said.append(news))
    names = {Path(file).name for file in found["files"]}
    assert names == {"summary.json", "report.html"} | {f"{k}.png" for k in
                     ("mismatch", "bits", "noise", "silenced")}  # fmt: skip
    assert len(found["summaries"]) == 5 and found["rows"] == 14
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    links, targets = (
        set(re.findall(p, page)) for p in (r'href="#([^"]+)"', r'details id="([^"]+)"')
    )
    assert links == targets and "ads-mismatch-0.1" in links and "Simulated" in page
    assert page.count("http") == 0, "the page opens without a network"
    before = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    study_methods(tmp_path, study(), {"ads": TINY}, 1, lambda *news: None)
    assert {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()} == before


def test_networks_from_files_are_studied_without_a_teacher(tmp_path: Path):
    path = student().save(tmp_path / "mine.npz")
    found = study_networks(tmp_path / "s", study(networks=1), [path], 1, lambda *news: None)
    assert {s["method"] for s in found["summaries"]} == {"mine"}
    assert all(s["mse_teacher_median"] is None for s in found["summaries"])
    other = Student("ads", "hey-snips", student().arrays, student().constants)
    with pytest.raises(InputError) as caught:
        study_networks(
            tmp_path / "t", study(), [other.save(tmp_path / "o.npz")], 1, lambda *news: None
        )
    assert caught.value.code == "OTHER_TASK"


def test_train_and_robustness_by_command_line(tmp_path: Path, shell: Shell, monkeypatch):
    monkeypatch.setattr("analoop.deploy.learning.teacher_for", lambda *given: some_teacher())
    monkeypatch.setattr("analoop.deploy.learning.TESTED", 5)
    out = tmp_path / "s.npz"
    tiny = [w for name in ("neurons=24", "signals=4", "epoch=2", "validation=2")
            for w in ("--set", name)]  # fmt: skip
    said = shell("train", "temporal-xor", "--method", "ads", *tiny, "-o", out)
    assert said.code == 0 and "of 5 samples" in said.out and "simulated" in said.out
    assert Student.load(out).provenance["settings"]["neurons"] == 24
    asked = ("robustness", out, "-o", tmp_path / "study", "--samples", 4, "--draws", 1)
    done = shell(*asked)
    assert done.code == 0 and done.out.startswith("SIMULATED: temporal-xor, protocol fair")
    assert shell(*asked, "--json").json["rows"] == 14
    assert shell(*asked, "--seed", 1).code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "temporal-xor", "--method", "magic"), "UNKNOWN_METHOD"),
        (("train", "temporal-xor", "--method", "ads", "--set", "size=3"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--set", "neurons=many"), "SETTING"),
        (("train", "japanese-vowels", "--method", "ads"), "METHOD_TASK"),
        (("robustness", "temporal-xor", "--protocol", "kind"), "UNKNOWN_PROTOCOL"),
        (("robustness", "temporal-xor", "--method", "ads", "--set", "force.neurons=3"), "SETTING"),
        (("robustness", "no-such-file"), "FILE_MISSING"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, shell: Shell, arguments: tuple, code: str
):
    done = shell(*arguments, "-o", tmp_path / "out")
    assert done.code == 2 and f"({code})" in done.err
    assert not list(tmp_path.iterdir())
