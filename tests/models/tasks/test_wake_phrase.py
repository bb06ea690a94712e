"""What the wake-phrase tasks share: place, noise, target, balance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models.errors import InputError
from analoop.models.tasks.front_end import RATE_HZ
from analoop.models.tasks.wake_phrase import (
    STEPS,
    VALUES,
    balanced,
    draw_onset,
    mixed,
    placed,
    target,
)

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=50)
@given(length=st.integers(0, VALUES + 1000), seed=seeds)
def test_a_clip_begins_where_the_released_ones_do_and_ends_within_the_sample(length, seed):
    clip = np.ones(length)
    onset = draw_onset(clip, np.random.default_rng(seed))
    assert onset == 0 or 1.2 * RATE_HZ <= onset <= 2.7 * RATE_HZ or onset + length == VALUES
    assert onset + min(length, VALUES) <= VALUES
    sound = placed(clip, onset)
    assert len(sound) == VALUES and sound.sum() == min(length, VALUES)
    assert not sound[:onset].any()


@settings(max_examples=50)
@given(snr_db=st.floats(-20, 40), length=st.integers(100, 40_000), seed=seeds)
def test_the_noise_is_as_loud_as_asked_and_the_peak_is_1(snr_db, length, seed):
    generator = np.random.default_rng(seed)
    clean = placed(generator.standard_normal(length), 1000)
    noise = 7 * generator.standard_normal(VALUES)
    both = mixed(clean, noise, length, snr_db)
    np.testing.assert_allclose(np.abs(both).max(), 1)
    # Two unknowns, one sum: how much of each is in it, by least squares.
    (speech, rest), *_ = np.linalg.lstsq(np.stack([clean, noise], axis=1), both, rcond=None)
    np.testing.assert_allclose(speech * clean + rest * noise, both, atol=1e-9)
    power = np.mean((speech * clean[1000 : 1000 + length]) ** 2)
    ratio_db = 10 * np.log10(power / np.mean((rest * noise) ** 2))
    np.testing.assert_allclose(ratio_db, snr_db, atol=1e-6)


def test_without_noise_or_without_speech_the_other_is_scaled_to_peak_1():
    clean, noise = placed(np.array([0.1, -0.2]), 5), np.linspace(-3, 1, VALUES)
    np.testing.assert_allclose(mixed(clean, None, 2, 10.0), clean / 0.2)
    np.testing.assert_allclose(mixed(0 * clean, noise, 0, 10.0), noise / 3)
    assert not mixed(0 * clean, None, 0, 10.0).any()


def test_the_target_rises_with_the_phrase_peaks_at_its_end_and_dies_away():
    """0.8 s of even loudness: two low-passes in a row have a solution by hand."""
    onset_s, length_s = 1.5, 0.8
    clean = placed(np.full(round(length_s * RATE_HZ), -0.3), round(onset_s * RATE_HZ))
    bump = target(clean)
    time_s = np.arange(STEPS) * 1e-3

    def risen(t_s):
        return np.where(
            t_s > 0, 1 - (0.35 * np.exp(-t_s / 0.35) - 0.11 * np.exp(-t_s / 0.11)) / 0.24, 0
        )

    wanted = risen(time_s - onset_s) - risen(time_s - onset_s - length_s)
    wanted /= wanted.max()
    assert bump.max() == 1 and bump.min() >= 0 and len(bump) == STEPS
    assert np.abs(bump - wanted).max() < 0.05  # the Gaussian of 40 ms rounds it a little
    assert np.corrcoef(bump, wanted)[0, 1] > 0.999
    assert onset_s + length_s < time_s[bump.argmax()] < onset_s + length_s + 0.1
    np.testing.assert_allclose(bump[3500] / bump[3000], np.exp(-0.5 / 0.35), rtol=0.02)


def test_the_target_of_silence_is_0():
    assert not target(np.zeros(VALUES)).any()


@settings(max_examples=50)
@given(number=st.integers(0, 40), seed=seeds)
def test_half_of_what_is_chosen_is_positive_and_nothing_comes_twice(number, seed):
    label = np.arange(60) % 3 == 0
    which = balanced(label, number, np.random.default_rng(seed), "a test")
    assert len(set(which)) == len(which) == number
    assert label[which].sum() == number // 2


def test_more_than_there_are_is_refused_with_the_most_there_can_be():
    with pytest.raises(InputError, match="5 positive ones, there are 3: ask for 6") as caught:
        balanced(np.arange(10) < 3, 10, np.random.default_rng(0), "a test")
    assert caught.value.code == "TOO_FEW_SAMPLES"
