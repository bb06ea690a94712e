"""What the exports share: one recording or a finished set, and what a file says of its origin."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InputError
from ...models.recording import Recording
from .recording_set import RecordingSet, Take, load_finished

Source = Recording | RecordingSet
"""What can be exported."""


def read_source(path: Path) -> Source:
    """A recording file, or the folder of a finished set. Raises as `load_finished`."""
    return load_finished(path) if path.is_dir() else Recording.load(path)


def takes_of(source: Source) -> tuple[Take, ...]:
    """The takes of a set; a recording by itself is one."""
    if isinstance(source, RecordingSet):
        return source.takes
    p = source.provenance
    return (Take(p.get("asked_board", source.board["name"]), p.get("repeat", 0), source),)


def targets_of(source: Source) -> np.ndarray:
    """Target of every trial, int64 [trial]; empty: not known."""
    if isinstance(source, RecordingSet):
        return source.stimulus.target
    return np.zeros(0, np.int64)


def boards_of(source: Source) -> tuple[str, ...]:
    """Names of the boards, each once."""
    return tuple(dict.fromkeys(take.board for take in takes_of(source)))


def kinds_of(source: Source) -> tuple[str, ...]:
    """'simulated', 'measured', 'software': what the takes are."""
    return tuple(sorted({take.recording.board["target"] for take in takes_of(source)}))


def origin(source: Source) -> str:
    """Where it comes from, in a sentence that begins with SIMULATED where it is."""
    kinds = " and ".join(k.upper() if k == "simulated" else k for k in kinds_of(source))
    what = "recording set" if isinstance(source, RecordingSet) else "recording"
    return (
        f"{kinds}: Analoop {what} {source.hash}, boards {', '.join(boards_of(source))}; every "
        "trial begins at rest"
    )


def about(source: Source) -> str:
    """Everything but the spikes, as JSON."""
    takes = takes_of(source)
    first = takes[0].recording
    return json.dumps(
        {
            "origin": origin(source),
            "kind": "recording set" if isinstance(source, RecordingSet) else "recording",
            "hash": source.hash,
            "names": list(first.names),
            "duration_us": first.duration_us.tolist(),
            "target": targets_of(source).tolist(),
            "takes": [
                take.record() | {"provenance": dict(take.recording.provenance)} for take in takes
            ],
        },
        sort_keys=True,
    )


def spans_of(names: Sequence[str]) -> dict[str, slice]:
    """Columns of every population, from the names of the columns.

    Raises:
        InputError: NO_POPULATIONS, they are not of this project's kind.
    """
    found = [re.fullmatch(r"neuron \d+ of '(.*)'", name) for name in names]
    if not all(found):
        raise InputError(
            f"column '{names[found.index(None)]}' names no population: export a recording of "
            "'run' or 'record', whose columns are \"neuron 3 of 'output'\"",
            code="NO_POPULATIONS",
        )
    own = np.array([match[1] for match in found if match])
    return {
        name: slice(int((own == name).argmax()), int((own == name).argmax() + (own == name).sum()))
        for name in dict.fromkeys(own.tolist())
    }


def required(module: str) -> Any:
    """A library of the extra 'export', imported.

    Raises:
        InputError: NO_LIBRARY.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"this format needs {module.partition('.')[0]}, which cannot be imported ({error}): "
            "pip install 'analoop[export]'",
            code="NO_LIBRARY",
        ) from error
