"""The bar on a terminal, the lines elsewhere."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from rich.progress import Progress

from analoop.deploy import progress


class Terminal:
    """What was shown on it, by a clock that only the test moves."""

    def __init__(self) -> None:
        self.now_s, self.bars = 0.0, list[Progress]()

    def bar(self, *columns: Any, **options: Any) -> Progress:
        self.bars.append(Progress(*columns, **options, get_time=lambda: self.now_s))
        return self.bars[-1]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "Progress", made.bar)
    return made


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A file, and the clock of it all."""
    made = Terminal()
    monkeypatch.setattr(progress, "Progress", made.bar)
    monkeypatch.setattr(progress.time, "monotonic", lambda: made.now_s)
    return made


@pytest.mark.parametrize("step_s", [1.0, 40.0, 600.0])
def test_the_time_left_is_known_however_slowly_things_go(terminal: Terminal, step_s: float):
    """A row of a study, or the play of a recording, may take minutes."""
    with progress.study(quiet=False) as tell:
        for done in range(6):
            tell(done, 10, "a row")
            terminal.now_s += step_s
        left_s = terminal.bars[0].tasks[0].time_remaining
    assert left_s == pytest.approx(5 * step_s)


def test_what_is_under_way_moves_the_bar_by_its_share(terminal: Terminal):
    with progress.study(quiet=False) as tell:
        for share in range(5):
            tell(3 + share / 10, 5, "training")
            terminal.now_s += 30.0
        task = terminal.bars[0].tasks[0]
    assert task.completed == 3.4 and task.time_remaining == pytest.approx(480.0, abs=1)


def test_where_nobody_looks_whole_ones_are_counted_in_lines(capsys: pytest.CaptureFixture[str]):
    with progress.study(quiet=False) as tell:
        tell(3.25, 5, "training chip 2: 550 of 2200, loss 0.352")
    assert capsys.readouterr().err == "3/5  training chip 2: 550 of 2200, loss 0.352\n"


@pytest.mark.parametrize("step_s", [40.0, 12.0])
def test_lines_say_the_time_left_that_a_bar_would_say(
    lines: Terminal, capsys: pytest.CaptureFixture[str], step_s: float
):
    with progress.study(quiet=False) as tell:
        for done in range(3):
            tell(done, 10, f"row {done}")
            lines.now_s += step_s
        tell(10, 10, "the last one")
    seconds = round(8 * step_s)
    left = f"0:{seconds // 60:02}:{seconds % 60:02} left"
    said = capsys.readouterr().err.splitlines()
    assert said == ["0/10  row 0", "1/10  row 1", f"2/10  row 2  {left}", "10/10  the last one"]


def test_epochs_rows_and_trials_say_the_time_left_in_lines_too(
    lines: Terminal, capsys: pytest.CaptureFixture[str]
):
    one = SimpleNamespace(name="sim:seed=1", accuracy=0.5)
    with (
        progress.epochs(False, 9) as epoch,
        progress.rows(False) as (_, row),
        progress.trials(False) as trial,
    ):
        for k in range(3):
            epoch(k, 0.5, 0.5)
            row(k, 8, one)  # pyright: ignore[reportArgumentType]
            trial(k, 8, f"chip {k}")
            lines.now_s += 600.0
    last = capsys.readouterr().err.splitlines()[-3:]
    assert all(line.endswith("  1:00:00 left") for line in last), last
    assert [line.split()[0] for line in last] == ["epoch", "2/8", "2/8"]


def test_what_is_done_to_the_end_is_told_once_however_often_it_has_news(
    capsys: pytest.CaptureFixture[str],
):
    """Networks that are trained are tested, and say their last news again with each portion."""
    with progress.study(quiet=False) as tell:
        for k in range(40):
            tell(2, 2, f"training bptt {k % 2}: 1 of 1")
        for done in range(3):
            tell(done, 2, "rows")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["2/2  training bptt 0: 1 of 1", "2/2  rows"]
