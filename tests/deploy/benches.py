"""What tests of boards on a bench share: a simulated bench that is on, boards that fall silent."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.board import Trial
from analoop.hw.events import Events
from analoop.models.errors import HardwareError


@contextmanager
def bench_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str = ""
) -> Iterator[SimulatedBench]:
    """A simulated bench whose output is on; power cycles take no time."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    folder = tmp_path / "bench"
    folder.mkdir()
    with SimulatedBench(folder, rules=f"off_s = 0.0\nboot_s = 0.0\n{rules}") as served:
        with Bench(read_bench(served.file)) as bench:
            bench.power_on()
            bench.keep()
        yield served


def fall_silent(
    play: Callable[[Sequence[Trial]], list[Events]], trials: Sequence[Trial], after: int = 2
) -> NoReturn:
    """Play some trials, and fail as a board does that shows no sign of life any more."""
    error = HardwareError("no sign of life", code="NO_ANSWER")
    error.received = play(trials[:after])
    raise error
