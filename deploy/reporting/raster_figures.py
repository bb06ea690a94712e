"""Rasters of boards side by side, and the spikes of one neuron on every board; axes are linked.

The page's script chooses which trial and which neuron is shown by the indices of two filters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...models.recording import Stimulus
from ..program import Program
from .boards import Boards
from .canvas import BOARD_COLORS, INK, add_hover, canvas, models
from .drawn import Drawn

GAP = 2
"""Empty lines between boards in a neuron's picture."""


def event_sources(drawn: Drawn) -> list[Any]:
    """Spikes of every board; both kinds of pictures share them."""
    return [
        models().ColumnDataSource(
            {"t": one.time_ms, "neuron": one.neuron, "trial": one.trial}, name=f"events-{k}"
        )
        for k, one in enumerate(drawn.events)
    ]


def rasters(
    boards: Boards, drawn: Drawn, sources: list[Any], program: Program, stimulus: Stimulus
) -> list[Any]:
    """A raster for each board, of the first trial drawn."""
    longest = float(stimulus.duration_us[drawn.trials].max(initial=1)) / 1e3
    x = models().Range1d(0, longest, bounds=(0, longest), name="raster-x")
    top = len(boards.names) - 0.5
    y = models().Range1d(-0.5, top, bounds=(-0.5, top), name="raster-y")
    plots = []
    for k, (source, one) in enumerate(zip(sources, drawn.events, strict=True)):
        plot = canvas(330, ("time (ms)", "neuron"), x_range=x, y_range=y, name=f"raster-{k}")
        _bands(plot, program)
        first = np.flatnonzero(one.trial == 0).tolist()
        shown = models().IndexFilter(indices=first, name=f"raster-filter-{k}")
        marks = _spikes(plot, source, shown, "neuron", k)
        add_hover(plot, [marks], [("neuron", "@neuron"), ("time", "@t{0.0} ms")])
        plots.append(plot)
    return plots


def _spikes(plot: Any, source: Any, shown: Any, y: Any, board: int) -> Any:
    """An upright dash for every spike that is shown, in the color of its board."""
    return plot.scatter(
        "t",
        y,
        source=source,
        view=models().CDSView(filter=shown),
        marker="dash",
        angle=np.pi / 2,
        size=8,
        line_width=1.8,
        color=BOARD_COLORS[board % len(BOARD_COLORS)],
    )


def _bands(plot: Any, program: Program) -> None:
    """Where populations begin, their names on the right; the one that is read out is shaded."""
    middles = {}
    for span in program.populations:
        out = span.name == program.output
        bottom = span.first - 0.5
        band = models().BoxAnnotation(bottom=bottom, top=bottom + span.size, level="underlay")
        band.fill_color, band.fill_alpha = INK, 0.14 if out else 0.0
        band.line_color, band.line_alpha = INK, 0.35
        plot.add_layout(band)
        middles[bottom + span.size / 2] = span.name
    right = models().LinearAxis(
        ticker=models().FixedTicker(ticks=list(middles)), major_label_overrides=middles
    )
    right.axis_line_color = right.major_tick_line_color = None
    right.major_label_text_color, right.major_label_text_font_size = INK, "11px"
    plot.add_layout(right, "right")
    plot.axis.minor_tick_line_color = None


def neuron_figure(
    boards: Boards, drawn: Drawn, sources: list[Any], stimulus: Stimulus, neuron: int
) -> Any:
    """Spikes of one neuron: a line for each trial, a block for each board."""
    lines = len(drawn.trials)
    block, count = lines + GAP, len(sources)
    longest = float(stimulus.duration_us[drawn.trials].max(initial=1)) / 1e3
    y = models().Range1d(count * block - GAP - 0.5, -0.5, name="neuron-y")
    plot = canvas(
        max(180, min(640, 6 * count * block)),
        ("time (ms)", ""),
        x_range=models().Range1d(0, longest, bounds=(0, longest), name="neuron-x"),
        y_range=y,
        name="neuron",
    )
    marks = []
    for k, (source, one) in enumerate(zip(sources, drawn.events, strict=True)):
        mine = np.flatnonzero(one.neuron == neuron).tolist()
        shown = models().IndexFilter(indices=mine, name=f"neuron-filter-{k}")
        line = {"field": "trial", "transform": models().Dodge(value=float(k * block))}
        marks.append(_spikes(plot, source, shown, line, k))
    middle = [k * block + (lines - 1) / 2 for k in range(count)]
    plot.yaxis.ticker = models().FixedTicker(ticks=middle)
    plot.yaxis.major_label_overrides = {
        at: view.name for at, view in zip(middle, boards.views, strict=True)
    }
    plot.ygrid.grid_line_color = None
    add_hover(plot, marks, [("trial", "@trial-th drawn"), ("time", "@t{0.0} ms")])
    return plot
