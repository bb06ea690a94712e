"""The report of a study, over made-up rows: it shows what networks were put through, no more."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from analoop.deploy.perturbations import PROTOCOLS, Protocol, applies, cells_of
from analoop.deploy.study_files import Row
from analoop.deploy.study_report import TITLES, write_report
from analoop.deploy.study_statistics import tables

from .students import study

FAIR, PAPER = PROTOCOLS["fair"], PROTOCOLS["paper"]


def row(method: str, cell: str) -> Row:
    return Row(method, 0, cell, 0, 0.9, 0.1, None, 20.0, 1.0, "hash")


def written(folder: Path, protocol: Protocol, rows: list[Row]) -> tuple[set[str], str]:
    """Names of the files, and the page, of a study that asked for all cells of a protocol."""
    record = study(protocol.name, cells=cells_of(protocol)).record()
    found = tables(rows, record["cells"], record["samples"], record["seed"])
    versions = {"versions": {"analoop": "0"}}
    files = write_report(folder, record | found | versions, rows)
    return {file.name for file in files}, (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("protocol", [FAIR, PAPER], ids=lambda protocol: protocol.name)
@pytest.mark.parametrize("method", ["bptt", "chip"])
def test_chips_as_measured_are_shown_where_a_method_was_put_on_them(
    tmp_path: Path, protocol: Protocol, method: str
):
    rows = [row(method, c.name) for c in cells_of(protocol) if applies(c, method)]
    names, page = written(tmp_path, protocol, rows)
    kinds = [kind for kind in TITLES if kind != "chip" or method == "chip"]
    assert names == {"report.html", *(f"{kind}.png" for kind in kinds)}
    assert {kind for kind in TITLES if f"<h2>{TITLES[kind][0]}</h2>" in page} == set(kinds)
    assert page.count("<img") == len(kinds)


def test_levels_without_any_perturbation_make_no_figure(tmp_path: Path):
    rows = [row("ads", cell) for cell in ("nominal 0", "mismatch 0")]
    names, page = written(tmp_path, PAPER, rows)
    assert names == {"report.html"} and "<img" not in page
    assert page.count("<details") == 2, "the rows themselves are there"


def test_a_study_of_nothing_perturbed_has_its_table(tmp_path: Path):
    _, page = written(tmp_path, FAIR, [row("ads", "nominal 0")])
    assert "<h2>Nothing perturbed</h2>" in page and "0.900</a>" in page


def test_what_a_teacher_judges_says_so(tmp_path: Path):
    rows = [row(m, c.name) for m in ("ads", "bptt") for c in cells_of(PAPER) for _ in range(2)
            if applies(c, m)]  # fmt: skip
    _, page = written(tmp_path, PAPER, rows)
    for cell, words in (
        ("mismatch 0.1", "ads (against its teacher), bptt</td>"), ("bits 3", "ads, bptt</td>"),
    ):  # fmt: skip
        assert f"<td>{cell}</td><td>{words}" in page
    assert "of level 0, whose gain is fitted" in page and "of the nominal cell" in page
    assert "against its teacher" not in written(tmp_path, FAIR, rows)[1]


def test_without_errors_there_is_no_table_of_them(tmp_path: Path):
    own = [replace(row("mine", c), mse_target=None) for c in ("nominal 0", "bits 3")]
    _, page = written(tmp_path, FAIR, own)
    assert "mse_target" not in page and "<th>error</th>" not in page


def test_any_name_of_a_network_can_be_drawn_and_is_in_the_legend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = ["we$_$ird", "$\\foo$", "_under", "plain"]
    shown: list[str] = []

    def legend(axis: Axes, handles: Iterable, labels: Iterable[str], **more: object) -> None:
        shown.extend(labels)

    monkeypatch.setattr(Axes, "legend", legend)
    written(tmp_path, FAIR, [row(n, c) for n in names for c in ("nominal 0", "bits 3")])
    assert [label.replace(r"\$", "$") for label in shown] == names
    monkeypatch.undo()
    written(tmp_path, FAIR, [row(n, c) for n in names for c in ("nominal 0", "bits 3")])
