"""Recordings as Neurodata Without Borders, which pynwb, Neo, SpikeInterface and MATLAB read.

A unit is one neuron of one board. Trials lie end to end on the clock of the file, board after
board: it is not the clock of the wall, every trial began at rest. So a unit was observed in one
interval, that of its own board (Neo reads no file with several).
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
    """Write a units table (spike times [s]), a trials table, and what produced them. Of a stimulus
    without trials there is no trials table, and no interval in which a unit was observed.

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
    """Every take, those of a board together, and the starts of its trials on the file's clock
    [us]."""
    boards, now = boards_of(source), 0
    for take in sorted(takes_of(source), key=lambda t: (boards.index(t.board), t.repeat)):
        ends = now + np.cumsum(take.recording.duration_us)
        yield take, ends - take.recording.duration_us
        now = int(ends[-1]) if len(ends) else now


def _add_trials(file: Any, source: Source) -> None:
    if not takes_of(source)[0].recording.n_trials:
        return  # an empty column has no type, and cannot be written
    targets = targets_of(source)
    file.add_trial_column("board", "name of the board that played it")
    file.add_trial_column("repeat", "how often the board had played the whole stimulus before")
    file.add_trial_column("trial", "number of the trial in the stimulus")
    file.add_trial_column("play", "place in the session, in which the boards took turns")
    if len(targets):
        file.add_trial_column("target", "output neuron that should win")
    for take, starts in _starts_us(source):
        for k, start in enumerate(starts):
            more = {"target": int(targets[k])} if len(targets) else {}
            stop = start + take.recording.duration_us[k]
            file.add_trial(
                start_time=float(start * 1e-6), stop_time=float(stop * 1e-6),
                board=take.board, repeat=take.repeat, trial=k,
                play=take.recording.provenance.get("play", 0), **more,
            )  # fmt: skip


def _add_units(file: Any, source: Source) -> None:
    file.add_unit_column("board", "name of the board")
    file.add_unit_column("population", "name of the population")
    file.add_unit_column("neuron", "number in its population, from 0 on")
    file.add_unit_column("column", "column of the recording")
    names = takes_of(source)[0].recording.names
    for board in boards_of(source):
        spikes, observed = _spikes_s(source, board)
        more = {"obs_intervals": observed} if observed else {}
        for population, span in spans_of(names).items():
            for column in range(span.start, span.stop):
                file.add_unit(
                    spike_times=spikes[column], board=board, population=population,
                    neuron=column - span.start, column=column, **more,
                )  # fmt: skip


def _spikes_s(source: Source, board: str) -> tuple[list[np.ndarray], list[list[float]]]:
    """Spike times of every neuron of a board [s], and the interval in which it played [s],
    if it did."""
    mine = [(t.recording, starts) for t, starts in _starts_us(source) if t.board == board]
    time = np.concatenate([(starts[r.trial] + r.time_us) * 1e-6 for r, starts in mine])
    neuron = np.concatenate([r.neuron for r, _ in mine])
    order = np.lexsort((time, neuron))
    ends = np.searchsorted(neuron[order], np.arange(1, len(mine[0][0].names)))
    starts = np.concatenate([starts for _, starts in mine])
    if not len(starts):
        return np.split(time, ends), []
    stop = starts[-1] + mine[-1][0].duration_us[-1]
    return np.split(time[order], ends), [[float(starts[0] * 1e-6), float(stop * 1e-6)]]
