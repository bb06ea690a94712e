"""The command that makes a study again, read off what its study.json says."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..models.errors import InputError
from ..models.learning.methods import METHODS
from .perturbations import CELLS
from .sequence_tasks import RECORDED_TASKS

STIMULUS = "stimulus "
"""Begins the task of a study of networks for the chip, before the hash of what they are played."""


def command(record: Mapping[str, Any], folder: str) -> str:
    """What makes a study again, with every setting that is not the usual one of this version. Files
    that the record does not name stand there in capitals, networks by the names that they had.

    Args:
        record: the study's study.json, or summary.json.
        folder: where it is to be.
    """
    own = record.get("methods")
    changed = [f"--set {m}.{word}" for m in own or {} for word in changes(record, m)]
    what = [record["task"]] if own else [f"{name}.npz" for name in record["files"]]
    options = [f"--method {','.join(own)}", f"--networks {record['networks']}"] if own else []
    played = record["task"].startswith(STIMULUS)
    options += ["--input STIMULUS"] if played else []
    options += ["--data FOLDER"] if record["task"] in RECORDED_TASKS else []
    options += ["--noise FOLDER"] if record.get("noise_snr_db") is not None else []
    asked = ["protocol", "draws"] if played else ["protocol", "draws", "samples"]
    numbers = {**record, "protocol": record["protocol"]["name"]}
    return " ".join([
        "analoop robustness", *map(shlex.quote, what), f"-o {shlex.quote(folder)}", *options,
        *(f"--{name} {numbers[name]}" for name in (*asked, "seed")), *_cells(record), *changed,
    ])  # fmt: skip


def _cells(record: Mapping[str, Any]) -> list[str]:
    """The option for kinds of cells, where there are not all. A study of before 'chip' was a kind
    has none of them without having been asked."""
    kinds = dict.fromkeys(cell.split()[0] for cell in record["cells"])
    left_out = {cell.kind for cell in CELLS} - {*kinds, "chip"}
    return [f"--cells {','.join(kinds)}"] if left_out else []


def changes(record: Mapping[str, Any], method: str) -> list[str]:
    """Settings of a method that are not its usual ones now, as texts for --set. A study of before
    some setting was there has the default of its class, which changes nothing."""
    settings = (record.get("methods") or {}).get(method)
    if settings is None:
        return []
    usual: dict[str, Any] = {}
    if method in METHODS:
        try:
            given = METHODS[method].settings_for(record["task"])
            usual = {field.name: getattr(given, field.name) for field in fields(given)}
            settings = {field.name: field.default for field in fields(given)} | settings
        except InputError:  # this version has no settings for the task: all are said
            pass
    return [
        text(name, value)
        for name, value in sorted(settings.items())
        if name not in usual or usual[name] != _exact(value)
    ]


def text(name: str, value: Any) -> str:
    """A setting as --set takes it, of a value as JSON has it."""
    exact = _exact(value)
    words = ":".join(map(str, exact)) if isinstance(exact, tuple) else str(exact)
    return f"{name}={words.lower() if isinstance(exact, bool) else words}"


def _exact(value: Any) -> Any:
    """A value as settings hold it: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value
