"""The ports of a bench: each is reserved and opened once, whatever names lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from typing import Self

from .bench_file import Section
from .link import Link, reserve
from .ports import find_port, key_of_name
from .wire_log import WireLog

Connect = Callable[[Section, WireLog], AbstractContextManager[Link]]
"""How an instrument is reached, and let go of."""


@contextmanager
def connect(section: Section, log: WireLog) -> Iterator[Link]:
    """Over its port, which nobody else has meanwhile; a loop is everybody's own."""
    port = section.wiring.port
    held = nullcontext() if port == "loop://" else reserve(find_port(port))
    with held, closing(Link(section.wiring, log, scpi=section.driver.scpi)) as link:
        yield link


class Links:
    """Open until the end of a `with`."""

    def __init__(self, log: WireLog, by: Connect = connect):
        self._log, self._by = log, by
        self._open: dict[str, Link] = {}
        self._stack = ExitStack()

    def to(self, section: Section) -> Link:
        """The wire to an instrument; channels of one supply share theirs.

        Raises:
            BoardError: as `reserve`, `find_port` and `hw.bench.transport.SerialTransport`.
        """
        key = key_of_name(section.wiring.port)
        if key not in self._open:
            self._open[key] = self._stack.enter_context(self._by(section, self._log))
        return self._open[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()
