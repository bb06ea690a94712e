"""The report of a study, over made-up rows: it shows what networks were put through, no more."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes

from analoop.deploy.learning import settings_of
from analoop.deploy.perturbations import PROTOCOLS, Protocol, applies, cells_of
from analoop.deploy.study_files import Row
from analoop.deploy.study_report import TITLES, write_report
from analoop.deploy.study_statistics import tables

from .students import study

FAIR, PAPER = PROTOCOLS["fair"], PROTOCOLS["paper"]


def row(method: str, cell: str) -> Row:
    return Row(method, 0, cell, 0, 0.9, 0.1, None, 20.0, 1.0, "hash")


def written(
    folder: Path, protocol: Protocol, rows: list[Row], **asked: Any
) -> tuple[set[str], str]:
    """Names of the files, and the page, of a study that asked for all cells of a protocol, by
    default of files of networks."""
    record = study(protocol.name, cells=cells_of(protocol)).record()
    found = tables(rows, record["cells"], record["samples"], record["seed"])
    more = {"versions": {"analoop": "0"}, "files": {row.method: "hash" for row in rows}} | asked
    files = write_report(folder, record | found | more, rows)
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
    of = {"methods": {"ads": {}, "bptt": {}}}
    _, page = written(tmp_path, PAPER, rows, **of)
    for cell, words in (
        ("mismatch 0.1", "ads (against its teacher), bptt</td>"), ("bits 3", "ads, bptt</td>"),
    ):  # fmt: skip
        assert f"<td>{cell}</td><td>{words}" in re.sub("</?a[^>]*>", "", page)
    assert "of level 0, whose gain is fitted" in page and "of the nominal cell" in page
    assert "against its teacher" not in written(tmp_path, FAIR, rows, **of)[1]
    assert "against its teacher" not in written(tmp_path, PAPER, rows)[1], "files, named as methods"


def test_medians_of_errors_and_differences_lead_to_the_runs_behind_them(tmp_path: Path):
    rows = [replace(row(m, c.name), draw=k) for m in ("a b", "bptt") for c in cells_of(FAIR)
            for k in range(2) if applies(c, "bptt")]  # fmt: skip
    _, page = written(tmp_path, FAIR, rows)
    there = set(re.findall(r'<details id="([^"]+)"', page))
    assert len(there) == 2 * 14
    (errors, *_), differences = (
        re.findall(rf"<tr><th>{first}</th>.*?</table>", page, re.S) for first in ("error", "cell")
    )
    medians = re.findall(r'<td><a href="#([^"]+)">0\.1</a>', errors)
    levels = ("nominal-0", *(f"mismatch-{level}" for level in (0.05, 0.1, 0.2, 0.3)))
    assert medians == [f"{m}-{level}" for m in ("a%20b", "bptt") for level in levels]
    pairs = re.findall(r'<td>(.+?)</td><td><a href="#(.+?)">a b</a>, <a href="#(.+?)">bptt</a>',
                       differences[0])  # fmt: skip
    cells = [cell.name for cell in cells_of(FAIR) if applies(cell, "bptt")]
    places = [cell.replace(" ", "-") for cell in cells]
    assert pairs == [(c, f"a%20b-{p}", f"bptt-{p}") for c, p in zip(cells, places, strict=True)]
    assert there >= {*medians, *(link for pair in pairs for link in pair[1:])}


def test_the_page_says_the_command_that_makes_it_and_every_setting(tmp_path: Path):
    settings = json.loads(json.dumps(asdict(settings_of("ads", "temporal-xor", ["rate=2e-5"]))))
    rows = [row("ads", "nominal 0")]
    (tmp_path / "mine").mkdir()
    _, page = written(tmp_path / "mine", FAIR, rows, methods={"ads": settings})
    assert ("<pre>analoop robustness temporal-xor -o mine --method ads --networks 2 --protocol fair"
            " --draws 3 --samples 6 --seed 0 --set ads.rate=2e-05</pre>") in page  # fmt: skip
    shown = page[page.index("<summary>Settings of ads</summary>") :].split("</details>")[0]
    assert re.findall(r"<code>(\w+)=[^<]+</code>", shown) == list(settings)
    assert re.findall(r"<strong><code>(.+?)</code>", shown) == ["rate=2e-05"]
    assert "in capitals" not in page


def test_the_page_of_files_says_how_they_were_trained_if_they_do(tmp_path: Path):
    made = {"method": "bptt", "seed": [3, 0], "settings": {"neurons": 9, "outputs": "<graded>"}}
    rows = [row(name, "nominal 0") for name in ("mine", "other")]
    _, page = written(tmp_path, FAIR, rows, students={"mine": made})
    assert f"analoop robustness mine.npz other.npz -o {tmp_path.name} --protocol fair" in page
    assert "Settings of mine: bptt, seed and number of the network [3, 0]" in page
    assert "<code>outputs=&lt;graded&gt;</code>" in page and "Settings of other" not in page


def test_without_errors_there_is_no_table_of_them(tmp_path: Path):
    own = [replace(row("mine", c), mse_target=None) for c in ("nominal 0", "bits 3")]
    _, page = written(tmp_path, FAIR, own)
    assert "mse_target" not in page and "<th>error</th>" not in page


def test_errors_that_no_method_has_are_not_explained(tmp_path: Path):
    rows = [row("chip", cell) for cell in ("nominal 0", "mismatch 0.1")]
    _, page = written(tmp_path, FAIR, rows)
    assert "mse_target: " in page and "mse_teacher" not in page and "mse_dynamics" not in page


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
