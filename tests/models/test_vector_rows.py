"""Instructions on rows against numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from analoop.models.vector_rows import add_rows, fetch, turn

SINGLE, DOUBLE = np.float32, np.float64


@njit
def added(out, at, rows, chosen, weight, first, last):
    add_rows(out, at, 8, rows, chosen, weight, first, last)


@njit
def turned(out, first, rows):
    turn(out, first, 8, rows)


@njit
def fetched(array, index):
    fetch(array, index)
    return array.sum()


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**31))
def test_rows_are_added_each_with_its_weight_and_nothing_else_is_touched(kind, first, more, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-9, 9, (5, 8)).astype(kind)
    chosen, weight = rng.integers(0, 5, 20), rng.integers(-9, 9, 20).astype(kind)
    out = rng.integers(-9, 9, 24).astype(kind)
    wanted = out.copy()
    some = slice(first, first + more)
    wanted[8:16] += weight[some] @ rows[chosen[some]]
    added(out, 8, rows.reshape(-1), chosen, weight, first, first + more)
    assert np.array_equal(out, wanted)


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_a_block_is_turned_over_and_nothing_else_is_touched(kind):
    rows = np.arange(24 * 8, dtype=kind)
    out = np.full((8, 24), -1, kind)
    wanted = out.copy()
    wanted[:, 8:16] = rows.reshape(24, 8)[8:16].T
    turned(out, np.uint64(8), rows)
    assert np.array_equal(out, wanted)


def test_what_is_fetched_is_not_changed():
    assert fetched(np.arange(100.0), np.uint64(50)) == 4950


def test_arrays_with_gaps_are_refused():
    gaps = np.zeros((8, 16))[:, ::2]
    for call in (
        lambda: turned(gaps, np.uint64(0), np.zeros(64)),
        lambda: fetched(gaps, np.uint64(0)),
        lambda: added(gaps[0], 0, np.zeros(8), np.zeros(1, np.int64), np.ones(1), 0, 1),
    ):
        with pytest.raises(TypingError, match="contiguous"):
            call()
