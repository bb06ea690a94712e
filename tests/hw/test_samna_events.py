"""Events as samna's objects: what is written is what was meant, and what is read what was sent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, Events
from analoop.hw.samna_events import AHEAD_US, CHUNK, EventReader, EventWriter, chunks, spikes
from analoop.hw.samna_words import RunBooks
from analoop.hw.virtual_samna import virtual_samna

from .boards import rows_of, unhurried

words = st.lists(
    st.tuples(
        st.integers(0, 10_000), st.integers(0, 2047), st.integers(0, 15), st.integers(-8, 7),
        st.integers(-8, 7),
    ),
    max_size=40,
).map(lambda rows: Events(*np.array(sorted(rows), np.int64).reshape(-1, 5).T))  # fmt: skip


class Sink:
    """A board that keeps what is written, copied, and gives it back."""

    def __init__(self) -> None:
        self.kept: list = []

    def input_interface_write_events(self, port: int, events: list) -> None:
        assert port == 0
        self.kept += [event.copy() for event in events]

    def read_events(self) -> list:
        kept, self.kept = self.kept, []
        return kept


@pytest.fixture(scope="module")
def samna():
    with virtual_samna() as module:
        yield module


@given(words, words)
@unhurried
def test_words_come_back_as_they_were_written_also_when_objects_serve_again(samna, one, other):
    sink = Sink()
    writer, reader = EventWriter(samna, sink, DYNAPSE2), EventReader(sink, DYNAPSE2)
    pieces = [writer.made(one), writer.made(other)]
    for made, some in zip(pieces, (one, other), strict=True):
        writer.write(made, some.time_us)
        block = reader.read()
        rows = [] if block is None else block[:, [0, 1, 4, 2, 3]].tolist()
        assert [tuple(row) for row in rows] == rows_of(some)
    kept, read = reader.taken()
    assert len(kept) == read.received == len(one) + len(other)
    assert read.control == (kept[:, 3] != 0).sum()
    assert len(reader.taken()[0]) == 0 and reader.taken()[1] == RunBooks()


@given(st.lists(st.integers(0, 5 * AHEAD_US), max_size=50).map(sorted))
@unhurried
def test_chunks_cover_everything_once_and_are_neither_too_many_nor_too_long(times):
    some = Events(*(np.array(times), *np.zeros((4, len(times)))))
    found = list(chunks(some))
    assert [k for piece in found for k in range(piece.start, piece.stop)] == list(range(len(times)))
    for piece in found:
        assert piece.stop - piece.start <= CHUNK
        assert times[piece.stop - 1] - times[piece.start] <= AHEAD_US // 2


def test_control_words_are_no_spikes():
    block = np.array([[5, 9, -6, 0, 15], [6, 1024, -6, -7, 0]], np.int64)
    assert rows_of(spikes(block, 2)) == [(3, 9, 15, -6, 0)]
