"""Bokeh figures of one look: colours that can be read on white, on black and without colour."""

from __future__ import annotations

from typing import Any

from ...models.errors import InputError

GOOD, BAD, PLAIN = "#3b7dd8", "#e0702c", "#868e99"
"""Kept or gained; broken or lost; neither."""
INK = "#6b7280"
"""Text and axes until the page knows whether it is dark."""
BOARD_COLORS = ("#3b7dd8", "#e0702c", "#2a9d6f", "#a566c9", "#b8892b", "#d6557e")
"""Of boards, in turn."""
TOOLS = "pan,box_zoom,wheel_zoom,reset,save"


def require_bokeh() -> None:
    """Say how to get the plotting library. Raises InputError BOKEH_MISSING."""
    try:
        import bokeh.plotting  # noqa: F401
    except ImportError as error:
        raise InputError(
            "a report needs the package Bokeh, which is not installed: "
            "pip install 'analoop[report]'",
            code="BOKEH_MISSING",
        ) from error


def models() -> Any:
    """Bokeh's models; their own types are narrower than what they take."""
    import bokeh.models

    return bokeh.models


def canvas(height: int, labels: tuple[str, str], **more: Any) -> Any:
    """An empty figure as wide as its place on the page.

    Args:
        height: of it [px].
        labels: of the x and the y axis.
    """
    from bokeh.plotting import figure

    given = {"tools": TOOLS, "toolbar_location": "above", "sizing_mode": "stretch_width"} | more
    plot: Any = figure(height=height, **given)  # pyright: ignore[reportArgumentType]
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = INK
    plot.outline_line_alpha = 0.35
    plot.toolbar.logo = None
    plot.toolbar.stylesheets = ["@media print { :host { visibility: hidden } }"]
    plot.toolbar.active_scroll = None  # a wheel scrolls the page, until it is asked to zoom
    plot.xaxis.axis_label, plot.yaxis.axis_label = labels
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = INK
        axis.axis_label_text_color = axis.major_label_text_color = INK
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "12px"
    for grid in plot.grid:
        grid.grid_line_color, grid.grid_line_alpha = INK, 0.2
    return plot


def add_hover(plot: Any, renderers: list[Any], tips: list[tuple[str, str]]) -> None:
    """Tell what is under the pointer."""
    plot.add_tools(models().HoverTool(renderers=renderers, tooltips=tips))


def add_tap(plot: Any, renderers: list[Any]) -> None:
    """Let marks be chosen; the page's script leads to the neuron."""
    plot.add_tools(models().TapTool(renderers=renderers))


def ramp(color: str, low: int = 24) -> list[str]:
    """From nearly clear to full colour: reads as 'more' on any background."""
    return [f"{color}{low + (255 - low) * k // 63:02x}" for k in range(64)]


def diverging() -> list[str]:
    """Below and above nothing; nothing is clear."""
    return [f"{GOOD}{a:02x}" for a in range(252, 0, -8)] + [
        f"{BAD}{a:02x}" for a in range(4, 256, 8)
    ]
