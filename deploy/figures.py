"""Figures; needs matplotlib (extra `demo`)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..models.archive import write_bytes
from ..models.recording import Recording, Stimulus
from .metrics import decisions
from .program import Program

_INPUT, _HIDDEN, _OUTPUT = "#9a9a9a", "#4c72b0", "#c44e52"


def rasters(
    path: Path, program: Program, stimulus: Stimulus, recordings: Sequence[Recording]
) -> Path:
    """Input and every neuron of the first trial, one panel per board, side by side."""
    figure = Figure(figsize=(4 * (1 + len(recordings)), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 1 + len(recordings), sharex=True)
    first = stimulus.trial == 0
    axes[0].plot(stimulus.time_us[first] / 1e3, stimulus.channel[first], "|", color=_INPUT, ms=3)
    axes[0].set(title="stimulus", ylabel="input channel", xlabel="time (ms)")
    readout = program.readout
    columns = readout.columns
    for axis, recording in zip(axes[1:], recordings, strict=True):
        mine = recording.trial == 0
        time, neuron = recording.time_us[mine] / 1e3, recording.neuron[mine]
        out = (neuron >= columns.start) & (neuron < columns.stop)
        axis.plot(time[~out], neuron[~out], "|", color=_HIDDEN, ms=2)
        axis.plot(time[out], neuron[out], "|", color=_OUTPUT, ms=5)
        said = readout.name_of(int(decisions(recording, readout)[0]))
        axis.set(
            title=f"{recording.board['name']} ({recording.board['target']})\nsays {said}",
            xlabel="time (ms)",
            ylabel="neuron (red: output)",
            ylim=(-2, len(program.names) + 1),
        )
    target = int(stimulus.target[0]) if len(stimulus.target) else None
    if target is not None and readout.labels:
        figure.suptitle(f"One utterance of {readout.name_of(target)}; chips are simulated")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return write_bytes(path, buffer.getvalue())
