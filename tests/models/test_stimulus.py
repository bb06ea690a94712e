"""Stimuli: what comes in is kept to the event, what makes no sense is refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analoop.models.errors import FileError, InputError
from analoop.models.recording import Stimulus

GOOD = {
    "n_channels": 4,
    "duration_us": [1000, 2000],
    "trial": [0, 0, 1],
    "time_us": [5, 999, 1999],
    "channel": [0, 3, 1],
}


def changed(**changes) -> Stimulus:
    return Stimulus(**(GOOD | changes))


def refusal(**changes) -> str:
    with pytest.raises(InputError) as caught:
        changed(**changes)
    assert caught.value.code == "STIMULUS_INVALID"
    return str(caught.value)


def events_of(stimulus: Stimulus) -> list[tuple[int, int, int]]:
    columns = (stimulus.trial, stimulus.time_us, stimulus.channel)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@st.composite
def stimuli(draw) -> Stimulus:
    durations = draw(st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=4))
    n_channels = draw(st.integers(1, 300))
    trials = draw(st.lists(st.integers(0, len(durations) - 1), max_size=12))
    times = [draw(st.integers(0, durations[trial] - 1)) for trial in trials]
    channels = [draw(st.integers(0, n_channels - 1)) for _ in trials]
    targets = draw(st.sampled_from([[], list(range(len(durations)))]))
    return Stimulus(n_channels, durations, trials, times, channels, targets)  # pyright: ignore


def test_an_event_at_either_end_of_its_trial_and_of_the_channels_is_accepted():
    assert events_of(changed(time_us=[0, 999, 1999])) == [(0, 0, 0), (0, 999, 3), (1, 1999, 1)]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"time_us": [5, -1, -2]}, ["negative", "2 are not", "event 1", "time -1 us"]),
        ({"time_us": [5, 1000, 2000]}, ["end of their trial", "event 1", "time 1000 us"]),
        ({"channel": [0, 3, 4]}, ["0..3", "event 2", "channel 4"]),
        ({"channel": [0, -1, 1]}, ["0..3", "event 1", "channel -1"]),
        ({"trial": [0, 0, 2]}, ["0..1", "event 2", "trial 2"]),
        ({"trial": [-1, 0, 1]}, ["0..1", "event 0", "trial -1"]),
        ({"time_us": [5, 7.5, 9]}, ["time_us", "whole numbers", "7.5", "number 1"]),
        ({"time_us": [5, np.nan, 9]}, ["time_us", "nan"]),
        ({"time_us": [5, np.inf, 9]}, ["time_us", "inf"]),
        ({"time_us": [5, 10**30, 9]}, ["time_us", "whole numbers"]),
        ({"channel": np.array([2**32, 3, 1])}, ["channel", "4294967296"]),
        ({"channel": [0.5, 3, 1]}, ["channel", "0.5"]),
        ({"duration_us": [1000, 2000.5]}, ["duration_us", "2000.5"]),
        ({"duration_us": [-1, 2000]}, ["trials must last"]),
        ({"duration_us": [1000, 2**32]}, ["trials must last", "clock"]),
        ({"duration_us": 1000}, ["duration_us", "list"]),
        ({"channel": [0, 3]}, ["differ in length"]),
        ({"target": [0, 1, 2]}, ["3 targets for 2 trials"]),
    ],
)
def test_nonsense_is_refused_and_the_first_culprit_named(changes, names):
    message = refusal(**changes)
    assert all(name in message for name in names), message


def test_every_kind_of_fault_is_named_at_once():
    message = refusal(time_us=[-5, 7, 5000], channel=[9, 0, 0], target=[1])
    for fault in ("negative", "end of their trial", "0..3", "1 targets for 2 trials"):
        assert fault in message


def test_whole_microseconds_given_as_floats_are_accepted():
    assert events_of(changed(time_us=[5.0, 999.0, 1999.0])) == events_of(changed())


def test_events_are_sorted_by_trial_time_and_channel_whatever_their_order():
    order = [2, 0, 1]
    mixed = {k: np.array(GOOD[k])[order] for k in ("trial", "time_us", "channel")}
    assert events_of(changed(**mixed)) == events_of(changed())
    assert changed(**mixed).hash == changed().hash


def test_a_stimulus_cannot_be_changed_after_it_was_hashed():
    times = np.array(GOOD["time_us"])
    stimulus = changed(time_us=times)
    times[0] = 7
    assert stimulus.time_us[0] == 5
    with pytest.raises(ValueError, match="read-only"):
        stimulus.time_us[0] = 7


@pytest.mark.parametrize(
    "change",
    [
        {"n_channels": 5}, {"duration_us": [1000, 2001]}, {"time_us": [6, 999, 1999]},
        {"channel": [1, 3, 1]}, {"target": [0, 1]}, {"trial": [1, 0, 1]},
    ],
)  # fmt: skip
def test_the_hash_changes_with_every_part(change):
    assert changed(**change).hash != changed().hash


def test_rockpool_defect_counts_above_one_are_sent_once():
    """Two events on one channel in one time step are two events."""
    twice = Stimulus(2, [3000], [0] * 4, [1200, 1200, 1900, 2000], [1, 1, 1, 0])  # pyright: ignore
    assert len(twice.time_us) == 4
    assert twice.counts(1000).tolist() == [[[0, 0], [0, 3], [1, 0]]]


@given(stimuli(), st.integers(0, 3))
def test_counting_loses_no_event(stimulus: Stimulus, finer: int):
    step_us = max(1, int(stimulus.duration_us.max()) // (3 + finer))
    counts = stimulus.counts(step_us)
    assert counts.sum() == len(stimulus.time_us)
    for trial, time, channel in events_of(stimulus):
        assert counts[trial, time // step_us, channel] >= 1


@given(stimuli(), st.data())
def test_a_selection_is_renumbered_in_the_order_given_and_keeps_every_event(stimulus, data):
    chosen = data.draw(st.permutations(range(stimulus.n_trials)))
    chosen = chosen[: data.draw(st.integers(0, len(chosen)))]
    part = stimulus.select(np.array(chosen, int))
    expected = [(chosen.index(n), t, c) for n, t, c in events_of(stimulus) if n in chosen]
    assert events_of(part) == sorted(expected)
    assert part.duration_us.tolist() == [stimulus.duration_us[n] for n in chosen]
    assert part.target.tolist() == [stimulus.target[n] for n in chosen if len(stimulus.target)]


def test_trials_can_be_selected_by_a_slice_and_by_a_mask():
    for selection in (slice(1, None), np.array([False, True])):
        assert events_of(changed().select(selection)) == [(0, 1999, 1)]


def test_selecting_a_trial_twice_is_refused_instead_of_losing_its_events():
    with pytest.raises(InputError, match="selected twice"):
        changed().select(np.array([1, 0, 1]))


@given(stimuli())
def test_a_saved_stimulus_is_loaded_unchanged(tmp_path: Path, stimulus: Stimulus):
    loaded = Stimulus.load(stimulus.save(tmp_path / "stimulus"))
    assert loaded.hash == stimulus.hash
    assert events_of(loaded) == events_of(stimulus)
    assert loaded.n_channels == stimulus.n_channels
    assert loaded.duration_us.tolist() == stimulus.duration_us.tolist()
    assert loaded.target.tolist() == stimulus.target.tolist()


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "events.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_csv_file_with_and_without_trials_is_read(tmp_path: Path):
    plain = Stimulus.read_csv(csv_file(tmp_path, "time_us,channel\n1500,2\n5,0\n"), 3)
    assert events_of(plain) == [(0, 5, 0), (0, 1500, 2)]
    text = "channel, trial, time_us\r\n0,1,10\r\n2,0,20\r\n"
    trials = Stimulus.read_csv(csv_file(tmp_path, text, "utf-8-sig"), 3)
    assert events_of(trials) == [(0, 20, 2), (1, 10, 0)]


def test_a_trial_from_csv_lasts_until_the_tail_after_its_last_event(tmp_path: Path):
    path = csv_file(tmp_path, "trial,time_us,channel\n0,1500,0\n0,999,0\n2,0,0\n")
    read = Stimulus.read_csv(path, 1, tail_us=10_000)
    assert read.duration_us.tolist() == [12_000, 11_000, 11_000]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("time_us,channel\n5,1\nx,1\n", 3),
        ("time_us,channel\n5,1\n\n\n5.5,1\n", 5),
        ("time_us,channel\n5\n", 2),
        ("time_us,channel\n5,1\n99999999999999999999,1\n", 3),
        ("time,channel\n5,1\n", 1),
        ("5,1\n", 1),
        ("", 1),
    ],
)
def test_a_bad_csv_file_is_refused_and_the_line_named(tmp_path: Path, text: str, line: int):
    path = csv_file(tmp_path, text)
    with pytest.raises(FileError) as caught:
        Stimulus.read_csv(path, 4)
    assert caught.value.code == "FILE_CORRUPT"
    assert str(path) in str(caught.value)
    assert f"line {line}:" in str(caught.value)


def test_a_csv_file_that_is_no_text_or_is_not_there_is_a_file_error(tmp_path: Path):
    with pytest.raises(FileError) as caught:
        Stimulus.read_csv(csv_file(tmp_path, "time_us,channel\n5,ÿ\n", "latin-1"), 4)
    assert caught.value.code == "FILE_CORRUPT"
    with pytest.raises(FileError) as caught:
        Stimulus.read_csv(tmp_path / "nowhere.csv", 4)
    assert caught.value.code == "FILE_MISSING"


def test_a_csv_event_outside_the_channels_is_an_input_error(tmp_path: Path):
    with pytest.raises(InputError, match="channel 4"):
        Stimulus.read_csv(csv_file(tmp_path, "time_us,channel\n5,4\n"), 4)


def test_a_slip_of_the_pen_in_a_trial_number_is_refused_and_takes_no_memory(tmp_path) -> None:
    path = tmp_path / "slip.csv"
    path.write_text("trial,time_us,channel\n0,5,0\n100000000000,5,0\n")
    with pytest.raises(FileError, match="trial 100000000000"):
        Stimulus.read_csv(path, 1)


@given(counts=arrays(np.int64, (3, 5, 2), elements=st.integers(0, 4)))
def test_counts_of_a_stimulus_made_of_counts_are_these(counts: np.ndarray):
    made = Stimulus.from_counts(torch.tensor(counts), 2000, [1, 0, 1])
    assert np.array_equal(made.counts(2000), counts) and made.target.tolist() == [1, 0, 1]
    assert made.duration_us.tolist() == [10_000] * 3


@pytest.mark.parametrize("dtype", [torch.bool, torch.float32, torch.bfloat16])
def test_counts_may_be_a_tensor_of_any_kind(dtype: torch.dtype):
    """What a layer answers wants gradients, too."""
    counts = (torch.arange(12).reshape(2, 3, 2) % 2).to(dtype)
    given = counts.requires_grad_() if counts.is_floating_point() else counts
    assert Stimulus.from_counts(given, 1000).counts(1000).sum() == 6


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        (np.ones((2, 3)), "SHAPE"),
        (np.full((1, 1, 1), 0.5), "STIMULUS_INVALID"),
        (np.full((1, 1, 1), -1), "STIMULUS_INVALID"),
        (np.full((1, 1, 1), np.nan), "STIMULUS_INVALID"),
        (np.full((1, 1, 1), np.inf), "STIMULUS_INVALID"),
        (np.array([[["many"]]]), "STIMULUS_INVALID"),
        ([[[1]], [[1, 2]]], "STIMULUS_INVALID"),
    ],
)
def test_counts_that_are_none_make_no_stimulus(counts: Any, code: str):
    with pytest.raises(InputError) as caught:
        Stimulus.from_counts(counts, 1000)
    assert caught.value.code == code
