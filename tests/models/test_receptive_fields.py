"""Analog values to spikes: which field fires, how fast, when."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from analoop.models.errors import InputError
from analoop.models.receptive_fields import ReceptiveFields

RATE = 400.0
FRAME_US = 6_400


def ramp_fields() -> ReceptiveFields:
    """Two channels, 0..1 and -10..10, four fields each."""
    ramp = np.linspace(0, 1, 1001)
    return ReceptiveFields.fit(np.stack([ramp, 20 * ramp - 10], axis=1), 4, RATE, FRAME_US)


def test_the_centres_are_the_quantiles_of_the_data_channel_by_channel():
    fields = ramp_fields()
    assert fields.n_fields == 8
    assert fields.centre[0] == pytest.approx([0.125, 0.375, 0.625, 0.875], abs=1e-9)
    assert fields.centre[1] == pytest.approx(20 * fields.centre[0] - 10)


@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("field", range(4))
def test_a_field_fires_at_the_maximal_rate_at_its_centre_and_its_neighbours_less(channel, field):
    fields = ramp_fields()
    frames = np.tile(fields.centre[:, field], (100, 1))
    _, number = fields.encode(frames)
    counts = np.bincount(number, minlength=8)[4 * channel : 4 * channel + 4]
    seconds = 100 * FRAME_US * 1e-6
    assert counts[field] == pytest.approx(RATE * seconds, abs=1)
    neighbours = [k for k in (field - 1, field + 1) if 0 <= k < 4]
    expected = RATE * seconds * np.exp(-0.5 * (1 / 0.75) ** 2)
    for k in neighbours:
        assert counts[k] == pytest.approx(expected, abs=1)


def test_a_value_far_from_every_centre_makes_no_event():
    times, number = ramp_fields().encode(np.full((50, 2), 1e3))
    assert len(times) == len(number) == 0


frames = arrays_of.arrays(
    np.float64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-20, 20)
)


@given(frames)
def test_every_field_fires_as_often_as_its_rate_adds_up_to_and_within_the_frames(values):
    fields = ramp_fields()
    times, number = fields.encode(values)
    assert ((times >= 0) & (times < len(values) * FRAME_US)).all()
    for j in range(fields.n_fields):
        channel = j // 4
        distance = (values[:, channel] - fields.centre.ravel()[j]) / fields.width[channel]
        expected = float(np.sum(RATE * FRAME_US * 1e-6 * np.exp(-0.5 * distance**2)))
        mine = times[number == j]
        assert abs(len(mine) - expected) < 1 + 1e-9
        assert (np.diff(mine) > 0).all()


@given(frames)
def test_the_same_frames_always_give_the_same_events(values):
    first, again = ramp_fields().encode(values), ramp_fields().encode(values.copy())
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_frames_to_come_change_no_event_of_the_frames_before():
    rng = np.random.default_rng(0)
    values = rng.random((20, 2)) * [1, 20] - [0, 10]
    whole_times, whole_number = ramp_fields().encode(values)
    times, number = ramp_fields().encode(values[:8])
    early = whole_times < 8 * FRAME_US
    assert (whole_times[early] == times).all() and (whole_number[early] == number).all()


def test_fields_of_one_channel_do_not_fire_in_step():
    fields = ramp_fields()
    times, number = fields.encode(np.tile([0.25, 0.0], (60, 1)))
    first, second = times[number == 0], times[number == 1]
    assert abs(len(first) - len(second)) <= 1 and len(first) > 5
    assert not set(first) & set(second)


def test_a_channel_that_never_varies_is_named():
    flat = np.stack([np.linspace(0, 1, 50), np.ones(50)], axis=1)
    with pytest.raises(InputError, match=r"channels \[1\]") as caught:
        ReceptiveFields.fit(flat, 4, RATE, FRAME_US)
    assert caught.value.code == "CHANNEL_CONSTANT"
    with pytest.raises(InputError):
        ReceptiveFields.fit(flat[:, :1], 1, RATE, FRAME_US)
