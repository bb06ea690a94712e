"""The front end against what is known of its filters, and against Rockpool's own."""

import sys

import numpy as np
import pytest

from analoop.models.errors import InputError
from analoop.models.tasks import front_end
from analoop.models.tasks.front_end import BLOCK, CHANNELS, RATE_HZ, band_edges_hz, filtered


def tone(frequency_hz: float, duration_s: float = 2.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape)


def test_bands_begin_equally_far_apart_in_mel_and_are_an_eighth_wide():
    low, high = band_edges_hz()
    # By hand: mel(100 Hz) = 150.49, mel(8000 Hz / 1.125 - 1 Hz) = 2718.42: 171.195 between.
    mel = 150.489 + 171.195 * np.arange(16)
    np.testing.assert_allclose(low, 700 * (10 ** (mel / 2595) - 1), rtol=1e-4)
    np.testing.assert_allclose(high / low, 1.125)
    assert high[-1] < RATE_HZ / 2


@pytest.mark.parametrize("channel", range(CHANNELS))
def test_a_tone_excites_its_own_channel_most_by_its_mean_without_sign(channel: int):
    """Mean of a rectified sine: 2 / pi. A bilinear filter passes it whole in the middle of the
    warped band, and 3 dB less at either edge."""
    edges = band_edges_hz()[:, channel]
    middle = RATE_HZ / np.pi * np.arctan(np.sqrt(np.prod(np.tan(np.pi * edges / RATE_HZ))))
    level = filtered(np.stack([tone(middle), *map(tone, edges)]))[:, 1000:].mean(axis=1)
    assert level[0].argmax() == channel
    np.testing.assert_allclose(level[0, channel], 2 / np.pi, rtol=0.01)
    if channel < CHANNELS - 1:  # the last edge lies 1 Hz below half the rate: hardly a tone
        np.testing.assert_allclose(level[1:, channel], np.sqrt(0.5) * 2 / np.pi, rtol=0.01)


def test_the_low_pass_halves_the_power_of_modulation_at_100_hz():
    carrier = tone(band_edges_hz()[:, 14].mean(), 2.0)
    ripple = []
    for modulation_hz in (10, 100):
        sound = carrier * (1 + 0.5 * tone(modulation_hz, 2.0))
        level = filtered(sound)[1000:, 14]
        spectrum = np.abs(np.fft.rfft(level))
        ripple.append(spectrum[modulation_hz])
    np.testing.assert_allclose(ripple[1] / ripple[0], np.sqrt(0.5), rtol=0.03)


def test_it_is_rockpools_filter_bank_every_16th_value():
    from rockpool.nn.modules.native.filter_bank import ButterMelFilter

    sound = noise(8000)
    theirs = ButterMelFilter((1, CHANNELS), fs=float(RATE_HZ), cutoff_fs=100.0).evolve(
        sound[:, None]
    )[0]
    np.testing.assert_allclose(filtered(sound), theirs[::16], rtol=1e-5, atol=1e-7)


def test_many_sounds_at_once_are_each_one_by_itself():
    sounds = noise(BLOCK + 3, 1600)
    at_once = filtered(sounds)
    assert at_once.dtype == np.float32
    for sound, features in zip(sounds, at_once, strict=True):
        np.testing.assert_array_equal(filtered(sound), features)
    shaped = filtered(sounds[:4].reshape(2, 2, -1))
    np.testing.assert_array_equal(shaped.reshape(4, 100, CHANNELS), at_once[:4])


@pytest.mark.parametrize(("values", "steps"), [(1, 1), (16, 1), (17, 2), (80_000, 5000)])
def test_there_is_a_step_for_every_16_values(values: int, steps: int):
    assert filtered(np.zeros(values)).shape == (steps, CHANNELS)
    assert filtered(np.zeros((0, values))).shape == (0, steps, CHANNELS)


def test_nothing_comes_out_before_something_went_in():
    sound = noise(3200)
    sound[:1600] = 0
    features = filtered(sound)
    assert not features[:100].any() and features[100:].any()


@pytest.mark.parametrize(
    ("sound", "code"),
    [
        (np.zeros(0), "SHAPE"),
        (np.float64(1), "SHAPE"),
        (np.array([0, np.nan]), "STIMULUS_INVALID"),
        (np.array([np.inf]), "STIMULUS_INVALID"),
    ],
)
def test_what_is_no_sound_is_refused(sound: np.ndarray, code: str):
    with pytest.raises(InputError) as caught:
        filtered(sound)
    assert caught.value.code == code


def test_without_scipy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(InputError, match=r"pip install -c constraints.txt -e \.$") as caught:
        front_end.signal_library()
    assert caught.value.code == "DATA_MISSING"
