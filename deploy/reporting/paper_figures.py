"""The page's figures as PNG or SVG, for papers; by matplotlib, from the same numbers."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...models.archive import write_bytes
from ...models.errors import InputError
from ..demonstration import make_folder
from ..recordings.recording_set import RecordingSet
from .boards import Boards
from .canvas import BAD, BOARD_COLORS, GOOD, PLAIN
from .control import ControlChart
from .page import Content, Page, content_of
from .shapes import core_grid, pairs_of, stack, waterfall

_FILLS = {"end": PLAIN, "cost": "#f2b899", "named": BAD, "gain": GOOD, "same": PLAIN}


def write_figures(folder: Path, page: Page, suffix: str = "png") -> list[Path]:
    """Every figure of a page, a file each.

    Args:
        suffix: 'png', 'svg' or 'pdf'.

    Raises:
        InputError: as `write_report`; MATPLOTLIB_MISSING.
        FileError: FILE_NOT_WRITABLE.
    """
    figure = _figures()
    content = content_of(page)
    make_folder(folder)
    return [
        write_bytes(folder / f"{name}.{suffix}", _saved(draw(figure), suffix))
        for name, draw in _drawings(content).items()
    ]


def _drawings(content: Content) -> dict[str, Callable[[Any], Any]]:
    """What there is to draw, by file name."""
    found: dict[str, Callable[[Any], Any]] = {}
    validation, ladder = content.records["validation"], content.records["ladder"]
    boards, recordings = content.boards, content.recordings
    if validation is not None:
        found["accuracy"] = lambda new: distribution(new, validation)
    if ladder is not None:
        found["ladder"] = lambda new: ladder_figure(new, ladder)
    if boards is not None:
        found["rates"] = lambda new: scatters(new, boards)
        if recordings is not None and content.drawn is not None:
            trial = int(content.drawn.trials[0])
            found["rasters"] = lambda new: rasters(new, boards, recordings, trial)
        if boards.address is not None:
            found["cores_rate"] = lambda new: core_maps(new, boards, boards.rates_hz, "rate (Hz)")
            found["cores_deviation"] = lambda new: core_maps(
                new, boards, boards.deviations_hz, "deviation (Hz)"
            )
    for k, chart in enumerate(content.control):
        found[f"control_{k}"] = lambda new, chart=chart: control_figure(new, chart)
    return found


def _figures() -> Callable[..., Any]:
    """What makes an empty figure of so many inches, without any window or global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "figures need the package matplotlib, which is not installed: "
            "pip install 'analoop[demo]'",
            code="MATPLOTLIB_MISSING",
        ) from error

    def make(width: float, height: float) -> Any:
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure

    return make


def _saved(figure: Any, suffix: str) -> bytes:
    """A figure as bytes, the same for the same figure."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with rc_context({"svg.hashsalt": "analoop"}):
        figure.savefig(buffer, format=suffix, dpi=200, metadata=undated.get(suffix))
    return buffer.getvalue()


def rasters(new: Callable[..., Any], boards: Boards, found: RecordingSet, trial: int) -> Any:
    """One trial of the first repeat of every board, side by side."""
    count = len(boards.views)
    across, down = min(4, count), -(-count // 4)
    figure = new(2.4 * across + 0.6, 2.8 * down)
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    out = found.program.output_columns
    for k, (axis, view) in enumerate(zip(axes, boards.views, strict=False)):
        play = view.plays[0]
        mine = play.trial == trial
        axis.axhspan(out.start - 0.5, out.stop - 0.5, color=PLAIN, alpha=0.18, lw=0)
        color = BOARD_COLORS[k % len(BOARD_COLORS)]
        axis.plot(play.time_us[mine] / 1e3, play.neuron[mine], "|", color=color, ms=3)
        axis.set_title(f"{view.name}\n({view.target})", fontsize=8)
        axis.set_xlabel("time (ms)")
    axes[0].set_ylabel("neuron (shaded: read out)")
    return figure


def scatters(new: Callable[..., Any], boards: Boards) -> Any:
    """Rates of every neuron, board against board."""
    pairs = pairs_of(len(boards.views))
    across = min(3, max(1, len(pairs)))
    down = max(1, -(-len(pairs) // across))
    figure = new(2.6 * across, 2.6 * down)
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    top = max(1.0, float(boards.rates_hz.max(initial=0.0))) * 1.05
    for axis, (i, j) in zip(axes, pairs, strict=False):
        axis.plot([0, top], [0, top], "--", color=PLAIN, lw=0.8)
        axis.plot(boards.rates_hz[i], boards.rates_hz[j], "o", color=GOOD, alpha=0.5, ms=3, mew=0)
        axis.set_xlabel(f"{boards.views[i].name} (Hz, {boards.views[i].target})", fontsize=7)
        axis.set_ylabel(f"{boards.views[j].name} (Hz, {boards.views[j].target})", fontsize=7)
        axis.set_aspect("equal")
    for axis in axes[len(pairs) :]:
        axis.set_axis_off()
    return figure


def core_maps(new: Callable[..., Any], boards: Boards, values: np.ndarray, words: str) -> Any:
    """Values of every neuron [board, neuron] where it stands on its core."""
    if boards.address is None:
        raise InputError("core maps need to know where neurons are", code="NO_ADDRESSES")
    column, row, places = core_grid(boards.address)
    width, height = 17 * min(4, len(places)), 19 * -(-len(places) // 4)
    count = len(boards.views)
    across, down = min(4, count), -(-count // 4)
    figure = new(max(2.2, width / 14) * across + 0.6, (height / 14 + 0.6) * down)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    signed = bool((values < 0).any())
    top = max(1e-9, float(np.abs(values).max(initial=0.0)))
    image = None
    for axis in axes:
        axis.set_axis_off()
    for axis, view, one in zip(axes, boards.views, values, strict=False):
        shown = np.full((height, width), np.nan)
        shown[-row, column] = one
        image = axis.imshow(
            shown, cmap="RdBu_r" if signed else "Blues", vmin=-top if signed else 0.0, vmax=top,
            interpolation="nearest",
        )  # fmt: skip
        for name, x, y in places:
            axis.text(x, -y - 1.2, name, fontsize=5)
            edges = [x - 0.5, x + 15.5, x + 15.5, x - 0.5, x - 0.5]
            axis.plot(edges, [-y - 0.5, -y - 0.5, 15.5 - y, 15.5 - y, -y - 0.5], "k", lw=0.4)
        axis.set_title(f"{view.name}\n({view.target})", fontsize=8, pad=12)
    figure.colorbar(image, ax=list(axes), label=words, shrink=0.8)
    return figure


def distribution(new: Callable[..., Any], validation: Mapping[str, Any]) -> Any:
    """Every chip as a brick by its accuracy, with the promise."""
    chips = [row for row in validation["rows"] if row["counted"]]
    verdict = validation["verdict"]
    promised = None if verdict is None else verdict["promise"]["accuracy"]
    shape = stack([row["accuracy"] for row in chips], promised)
    figure = new(4.6, 2.8)
    axis = figure.subplots()
    colors = [GOOD if kept else BAD for kept in shape.kept]
    axis.bar(shape.x, 0.92, 0.94 * shape.width, bottom=shape.y - 0.96, color=colors)
    for row in validation["rows"]:
        if not row["counted"]:
            axis.axvline(row["accuracy"], color=PLAIN, ls=":", label=row["name"])
    if promised is not None:
        axis.axvline(promised, color="black", lw=1.2, label=f"promised {promised:.1%}")
    kinds = " and ".join(sorted({row["target"] for row in chips})) or "no chips"
    axis.set(xlabel="accuracy", ylabel="chips", title=f"{len(chips)} chips, {kinds}")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=7, loc="best")
    return figure


def ladder_figure(new: Callable[..., Any], ladder: Mapping[str, Any]) -> Any:
    """The gap ladder as a waterfall."""
    figure = new(5.6, 3.2)
    axis = figure.subplots()
    for k, step in enumerate(waterfall(ladder)):
        if step.interval is None:
            axis.text(k, 0.02, "not known", rotation=90, ha="center", fontsize=7)
            continue
        axis.bar(k, max(step.top - step.bottom, 0.004), bottom=step.bottom, color=_FILLS[step.kind])
        axis.plot([k, k], step.interval, color="black", lw=0.8)
        above = max(step.top, step.interval[1]) + 0.01
        axis.text(k, above, step.text, ha="center", fontsize=7)
    axis.set_xticks(
        range(len(ladder["rungs"])), [rung["name"] for rung in ladder["rungs"]], rotation=35,
        ha="right", fontsize=7,
    )  # fmt: skip
    made = ladder["provenance"]
    kind = "simulated" if made["simulated"] else "measured"
    axis.set(ylabel="accuracy", ylim=(0, 1.1), title=f"{made['board']['name']} ({kind})")
    return figure


def control_figure(new: Callable[..., Any], chart: ControlChart) -> Any:
    """A number of one board over its fingerprints."""
    figure = new(5.0, 2.6)
    axis = figure.subplots()
    for k, point in enumerate(chart.points):
        for limit in (point.low, point.high):
            if limit is not None:
                axis.plot([k - 0.4, k + 0.4], [limit, limit], color=PLAIN, lw=1.2)
        if point.value is not None:
            mark, color = ("D", BAD) if point.alarm else ("o", GOOD)
            axis.plot(k, point.value, mark, color=color, ms=4)
    labels = [point.label[:10] for point in chart.points]
    axis.set_xticks(range(len(labels)), labels, rotation=35, ha="right", fontsize=7)
    axis.set(ylabel=chart.quantity, title=f"{chart.board} ({chart.target})")
    return figure
