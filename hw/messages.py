"""Messages between two processes: a JSON header and arrays, over a socket, with deadlines.

Nothing in a message is ever executed.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

_LENGTHS = struct.Struct("<QQ")
LARGEST = 2**33
"""Longest message that is believed [bytes]."""


class Message(NamedTuple):
    """What one process tells the other."""

    header: dict[str, Any]
    """JSON values."""
    arrays: dict[str, np.ndarray]
    """Plain arrays by name."""


class Hangup(ConnectionError):
    """The other process is gone."""


def send(
    link: socket.socket,
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray] | None = None,
    within_s: float | None = None,
) -> None:
    """Send a message.

    Raises:
        TimeoutError: the other process did not take it within `within_s` seconds.
        Hangup: it is gone.
    """
    body = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    shapes = [(name, a.dtype.str, list(a.shape)) for name, a in body.items()]
    head = json.dumps([dict(header), shapes]).encode()
    size = sum(a.nbytes for a in body.values())
    link.settimeout(within_s)
    try:
        link.sendall(_LENGTHS.pack(len(head), size) + head)
        for array in body.values():
            link.sendall(array.tobytes())
    except TimeoutError:
        raise
    except OSError as error:
        raise Hangup(str(error)) from error


def receive(link: socket.socket, within_s: float | None = None) -> Message:
    """Receive a message; None waits for ever, as only a process that serves may.

    Raises:
        TimeoutError: none came whole within `within_s` seconds.
        Hangup: the other process is gone.
    """
    limit = None if within_s is None else time.monotonic() + within_s
    head_size, body_size = _LENGTHS.unpack(_exactly(link, _LENGTHS.size, limit))
    if head_size + body_size > LARGEST:
        raise Hangup(f"a message of {head_size + body_size} bytes makes no sense")
    header, shapes = json.loads(_exactly(link, head_size, limit))
    body, at, arrays = _exactly(link, body_size, limit), 0, {}
    for name, dtype, shape in shapes:
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(body, dtype, count, at).reshape(shape)
        at += arrays[name].nbytes
    return Message(header, arrays)


def _exactly(link: socket.socket, size: int, limit: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        left = None if limit is None else limit - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("no whole message came in time")
        link.settimeout(left)
        try:
            part = link.recv(min(size - len(parts), 2**20))
        except TimeoutError:
            raise
        except OSError as error:
            raise Hangup(str(error)) from error
        if not part:
            raise Hangup("the other process is gone")
        parts += part
    return bytes(parts)
