"""The page as text: what it says first, that its numbers are those of the objects, its size."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bokeh", reason="the report needs Bokeh: pip install 'analoop[report]'")

from analoop.deploy.metrics import accuracy, mean_rate_hz, rates_hz
from analoop.deploy.reporting.control import ControlChart, ControlPoint
from analoop.deploy.reporting.page import Page, write_report
from analoop.deploy.reporting.paper_figures import write_figures
from analoop.hw.balance import RECEIVED, SENT
from analoop.models.errors import InputError

from .judged import ladder, validation
from .played import BOARDS, TRIALS, WORST_BOARD, WORST_NEURON, labelled, large_program, recorded

ACCURACIES = [0.91, 0.7034, 0.95, 0.88, 0.86]


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Everything on one page: 4 boards of 256 neurons."""
    made = Page(validation(ACCURACIES), None, ladder(), recorded(repeats=2))
    path = write_report(tmp_path_factory.mktemp("page") / "page.html", made)
    assert path.stat().st_size < 5e6
    return path.read_text(encoding="utf-8")


def cells(html: str, start: str) -> list[list[str]]:
    """Texts of the rows of the first table behind some text."""
    table = html[html.index(start) :]
    table = table[table.index("<tbody>") : table.index("</tbody>")]
    rows = re.findall(r"<tr.*?</tr>", table, re.S)
    plain = [[re.sub("<.*?>", "", c) for c in re.findall(r"<td.*?</td>", r, re.S)] for r in rows]
    return [[unescape(cell).strip() for cell in row] for row in plain]


def body(html: str) -> str:
    """What is read, without scripts and style."""
    return re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S)


def test_boards_are_listed_worst_first_with_the_numbers_of_their_recordings(html: str) -> None:
    found = recorded(repeats=2)
    program, target = large_program(), labelled().target
    rows = {row[0]: row for row in cells(html, "Boards that were recorded")}
    assert list(rows)[0] == WORST_BOARD and set(rows) == set(BOARDS)
    for board in BOARDS:
        plays = [take.recording for take in found.of(board)]
        share = np.mean([accuracy(p, program.readout, target) for p in plays])
        rate = np.mean([mean_rate_hz(play) for play in plays])
        assert rows[board][2] == f"{share:.1%}"
        assert rows[board][4] == f"{rate:.1f}"
        assert rows[board][7].startswith(plays[0].hash[:12])
        for play in plays:
            assert play.hash in body(html)


def test_neurons_of_a_chip_are_listed_farthest_first_with_the_rates_of_the_recordings(
    html: str,
) -> None:
    found = recorded(repeats=2)
    rates = {b: np.mean([rates_hz(t.recording) for t in found.of(b)], axis=0) for b in BOARDS}
    rows = cells(html, 'id="chip-0"')
    assert len(rows) == 256 and rows[0][0] == large_program().names[WORST_NEURON]
    for row in rows[:20]:
        k = large_program().names.index(row[0])
        others = np.median([rates[b][k] for b in BOARDS if b != WORST_BOARD])
        assert row[2:4] == [f"{rates[WORST_BOARD][k]:.1f}", f"{others:.1f}"]
        chip, core, neuron = large_program().address[k]
        assert row[1] == f"chip {chip} core {core} neuron {neuron}"
    off = [abs(float(row[4].replace("\N{MINUS SIGN}", "-"))) for row in rows]
    assert off == sorted(off, reverse=True)


def test_verdict_and_rows_are_those_of_the_validation(html: str) -> None:
    report = validation(ACCURACIES)
    assert report.verdict is not None
    assert "UNDECIDED" in html and f"{report.verdict.kept} of {report.verdict.chips} did" in html
    rows = cells(html, "chips like those a user may meet, 100 trials")
    assert [row[2] for row in rows] == [f"{a:.1%}" for a in sorted(ACCURACIES)] + ["97.0%"]
    broken = re.findall(r'<tr class="broken"><td class="t">(.*?)</td>', html)
    assert broken == ["chip 1"]


def test_the_ladder_is_there_rung_by_rung(html: str) -> None:
    made = ladder()
    text = body(html)
    assert unescape(text).count(made.verdict()) == 2
    for rung, outcome in made.known:
        assert rung.name in text and outcome.recording in text


def test_the_page_forbids_requests_and_holds_no_address(html: str) -> None:
    assert "default-src 'none'" in html
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:|//)""", body(html))
    assert not re.findall(r"<(?:link|img|iframe|object)\b", body(html))
    assert "@import" not in html.split("</style>")[0]
    assert "url(" not in html.split("</style>")[0]


def test_every_link_leads_somewhere_and_no_place_is_named_twice(html: str) -> None:
    text = body(html)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    missing = {link for link in re.findall(r'href="#([^"]+)"', text)} - set(ids)
    assert missing == set()


@pytest.mark.parametrize(
    ("kinds", "first"),
    [
        (("sim:seed=1",), "SIMULATED:"),
        (("dynapse2:A1",), "MEASURED:"),
        (("sim:seed=1", "dynapse2:B2"), "MEASURED and SIMULATED:"),
    ],
)
def test_the_first_line_says_what_was_measured(
    kinds: tuple[str, ...], first: str, tmp_path: Path
) -> None:
    path = write_report(tmp_path / "page.html", Page(recordings=recorded(kinds)))
    lines = re.sub("<.*?>", "", body(path.read_text()).split("<body>")[1]).strip()
    assert lines.startswith(first)


def test_names_from_outside_stay_text(tmp_path: Path) -> None:
    name = "sim:seed=1"
    chart = ControlChart(
        "</script><script>alert(1)</script>", "simulated", "rate & <b>",
        (ControlPoint("<i>now</i>", 1.0, None, None, False, "<u>", "a" * 64),),
    )  # fmt: skip
    page = Page(recordings=recorded((name,)), control=(chart,), title="<h6>")
    html = write_report(tmp_path / "page.html", page).read_text()
    assert "</script><script>alert" not in html
    assert "<i>now" not in body(html) and "<h6>" not in body(html)


def test_a_page_of_nothing_and_a_page_of_two_programs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as empty:
        write_report(tmp_path / "page.html", Page())
    assert empty.value.code == "EMPTY_REPORT"
    other = ladder().record()
    other["provenance"] = other["provenance"] | {"program": "other" * 12}
    with pytest.raises(InputError) as mixed:
        write_report(tmp_path / "page.html", Page(validation([0.9]), ladder=other))
    assert mixed.value.code == "MIXED_PROGRAMS"
    assert not list(tmp_path.iterdir())


def test_a_recording_whose_books_do_not_balance_is_refused(tmp_path: Path) -> None:
    found = recorded(BOARDS[:2])
    short = dict.fromkeys((*SENT, *RECEIVED, "repeated", "early_in"), 0)
    books = short | {"words": 5, "received": 0}
    wrong = replace(found.takes[0], recording=replace(found.takes[0].recording, books=books))
    with pytest.raises(InputError) as refused:
        page = Page(recordings=replace(found, takes=(wrong, found.takes[1])))
        write_report(tmp_path / "page.html", page)
    assert refused.value.code == "UNBALANCED"


def test_a_recording_of_other_trials_is_refused(tmp_path: Path) -> None:
    found = recorded(BOARDS[:2])
    play = found.takes[0].recording
    longer = replace(play, duration_us=play.duration_us + 1)
    wrong = (replace(found.takes[0], recording=longer), found.takes[1])
    with pytest.raises(InputError, match=f"{TRIALS} trials") as refused:
        write_report(tmp_path / "page.html", Page(recordings=replace(found, takes=wrong)))
    assert refused.value.code == "WRONG_RECORDING"


def test_a_validation_without_any_chip_or_promise_has_a_page(tmp_path: Path) -> None:
    html = write_report(tmp_path / "page.html", Page(validation([], None))).read_text()
    assert "Nothing was promised" in html
    assert "SIMULATED" in html


def test_one_board_alone_has_a_page(tmp_path: Path) -> None:
    html = write_report(tmp_path / "page.html", Page(recordings=recorded(BOARDS[:1]))).read_text()
    assert "1 board recorded" in html and "Rates, chip against chip" not in html


def test_figures_for_papers_say_what_was_simulated_and_repeat_exactly(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = Page(validation(ACCURACIES), None, ladder(), recorded(BOARDS[:2]))
    first = write_figures(tmp_path, page, "svg")
    texts = {file.stem: file.read_bytes() for file in first}
    assert set(texts) == {
        "accuracy", "ladder", "rates", "rasters", "cores_rate", "cores_deviation"
    }  # fmt: skip
    again = {file.stem: file.read_bytes() for file in write_figures(tmp_path, page, "svg")}
    assert again == texts
    (png,) = write_figures(tmp_path, Page(validation([0.9])), "png")
    assert png.read_bytes().startswith(b"\x89PNG")
