"""What other verbs wrote is known by its content; anything else is refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("bokeh", reason="the report needs Bokeh: pip install 'analoop[report]'")

from analoop.deploy import compile
from analoop.deploy.cli_validate import write_page
from analoop.deploy.recordings import fingerprint as asking
from analoop.deploy.recordings.fingerprint_history import read_charts
from analoop.deploy.reporting.inputs import read_page
from analoop.deploy.reporting.page import Page, content_of, write_report
from analoop.deploy.validation import Sweep, validate
from analoop.hw import VirtualBoard
from analoop.models.errors import AnaloopError, InputError

from ..command import Shell
from ..networks import ring
from ..recordings.sessions import PLAN, STIMULUS, program, recorded
from .judged import ladder, validation


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a validation and a ladder, as their verbs write them."""
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "report.json").write_text(json.dumps(validation([0.9, 0.8]).record()))
    (tmp_path / "ladder.json").write_text(json.dumps(ladder().record()))
    return tmp_path


def test_files_and_objects_make_the_same_page(written: Path) -> None:
    read = content_of(read_page([written / "ladder.json", written / "val"], Page()))
    given = content_of(Page(validation([0.9, 0.8]), ladder=ladder()))
    assert json.loads(json.dumps(given.records)) == read.records


def test_a_real_session_becomes_a_page(files: Path, shell: Shell, tmp_path: Path) -> None:
    boards = "sim:seed=1,noise=1,sim:seed=2,noise=1"
    made = shell(
        "record", files / "program.npz", "--boards", boards, "--input", files / "labelled.npz",
        "--trials", 1, "-o", tmp_path / "set", "-q",
    )  # fmt: skip
    assert made.code == 0, made.err
    made = shell(
        "validate", files / "program.npz", "--chips", 2, "--accuracy", 0.5,
        "--input", files / "labelled.npz", "-o", tmp_path / "val", "-q",
    )  # fmt: skip
    assert (tmp_path / "val" / "report.html").exists(), made.err
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    made = shell("report", tmp_path / "val", tmp_path / "set", "-o", page)
    assert made.code == 0, made.err
    assert made.out.startswith("SIMULATED") and "wrote" in made.out
    made = shell("report", tmp_path / "val", "-o", page, "--figures", figures, "--json")
    assert made.json["shows"].startswith("SIMULATED")
    assert {Path(f).suffix for f in made.json["files"]} == {".html", ".png", ".svg"}
    assert all(Path(f).exists() for f in made.json["files"])


def test_fingerprints_become_control_charts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = compile(ring(4, n_inputs=2))
    monkeypatch.setattr(asking, "compile", lambda network: small)
    for day in (1, 2):
        asking.fingerprint("sim:seed=1,noise=1", tmp_path / "history", f"2026-01-0{day}", 8)
    content = content_of(read_page([tmp_path / "history"], Page()))
    (points,) = read_charts(tmp_path / "history").values()
    rates = content.control[0]
    assert [p.value for p in rates.points] == [p.rate_hz for p in points]
    assert rates.points[0].said == "the reference" and rates.points[0].low is None
    assert rates.points[1].low == points[1].rate_low_hz
    assert [p.recording for p in rates.points] == [p.recording for p in points]
    html = write_report(tmp_path / "page.html", Page(control=content.control)).read_text()
    assert all(point.recording in html for point in points)


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as earlier releases could leave it: a set, a history and a validation."""
    folder = tmp_path / "mixed"
    recorded(folder)
    kept = (folder / "set.json").read_bytes()
    (folder / "set.json").unlink()
    monkeypatch.setattr(asking, "compile", lambda network: program())
    asking.fingerprint("sim:seed=1,noise=1", folder, "2026-01-01", 8)
    (folder / "history.json").rename(folder / "history")
    found = validate(program(), STIMULUS, [VirtualBoard(1)], how=Sweep(folder=folder))
    (folder / "report.json").write_text(json.dumps(found.record()))
    (folder / "history").rename(folder / "history.json")
    (folder / "set.json").write_bytes(kept)
    return folder


def test_a_folder_with_the_work_of_three_verbs_gives_all_of_it(mixed: Path) -> None:
    content = content_of(read_page([mixed], Page()))
    assert content.recordings is not None and content.recordings.boards == PLAN.boards
    assert content.records["validation"] is not None
    assert content.records["validation"]["provenance"]["program"] == program().hash
    assert {chart.board for chart in content.control} == {"sim:seed=1,noise=1.0"}


def test_work_that_cannot_be_shown_beside_other_work_is_not_left_out_without_a_word(
    mixed: Path,
) -> None:
    report = (mixed / "report.json").read_bytes()
    for damaged in (None, b"{"):
        (mixed / "report.json").unlink()
        if damaged:
            (mixed / "report.json").write_bytes(damaged)
        with pytest.raises(InputError, match="a recording set of 'record' and a sweep") as refused:
            read_page([mixed], Page())
        assert refused.value.code == "MIXED_FOLDER" and "same 'validate'" in str(refused.value)
        (mixed / "report.json").write_bytes(report)
    (mixed / "study.json").write_text('{"task": "temporal-xor", "protocol": {}}')
    with pytest.raises(InputError, match="study of 'robustness' and a sweep") as refused:
        read_page([mixed], Page())
    assert refused.value.code == "MIXED_FOLDER"


def test_a_file_of_the_users_is_no_work_of_a_verb(written: Path) -> None:
    (written / "val" / "history.json").write_text('{"loss": [0.5, 0.4]}')
    (written / "val" / "study.json").write_text("[1]")
    assert content_of(read_page([written / "val"], Page())).records["validation"] is not None


@pytest.mark.parametrize("what", ["missing", "empty", "csv", "other.json", "unfinished"])
def test_what_is_not_understood_is_refused_with_what_is(
    what: str, written: Path, shell: Shell
) -> None:
    source = written / what
    if what in ("empty", "unfinished"):
        source.mkdir()
    if what == "unfinished":
        (source / "sweep.json").write_text("{}")
    if what == "csv":
        source.write_text("a,b\n1,2\n")
    if what == "other.json":
        source.write_text('{"rows": []}')
    made = shell("report", source, "-o", written / "page.html")
    assert made.code == 2
    assert str(source) in made.err and not (written / "page.html").exists()
    assert "explain" in made.err or what == "missing"
    assert "same 'validate' again" in made.err or what != "unfinished"


def test_two_of_a_kind_are_refused(written: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_page([written / "val", written / "val" / "report.json"], Page())
    assert refused.value.code == "TWICE"


def test_an_interrupted_validation_says_so(written: Path) -> None:
    cut = replace(validation([0.9, 0.8], None), complete=False, planned=9)
    text = write_report(written / "page.html", Page(cut)).read_text()
    assert "INTERRUPTED" in text and "3 of 9 rows" in text


def test_without_bokeh_validate_goes_on_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bokeh.plotting", None)
    assert write_page(tmp_path, validation([0.9])) == []
    assert "pip install 'analoop[report]'" in capsys.readouterr().err
    with pytest.raises(AnaloopError) as refused:
        write_report(tmp_path / "page.html", Page(validation([0.9])))
    assert refused.value.code == "BOKEH_MISSING"
