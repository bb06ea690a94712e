"""Analog input as spikes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analoop.models.learning.spike_encoding import SpikeEncoding, adapted, spike_counts

LEVELS = arrays(np.float32, (2, 40, 3), elements=st.floats(-2, 2, width=32))


@given(inputs=LEVELS, copies=st.integers(1, 5), knee=st.sampled_from([0.0, 0.05]))
def test_every_copy_sends_what_is_due_to_within_a_spike(inputs, copies, knee):
    encoding = SpikeEncoding(copies=copies, rate_hz=300.0, full=1.0, knee=knee)
    sent = spike_counts(inputs, encoding).cumsum(axis=1)
    strong = np.clip(np.abs(inputs.astype(np.float64)), 0, 1)
    share = np.log(1 + strong / knee) / np.log(1 + 1 / knee) if knee else strong
    due = 0.3 * np.cumsum(share[..., None] * np.stack([inputs > 0, inputs < 0], -1), axis=1)
    by_channel = sent.reshape(2, 40, 3, 2, copies)
    assert (np.abs(by_channel - due[..., None]) <= 1 + 1e-5).all()
    assert (np.abs(by_channel.mean(-1) - due) <= 0.5 / copies + 1e-5).all()


def test_a_sign_without_channels_is_silent():
    inputs = np.array([[[1.0], [-1.0], [1.0]]], np.float32)
    encoding = SpikeEncoding(copies=1, rate_hz=1000.0, signed=False)
    assert spike_counts(inputs, encoding)[0, :, 0].tolist() == [1, 0, 1]
    assert encoding.channels(7) == 7


@pytest.mark.parametrize("strength", [1.0, 5.0])
def test_rates_end_at_the_highest(strength):
    inputs = np.full((1, 1000, 1), strength, np.float32)
    counts = spike_counts(inputs, SpikeEncoding(copies=4, rate_hz=80.0))
    assert counts.sum(1)[0].tolist() == [80, 80, 80, 80, 0, 0, 0, 0]


def test_weak_input_is_heard_where_there_is_a_knee():
    inputs = np.full((1, 1000, 1), 0.01, np.float32)
    linear, heard = (
        spike_counts(inputs, SpikeEncoding(copies=1, signed=False, knee=knee)).sum()
        for knee in (0.0, 0.01)
    )
    assert (linear, heard) == (1, 15)


def test_a_channel_gets_used_to_what_stays():
    """As a step in input does; louder or weaker ones alike, where it is not quiet."""
    inputs = np.zeros((1, 3000, 2), np.float32)
    inputs[:, :1000], inputs[:, 1000:] = [1.0, 10.0], [3.0, 30.0]
    found = adapted(inputs, 0.5, 1e-9)
    assert np.abs(found[0, :1000]).max() < 1e-6  # used to it from the start
    after_s = np.arange(1, 2001) * 1e-3
    course = 3 - 2 * np.exp(-after_s / 0.5)
    np.testing.assert_allclose(
        found[0, 1000:], np.stack([(3 - course) / course] * 2, -1), rtol=1e-6
    )


def test_what_is_quiet_counts_little_and_silence_nothing():
    inputs = np.zeros((1, 100, 1), np.float32)
    assert not adapted(inputs, 0.5, 0.1).any()
    inputs[:, 50:] = 0.01
    assert 0 < adapted(inputs, 0.5, 0.1).max() <= 0.1


def test_steady_noise_is_silent_once_it_is_known_and_a_sound_on_it_is_not():
    inputs = np.full((1, 4000, 1), 0.05, np.float32)
    inputs[:, 3000:3200] = 0.25
    encoding = SpikeEncoding(2, 300.0, 10.0, 1.0, False, 1.0, 0.001)
    sent = spike_counts(inputs, encoding)[0].sum(-1)
    assert sent[:3000].sum() == 0 and sent[3000:3200].sum() > 20 and sent[3200:].sum() == 0


def test_what_is_negative_or_not_there_is_silence_to_a_channel_that_adapts():
    encoding = SpikeEncoding(2, 300.0, 10.0, 1.0, False, 0.1, 0.1)
    inputs = np.full((1, 400, 1), -1.0, np.float32)
    inputs[:, 200:] = 1.0
    rest = np.maximum(inputs, 0)
    assert np.array_equal(spike_counts(inputs, encoding), spike_counts(rest, encoding))
    assert spike_counts(inputs, encoding).sum() > 0
    assert spike_counts(inputs[:, :0], encoding).shape == (1, 0, 2)
