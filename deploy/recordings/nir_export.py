"""A recording as NIRData: events of every population, one sample per trial."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ...models.archive import write_bytes
from ...models.errors import InputError
from ...models.recording import Recording
from .exported import Source, about, required, spans_of


def export_nir(source: Source, path: Path) -> Path:
    """Write what `nir.read_data` reads: a node per population with the observable 'spikes', times
    in seconds, trials filled up with idx -1 and time inf. A text 'analoop' beside the nodes says
    what it is of.

    Raises:
        InputError: ONE_RECORDING, NIRData has no place for several boards; NO_LIBRARY,
            NO_POPULATIONS.
        FileError: FILE_NOT_WRITABLE.
    """
    if not isinstance(source, Recording):
        raise InputError(
            "NIRData has no place for several boards and repeats: export one recording of the set, "
            "segments/000000.npz for example",
            code="ONE_RECORDING",
        )
    nir, h5py = required("nir"), required("h5py")
    if not hasattr(nir, "write_data"):
        raise InputError(
            "this nir cannot write NIRData, 1.0.8 can: pip install -U 'nir>=1.0.8'",
            code="NO_LIBRARY",
        )
    nodes = {
        name: nir.NIRNodeData({"spikes": nir.EventData(*_events(source, span))})
        for name, span in spans_of(source.names).items()
    }
    out = io.BytesIO()
    nir.write_data(out, nir.NIRGraphData(nodes))
    with h5py.File(out, "r+") as file:
        file["analoop"] = about(source)
    return write_bytes(path, out.getvalue())


def _events(recording: Recording, span: slice) -> tuple[np.ndarray, np.ndarray, int, float]:
    """idx and time [s] of a population, both [trial, event]; its size; the longest trial [s]."""
    mine = (recording.neuron >= span.start) & (recording.neuron < span.stop)
    trial = recording.trial[mine]
    counts = np.bincount(trial, minlength=recording.n_trials)
    place = np.arange(len(trial)) - (np.cumsum(counts) - counts)[trial]
    shape = (recording.n_trials, int(counts.max(initial=0)))
    idx, time = np.full(shape, -1, np.int64), np.full(shape, np.inf)
    idx[trial, place] = recording.neuron[mine] - span.start
    time[trial, place] = recording.time_us[mine] * 1e-6
    return idx, time, span.stop - span.start, float(recording.duration_us.max(initial=0) * 1e-6)
