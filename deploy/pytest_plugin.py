"""The pytest plugin: chips as fixtures, marks for what needs a board, provenance in the JUnit file.

    pytest --board dynapse2:any --chips 50 --board-strict --program net.npz

Fixtures: `board` (an open board), `virtual_chip` and `fleet(n)` (virtual chips drawn from --chips-
seed), `program` (the file of --program, or of the mark `program(path)`). Marks: `hil(needs=...)` is
for real boards, `sim_only` and `chip_only` for one kind. A board that is missing skips with the
reason; with --board-strict it fails. Nothing of it is loaded before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..hw.board import Board
    from ..hw.virtual_board import VirtualBoard
    from .program import Program

MARKS = (
    "hil(needs=(...)): hardware in the loop, skipped on simulated boards; needs: what the board's "
    "record must have, as 'serial', or must say, as 'chip=dynapse2'",
    "sim_only: skipped when --board is a real board",
    "chip_only: skipped when --board is simulated",
    "program(path): the program file this test is about",
)

Record = Callable[[str, object], None]

BOARDS = pytest.StashKey[dict[str, "Board"]]()
"""Boards that are open, by name: real ones stay open for the whole session."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the group 'analoop'."""
    group = parser.getgroup("analoop", "neuromorphic boards, real and virtual")
    group.addoption("--board", default="sim:nominal", metavar="NAME", help="The board of `board`.")
    group.addoption(
        "--chips", type=int, default=8, metavar="N", help="Chips of `fleet()` if it is not said."
    )
    group.addoption("--chips-seed", type=int, default=1, metavar="SEED", help="Of the first chip.")
    group.addoption("--program", default=None, metavar="FILE", help="The program of `program`.")
    group.addoption(
        "--board-strict", action="store_true", help="A missing board fails instead of skipping."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    config.stash[BOARDS] = {}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the boards."""
    for board in config.stash.get(BOARDS, {}).values():
        board.close()


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Skip what is not for this kind of board, with the reason."""
    name = str(config.getoption("board"))
    simulated = _is_simulated(name)
    for item in items:
        if item.get_closest_marker("sim_only") and not simulated:
            item.add_marker(pytest.mark.skip(reason=f"for simulated boards only, not {name}"))
        only_chip = item.get_closest_marker("chip_only") or item.get_closest_marker("hil")
        if only_chip and simulated:
            _refuse(config, item, f"needs a real board, --board is {name}")


def _is_simulated(name: str) -> bool:
    """Whether a board of this name is, behind the driver or not.

    As `hw.board.simulated`, whose import would be paid by every session of pytest.
    """
    kind, _, rest = name.partition(":")
    return kind == "sim" or (kind == "dynapse2" and rest.partition(":")[0] == "sim")


def _refuse(config: pytest.Config, item: pytest.Item, why: str) -> None:
    """Skip a test, or have it fail if boards must be there."""
    if config.getoption("board_strict"):
        item.stash[MISSING] = why
    else:
        item.add_marker(pytest.mark.skip(reason=why))


MISSING = pytest.StashKey[str]()
"""Why a test cannot run, where that is a failure."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the board for a test that is marked `hil` or `chip_only`, and check what it needs,
    whether it asks for the fixture or not; fail what has no board in strict mode."""
    why = item.stash.get(MISSING, None)
    if why is not None:
        pytest.fail(f"{why} (--board-strict)", pytrace=False)
    if item.get_closest_marker("chip_only") or item.get_closest_marker("hil"):
        _board_for(item)


def _board_for(item: pytest.Item) -> Board:
    """The open board of the session; skips, or fails in strict mode, if there is none for this."""
    from ..models.errors import BoardError

    name = str(item.config.getoption("board"))
    opened = item.config.stash[BOARDS]
    try:
        if name not in opened:
            opened[name] = _open(name)
        _check_needs(item, opened[name])
    except (BoardError, _Unmet) as error:
        said = f"no board {name}: {error}"
        if item.config.getoption("board_strict"):
            pytest.fail(f"{said} (--board-strict)", pytrace=False)
        pytest.skip(said)
    return opened[name]


@pytest.fixture
def board(request: pytest.FixtureRequest, analoop_record: Record) -> Board:
    """The board of --board, open; it stays open from test to test and is closed at the end."""
    found = _board_for(request.node)
    for key, value in found.identity.record().items():
        analoop_record(f"board.{key}", value)
    return found


def _open(name: str) -> Board:
    from ..hw.board import open_board

    return open_board(name).__enter__()


class _Unmet(Exception):
    """What a test needs of a board and does not find."""


def _check_needs(item: pytest.Item, board: Board) -> None:
    mark = item.get_closest_marker("hil")
    needs = () if mark is None else mark.kwargs.get("needs", ())
    said = board.identity.record()
    for need in (needs,) if isinstance(needs, str) else needs:
        key, _, wanted = need.partition("=")
        if str(said.get(key)) != wanted and not (not wanted and said.get(key)):
            raise _Unmet(f"the test needs {need}, the board has {key} {said.get(key)}")


@pytest.fixture
def virtual_chip(fleet: Callable[..., list[VirtualBoard]]) -> VirtualBoard:
    """One virtual chip with mismatch as measured: the first of `fleet`."""
    return fleet(1)[0]


@pytest.fixture
def fleet(
    request: pytest.FixtureRequest, analoop_record: Record
) -> Callable[..., list[VirtualBoard]]:
    """A function: `fleet(n, options="")` gives n virtual chips, by default as many as --chips says;
    options as in 'noise=1,defects=1'. The same seeds give the same chips on any machine."""

    def drawn(chips: int | None = None, options: str = "") -> list[VirtualBoard]:
        from .population.targets import sampled

        config = request.config.option
        asked = config.chips if chips is None else chips
        boards = sampled(asked, config.chips_seed, options)
        analoop_record("chips", " ".join(board.name for board in boards))
        return boards

    return drawn


@pytest.fixture
def program(request: pytest.FixtureRequest, analoop_record: Record) -> Program:
    """The program of the mark `program(path)`, else of --program; skips without either."""
    from .program import Program

    mark = request.node.get_closest_marker("program")
    file = mark.args[0] if mark else request.config.getoption("program")
    if file is None:
        pytest.skip("no program: give --program FILE, or mark the test with program(path)")
    loaded = Program.load(Path(request.config.rootpath, file))
    analoop_record("program", loaded.hash)
    analoop_record("network", loaded.network_hash)
    return loaded


@pytest.fixture
def analoop_record(request: pytest.FixtureRequest, analoop_origin: None) -> Record:
    """A function that puts a property, by name, into the JUnit file beside the test.

    As pytest's `record_property`, which warns that the strictest schema does not know it.
    """
    return lambda name, value: request.node.user_properties.append((f"analoop.{name}", value))


@pytest.fixture(scope="session")
def analoop_origin(pytestconfig: pytest.Config, record_testsuite_property: Record) -> None:
    """Versions and commit as properties of the whole JUnit file, where one is written."""
    if pytestconfig.getoption("xmlpath", None):
        for name, text in _origin(pytestconfig.rootpath).items():
            record_testsuite_property(f"analoop.{name}", text)


def _origin(folder: Path) -> dict[str, str]:
    from ..models.versions import versions
    from .population.papers import git_commit

    return {f"version.{name}": number for name, number in versions().items()} | {
        "git": git_commit(folder)
    }
