"""Rates neuron by neuron: board against board, and where the neurons stand on the cores."""

from __future__ import annotations

from typing import Any

import numpy as np

from .boards import Boards
from .canvas import BAD, GOOD, INK, add_hover, add_tap, canvas, diverging, models, ramp
from .shapes import core_grid, pairs_of


def neuron_source(boards: Boards) -> Any:
    """Rates and deviations of every neuron on every board, shared by all these figures."""
    columns: dict[str, Any] = {"name": list(boards.names)}
    if boards.address is not None:
        column, row, _ = core_grid(boards.address)
        columns |= {"column": column.astype(np.int16), "row": row.astype(np.int16)}
        columns["place"] = ["chip {} core {} neuron {}".format(*a) for a in boards.address.tolist()]
    for k, (rates, off) in enumerate(zip(boards.rates_hz, boards.deviations_hz, strict=True)):
        columns[f"rate_{k}"] = rates.astype(np.float32)
        columns[f"off_{k}"] = off.astype(np.float32)
    return models().ColumnDataSource(columns, name="neurons")


def scatters(boards: Boards, source: Any) -> list[tuple[int, int, Any]]:
    """Rates of one board against those of another; (board, board, figure)."""
    top = max(1.0, float(boards.rates_hz.max(initial=0.0))) * 1.05
    x = models().Range1d(-0.02 * top, top, name="scatter-x")
    y = models().Range1d(-0.02 * top, top, name="scatter-y")
    found = []
    for i, j in pairs_of(len(boards.views)):
        labels = (f"{boards.views[i].name} (Hz)", f"{boards.views[j].name} (Hz)")
        plot = canvas(300, labels, x_range=x, y_range=y, name=f"scatter-{i}-{j}")
        same = models().Slope(gradient=1, y_intercept=0, line_color=INK, line_alpha=0.6)
        same.line_dash = "dashed"
        plot.add_layout(same)
        marks = plot.scatter(
            f"rate_{i}",
            f"rate_{j}",
            source=source,
            size=7,
            fill_color=GOOD,
            fill_alpha=0.45,
            line_color=GOOD,
            nonselection_fill_alpha=0.45,
            nonselection_line_alpha=1.0,
            selection_color=BAD,
            selection_fill_alpha=1.0,
        )
        tips = [("", "@name"), (labels[0], f"@rate_{i}{{0.0}}"), (labels[1], f"@rate_{j}{{0.0}}")]
        add_hover(plot, [marks], tips)
        add_tap(plot, [marks])
        found.append((i, j, plot))
    return found


def core_maps(boards: Boards, source: Any, kind: str) -> list[Any]:
    """Maps of the cores in use, 16 by 16 neurons each; one figure for each board.

    Args:
        kind: 'rate', or 'off' for the deviation.
    """
    if boards.address is None:
        return []
    _, _, places = core_grid(boards.address)
    across, down = min(4, len(places)), -(-len(places) // 4)
    x = models().Range1d(-1.5, 17 * across - 0.5, name=f"{kind}-x")
    y = models().Range1d(-19 * down + 2, 2.5, name=f"{kind}-y")
    if kind == "rate":
        top = max(1e-9, float(boards.rates_hz.max(initial=0.0)))
        mapper = models().LinearColorMapper(palette=ramp(GOOD), low=0.0, high=top)
    else:
        top = max(1e-9, float(np.abs(boards.deviations_hz).max(initial=0.0)))
        mapper = models().LinearColorMapper(palette=diverging(), low=-top, high=top)
    figures = []
    for k in range(len(boards.views)):
        plot = canvas(
            200, ("", ""), x_range=x, y_range=y, name=f"{kind}-map-{k}",
            sizing_mode="scale_width", aspect_ratio=(17 * across + 6) / (19 * down + 3),
            max_width=120 + 250 * across,
        )  # fmt: skip
        _outlines(plot, places)
        _cells(plot, source, kind, k, mapper)
        figures.append(plot)
    return figures


def _cells(plot: Any, source: Any, kind: str, k: int, mapper: Any) -> None:
    """A cell for every neuron, and what its colour means."""
    marks = plot.rect(
        "column",
        "row",
        0.92,
        0.92,
        source=source,
        fill_color={"field": f"{kind}_{k}", "transform": mapper},
        line_color=INK,
        line_alpha=0.5,
        nonselection_fill_alpha=1.0,
        selection_line_color=BAD,
        selection_line_alpha=1.0,
        selection_line_width=2.5,
    )
    tips = [("", "@name"), ("", "@place"), ("rate", f"@rate_{k}{{0.0}} Hz")]
    tips.append(("deviation", f"@off_{k}{{+0.0}} Hz"))
    add_hover(plot, [marks], tips)
    add_tap(plot, [marks])
    bar = models().ColorBar(color_mapper=mapper, width=9, padding=4, background_fill_color=None)
    bar.major_label_text_color = INK
    bar.major_tick_line_color = bar.bar_line_color = INK
    plot.add_layout(bar, "right")
    plot.axis.visible = plot.grid.visible = False
    plot.outline_line_color = None


def _outlines(plot: Any, places: list[tuple[str, int, int]]) -> None:
    """A frame around every core, and its name."""
    plot.rect(
        [column + 7.5 for _, column, _ in places],
        [row - 7.5 for _, _, row in places],
        16.4,
        16.4,
        fill_color=None,
        line_color=INK,
        line_alpha=0.6,
    )
    plot.text(
        [column for _, column, _ in places],
        [row + 1.1 for _, _, row in places],
        [name for name, _, _ in places],
        text_font_size="11px",
        text_color=INK,
        text_baseline="middle",
    )
