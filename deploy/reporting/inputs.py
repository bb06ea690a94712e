"""What a page is made of, read from what other verbs wrote; each file is known by its content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.errors import FileError, InputError
from ..recordings.fingerprint_history import read_charts
from ..recordings.recording_set import load_finished
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


def read_page(paths: Sequence[Path], page: Page) -> Page:
    """A page with everything that these files and folders hold.

    Raises:
        InputError: NOT_UNDERSTOOD; TWICE, two of a kind; UNFINISHED_SET.
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    found: dict[str, Any] = {}
    charts: list[ControlChart] = []
    for path in paths:
        kind, content = _read(path)
        if kind == "control":
            charts += content
        elif kind in found:
            raise InputError(
                f"{path} is a second {kind}: a page shows one, write a page for each", code="TWICE"
            )
        else:
            found[kind] = content
    return replace(page, control=tuple(charts), **found)


def _read(path: Path) -> tuple[str, Any]:
    """Which part of a page a file or folder is, and that part."""
    if not path.exists():
        raise FileError(f"{path}: no such file or folder: check the path", code="FILE_MISSING")
    if path.is_file():
        return _read_json(path)
    if (path / "set.json").exists():
        return "recordings", load_finished(path)
    if (path / "history.json").exists():
        return "control", _charts(path)
    if (path / "report.json").exists():
        return _read_json(path / "report.json")
    unfinished = (
        "; its sweep was cut short, run the same 'validate' again"
        if (path / "sweep.json").exists()
        else ""
    )
    raise InputError(
        f"{path} holds nothing for a report{unfinished}: give {UNDERSTOOD}", code="NOT_UNDERSTOOD"
    )


def _charts(folder: Path) -> list[ControlChart]:
    charts = [chart for points in read_charts(folder).values() for chart in charts_of(points)]
    if not charts:
        raise InputError(
            f"{folder} holds no fingerprint yet: run 'fingerprint' first", code="NOT_UNDERSTOOD"
        )
    return charts


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
