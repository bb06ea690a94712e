"""Recordings: exact bins, one column per neuron whoever spiked."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.models.errors import FileError
from analoop.models.recording import Recording, Stimulus

NAMES = tuple(f"neuron {k} of 'output'" for k in range(5))


def recording(events: list[tuple[int, int, int]], durations: list[int]) -> Recording:
    """Of 5 neurons; events are (trial, time [us], neuron)."""
    trial, time, neuron = np.array(events, np.int64).reshape(-1, 3).T
    return Recording(
        NAMES, np.array(durations), trial, time, neuron,
        books={"sent": 7, "in_window": len(events)},
        board={"target": "software"}, provenance={"network": "abc"},
    )  # fmt: skip


@st.composite
def recordings(draw) -> Recording:
    durations = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=3))
    trials = draw(st.lists(st.integers(0, len(durations) - 1), max_size=15))
    events = [
        (n, draw(st.integers(0, durations[n] - 1)), draw(st.integers(0, len(NAMES) - 1)))
        for n in trials
    ]
    return recording(events, durations)


def test_rockpool_defect_binning_is_one_bin_late():
    """An event at 10.5 ms is in bin 10, one at 10 ms too, one at 9.999 ms is not."""
    raster = recording([(0, 10_500, 0), (0, 10_000, 1), (0, 9_999, 2)], [20_000]).raster(0, 1000)
    assert raster.shape == (20, 5)
    assert raster[10].tolist() == [1, 1, 0, 0, 0]
    assert raster[9].tolist() == [0, 0, 1, 0, 0]
    assert raster.sum() == 3


def test_rockpool_defect_output_width_depends_on_who_spiked():
    """A silent neuron is a column of zeros, wherever it is."""
    only_the_third = recording([(0, 5, 2)], [1000, 1000])
    assert only_the_third.counts.tolist() == [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    assert only_the_third.raster(0, 500).tolist() == [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    assert recording([], [1000]).raster(0, 300).shape == (4, 5)


def test_two_spikes_in_one_bin_count_twice():
    assert recording([(0, 5, 2), (0, 9, 2)], [1000]).raster(0, 1000)[0, 2] == 2


@given(recordings(), st.integers(1, 10**6))
def test_bins_of_any_width_hold_every_spike_of_the_trial_and_no_other(recorded, bin_us):
    bin_us = max(bin_us, int(recorded.duration_us.max()) // 50)
    for trial in range(recorded.n_trials):
        raster = recorded.raster(trial, bin_us)
        assert raster.sum(axis=0).tolist() == recorded.counts[trial].tolist()
        assert (len(raster) - 1) * bin_us < recorded.duration_us[trial] <= len(raster) * bin_us
        mine = recorded.trial == trial
        for time, neuron in zip(recorded.time_us[mine], recorded.neuron[mine], strict=True):
            assert raster[time // bin_us, neuron] >= 1


@given(recordings())
def test_a_saved_recording_is_loaded_unchanged(tmp_path: Path, recorded: Recording):
    loaded = Recording.load(recorded.save(tmp_path / "recording"))
    assert loaded.hash == recorded.hash
    assert loaded.names == recorded.names
    for name in ("duration_us", "trial", "time_us", "neuron"):
        mine, its = getattr(recorded, name), getattr(loaded, name)
        assert mine.dtype == its.dtype and mine.tolist() == its.tolist()
    assert (loaded.books, loaded.board, loaded.provenance) == (
        recorded.books, recorded.board, recorded.provenance
    )  # fmt: skip


def test_a_recording_cannot_be_changed_after_it_was_made():
    recorded = recording([(0, 5, 2)], [1000])
    with pytest.raises(ValueError, match="read-only"):
        recorded.time_us[0] = 6


def test_a_stimulus_is_not_taken_for_a_recording(tmp_path: Path):
    path = Stimulus(1, np.array([10]), *np.zeros((3, 1), int)).save(tmp_path / "stimulus")
    with pytest.raises(FileError) as caught:
        Recording.load(path)
    assert caught.value.code == "FILE_WRONG_KIND"
