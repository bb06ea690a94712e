"""What a run writes, and the books of what comes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, Events
from analoop.hw.samna_words import (
    BEAT_TAG,
    BEAT_US,
    ECHOES,
    END_MARKERS,
    END_TAG,
    LATE_US,
    SEQUENCE,
    TAIL_US,
    RunBooks,
    echo_books,
    echoed_words,
    unwrapped,
    words_of,
)

from .boards import events, unhurried

times = st.lists(st.integers(0, 200_000), max_size=60).map(sorted)


def sent(n: int, apart_us: int = 100) -> np.ndarray:
    return apart_us * np.arange(n)


def tags(numbers: np.ndarray) -> np.ndarray:
    return numbers % SEQUENCE


@given(times, st.integers(200_001, 1_000_000))
@unhurried
def test_every_input_word_has_an_echo_and_the_end_comes_last(given_us, duration_us):
    words = words_of(events(given_us), duration_us, DYNAPSE2)
    control = words.y_hop != 0
    assert words.time_us[~control].tolist() == given_us
    echoes = control & (words.tag < SEQUENCE)
    assert words.time_us[echoes].tolist() == given_us
    assert words.tag[echoes].tolist() == list(range(len(given_us)))
    assert (words.x_hop[control] == DYNAPSE2.host_hop).all()
    assert words.tag[-END_MARKERS:].tolist() == [END_TAG] * END_MARKERS
    assert set(words.time_us[-END_MARKERS:]) == {duration_us + TAIL_US}
    beats = words.time_us[control & (words.tag == BEAT_TAG)]
    assert (np.diff(beats) == BEAT_US).all() and len(beats) == -(-duration_us // BEAT_US)


@given(
    st.integers(0, 2**45),
    st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=30),
)
@unhurried
def test_timestamps_of_32_bits_become_times_of_64(first_us, steps_us):
    told = first_us + np.cumsum(np.array(steps_us, np.int64))
    assert unwrapped(told % 2**32, first_us).tolist() == told.tolist()


@given(st.integers(0, 3000), st.data())
@unhurried
def test_what_was_sent_is_echoed_late_or_lost(n, data):
    """Any words may be lost, fewer than 1,024 of them in a row; any may be late."""
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    kept[::500] = True
    late = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    delay = np.where(late, LATE_US + 1, LATE_US)
    books = echo_books(sent(n), tags(np.flatnonzero(kept)), (sent(n) + delay)[kept])
    assert books == RunBooks(
        echoed=int((kept & ~late).sum()),
        late_in=int((kept & late).sum()),
        lost_in=int((~kept).sum()),
    )
    assert books.balanced


def test_an_echo_that_comes_twice_does_not_balance():
    numbers = np.array([0, 1, 1, 2, 3, 3, 3])
    books = echo_books(sent(4), tags(numbers), 100 * numbers)
    assert books == RunBooks(echoed=4, repeated=3)
    assert not books.balanced


def test_an_echo_of_nothing_does_not_balance():
    books = echo_books(sent(2), np.array([0, 1, 5]), np.array([0, 100, 200]))
    assert (books.echoed, books.repeated, books.balanced) == (2, 1, False)


@pytest.mark.parametrize("lost", [SEQUENCE, SEQUENCE + 7, 3 * SEQUENCE])
def test_a_sequence_or_more_lost_in_a_row_is_counted_whole(lost: int):
    numbers = np.concatenate([np.arange(100), np.arange(100 + lost, 5000)])
    books = echo_books(sent(5000), tags(numbers), 100 * numbers)
    assert books.lost_in == lost and books.echoed + books.late_in == len(numbers)


def test_an_echo_before_its_time_does_not_balance():
    books = echo_books(sent(3, 10_000), np.arange(3), np.array([0, 10_000, 20_000 - LATE_US - 1]))
    assert (books.echoed, books.early_in, books.lost_in, books.balanced) == (2, 1, 0, False)


@given(st.integers(0, 5 * ECHOES))
@unhurried
def test_each_word_belongs_to_one_echo_and_there_are_never_too_many(words):
    answered = echoed_words(words)
    groups = np.diff(answered, prepend=-1)
    assert groups.sum() == words and len(answered) <= ECHOES
    assert words == 0 or (answered[-1] == words - 1 and (groups >= 1).all())
    assert words > ECHOES or (groups == 1).all(), "small runs echo every word"
    assert groups.max(initial=1) - groups[:-1].min(initial=groups.max(initial=1)) == 0


def test_of_many_words_a_lost_echo_counts_for_those_it_stands_for():
    n = 3 * ECHOES - 1
    whole = np.arange(len(echoed_words(n)))
    left = sent(n)[echoed_words(n)]
    kept = np.delete(whole, [5, 2000])
    books = echo_books(sent(n), tags(kept), left[kept])
    assert books == RunBooks(echoed=n - 6, lost_in=6)


def test_no_words_have_no_books():
    none = np.zeros(0, np.int64)
    assert echo_books(none, none, none) == RunBooks()
    assert len(words_of(Events.none(), 0, DYNAPSE2)) == END_MARKERS
