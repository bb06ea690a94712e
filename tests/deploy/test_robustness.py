"""The robustness study over small ADS networks: rows, rules, resumption, report."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import pytest

from analoop.deploy import output_gain, robustness
from analoop.deploy.learning import settings_of
from analoop.deploy.output_gain import fitted_gain
from analoop.deploy.perturbations import PROTOCOLS, Cell, under
from analoop.deploy.robustness import Bench, Study, rows_of
from analoop.deploy.study import study_methods, study_networks
from analoop.deploy.study_files import StudyFiles, read_rows
from analoop.models import InputError
from analoop.models.bookmark import Bookmark
from analoop.models.errors import AnaloopError, FileError
from analoop.models.learning import methods
from analoop.models.learning.student import Conditions, Student
from analoop.models.tasks.samples import Samples

from .command import Shell
from .students import CELLS, TASK, TINY, rows, some_teacher, student, study


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teachers that cost nothing."""
    monkeypatch.setattr("analoop.deploy.study.teacher_for", lambda *given: some_teacher())


def test_every_network_meets_every_cell_and_mismatch_in_every_draw(tmp_path: Path):
    found = rows(tmp_path, study())
    places = {row.place for row in found}
    assert len(found) == len(places) == rows_of(study(), ["ads"]) == 2 * (4 + 3)
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
    StudyFiles(cut, study().record()).close()
    (cut / "rows.csv").write_bytes(text[: len(text) // 2])
    assert rows(cut, study()) == whole
    assert 0 < text[: len(text) // 2].count(b"\n") < len(whole)


def test_rows_of_a_network_that_was_replaced_are_made_anew(tmp_path: Path):
    whole = rows(tmp_path, study())
    table = tmp_path / "rows.csv"
    table.write_text(table.read_text().replace(student(1).hash, "another"), encoding="utf-8")
    assert rows(tmp_path, study()) == whole
    assert "another" not in table.read_text()


def damaged(folder: Path, change: Callable[[str], str]) -> FileError:
    """What going on with rows says whose first one was changed so."""
    rows(folder, study())
    header, first, *rest = (folder / "rows.csv").read_text().splitlines()
    text = "\n".join([header, change(first), *rest]) + "\n"
    (folder / "rows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        rows(folder, study())
    assert caught.value.code == "FILE_CORRUPT"
    return caught.value


@pytest.mark.parametrize("accuracy", ["nan", "7", "-0.5", "inf"])
def test_a_row_with_numbers_that_cannot_be_is_named(tmp_path: Path, accuracy: str):
    def change(line: str) -> str:
        cells = line.split(",")
        return ",".join([*cells[:4], accuracy, *cells[5:]])

    assert "rows.csv, line 2" in str(damaged(tmp_path, change))


def test_a_row_that_is_there_twice_or_is_none_of_the_study_is_named(tmp_path: Path):
    twice = damaged(tmp_path / "a", lambda line: f"{line}\n{line}")
    assert "two rows of ads" in str(twice)
    other = damaged(tmp_path / "b", lambda line: line.replace(line.split(",")[2], "bits 9"))
    assert "none of this study, ads" in str(other) and "bits 9" in str(other)


def test_rows_without_what_says_of_which_study_are_not_gone_on_with(tmp_path: Path):
    rows(tmp_path, study())
    (tmp_path / "study.json").unlink()
    with pytest.raises(InputError, match=r"no study\.json") as caught:
        rows(tmp_path, study(seed=7))
    assert caught.value.code == "OTHER_STUDY"


@pytest.mark.parametrize("text", ["", "{", "\x00"])
def test_a_study_whose_file_cannot_be_read_is_said_to_be_so(tmp_path: Path, text: str):
    rows(tmp_path, study())
    (tmp_path / "study.json").write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="cannot be read") as caught:
        rows(tmp_path, study())
    assert caught.value.code == "FILE_CORRUPT"


def test_a_network_that_runs_away_has_a_rate_that_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def run_away(*given: Any) -> tuple[np.ndarray, np.ndarray]:
        return np.full((6, 1000), np.inf), np.array([1.0, np.inf, np.nan, 1e30, 2.0, 3.0])

    monkeypatch.setattr("analoop.deploy.robustness.answer", run_away)
    monkeypatch.setattr("analoop.deploy.robustness.decided", lambda *given: np.zeros(6, int))
    found = rows(tmp_path, study(cells=CELLS[:1]))
    assert {row.rate_hz for row in found} == {(3 * 1e6 + 6) / 6}


def test_the_fair_protocol_tunes_nothing_and_the_papers_weakens_the_recurrence():
    net, rng = student(), np.random.default_rng
    cell = Cell("noise", 0.1)
    fair, _ = under(net, cell, PROTOCOLS["fair"], rng(0))
    paper, conditions = under(net, cell, PROTOCOLS["paper"], rng(0))
    assert fair.hash == net.hash and conditions.noise == 0.1
    assert paper.arrays["w_fast"] == pytest.approx(0.6 * net.arrays["w_fast"], rel=1e-6)
    assert (paper.arrays["encoder"] == net.arrays["encoder"]).all()


class Said:
    """Students whose answer is the target times a factor, minus what silence takes from it."""

    def __init__(self, factor: float, silent: float = 1.0):
        self.factor, self.silent = factor, silent

    def __call__(self, net: Student, samples: Samples, conditions=None, seen=None):
        silent = self.silent if conditions is not None and conditions.silenced else 1.0
        return self.factor * silent * samples.target, np.ones(len(samples))


@pytest.mark.parametrize(
    ("said", "cell", "gain"),
    [
        (Said(1 / 3), Cell("bits", 4), pytest.approx(1.5, abs=0.05)),
        (Said(1.0), Cell("bits", 4), pytest.approx(1.0, abs=0.04)),
        (Said(1.0, 0.4), Cell("silenced", 0.4), pytest.approx(2.5)),
        (Said(1 / 9), Cell("nominal", 0), 1.0),
    ],
)
def test_a_gain_brings_outputs_over_the_threshold_and_is_the_one_nearest_to_1(
    monkeypatch: pytest.MonkeyPatch, said: Said, cell: Cell, gain: float
):
    monkeypatch.setattr(output_gain, "answer", said)
    few = TASK.draw("validation", 40, np.random.default_rng(0))
    assert fitted_gain(student(), few, study("paper"), cell, ("ads", 0, cell.name)) == gain


def test_the_papers_protocol_fits_one_gain_for_each_network_and_cell(tmp_path: Path):
    found = rows(tmp_path, study("paper"))
    assert {row.gain for row in found if row.cell == "nominal 0"} == {1.0}
    for network in range(2):
        own = [r.gain for r in found if (r.network, r.cell) == (network, "mismatch 0.1")]
        assert len(own) == 3 and len(set(own)) == 1


def test_under_mismatch_the_papers_protocol_counts_the_teachers_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Students that say what the teacher says are right by its rule, and no better than it by the
    label; a miss of both is wrong."""
    teacher = some_teacher()

    def as_teacher(net: Student, samples: Samples, conditions=None, seen=None):
        return teacher.output(samples), np.ones(len(samples))

    monkeypatch.setattr(robustness, "answer", as_teacher)
    monkeypatch.setattr(output_gain, "answer", as_teacher)
    asked = study("paper", samples=40, networks=1)
    said = teacher.output(Bench.of(asked).test)
    decides = (np.abs(said) > 0.5).any(axis=1).mean()
    found = {r.cell: r for r in rows(tmp_path, asked) if r.network == 0 and r.gain == 1.0}
    assert found["mismatch 0.1"].accuracy == pytest.approx(decides)
    assert found["nominal 0"].accuracy < decides


def test_an_answer_does_not_depend_on_the_portions_it_is_made_in(monkeypatch: pytest.MonkeyPatch):
    samples = TASK.draw("test", 5, np.random.default_rng(0))
    whole, rate_hz = methods.answer(student(), samples)
    monkeypatch.setattr(methods, "PORTION", 2)
    pieces, rates = methods.answer(student(), samples)
    assert (pieces == whole).all() and (rates == rate_hz).all()
    noisy = Conditions(noise=0.1, seed=3)
    first, _ = methods.answer(student(), samples, noisy)
    assert not (first[0] == first[2]).all(), "portions have noise of their own"


def test_a_study_is_held_by_one_process_at_a_time(tmp_path: Path):
    with StudyFiles(tmp_path, {}), pytest.raises(InputError) as caught:
        StudyFiles(tmp_path, {})
    assert caught.value.code == "STUDY_HELD"
    StudyFiles(tmp_path, {}).close()


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
    assert f"analoop robustness temporal-xor -o {tmp_path.name} --method ads" in page
    assert "--set ads.neurons=24" in page and "<code>neurons=24</code>" in page
    shown = re.findall(r"<td>(mse_target|mse_dynamics|nrmse_dynamics)</td><td>ads</td>", page)
    assert set(shown) == {"mse_target", "mse_dynamics", "nrmse_dynamics"}
    assert re.search(r"\([+-]\d+ %\)", page), "errors come with their rise"
    assert page.count("http") == 0, "the page opens without a network"
    assert found["methods"]["ads"]["neurons"] == 24 and found["versions"]["analoop"]
    before = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    study_methods(tmp_path, study(), {"ads": TINY}, 1, lambda *news: None)
    assert {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()} == before


def test_a_study_goes_on_within_a_training_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, teacher: None
):
    monkeypatch.setattr("analoop.deploy.bookmarks.Bookmark", partial(Bookmark, every_s=0.0))
    nominal, told = study(cells=(Cell("nominal", 0),)), []
    whole = study_methods(tmp_path / "a", nominal, {"ads": TINY}, 1, lambda *news: None)

    def kill(done: float, planned: int, what: str) -> None:
        if what.startswith("training ads 1: 4"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study_methods(tmp_path / "b", nominal, {"ads": TINY}, 1, kill)
    mark = tmp_path / "b" / "networks" / "ads-1.npz.part"
    kept = mark.read_bytes()
    found = study_methods(
        tmp_path / "b", nominal, {"ads": TINY}, 1, lambda done, planned, what: told.append(what)
    )
    assert [what for what in told if "training" in what and "ads 1: 2" in what] == []
    assert found["summaries"] == whole["summaries"] and not mark.exists()
    mark.write_bytes(kept)  # a kill between the network and its bookmark
    study_methods(tmp_path / "b", nominal, {"ads": TINY}, 1, lambda *news: None)
    assert not mark.exists()


def test_networks_in_the_folder_that_are_not_those_asked_for_are_refused(
    tmp_path: Path, teacher: None
):
    nominal = study(cells=(Cell("nominal", 0),))
    study_methods(tmp_path, nominal, {"ads": TINY}, 1, lambda *news: None)
    (tmp_path / "teacher.npz").unlink()
    networks = tmp_path / "networks"
    kept = (networks / "ads-0.npz").read_bytes()

    def refused(error: type[AnaloopError], words: str, asked: Study = nominal) -> None:
        told: list[str] = []
        with pytest.raises(error, match=words) as caught:
            study_methods(tmp_path, asked, {"ads": TINY}, 1, lambda *news: told.append(news[2]))
        assert "delete it" in str(caught.value) or "take the line out" in str(caught.value)
        assert not told and not (tmp_path / "teacher.npz").exists(), "before anything is trained"

    (networks / "ads-0.npz").write_bytes((networks / "ads-1.npz").read_bytes())
    refused(InputError, "differ in seed")
    (networks / "ads-1.npz").unlink()
    (networks / "ads-0.npz").write_bytes(kept[:-9])
    refused(FileError, r"ads-0\.npz")
    (networks / "ads-0.npz").write_bytes(kept)
    table = (tmp_path / "rows.csv").read_text()
    (tmp_path / "rows.csv").write_text(
        table.replace("ads,0,nominal 0,0,0.", "ads,0,nominal 0,0,7.")
    )
    refused(FileError, "line 2")
    for name in ("study.json", "rows.csv"):
        (tmp_path / name).unlink()
    refused(InputError, "differ in seed", study(cells=(Cell("nominal", 0),), seed=7))


def test_a_study_whose_figures_cannot_be_drawn_is_refused_before_hours_of_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("analoop.deploy.study_report.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs? matplotlib: pip install") as caught:
        study_methods(tmp_path, study(), {"ads": TINY}, 1, lambda *news: None)
    assert caught.value.code == "NO_MATPLOTLIB" and not any(tmp_path.iterdir())


def test_networks_from_files_are_studied_without_a_teacher(tmp_path: Path):
    path = student().save(tmp_path / "mine.npz")
    found = study_networks(tmp_path / "s", study(networks=1), [path], 1, lambda *news: None)
    assert {s["method"] for s in found["summaries"]} == {"mine"}
    assert all(s["errors"].keys() == {"mse_target"} for s in found["summaries"])


def test_files_without_a_teacher_are_studied_by_the_authors_rules_as_their_task_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """To the last digit, where they are named as their methods; one with a teacher is refused."""
    monkeypatch.setattr("analoop.deploy.learning.TESTED", 4)
    few = {
        "bptt": ["neurons=8", "updates=2", "batch=2"],
        "robust": ["neurons=8", "updates=2", "batch=2"],
        "reservoir": ["liquids=1", "neurons=8", "substeps=1", "samples=2"],
        "chip": ["groups=1", "hidden=8", "outputs=4", "updates=2", "batch=2"],
    }
    settings = {method: settings_of(method, TASK.name, words) for method, words in few.items()}
    cells = (Cell("nominal", 0), Cell("mismatch", 0.1), Cell("silenced", 0.4), Cell("chip", 1))
    asked = study("paper", networks=1, draws=2, cells=cells)
    study_methods(tmp_path / "task", asked, settings, 2, lambda *news: None)
    files = [tmp_path / f"{method}.npz" for method in few]
    for file in files:
        copyfile(tmp_path / "task" / "networks" / f"{file.stem}-0.npz", file)
    found = study_networks(tmp_path / "files", asked, files, 2, lambda *news: None)
    rows, again = (
        sorted(read_rows(tmp_path / f / "rows.csv"), key=lambda row: row.place)
        for f in ("task", "files")
    )
    assert rows == again and len(rows) == found["rows"]
    assert {row.gain for row in rows} > {1.0}, "gains are fitted"
    files.append(student().save(tmp_path / "mine.npz"))
    with pytest.raises(InputError, match=r"judges mine \(ads\) by the teacher") as caught:
        study_networks(tmp_path / "more", asked, files, 2, lambda *news: None)
    assert caught.value.code == "NO_TEACHER" and not (tmp_path / "more").exists()


def test_a_study_is_not_gone_on_with_on_other_samples(tmp_path: Path):
    """Made on another machine, a corpus may be another one under the same name."""
    path, asked = student().save(tmp_path / "mine.npz"), study(networks=1)
    other = replace(
        TASK, draw=lambda part, number, _: TASK.draw(part, number, np.random.default_rng(7))
    )
    study_networks(tmp_path / "s", asked, [path], 1, lambda *news: None)
    with pytest.raises(InputError) as caught:
        study_networks(tmp_path / "s", replace(asked, task=other), [path], 1, lambda *news: None)
    assert caught.value.code == "OTHER_STUDY" and "test_samples" in str(caught.value)


def wide() -> Student:
    """One that takes 16 channels."""
    arrays = student().arrays
    return Student("ads", TASK.name, {**arrays, "w_in": np.ones((16, 8), np.float32)}, {})


def changed(name: str, how: Callable[[np.ndarray], np.ndarray]) -> Student:
    """One with an array that compiled loops would read beyond, or whose numbers are none."""
    arrays = student().arrays
    return Student("ads", TASK.name, {**arrays, name: how(arrays[name])}, student().constants)


@pytest.mark.parametrize(
    ("students", "protocol", "code"),
    [
        ([Student("ads", "synth-snips", {}, {})], "fair", "OTHER_TASK"),
        ([wide()], "fair", "STUDENT_INVALID"),
        ([changed("v_th", lambda a: a[:3])], "fair", "STUDENT_INVALID"),
        ([changed("w_slow", lambda a: a * np.nan)], "fair", "STUDENT_INVALID"),
        ([changed("decoder", lambda a: a.T)], "fair", "STUDENT_INVALID"),
        ([replace(student(), constants={"boundary": -1.0})], "fair", "STUDENT_INVALID"),
        ([Student("magic", TASK.name, {}, {})], "fair", "UNKNOWN_METHOD"),
        ([student(0), student(1)], "fair", "SAME_NAME"),
        ([student()], "paper", "NO_TEACHER"),
    ],
)
def test_networks_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, students: list[Student], protocol: str, code: str
):
    paths = []
    for k, one in enumerate(students):
        (tmp_path / str(k)).mkdir()
        paths.append(one.save(tmp_path / str(k) / "net.npz"))
    with pytest.raises(InputError) as caught:
        study_networks(tmp_path / "t", study(protocol), paths, 1, lambda *news: None)
    assert caught.value.code == code and not (tmp_path / "t").exists()


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
    assert "METHOD_TASK" in shell(*asked, "--method", "ads").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "temporal-xor", "--method", "magic"), "UNKNOWN_METHOD"),
        (("train", "temporal-xor", "--method", "ads", "--set", "size=3"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--set", "neurons=many"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--set", "feedback=75"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--set", "epoch=0"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--set", "rate=nan"), "SETTING"),
        (("train", "temporal-xor", "--method", "ads", "--mismatch", "0.2"), "METHOD_TASK"),
        (("train", "japanese-vowels", "--method", "ads"), "METHOD_TASK"),
        (("robustness", "temporal-xor", "--protocol", "kind"), "UNKNOWN_PROTOCOL"),
        (("robustness", "temporal-xor", "--method", "ads", "--set", "force.neurons=3"), "SETTING"),
        (("robustness", "temporal-xor", "--method", ""), "UNKNOWN_METHOD"),
        (("robustness", "temporal-xor", "--method", "ads,bptt", "--cells", "chip"), "CELL"),
        (("robustness", "no-such-file"), "FILE_MISSING"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, shell: Shell, arguments: tuple, code: str
):
    done = shell(*arguments, "-o", tmp_path / "out")
    assert done.code == 2 and f"({code})" in done.err
    assert not list(tmp_path.iterdir())
