"""Chip time and its 32 bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.samna_clock import WRAP, Clock, meant, timestamp


@given(st.integers(0, 2**40), st.integers(1, WRAP // 2 - 1))
def test_a_time_ahead_is_meant_across_the_wrap(now_us: int, ahead_us: int):
    stamp = timestamp(now_us + ahead_us)
    assert meant(np.array([stamp]), now_us)[0] == (now_us + ahead_us if stamp else now_us)


@given(st.integers(0, 2**40), st.integers(1, WRAP // 2))
def test_a_past_time_means_now(now_us: int, ago_us: int):
    assert meant(np.array([timestamp(now_us - ago_us)]), now_us)[0] == now_us


def test_a_clock_goes_on_from_where_it_is_set():
    clock = Clock()
    first = clock.now_us
    clock.set_to(first + 10**9)
    second = clock.now_us
    assert first + 10**9 <= second <= clock.now_us < first + 2 * 10**9
