"""What the tests of the bench share: locks of their own, and simulated benches over real ttys."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from analoop.hw.bench.simulated_bench import SimulatedBench

QUICK = "timeout_s = 0.2\nreconnect_s = 0.3\n"
"""Deadlines of the tests: long for a tty, short for a person."""


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports are reserved in a folder of this test."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., SimulatedBench]]:
    """Makes simulated benches, which end with the test."""
    with ExitStack() as stack:

        def make(
            drivers: dict[str, str] | None = None, rules: str = "off_s = 0.0\nboot_s = 0.0\n"
        ) -> SimulatedBench:
            (tmp_path / "bench").mkdir()
            bench = SimulatedBench(tmp_path / "bench", drivers, rules, QUICK)
            return stack.enter_context(bench)

        yield make
