"""`analoop robustness`: which networks it is of, and what it is asked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analoop.deploy.study_files import read_rows
from analoop.models.network import Network

from ..snips_corpus import write_corpus
from .command import Shell
from .own_networks import network, stimulus
from .students import student


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A network for the chip, and its stimulus."""
    return network().save(tmp_path / "mine.npz"), stimulus().save(tmp_path / "input.npz")


def test_networks_for_the_chip_are_judged_on_a_stimulus(
    shell: Shell, tmp_path: Path, files: tuple[Path, Path]
):
    net, played = files
    other = network().save(tmp_path / "other.npz")
    out = tmp_path / "study"
    asked = ("robustness", net, other, "--input", played, "-o", out, "--draws", 2)
    done = shell(*asked, "--cells", "mismatch,bits")
    assert done.code == 0 and done.out.startswith("SIMULATED: stimulus"), done.err
    assert "MSE" not in done.out and "mismatch 0.3" in done.out and "20 samples" in done.out
    rows = read_rows(out / "rows.csv")
    assert {row.cell.split()[0] for row in rows} == {"nominal", "mismatch", "bits"}
    assert len(rows) == 2 * (1 + 4 * 2 + 5) and {row.method for row in rows} == {"mine", "other"}
    assert {f.name for f in out.glob("*.png")} == {"mismatch.png", "bits.png"}
    found = shell(*asked, "--cells", "bits,mismatch", "--json").json
    assert found["rows"] == len(rows) and found["samples"] == 20


def test_a_network_that_knows_its_task_needs_no_input(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mine = network()
    trained = Network(
        mine.n_inputs, mine.populations, mine.projections, mine.output, mine.labels,
        {"task": "japanese-vowels"},
    ).save(tmp_path / "net.npz")  # fmt: skip
    loaded: list[str] = []

    def load(name: str, *given: object) -> Any:
        loaded.append(name)
        return stimulus()

    monkeypatch.setattr("analoop.deploy.cli_run.read_stimulus", load)
    done = shell("robustness", trained, "-o", tmp_path / "s", "--cells", "nominal")
    assert done.code == 0 and loaded == ["japanese-vowels"]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"task": "temporal-xor", "encoding": {"input_full": 0.3}}, "differ in encoding"),
        ({"task": "temporal-xor-apart", "encoding": {"input_full": 1.0}}, "differ in task"),
    ],
)
@pytest.mark.parametrize("given", [(), ("--input", "temporal-xor")])
def test_networks_that_hear_a_task_otherwise_are_not_played_what_the_first_one_hears(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict, words: str,
    given: tuple,
):  # fmt: skip
    monkeypatch.setattr("analoop.deploy.cli_run.read_stimulus", lambda *given: stimulus())
    first = {"task": "temporal-xor", "encoding": {"input_full": 1.0}}
    files = [
        replace(network(), provenance=made).save(tmp_path / f"{k}.npz")
        for k, made in enumerate((first, first, other))
    ]
    asked = ("-o", tmp_path / "s", "--cells", "nominal", *given)
    refused = shell("robustness", *files, *asked)
    assert refused.code == 2 and f"0 and 2 {words}" in refused.err and "OTHER_TASK" in refused.err
    assert not (tmp_path / "s").exists()
    assert shell("robustness", *files[:2], *asked).code == 0


def test_networks_whose_bias_channels_tick_otherwise_do_not_hear_the_clock_of_the_first_one(
    shell: Shell, tmp_path: Path
):
    played = stimulus().save(tmp_path / "input.npz")
    files = [
        replace(network(), provenance={"bias_period_us": period}).save(tmp_path / f"{period}.npz")
        for period in (3000, 50000)
    ]
    asked = ("--input", played, "-o", tmp_path / "s", "--cells", "nominal")
    refused = shell("robustness", *files, *asked)
    assert refused.code == 2 and "differ in bias_period_us" in refused.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "NO_INPUT"),
        (("--input", "gone.npz"), "FILE_MISSING"),
        (("--input", "{input}", "--protocol", "paper"), "PROTOCOL"),
        (("--input", "{input}", "--samples", "5"), "METHOD_TASK"),
        (("--input", "{input}", "--method", "ads"), "METHOD_TASK"),
        (("--input", "{input}", "--cells", "heat"), "UNKNOWN_CELL"),
        (("{net}", "--input", "{input}"), "SAME_NAME"),
        (("{input}", "--input", "{input}"), "FILE_WRONG_KIND"),
        (("{student}", "--input", "{input}"), "FILE_WRONG_KIND"),
    ],
)
def test_what_cannot_be_asked_of_them_is_refused_before_anything_is_written(
    shell: Shell, tmp_path: Path, files: tuple[Path, Path], words: tuple[str, ...], code: str
):
    net, played = files
    names = {"net": net, "input": played, "student": student().save(tmp_path / "student.npz")}
    given = [word.format(**names) for word in words]
    done = shell("robustness", net, *given, "-o", tmp_path / "s")
    assert done.code == 2 and f"({code})" in done.err and not (tmp_path / "s").exists()


def test_an_input_is_for_networks_for_the_chip(
    shell: Shell, tmp_path: Path, files: tuple[Path, Path]
):
    asked = ("--input", files[1], "-o", tmp_path / "s")
    assert "(METHOD_TASK)" in shell("robustness", "temporal-xor", *asked).err
    path = student().save(tmp_path / "student.npz")
    refused = shell("robustness", path, *asked).err
    assert "(FILE_WRONG_KIND)" in refused and "without --input" in refused
    assert "analoop compile" in shell("inspect", path).err


def test_a_study_of_hey_snips_takes_its_folder_and_the_processors_there_are(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def study_methods(out: Path, study: Any, settings: dict, workers: int, tell: Any) -> dict:
        return {"task": study.task.name, "methods": list(settings), "workers": workers}

    monkeypatch.setattr("analoop.deploy.study.study_methods", study_methods)
    monkeypatch.setattr("analoop.models.runner.processors", lambda: 7)
    data = write_corpus(tmp_path)
    asked = ("robustness", "hey-snips", "--method", "ads,chip", "-o", tmp_path / "s", "--json")
    found = shell(*asked, "--data", data).json
    assert found == {"task": "hey-snips", "methods": ["ads", "chip"], "workers": 7}


def test_what_a_study_costs_is_said_in_one_line_before_it_begins(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """On stderr, and not where quiet was asked for."""

    def study_methods(out: Path, study: Any, settings: dict, workers: int, tell: Any) -> dict:
        return {"methods": list(settings)}

    monkeypatch.setattr("analoop.deploy.study.study_methods", study_methods)
    asked = ("robustness", "temporal-xor-apart", "-o", tmp_path / "s", "--networks", 3, "--json")
    done = shell(*asked, "--draws", 2)
    methods = ["ads", "force", "bptt", "reservoir", "robust", "chip"]
    assert done.json == {"methods": methods}
    (line,) = done.err.splitlines()
    rows = 3 * (6 * (1 + 4 * 2 + 5 + 3 + 1) + 2)  # chips with measured mismatch: of `chip` alone
    assert f" {rows} rows of 500 samples" in line and "temporal-xor-apart" in line
    assert f"a teacher and networks of {', '.join(methods)}" in line
    assert "3 of each, 18 in all" in line
    assert "teacher" not in shell(*asked, "--method", "chip,bptt").err
    assert not shell(*asked, "-q").err


def test_a_student_among_networks_for_the_chip_is_to_be_studied_apart(
    shell: Shell, tmp_path: Path, files: tuple[Path, Path]
):
    net, played = files
    path = student().save(tmp_path / "student.npz")
    for words in ((net, path, "--input", played), (path, net)):
        done = shell("robustness", *words, "-o", tmp_path / "s")
        assert done.code == 2 and "(FILE_WRONG_KIND)" in done.err and " apart" in done.err


def test_a_study_of_hey_snips_needs_its_folder(shell: Shell, tmp_path: Path):
    asked = ("robustness", "hey-snips", "--method", "ads,chip", "-o", tmp_path / "s", "--json")
    assert '"DATA_MISSING"' in shell(*asked).err


def test_a_file_of_the_name_of_no_task_is_taken_for_a_network(shell: Shell, tmp_path: Path):
    path = student().save(tmp_path / "temporl-xor")
    done = shell("robustness", path, tmp_path / "gone.npz", "-o", tmp_path / "s")
    assert "gone.npz is neither a task" in done.err and "(FILE_MISSING)" in done.err
