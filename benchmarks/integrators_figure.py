"""The figure of integrators.py, from its table: python benchmarks/integrators_figure.py"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).parent.parent
FIGURE = ROOT / "docs" / "figures" / "error_against_cost.png"
PANELS = {
    "threshold soma: plain, adaptation, GABA, shunt": ("plain", "adaptation", "gaba", "shunt"),
    "soma that excites itself: exponential, NMDA gate": (
        "exponential", "nmda gate", "nmda and ampa",
    ),
}  # fmt: skip
LOOK = {
    ("Euler in I", "single"): ("forward Euler in I,\nas Rockpool", "#b5482a", "o-", (3, 1, 22)),
    ("RK4 in ln I", "single"): ("Runge-Kutta in ln I", "#7a7a7a", "s-", (0, 8, 12)),
    ("ours", "single"): ("ours,\nsingle", "#1f6fa8", "D-", (4, -36, -2)),
    ("ours", "double"): ("ours,\ndouble", "#0b3556", "D--", (4, -16, -30)),
}
"""Label, colour, style; point at which the label stands, and its distance [points]."""


def draw(table: Path) -> None:
    """Draw the table as median spike-time error against cost."""
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    figure, axes = plt.subplots(1, 2, figsize=(11, 5.2), sharey=True, layout="constrained")
    for axis, (title, circuits) in zip(axes, PANELS.items(), strict=True):
        for (name, precision), look in LOOK.items():
            _curve(axis, list(_points(rows, name, precision, circuits)), look)
        axis.set(xscale="log", yscale="log", title=title)
        axis.set_xlabel("CPU time of one core [ns per neuron and millisecond]")
        axis.margins(0.12, 0.1)
        axis.grid(alpha=0.25, which="major")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("median error of spike times within a second [ms]")
    figure.suptitle(
        "Numbers at the points are steps in milliseconds", fontsize=10, x=0.99, ha="right"
    )
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=130)


def _points(rows: list[dict], name: str, precision: str, circuits: tuple[str, ...]):
    """Per step: cost and error, geometric means over the circuits; step."""
    found = {}
    for r in rows:
        if (r["integrator"], r["precision"]) == (name, precision) and r["circuit"] in circuits:
            pair = float(r["ns_per_neuron_ms"]), float(r["median_time_error_ms"])
            found.setdefault(r["step_ms"], []).append(pair)
    for step, pairs in found.items():
        cost, error = np.exp(np.log(pairs).mean(0))
        yield cost, error, step


def _curve(axis, points: list[tuple], look: tuple) -> None:
    label, colour, style, (at, right, up) = look
    cost, error, steps = zip(*points, strict=True)
    axis.plot(cost, error, style, color=colour, ms=5, lw=1.4)
    options = {"textcoords": "offset points", "color": colour}
    for x, y, step in zip(cost, error, steps, strict=True):
        if "--" in style:
            axis.annotate(step, (x, y), (5, 2), fontsize=8, ha="left", va="bottom", **options)
        else:
            axis.annotate(step, (x, y), (-5, -4), fontsize=8, ha="right", va="top", **options)
    axis.annotate(
        label, (cost[at], error[at]), (right, up), fontsize=10.5, va="center",
        ha="left" if right > 0 else "right", **options,
    )  # fmt: skip


if __name__ == "__main__":
    draw(ROOT / "benchmarks" / "results" / "integrators.csv")
