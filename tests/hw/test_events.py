"""Events are sorted, read-only and exactly what was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import Events
from analoop.models import InputError

from .boards import columns_of, events, rows_of, unhurried

ROWS = st.lists(
    st.tuples(
        st.integers(-(2**40), 2**40), st.integers(0, 2047), st.integers(0, 15),
        st.integers(-7, 7), st.integers(-7, 7),
    )
)  # fmt: skip


@given(ROWS)
@unhurried
def test_events_are_those_given_sorted_by_time_and_equal_times_keep_their_order(rows: list):
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    assert rows_of(Events(*columns)) == sorted(rows, key=lambda row: row[0])


def test_events_cannot_be_changed():
    for column in columns_of(events([1, 2])):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0


def test_no_events_are_empty_and_of_the_same_types_as_some():
    assert len(Events.none()) == 0
    for none, some in zip(columns_of(Events.none()), columns_of(events([1])), strict=True):
        assert none.dtype == some.dtype


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="length") as caught:
        Events(np.arange(2), *(np.zeros(1),) * 4)
    assert caught.value.code == "EVENTS_INVALID"


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, 0.5), (0, np.nan), (1, 2**40), (2, 256), (2, -1), (3, 2**15), (4, -(2**15) - 1)],
)
def test_a_value_that_does_not_fit_is_refused_and_never_rounded_or_wrapped(column, value):
    columns = [np.zeros(1) for _ in range(5)]
    columns[column] = np.array([value])
    with pytest.raises(InputError, match="whole numbers") as caught:
        Events(*columns)
    assert caught.value.code == "EVENTS_INVALID"
