"""Exports, read back with the tools they are for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pyarrow.parquet
import pynwb
import pytest

from analoop.deploy.recordings.export import FORMATS, export
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet, load_finished
from analoop.deploy.recordings.session import record
from analoop.models import InputError, Recording

from .sessions import STIMULUS, program, recorded

PLAN = Plan(("sim:seed=1,noise=50", "sim:seed=2"), 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("set")
    recorded(path, PLAN)
    return path


@pytest.fixture(scope="module")
def whole(folder: Path) -> RecordingSet:
    return load_finished(folder)


def first(folder: Path) -> Path:
    return folder / "segments" / "000000.npz"


@contextmanager
def nwb(path: Path) -> Iterator[Any]:
    """What pynwb reads from a file."""
    reader: Any = pynwb.NWBHDF5IO
    with reader(path, "r") as opened:
        yield opened.read()


def test_a_parquet_table_has_every_spike_with_its_board_and_says_what_is_silent(
    folder: Path, whole: RecordingSet, tmp_path: Path
):
    made = export(folder, "parquet", tmp_path / "s.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "s.parquet")
    rows = list(zip(*(table[n].to_pylist() for n in table.column_names), strict=True))
    meant = [
        (take.board, take.repeat, int(k), int(t), int(n), take.recording.names[n])
        for take in whole.takes
        for k, t, n in zip(
            take.recording.trial, take.recording.time_us, take.recording.neuron, strict=True
        )
    ]
    assert rows == meant and made["spikes"] == len(meant) > 100
    about = json.loads(table.schema.metadata[b"analoop"])
    assert about["origin"].startswith("SIMULATED") and about["hash"] == whole.hash
    assert about["names"] == list(program().names)
    assert about["duration_us"] == STIMULUS.duration_us.tolist()
    assert [t["recording"] for t in about["takes"]] == [t.recording.hash for t in whole.takes]


def test_nwb_holds_units_in_seconds_per_board_and_trials_end_to_end(
    folder: Path, whole: RecordingSet, tmp_path: Path
):
    export(folder, "nwb", tmp_path / "s.nwb")
    with nwb(tmp_path / "s.nwb") as file:
        assert file.session_description.startswith("SIMULATED") and file.identifier == whole.hash
        trials, units = file.trials.to_dataframe(), file.units.to_dataframe()
    assert len(trials) == 4 * STIMULUS.n_trials and len(units) == 2 * len(program().names)
    places = {(x.board, x.repeat): k for k, x in enumerate(whole.takes)}
    for _, t in trials.iterrows():
        assert t["play"] == places[t["board"], t["repeat"]]
    assert trials["target"].tolist() == STIMULUS.target.tolist() * 4
    ends = np.cumsum(np.tile(STIMULUS.duration_us, 4)) * 1e-6
    np.testing.assert_allclose(trials["stop_time"], ends)
    np.testing.assert_allclose(trials["start_time"], [0, *ends[:-1]], atol=1e-12)
    for _, unit in units.iterrows():
        found = np.asarray(unit["spike_times"])
        assert (np.diff(found) >= 0).all()
        counts = []
        for _, t in trials[trials["board"] == unit["board"]].iterrows():
            inside = found[(found >= t["start_time"] - 1e-9) & (found < t["stop_time"] - 1e-9)]
            (take,) = (x for x in whole.of(unit["board"]) if x.repeat == t["repeat"])
            mine = (take.recording.trial == t["trial"]) & (take.recording.neuron == unit["column"])
            meant = take.recording.time_us[mine] * 1e-6
            np.testing.assert_allclose(inside - t["start_time"], meant, atol=1e-9)
            counts.append(len(inside))
        assert sum(counts) == len(found), "no spike outside the trials of its own board"
        played = trials[trials["board"] == unit["board"]]
        (observed,) = np.asarray(unit["obs_intervals"])  # Neo reads no more than one
        np.testing.assert_allclose(
            observed, [played["start_time"].min(), played["stop_time"].max()]
        )
        inside = trials["start_time"].between(*observed, inclusive="left")
        assert set(trials[inside]["board"]) == {unit["board"]}


def test_one_recording_by_itself_goes_into_nwb_without_targets(folder: Path, tmp_path: Path):
    export(first(folder), "nwb", tmp_path / "one.nwb")
    recording = Recording.load(first(folder))
    with nwb(tmp_path / "one.nwb") as file:
        assert file.identifier == recording.hash
        assert "target" not in file.trials.colnames
        assert sum(len(file.units["spike_times"][k]) for k in range(4)) == len(recording.trial)


def test_a_set_without_trials_is_an_nwb_file_of_units_that_were_never_observed(tmp_path: Path):
    nothing = STIMULUS.select(np.zeros(0, np.int64))
    found = record(program(), PLAN, nothing, tmp_path / "s")
    assert isinstance(found, RecordingSet) and len(found.takes) == 4
    assert export(tmp_path / "s", "nwb", tmp_path / "s.nwb")["spikes"] == 0
    with nwb(tmp_path / "s.nwb") as file:
        assert file.identifier == found.hash and file.trials is None
        units = file.units.to_dataframe()
    assert len(units) == 2 * len(program().names) and "obs_intervals" not in units.columns
    assert all(len(times) == 0 for times in units["spike_times"])
    assert pynwb.validate(path=str(tmp_path / "s.nwb")) == []


def test_nir_reads_the_events_of_a_population_back_on_the_grid(folder: Path, tmp_path: Path):
    export(first(folder), "nir", tmp_path / "r.h5")
    recording = Recording.load(first(folder))
    found: Any = nir.read_data(str(tmp_path / "r.h5"))
    events = found.nodes["ring"].observables["spikes"]
    assert events.n_samples == recording.n_trials and events.n_neurons == 4
    for k in range(recording.n_trials):
        mine = recording.trial == k
        there = events.idx[k] >= 0
        assert events.idx[k][there].tolist() == recording.neuron[mine].tolist()
        np.testing.assert_allclose(events.time[k][there], recording.time_us[mine] * 1e-6)
        assert np.isinf(events.time[k][~there]).all()
    with h5py.File(tmp_path / "r.h5") as file:
        about = json.loads(file["analoop"].asstr()[()])  # pyright: ignore
    assert about["hash"] == recording.hash and about["origin"].startswith("SIMULATED")


def test_a_set_does_not_fit_into_nir_and_an_unfinished_one_into_nothing(
    folder: Path, tmp_path: Path
):
    with pytest.raises(InputError) as caught:
        export(folder, "nir", tmp_path / "s.h5")
    assert caught.value.code == "ONE_RECORDING"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    record(program(), PLAN, STIMULUS, tmp_path / "cut", stop)
    with pytest.raises(InputError) as caught:
        export(tmp_path / "cut", "parquet", tmp_path / "s.parquet")
    assert caught.value.code == "UNFINISHED_SET"
    assert [p.name for p in tmp_path.iterdir()] == ["cut"]


@pytest.mark.parametrize(
    ("format", "module"), [("parquet", "pyarrow"), ("nwb", "pynwb"), ("nir", "nir")]
)
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    folder: Path, tmp_path: Path, monkeypatch, format: str, module: str
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r"pip install 'analoop\[export\]'") as caught:
        export(first(folder), format, tmp_path / "x")
    assert caught.value.code == "NO_LIBRARY"


def test_an_unknown_format_is_refused_with_those_there_are(folder: Path, tmp_path: Path):
    with pytest.raises(InputError, match=", ".join(FORMATS)) as caught:
        export(folder, "matlab", tmp_path / "x")
    assert caught.value.code == "NO_FORMAT"


def test_a_segment_opens_with_numpy_alone(folder: Path):
    code = (
        "import sys, json, zipfile, numpy\n"
        "path = sys.argv[1]\n"
        "header = json.loads(zipfile.ZipFile(path).read('header.json'))['content']\n"
        "arrays = numpy.load(path)\n"
        "assert not any(name.split('.')[0] == 'analoop' for name in sys.modules)\n"
        "print(json.dumps([header['names'], arrays['time_us'].tolist(), "
        "arrays['neuron'].tolist(), arrays['trial'].tolist()]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, first(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    r = Recording.load(first(folder))
    meant = [list(r.names), r.time_us.tolist(), r.neuron.tolist(), r.trial.tolist()]
    assert json.loads(done.stdout) == meant
