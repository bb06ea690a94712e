"""Every figure of a page as HTML, and the one script that draws them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .neuron_figures import core_maps, neuron_source, scatters
from .raster_figures import event_sources, neuron_figure, rasters
from .verdict_figures import control_figure, distribution, ladder_figure

if TYPE_CHECKING:
    from .page import Content


@dataclass(frozen=True)
class Figures:
    """Places of figures, as HTML; what is empty is not there."""

    library: str = ""
    """Bokeh's own JavaScript."""
    script: str = ""
    """What draws the figures."""
    distribution: str = ""
    """Accuracy over chips."""
    rasters: list[str] = field(default_factory=list)
    """By board."""
    neuron: str = ""
    """One neuron on every board."""
    scatters: list[tuple[int, int, str]] = field(default_factory=list)
    """Board, board, figure."""
    rate_maps: list[str] = field(default_factory=list)
    """By board."""
    off_maps: list[str] = field(default_factory=list)
    """By board."""
    ladder: str = ""
    """The waterfall."""
    control: list[str] = field(default_factory=list)
    """By chart."""


def figures_of(content: Content) -> Figures:
    """Draw everything there is."""
    from bokeh.document import Document
    from bokeh.embed import components
    from bokeh.resources import Resources

    plots = _verdict_plots(content) | _board_plots(content)
    if not plots:
        return Figures()
    document = Document()
    with document.models.freeze():  # its models are gathered once, not once for each figure
        for plot in plots.values():
            document.add_root(plot)
    script, divs = components(plots, wrap_script=False)
    library = "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)

    def group(kind: str) -> list[str]:
        return [divs[key] for key in plots if key.startswith(f"{kind} ")]

    pairs = [key.split()[1:] for key in plots if key.startswith("scatter ")]
    return Figures(
        _inside(library),
        _inside(script),
        divs.get("distribution", ""),
        group("raster"),
        divs.get("neuron", ""),
        [(int(i), int(j), div) for (i, j), div in zip(pairs, group("scatter"), strict=True)],
        group("rate"),
        group("off"),
        divs.get("ladder", ""),
        group("control"),
    )


def _verdict_plots(content: Content) -> dict[str, Any]:
    plots: dict[str, Any] = {}
    validation, ladder = content.records["validation"], content.records["ladder"]
    if validation is not None:
        verdict = validation["verdict"]
        promised = None if verdict is None else verdict["promise"]["accuracy"]
        rows = [(r["name"], r["accuracy"]) for r in validation["rows"] if r["counted"]]
        marks = [(r["name"], r["accuracy"]) for r in validation["rows"] if not r["counted"]]
        plots["distribution"] = distribution(rows, promised, marks)
    if ladder is not None:
        plots["ladder"] = ladder_figure(ladder)
    for k, chart in enumerate(content.control):
        plots[f"control {k}"] = control_figure(chart, k)
    return plots


def _board_plots(content: Content) -> dict[str, Any]:
    plots: dict[str, Any] = {}
    boards, drawn, found = content.boards, content.drawn, content.recordings
    if boards is None:
        return plots
    if drawn is not None and found is not None:
        events = event_sources(drawn)
        made = rasters(boards, drawn, events, found.program, found.stimulus)
        plots |= {f"raster {k}": plot for k, plot in enumerate(made)}
        worst = int(boards.worst_neurons(0)[0])
        plots["neuron"] = neuron_figure(boards, drawn, events, found.stimulus, worst)
    source = neuron_source(boards)
    plots |= {f"scatter {i} {j}": plot for i, j, plot in scatters(boards, source)}
    for kind in ("rate", "off"):
        made = core_maps(boards, source, kind)
        plots |= {f"{kind} {k}": plot for k, plot in enumerate(made)}
    return plots


def _inside(script: str) -> str:
    """Text that may stand in a script element: no name of a board can end it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)
