"""Recordings as Neurodata Without Borders, which pynwb, Neo, SpikeInterface and MATLAB read.

A unit is one neuron of one board. Trials lie end to end on the clock of the file, in playing order:
it is not the clock of the wall, every trial began at rest. A unit was observed while its own board
played (`obs_intervals`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ...models.archive import write_bytes
from .exported import Source, about, boards_of, origin, required, spans_of, takes_of, targets_of
from .recording_set import Take

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a simulation, which happens at no time."""


def export_nwb(source: Source, path: Path) -> Path:
    """Write a units table (spike times [s]), a trials table, and what produced them.

    Raises:
        InputError: NO_LIBRARY, NO_POPULATIONS.
        FileError: FILE_NOT_WRITABLE.
    """
    pynwb, h5py = required("pynwb"), required("h5py")
    times = [t for take in takes_of(source) if (t := take.recording.provenance.get("time"))]
    file = pynwb.NWBFile(
        session_description=f"{origin(source)}; the clock of this file joins the trials end to end",
        identifier=source.hash,
        session_start_time=datetime.fromisoformat(min(times)) if times else _NO_TIME,
        notes=about(source),
    )
    for number, board in enumerate(boards_of(source)):
        file.create_device(name=f"board {number}", description=board)
    _add_trials(file, source)
    _add_units(file, source)
    out = io.BytesIO()
    with h5py.File(out, "w") as h5, pynwb.NWBHDF5IO(file=h5, mode="w") as writer:
        writer.write(file)
    return write_bytes(path, out.getvalue())


def _starts_us(source: Source) -> Iterator[tuple[Take, np.ndarray]]:
    """Every take and the start of each of its trials on the clock of the file [us]."""
    now = 0
    for take in takes_of(source):
        ends = now + np.cumsum(take.recording.duration_us)
        yield take, ends - take.recording.duration_us
        now = int(ends[-1]) if len(ends) else now


def _add_trials(file: Any, source: Source) -> None:
    targets = targets_of(source)
    file.add_trial_column("board", "name of the board that played it")
    file.add_trial_column("repeat", "how often the board had played the whole stimulus before")
    file.add_trial_column("trial", "number of the trial in the stimulus")
    if len(targets):
        file.add_trial_column("target", "output neuron that should win")
    for take, starts in _starts_us(source):
        for k, start in enumerate(starts):
            more = {"target": int(targets[k])} if len(targets) else {}
            stop = start + take.recording.duration_us[k]
            file.add_trial(
                start_time=float(start * 1e-6), stop_time=float(stop * 1e-6),
                board=take.board, repeat=take.repeat, trial=k, **more,
            )  # fmt: skip


def _add_units(file: Any, source: Source) -> None:
    file.add_unit_column("board", "name of the board")
    file.add_unit_column("population", "name of the population")
    file.add_unit_column("neuron", "number in its population, from 0 on")
    file.add_unit_column("column", "column of the recording")
    names = takes_of(source)[0].recording.names
    for board in boards_of(source):
        spikes, observed = _spikes_s(source, board)
        for population, span in spans_of(names).items():
            for column in range(span.start, span.stop):
                file.add_unit(
                    spike_times=spikes[column], obs_intervals=observed, board=board,
                    population=population, neuron=column - span.start, column=column,
                )  # fmt: skip


def _spikes_s(source: Source, board: str) -> tuple[list[np.ndarray], list[list[float]]]:
    """Spike times of every neuron of a board [s], and when it was observed [s]."""
    times, neurons, observed = [np.zeros(0)], [np.zeros(0, np.int64)], []
    for take, starts in _starts_us(source):
        r = take.recording
        if take.board == board and len(starts):
            times.append((starts[r.trial] + r.time_us) * 1e-6)
            neurons.append(r.neuron)
            observed.append([starts[0] * 1e-6, (starts[-1] + r.duration_us[-1]) * 1e-6])
    time, neuron = np.concatenate(times), np.concatenate(neurons)
    order = np.lexsort((time, neuron))
    names = takes_of(source)[0].recording.names
    ends = np.searchsorted(neuron[order], np.arange(1, len(names)))
    return np.split(time[order], ends), observed
