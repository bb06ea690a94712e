"""The Japanese Vowels task, as published."""

import sys

import numpy as np
import pytest

from analoop.models.errors import InputError
from analoop.models.japanese_vowels import FRAME_US, Task, japanese_vowels

pytest.importorskip("aeon")


@pytest.fixture(scope="module")
def task() -> Task:
    return japanese_vowels()


def test_the_split_is_the_published_one_with_30_training_utterances_per_speaker(task: Task):
    assert (task.train.n_trials, task.test.n_trials) == (270, 370)
    assert np.bincount(task.train.target).tolist() == [30] * 9
    # Kudo, Toyama, Shimbo 1999: UCI's size_ae.test.
    assert np.bincount(task.test.target).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]


def test_there_are_48_channels_and_a_label_for_each_of_nine_speakers(task: Task):
    assert task.train.n_channels == task.test.n_channels == 48
    assert len(task.labels) == len(set(task.labels)) == 9
    assert set(task.train.channel) == set(task.test.channel) == set(range(48))


def test_an_utterance_lasts_7_to_29_frames_at_the_speed_of_speech(task: Task):
    for part in (task.train, task.test):
        tail = part.duration_us - 30_000
        assert tail.min() >= 7 * FRAME_US and tail.max() <= 29 * FRAME_US + 1000
        last = np.zeros(part.n_trials, np.int64)
        np.maximum.at(last, part.trial, part.time_us)
        assert (last < part.duration_us - 29_000).all(), "the tail is silent"


def test_every_utterance_makes_events_at_a_rate_the_board_can_take(task: Task):
    counts = np.bincount(task.test.trial, minlength=370)
    assert counts.min() > 20
    assert (counts / (task.test.duration_us * 1e-6)).max() < 48 * 400


def test_loading_twice_gives_the_same_task(task: Task):
    again = japanese_vowels()
    assert (again.train.hash, again.test.hash) == (task.train.hash, task.test.hash)


def test_without_the_data_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    with pytest.raises(InputError, match=r"pip install -e '.\[demo\]'") as caught:
        japanese_vowels()
    assert caught.value.code == "DATA_MISSING"
