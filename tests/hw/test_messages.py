"""Messages between two processes."""

import socket
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analoop.hw.messages import Hangup, receive, send

from .boards import unhurried

arrays = st.dictionaries(
    st.text(max_size=5),
    hnp.arrays(
        st.sampled_from(["<i8", "<i4", "<u1", "<f8", "|b1"]),
        hnp.array_shapes(min_side=0, max_side=4),
    ),
    max_size=3,
)
headers = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.booleans())


@given(headers, arrays)
@unhurried
def test_what_is_sent_is_received(header, some):
    one, other = socket.socketpair()
    with one, other:
        send(one, header, some, 5.0)
        got = receive(other, 5.0)
    assert got.header == header and got.arrays.keys() == some.keys()
    for name, array in some.items():
        assert got.arrays[name].dtype == array.dtype and got.arrays[name].shape == array.shape
        assert got.arrays[name].tobytes() == array.tobytes()


def test_a_long_message_is_received_whole():
    one, other = socket.socketpair()
    some = {"time_us": np.arange(2_000_000)}
    with one, other:
        sender = threading.Thread(target=send, args=(one, {"a": 1}, some, 20.0))
        sender.start()
        assert np.array_equal(receive(other, 20.0).arrays["time_us"], some["time_us"])
        sender.join()


def test_a_message_that_does_not_come_ends_in_time():
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"half")
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            receive(other, 0.2)
        assert time.monotonic() - began < 5.0


def test_a_message_that_nobody_takes_ends_in_time():
    one, other = socket.socketpair()
    with one, other, pytest.raises(TimeoutError):
        send(one, {}, {"a": np.zeros(10**7)}, 0.2)


def test_a_process_that_is_gone_is_told_from_a_slow_one():
    one, other = socket.socketpair()
    with other:
        one.close()
        with pytest.raises(Hangup):
            receive(other, 1.0)


def test_nonsense_is_refused_and_not_waited_for():
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"\xff" * 16)
        with pytest.raises(Hangup, match="no sense"):
            receive(other, 1.0)
