"""`write_report`: verdicts, tables and figures on one HTML page that needs nothing else.

Bokeh's JavaScript is written into the page, and a policy in its head forbids every request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...models.archive import write_bytes
from ...models.errors import InputError
from ..bench_session import ENTRY
from ..comparison.comparison import Comparison
from ..ladder.ladder import Ladder
from ..recordings.recording_set import RecordingSet
from ..surroundings import Surroundings, from_record, of_stamps, surroundings
from ..validation import Report
from . import wording
from .boards import Boards, from_comparison, from_recordings
from .canvas import require_bokeh
from .control import ControlChart
from .drawn import Drawn, draw
from .figures import figures_of
from .sources import makers, sources
from .tables import findings_of, neuron_rows, paragraphs

Record = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Page:
    """What is on a page; what is None is left out."""

    validation: Report | Record | None = None
    """Of a population of chips; or its `record()`."""
    comparison: Comparison | Record | None = None
    """Of boards; or its `record()`."""
    ladder: Ladder | Record | None = None
    """From the float model to a board; or its `record()`."""
    recordings: RecordingSet | None = None
    """Of boards, for rasters and neurons."""
    control: tuple[ControlChart, ...] = ()
    """A chart for each board with fingerprints."""
    title: str = "Chips and their verdicts"
    """What the page is called."""
    seed: int = 0
    """Of the draw of the spikes that are shown, where there are too many."""


@dataclass(frozen=True, eq=False)
class Content:
    """A page with everything worked out."""

    title: str
    """What the page is called."""
    records: dict[str, Record | None]
    """'validation', 'comparison' and 'ladder' as JSON values."""
    boards: Boards | None
    """What is known of boards."""
    recordings: RecordingSet | None
    """Behind the boards."""
    drawn: Drawn | None
    """Spikes that are shown."""
    control: tuple[ControlChart, ...]
    """A chart for each board with fingerprints."""
    around: tuple[Surroundings, ...] = ()
    """What a bench read around boards."""
    targets: set[str] = field(default_factory=set)
    """'simulated', 'measured' or both."""


def write_report(path: str | os.PathLike, page: Page) -> Path:
    """Write the page.

    Raises:
        InputError: EMPTY_REPORT; MIXED_PROGRAMS; WRONG_RECORDING; UNBALANCED; BOKEH_MISSING.
        FileError: FILE_NOT_WRITABLE.
    """
    require_bokeh()
    return write_bytes(path, _render(content_of(page)).encode())


def content_of(page: Page) -> Content:
    """Everything a page shows, worked out but not drawn.

    Raises:
        InputError: EMPTY_REPORT; MIXED_PROGRAMS; WRONG_RECORDING; UNBALANCED.
    """
    given = {"validation": page.validation, "comparison": page.comparison, "ladder": page.ladder}
    records = {
        name: found if found is None or isinstance(found, Mapping) else found.record()
        for name, found in given.items()
    }
    found, comparison = page.recordings, records["comparison"]
    if found is None and not page.control and not any(records.values()):
        raise InputError(
            "there is nothing to report: give a validation, a comparison, a ladder, recordings or "
            "fingerprints",
            code="EMPTY_REPORT",
        )
    _check_programs(records, found)
    boards = None
    if found is not None:
        boards = from_recordings(found)
    elif comparison is not None:
        boards = from_comparison(comparison)
    drawn = None
    if boards is not None and boards.views[0].plays:
        drawn = draw([view.plays[0] for view in boards.views], page.seed)
    targets = _targets(records, boards, page.control)
    around = tuple(_around(records, found))
    return Content(page.title, records, boards, found, drawn, page.control, around, targets)


def _check_programs(records: Mapping[str, Record | None], found: RecordingSet | None) -> None:
    """A page is about one program."""
    named = {k: r["provenance"]["program"] for k, r in records.items() if r is not None}
    if found is not None:
        named["recordings"] = found.program.hash
    if len(set(named.values())) > 1:
        said = ", ".join(f"{what} of {hash_[:12]}" for what, hash_ in named.items())
        raise InputError(
            f"a page is about one program, here are {said}: write a page for each",
            code="MIXED_PROGRAMS",
        )


def _around(
    records: Mapping[str, Record | None], found: RecordingSet | None
) -> Iterator[Surroundings]:
    """What a bench read, of each board once: around its recordings, or as a record has it."""
    said: list[Surroundings | None] = []
    if found is not None:
        said += [surroundings(n, [take.recording for take in found.of(n)]) for n in found.boards]
    if (comparison := records["comparison"]) is not None:
        said += [from_record(one.get("surroundings")) for one in comparison["boards"]]
    if (validation := records["validation"]) is not None:
        stamps = validation["provenance"].get(ENTRY, {})
        said += [of_stamps(name, [stamp]) for name, stamp in stamps.items()]
    known: set[str] = set()
    for one in said:
        if one is not None and one.board not in known:
            known.add(one.board)
            yield one


def _targets(
    records: Mapping[str, Record | None], boards: Boards | None, control: tuple[ControlChart, ...]
) -> set[str]:
    """Which kinds of chips are on the page; a software model is none."""
    found = {view.target for view in boards.views} if boards else set()
    found |= {chart.target for chart in control}
    if (validation := records["validation"]) is not None:
        found |= {row["target"] for row in validation["rows"]}
    if (ladder := records["ladder"]) is not None:
        found.add("simulated" if ladder["provenance"]["simulated"] else "measured")
    return found - {"software"}


def _render(content: Content) -> str:
    from jinja2 import DictLoader, Environment

    place = files("analoop.deploy") / "data"
    names = ("report.html.j2", "report_boards.html.j2", "report.css", "report.js")
    texts = {name: (place / name).read_text(encoding="utf-8") for name in names}
    room = Environment(
        loader=DictLoader(texts), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    for word in (wording.percent, wording.signed, wording.number, wording.change):
        room.filters[word.__name__] = word
    return room.get_template("report.html.j2").render(
        **_words(content),
        content=content,
        plots=figures_of(content),
        css=texts["report.css"],
        js=texts["report.js"],
    )


def _words(content: Content) -> dict[str, Any]:
    """What the template asks for by name."""
    records, boards = content.records, content.boards
    views = () if boards is None else boards.views
    told = [] if boards is None else paragraphs(boards)
    return {
        "banner": wording.banner(content.targets),
        "verdicts": _verdicts(content),
        "tables": [
            neuron_rows(boards, k, findings_of(records["comparison"], view))
            for k, view in enumerate(views)
            if boards is not None
        ],
        "paragraphs": told,
        "numbers": {one.name: one.index for one in told},
        "sources": sources(records, boards, content.control),
        "makers": makers(records, content.recordings),
        "links": {view.name: k for k, view in enumerate(views)},
    }


def _verdicts(content: Content) -> list[wording.Said]:
    """What is said first, the promise before all."""
    said, records = [], content.records
    if records["validation"] is not None:
        said.append(wording.verdict_of_validation(records["validation"]))
    if records["comparison"] is not None:
        said.append(wording.verdict_of_comparison(records["comparison"]))
    if records["ladder"] is not None:
        said.append(wording.verdict_of_ladder(records["ladder"]))
    newest = {chart.board: chart for chart in content.control}
    said += [wording.verdict_of_control(chart) for chart in newest.values()]
    if content.boards is not None:
        said.append(wording.verdict_of_boards(content.boards))
    return said
