"""Figures behind verdicts: accuracy over chips with the promise, the gap ladder, control charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .canvas import BAD, GOOD, INK, PLAIN, add_hover, canvas, models
from .control import ControlChart
from .shapes import Step, stack, waterfall

_FILLS = {"end": PLAIN, "cost": BAD, "named": BAD, "gain": GOOD, "same": PLAIN, "unknown": PLAIN}


def distribution(
    rows: Sequence[tuple[str, float]], promised: float | None, marks: Sequence[tuple[str, float]]
) -> Any:
    """Every chip as a brick, stacked by accuracy.

    Args:
        rows: name and accuracy of every chip.
        promised: accuracy that was promised, or None.
        marks: name and accuracy of what is no chip of the population.
    """
    shape = stack([value for _, value in rows], promised)
    seen = [
        *(v for _, v in rows),
        *(v for _, v in marks),
        *([] if promised is None else [promised]),
    ]
    low = max(0.0, min(seen, default=0.0) - 0.04)
    high = max(int(shape.y.max(initial=1)), 4)
    plot = canvas(
        300, ("accuracy", "chips"), x_range=models().Range1d(low, 1.03),
        y_range=models().Range1d(0, high * 1.5), name="distribution",
    )  # fmt: skip
    columns = {
        "x": shape.x,
        "y": shape.y - 0.5,
        "accuracy": [value for _, value in rows],
        "name": [name for name, _ in rows],
        "color": [GOOD if kept else BAD for kept in shape.kept],
        "hatch": [" " if kept else "/" for kept in shape.kept],
    }
    bricks = plot.rect(
        "x", "y", shape.width * 0.94, 0.9, source=columns, fill_color="color", line_color="color",
        hatch_pattern="hatch", hatch_color="white", hatch_alpha=0.7, hatch_scale=6,
    )  # fmt: skip
    add_hover(plot, [bricks], [("", "@name"), ("accuracy", "@accuracy{0.0 %}")])
    _lines(plot, high, promised, marks)
    plot.xaxis.formatter = _percent()
    plot.yaxis.ticker.desired_num_ticks = 4
    plot.axis.minor_tick_line_color = None
    return plot


def _lines(
    plot: Any, high: int, promised: float | None, marks: Sequence[tuple[str, float]]
) -> None:
    """What was promised, and what is no chip of the population, as lines with names."""
    places: dict[float, list[str]] = {}
    for name, value in marks:
        places.setdefault(value, []).append(name)
    lines = [(", ".join(names), value, "dotted") for value, names in places.items()]
    if promised is not None:
        lines.insert(0, (f"promised: {promised:.1%}", promised, "solid"))
    middle = (plot.x_range.start + plot.x_range.end) / 2
    for k, (name, value, dash) in enumerate(lines):
        span = models().Span(location=value, dimension="height", line_color=INK, line_dash=dash)
        span.line_width = 2
        plot.add_layout(span)
        label = models().Label(x=value, y=high * (1.42 - 0.12 * k), text=name, text_color=INK)
        label.text_align, label.x_offset = ("right", -5) if value > middle else ("left", 5)
        label.text_baseline, label.text_font_size = "top", "12px"
        plot.add_layout(label)


def ladder_figure(ladder: Mapping[str, Any]) -> Any:
    """The gap ladder as a waterfall."""
    steps = waterfall(ladder)
    names = [step.name for step in steps]
    # Where everything happens near the top, the top is what is shown; full bars are then cut.
    lows = [s.interval[0] if s.interval else s.bottom for s in steps if s.kind != "unknown"]
    least = max(0.0, np.floor(10 * min(lows, default=0.0)) / 10 - 0.1)
    plot = canvas(
        360, ("", "accuracy"), x_range=names, y_range=(least, 1.08), name="waterfall"
    )  # fmt: skip
    columns = _bars(steps, ladder, least)
    bars = plot.vbar(
        "name", 0.72, "top", "bottom", source=columns, fill_color="color", fill_alpha="alpha",
        line_color="color",
    )  # fmt: skip
    foot = next((s for s in reversed(steps) if s.interval), None)
    if foot is not None and foot is not steps[0]:
        here = next(o["accuracy"] for o in _outcomes(ladder))
        plot.vbar([foot.name], 0.72, [here], [least], fill_color=PLAIN, fill_alpha=0.35,
                  line_color=PLAIN)  # fmt: skip
    intervals = [(s.name, *s.interval) for s in steps if s.interval]
    plot.segment(
        [name for name, _, _ in intervals], [low for _, low, _ in intervals],
        [name for name, _, _ in intervals], [high for _, _, high in intervals],
        line_color=INK, line_width=2, line_alpha=0.75,
    )  # fmt: skip
    plot.text(
        "name", "over", "text", source=columns, text_align="center", text_baseline="bottom",
        y_offset=-3, text_font_size="12px", text_color=INK,
    )  # fmt: skip
    add_hover(plot, [bars], [("", "@name"), ("changes", "@what"), ("accuracy", "@text")])
    plot.xaxis.major_label_orientation = 0.6
    plot.xgrid.grid_line_color = None
    plot.yaxis.minor_tick_line_color = None
    plot.yaxis.ticker = [k / 100 for k in range(round(100 * least), 101, 5 if least > 0.4 else 10)]
    plot.yaxis.formatter = _percent()
    return plot


def _bars(steps: Sequence[Step], ladder: Mapping[str, Any], least: float) -> dict[str, list[Any]]:
    """Columns of the waterfall, cut off below `least`."""
    return {
        "name": [step.name for step in steps],
        "bottom": [max(step.bottom, least) for step in steps],
        "top": [max(step.top, step.bottom + 0.003, least) for step in steps],
        "color": [_FILLS[step.kind] for step in steps],
        "alpha": [0.0 if s.kind == "unknown" else 0.45 if s.kind == "cost" else 1.0 for s in steps],
        "text": [step.text for step in steps],
        "what": [rung["what"] for rung in ladder["rungs"]],
        "over": [max(s.interval[1] if s.interval else s.top, s.top, least) for s in steps],
    }


def _outcomes(ladder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of the rungs that are known, the last first."""
    return [r["outcome"] for r in reversed(ladder["rungs"]) if r["outcome"] is not None]


def control_figure(chart: ControlChart, number: int) -> Any:
    """One number of a board over its fingerprints; bands are what would have been usual."""
    points = chart.points
    labels = [point.label[:16].replace("T", " ") for point in points]
    plot = canvas(260, ("", chart.quantity), name=f"control-{number}")
    place = list(range(len(points)))
    columns = {
        "x": place,
        "y": [_or_nan(point.value) for point in points],
        "low": [_or_nan(point.low) for point in points],
        "high": [_or_nan(point.high) for point in points],
        "label": labels,
        "said": [point.said for point in points],
        "color": [BAD if point.alarm else GOOD for point in points],
        "marker": ["diamond" if point.alarm else "circle" for point in points],
        "recording": [point.recording[:12] for point in points],
    }
    plot.vbar("x", 1.0, "high", "low", source=columns, fill_color=GOOD, fill_alpha=0.14,
              line_color=None)  # fmt: skip
    for limit in ("low", "high"):
        plot.scatter("x", limit, source=columns, marker="dash", size=16, line_color=GOOD,
                     line_alpha=0.8, line_width=2)  # fmt: skip
    plot.line("x", "y", source=columns, line_color=PLAIN)
    marks = plot.scatter(
        "x", "y", source=columns, marker="marker", size=11, fill_color="color", line_color="color"
    )
    tips = [("", "@label"), (chart.quantity, "@y"), ("", "@said"), ("recording", "@recording")]
    add_hover(plot, [marks], tips)
    step = -(-len(points) // 24)
    plot.xaxis.ticker = place[::step]
    plot.xaxis.major_label_overrides = dict(zip(place, labels, strict=True))
    plot.xaxis.major_label_orientation = 0.6
    return plot


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _percent() -> Any:
    return models().NumeralTickFormatter(format="0 %")
