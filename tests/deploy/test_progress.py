"""The bar on a terminal, the lines elsewhere."""

import sys
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
