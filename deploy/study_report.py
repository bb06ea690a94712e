"""The report of a robustness study: one HTML page, and a figure for each kind of perturbation."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..models.archive import write_bytes
from ..models.errors import InputError
from ..models.learning.methods import METHODS
from .study_command import changes, command, text
from .study_files import Row
from .study_statistics import ERRORS

TITLES = {
    "mismatch": ("Mismatch of parameters", "standard deviation [1]"),
    "bits": ("Coarse weights after training", "bits"),
    "noise": ("Noise of the membrane", "standard deviation per step [range to threshold]"),
    "chip": ("Chips with mismatch as measured", "level [1]"),
    "silenced": ("Silenced neurons", "share of neurons [1]"),
}
"""Title and unit of each kind of perturbation."""


def write_report(folder: Path, record: Mapping[str, Any], rows: Sequence[Row]) -> list[Path]:
    """Write `report.html`, in which each cell leads to its rows, and one PNG for each kind.

    Args:
        record: of the study, with its `summaries` and `differences`; of files of networks with
            `students`, what each says that made it.

    Returns:
        The files.
    """
    from jinja2 import Environment

    figures = {kind: figure(kind, record) for kind in _kinds(record)}
    written = [write_bytes(folder / f"{kind}.png", png) for kind, png in figures.items()]
    source = (files("analoop.deploy") / "data" / "study.html.j2").read_text(encoding="utf-8")
    page = Environment(autoescape=True, trim_blocks=True).from_string(source).render(
        study=record,
        command=command(record, folder.resolve().name),
        settings=_settings(record),
        methods=list(dict.fromkeys(s["method"] for s in record["summaries"])),
        by_place={(s["method"], s["cell"]): s for s in record["summaries"]},
        rows=sorted(rows, key=lambda row: row.place),
        figures={kind: base64.b64encode(png).decode() for kind, png in figures.items()},
        titles=TITLES,
        errors=_errors(record),
        mark=lambda method, kind: _mark(method, kind, record),
    )  # fmt: skip
    return [write_bytes(folder / "report.html", page.encode()), *written]


def _settings(record: Mapping[str, Any]) -> list[tuple[str, str, list[tuple[str, bool]]]]:
    """Of each method, or student from a file: its name, words behind it, and its settings with
    whether they are other than the usual ones."""
    found = [(method, "", method, given) for method, given in record.get("methods", {}).items()]
    for name, made in record.get("students", {}).items():
        words = f": {made['method']}, seed and number of the network {made['seed']}"
        found.append((name, words, made["method"], made["settings"]))
    shown = []
    for label, words, method, given in found:
        other = changes({"task": record["task"], "methods": {method: given}}, method)
        texts = [text(name, value) for name, value in given.items()]
        shown.append((label, words, [(setting, setting in other) for setting in texts]))
    return shown


def _errors(record: Mapping[str, Any]) -> dict[str, str]:
    """Those of `ERRORS` that any method has."""
    found = {error for s in record["summaries"] for error, e in s["errors"].items() if e}
    return {error: words for error, words in ERRORS.items() if error in found}


def check_figures() -> None:
    """That figures can be drawn, to be known before hours of work.

    Raises:
        InputError: NO_MATPLOTLIB.
    """
    if find_spec("matplotlib") is None:
        raise InputError(
            "the report of a study has figures, which need matplotlib: pip install "
            "'analoop[demo]', or in the clone pip install -e '.[demo]'",
            code="NO_MATPLOTLIB",
        )


def _kinds(record: Mapping[str, Any]) -> list[str]:
    """Kinds of perturbation that some network was put through; a study without networks of the
    chip's circuits has no rows of `chip`, though its cell is asked for."""
    levels = [s["cell"].split() for s in record["summaries"]]
    return [kind for kind in TITLES if any(k == kind and level != "0" for k, level in levels)]


def _label(method: str, kind: str, record: Mapping[str, Any]) -> str:
    """A method in a legend, as it stands: no formula, and shown if it begins with an underscore."""
    return method.replace("$", r"\$") + _mark(method, kind, record)


def _mark(method: str, kind: str, record: Mapping[str, Any]) -> str:
    """Words behind a method that is judged by its teacher's decisions, not by labels; a file may
    have any name, and no file is judged so."""
    known = METHODS.get(method) if method in record.get("methods", {}) else None
    judged = record["protocol"]["teacher_counts"] and kind == "mismatch" and known and known.taught
    return " (against its teacher)" if judged else ""


def figure(kind: str, record: Mapping[str, Any]) -> bytes:
    """PNG of mean accuracies with their intervals, and 10th percentiles, over levels of a kind.

    Args:
        kind: of perturbation, in `TITLES`.
        record: as for `write_report`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    title, unit = TITLES[kind]
    first = f"{kind} 0" if f"{kind} 0" in record["cells"] else "nominal 0"
    cells = [cell for cell in record["cells"] if cell == first or cell.startswith(kind)]
    drawing = Figure(figsize=(6.4, 4.2), layout="constrained")
    FigureCanvasAgg(drawing)
    axis = drawing.subplots()
    methods = dict.fromkeys(s["method"] for s in record["summaries"])
    legend: dict[str, Any] = {}
    for k, method in enumerate(methods):
        mine = {s["cell"]: s for s in record["summaries"] if s["method"] == method}
        at = [x for x, cell in enumerate(cells) if cell in mine]
        found = [mine[cells[x]] for x in at]
        mean = [s["accuracy_mean"] for s in found]
        low = [s["accuracy_mean"] - s["accuracy_mean_low"] for s in found]
        high = [s["accuracy_mean_high"] - s["accuracy_mean"] for s in found]
        shifted = [x + 0.06 * (k - (len(methods) - 1) / 2) for x in at]
        drawn = axis.errorbar(shifted, mean, (low, high), fmt="o-", color=f"C{k}", capsize=3)
        legend[_label(method, kind, record)] = drawn
        axis.plot(shifted, [s["accuracy_p10"] for s in found], "v", color=f"C{k}", mfc="none")
    labels = ["none" if cell == first else cell.split()[1] for cell in cells]
    axis.set_xticks(range(len(cells)), labels)
    axis.set(xlabel=unit, ylabel="accuracy", ylim=(-0.02, 1.02))
    axis.set_title(
        f"{title}, {record['task']} (simulated)\nprotocol {record['protocol']['name']}, seed "
        f"{record['seed']}; dots: mean and 95 % interval, triangles: 10th percentile",
        fontsize=9,
    )
    axis.legend(legend.values(), legend.keys(), fontsize=8)
    axis.grid(alpha=0.3)
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
