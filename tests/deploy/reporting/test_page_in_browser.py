"""The page in a real browser: it renders, says no error, asks for nothing, and can be used."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bokeh", reason="the report needs Bokeh: pip install 'analoop[report]'")

from analoop.deploy.reporting.control import ControlChart, ControlPoint
from analoop.deploy.reporting.page import Page, write_report

from .browser import CHROMIUM, Browser, Tab
from .judged import ladder, validation
from .played import WORST_BOARD, WORST_NEURON, recorded

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four boards of 256 neurons, and everything else a page can have."""
    points = tuple(
        ControlPoint(f"2026-01-{k + 1:02d}", 20.0 + k, 19.0, 22.0, k > 2, "said", f"{k + 900:064x}")
        for k in range(5)
    )
    chart = ControlChart("sim:seed=1", "simulated", "mean rate (Hz)", points)
    accuracies = [0.9, 0.95, 0.7, 0.88, 0.91]
    made = Page(validation(accuracies), None, ladder(), recorded(), (chart,), "A <b>title</b>")
    return write_report(tmp_path_factory.mktemp("page") / "page.html", made)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


async def look(tab: Tab) -> dict:
    found = await tab.tell(
        """({first: document.body.innerText.trim().split("\\n")[0],
        empty: [...document.querySelectorAll(".plot")].filter(
            (p) => p.getBoundingClientRect().height < 100).length,
        plots: document.querySelectorAll(".plot").length,
        roots: Bokeh.documents[0].roots().length,
        unnamed: document.querySelectorAll(".plot:not([aria-label])").length,
        wide: document.documentElement.scrollWidth > innerWidth,
        title: document.querySelector("h1").textContent})"""
    )
    return found | {"complaints": tab.complaints, "requests": tab.requests}


RANGES = """[0, 1, 2, 3].map((k) => { const r = Bokeh.documents[0].get_model_by_name(
    "raster-" + k).x_range; return [r.start, r.end] })"""
"""What is seen of the time axis of every raster."""


async def steer(tab: Tab) -> list:
    before = await tab.tell(RANGES)
    await tab.tell("document.querySelector('button[data-range=raster]').focus()")
    for kind in ("keyDown", "keyUp"):
        await tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter",
                       windowsVirtualKeyCode=13, text="\r")  # fmt: skip
    zoomed = await tab.tell(RANGES)
    spot = await tab.tell(
        """(() => { const p = document.querySelectorAll("#rasters .plot")[0];
        p.scrollIntoView({block: "center", behavior: "instant"});
        const r = p.getBoundingClientRect();
        return [r.x + r.width / 2, r.y + r.height / 2] })()"""
    )
    await tab.drag(spot, [spot[0] - 60, spot[1]])
    panned = await tab.until(f"(() => {{ const r = {RANGES}; return r[0][0] !== "
                             f"{zoomed[0][0]} && r }})()")  # fmt: skip
    await tab.click("button[data-range=raster][data-zoom='0']")
    return [before, zoomed, panned, await tab.tell(RANGES)]


async def find(tab: Tab) -> dict:
    await tab.click("#chips tbody tr:first-child td:first-child a")
    await tab.until("!!document.querySelector('details[open] table')")
    chip = await tab.tell("document.querySelector('details[open] summary').firstChild.textContent")
    await tab.click("details[open] tbody tr:first-child a")
    await tab.until("location.hash.startsWith('#n')")
    return {"chip": chip} | await tab.tell(
        """({shown: [...document.querySelectorAll("article.neuron")].filter(
            (a) => a.offsetHeight > 0).map((a) => a.id),
        rows: Bokeh.documents[0].get_model_by_name("neuron-filter-0").indices.map((i) =>
            Bokeh.documents[0].get_model_by_name("events-0").data.neuron[i]),
        seen: document.querySelector("article.shown").getBoundingClientRect().top})"""
    )


async def choose(tab: Tab) -> dict:
    await tab.tell(
        """(() => { const s = document.getElementById("trial"); s.value = "7";
        s.dispatchEvent(new Event("change")) })()"""
    )
    await tab.click("#chips th:nth-child(5) button")
    return await tab.tell(
        """({trials: [...new Set(
            Bokeh.documents[0].get_model_by_name("raster-filter-2").indices.map(
            (i) => Bokeh.documents[0].get_model_by_name("events-2").data.trial[i]))],
        sort: document.querySelector("#chips th:nth-child(5)").getAttribute("aria-sort"),
        rates: [...document.querySelectorAll("#chips table")[0].tBodies[0].rows].map(
            (r) => parseFloat(r.cells[4].textContent))})"""
    )


INK = """Bokeh.documents[0].get_model_by_name("raster-0").left[0].major_label_text_color"""
"""Of the numbers on an axis."""


async def colours(tab: Tab) -> dict:
    found = {"light": await tab.tell(INK)}
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    await tab.call("Emulation.setEmulatedMedia", features=dark)
    found["dark"] = await tab.until(f"{INK} !== {json.dumps(found['light'])} && {INK}")
    style = "getComputedStyle(document.body)"
    found["back"] = await tab.tell(f"{style}.backgroundColor")
    await tab.call("Emulation.setEmulatedMedia", media="print", features=dark)
    found["paper"] = await tab.tell(f"{style}.backgroundColor")
    found["print"] = await tab.until(f"{INK} !== {json.dumps(found['dark'])} && {INK}")
    found["nav"] = await tab.tell("getComputedStyle(document.querySelector('nav')).display")
    return found


STEPS = (look, steer, find, choose, colours)
"""In this order: who sorts or paints comes after who looks for what comes first."""
Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(page: Path, chromium: Browser) -> Seen:
    """What every step found, on one page that is opened once: that takes longest."""

    async def go(tab: Tab) -> Seen:
        return {step.__name__: await step(tab) for step in STEPS}

    return chromium.visit(page, go)


def test_every_figure_is_drawn_without_complaint_or_request(seen: Seen) -> None:
    found = seen["look"]
    assert found["complaints"] == []
    assert [
        url for url in found["requests"] if not url.startswith(("file:", "data:", "blob:"))
    ] == []
    assert found["first"].startswith("SIMULATED")
    assert found["title"] == "A <b>title</b>"
    assert found["plots"] == found["roots"] > 10
    assert found["empty"] == found["unnamed"] == 0
    assert not found["wide"], "the page must not scroll sideways"


def test_dragging_one_raster_moves_the_others_and_buttons_zoom_them_all(seen: Seen) -> None:
    before, zoomed, panned, reset = seen["steer"]
    assert before == reset
    (start, end), (near, far), (left, right) = before[0], zoomed[0], panned[0]
    assert far - near == pytest.approx(0.6 * (end - start))
    assert right - left == pytest.approx(far - near) and left > near
    for four in (before, zoomed, panned, reset):
        assert all(one == four[0] for one in four)


def test_two_clicks_lead_to_the_worst_neuron_of_the_worst_chip(seen: Seen) -> None:
    found = seen["find"]
    assert found["chip"] == WORST_BOARD
    assert found["shown"] == [f"n{WORST_NEURON}"]
    assert set(found["rows"]) == {WORST_NEURON}
    assert 0 <= found["seen"] < 1000


def test_a_trial_can_be_chosen_and_a_table_sorted(seen: Seen) -> None:
    found = seen["choose"]
    assert found["trials"] == [7]
    assert found["sort"] == "descending"
    assert found["rates"] == sorted(found["rates"], reverse=True)


def test_text_can_be_read_in_the_dark_and_on_paper(seen: Seen) -> None:
    found = seen["colours"]
    assert _lightness(found["dark"]) > 0.6 > 0.4 > _lightness(found["light"])
    assert found["print"] == found["light"]
    assert found["back"] == "rgb(20, 23, 28)"
    assert found["paper"] == "rgb(255, 255, 255)" and found["nav"] == "none"


def _lightness(colour: str) -> float:
    return sum(int(colour[k : k + 2], 16) for k in (1, 3, 5)) / 765
