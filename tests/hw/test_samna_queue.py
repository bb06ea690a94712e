"""Events that wait in the FPGA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.samna_queue import PIECE, Queue
from analoop.hw.samna_records import NormalGridEvent
from analoop.models import InputError

from .boards import unhurried


def made(stamp: int, tag: int = 7) -> NormalGridEvent:
    event = NormalGridEvent()
    event.timestamp, event.event.tag, event.event.core = stamp, tag, [True, False, True, False]
    event.event.x_hop, event.event.y_hop = -7, 3
    return event


@given(
    st.lists(st.lists(st.integers(1, 1000), min_size=1, max_size=20), max_size=5),
    st.lists(st.integers(0, 1200), max_size=6).map(sorted),
)
@unhurried
def test_words_leave_in_order_each_at_its_time_or_behind_those_before_it(writes, turns):
    queue, meant, last = Queue(), [], 0
    for k, stamps in enumerate(writes):
        queue.write([made(stamp, k) for stamp in stamps], 0)
        for stamp in stamps:
            last = max(last, stamp)
            meant.append((last, k))
    left = []
    for until in [*turns, 2000]:
        came = queue.due(until)
        assert (came.time_us < until).all()
        left += zip(came.time_us.tolist(), came.tag.tolist(), strict=True)
        assert queue.count == len(meant) - len(left)
    assert left == meant


def test_a_word_keeps_its_address():
    queue = Queue()
    queue.write([made(5, 2047)], 0)
    came = queue.due(6)
    assert (came.tag[0], came.cores[0], came.x_hop[0], came.y_hop[0]) == (2047, 0b101, -7, 3)


@pytest.mark.parametrize("bad", ["no event", made(5, 2**32 - 1)])
def test_what_is_no_word_is_refused_with_everything_written_beside_it(bad):
    queue = Queue()
    with pytest.raises((TypeError, InputError)):
        queue.write([made(1) for _ in range(PIECE + 1)] + [bad], 0)
    assert queue.count == 0 and len(queue.due(100)) == 0


def test_events_are_copied_when_they_are_written():
    queue, event = Queue(), made(5)
    queue.write([event], 0)
    event.event.tag = 9
    assert queue.due(6).tag.tolist() == [7]
