"""What a page is made of, read from what other verbs wrote; each file is known by its content."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.errors import FileError, InputError
from ..recordings.fingerprint_history import read_charts
from ..recordings.recording_set import load_finished
from ..resumable import works_in
from .control import ControlChart, charts_of
from .page import Page

UNDERSTOOD = (
    "a folder of 'validate --out' (with report.json), a folder of 'record' (with set.json), a "
    "folder of 'fingerprint --history' (with history.json), or JSON of 'explain --out', "
    "'compare --out' or 'validate --out'"
)
"""Named wherever something else is given."""

_KEYS = {
    "validation": {"rows", "summary", "complete", "planned", "verdict", "provenance"},
    "comparison": {"boards", "findings", "equivalences", "variance", "responses", "provenance"},
    "ladder": {"rungs", "significant", "verdict", "provenance"},
}
"""By which the JSON of a verb is known."""

_NOT_SHOWN = {
    "sweep": "no report.json of the sweep can be read: run the same 'validate' again to write it",
    "study": "no page shows the study, it has its own report.html: move study.json elsewhere",
}
"""What to do about work beside other work in a folder, which would be left out without a word."""


def read_page(paths: Sequence[Path], page: Page) -> Page:
    """A page with everything that these files and folders hold.

    Raises:
        InputError: NOT_UNDERSTOOD; TWICE, two of a kind; UNFINISHED_SET; MIXED_FOLDER, of two
            pieces of work in a folder one cannot be shown.
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    found: dict[str, Any] = {}
    charts: list[ControlChart] = []
    for path in paths:
        for kind, content in _read(path):
            if kind == "control":
                charts += content
            elif kind in found:
                raise InputError(
                    f"{path} is a second {kind}: a page shows one, write a page for each",
                    code="TWICE",
                )
            else:
                found[kind] = content
    return replace(page, control=tuple(charts), **found)


def _read(path: Path) -> list[tuple[str, Any]]:
    """Which parts of a page a file or folder holds, and these parts."""
    if not path.exists():
        raise FileError(f"{path}: no such file or folder: check the path", code="FILE_MISSING")
    return _read_folder(path) if path.is_dir() else [_read_json(path)]


def _read_folder(folder: Path) -> list[tuple[str, Any]]:
    """As `_read`; folders of earlier releases can hold the work of two verbs."""
    works = works_in(folder)
    found: list[tuple[str, Any]] = []
    if "set" in works:
        found.append(("recordings", load_finished(folder)))
    if "history" in works and (charts := _charts(folder)):
        found.append(("control", charts))
    if (folder / "report.json").exists():
        try:
            found.append(_read_json(folder / "report.json"))
        except InputError:
            if not found:
                raise
    if not found:
        raise _nothing(folder, works)
    shown = {"sweep"} if "validation" in dict(found) else set()
    left = [way for name, way in _NOT_SHOWN.items() if name in works.keys() - shown]
    if left:
        raise InputError(
            f"{folder} holds {' and '.join(works.values())}; {left[0]}", code="MIXED_FOLDER"
        )
    return found


def _nothing(folder: Path, works: Mapping[str, str]) -> InputError:
    """Of a folder without anything for a page."""
    why = ""
    if "history" in works:
        why = "; there is no fingerprint yet in its history, run 'fingerprint' first"
    if (folder / "sweep.json").exists():
        why = "; its sweep was cut short, run the same 'validate' again"
    return InputError(
        f"{folder} holds nothing for a report{why}: give {UNDERSTOOD}", code="NOT_UNDERSTOOD"
    )


def _charts(folder: Path) -> list[ControlChart]:
    return [chart for points in read_charts(folder).values() for chart in charts_of(points)]


def _read_json(path: Path) -> tuple[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no JSON ({error}): give {UNDERSTOOD}", code="NOT_UNDERSTOOD"
        ) from error
    keys = content.keys() if isinstance(content, dict) else set()
    for kind, needed in _KEYS.items():
        if needed <= keys:
            return kind, content
    raise InputError(f"{path} is JSON of something else: give {UNDERSTOOD}", code="NOT_UNDERSTOOD")
