"""Both generations of samna: by device, and by node."""

from types import ModuleType

import pytest

from analoop.hw.samna_link import VIRTUAL_PATIENCE
from analoop.hw.samna_opening import chips_of, opening
from analoop.hw.samna_session import Session
from analoop.hw.virtual_samna import virtual_samna
from analoop.models import BoardError

from .boards import rows_of
from .lively import DURATION_US, lively, stimulus

NAMES = ["sim:nominal", "sim:seed=3"]


def of_generation(samna: ModuleType, kind: str) -> ModuleType:
    if kind == "node":
        delattr(samna, "device")
    return samna


@pytest.fixture(params=["device", "node"])
def samna(request: pytest.FixtureRequest):
    with virtual_samna(NAMES, 4) as module:
        yield of_generation(module, request.param)


def test_boards_are_offered_opened_by_serial_and_closed(samna):
    way = opening(samna)
    assert [offer.serial for offer in way.offers()] == NAMES
    board = way.open_by_serial("sim:seed=3")
    assert chips_of(board) == 4 and board.board.seed == 3
    way.close(board)
    with pytest.raises(BoardError, match="closed"):
        board.read_events()


def test_an_unknown_serial_says_which_there_are(samna):
    with pytest.raises(BoardError) as caught:
        opening(samna).open_by_serial("00123")
    assert caught.value.code == "NO_BOARD" and "sim:seed=3" in str(caught.value)


def test_both_generations_run_the_same_program():
    came = []
    for kind in ("device", "node"):
        with virtual_samna(NAMES, 4) as module:
            board = opening(of_generation(module, kind)).open_by_serial("sim:nominal")
            session = Session(module, board, VIRTUAL_PATIENCE)
            session.start("any.bit")
            session.program(lively())
            out, _ = session.link.run(stimulus(0), DURATION_US, lambda part: None)
            came.append([row for row in rows_of(out) if row[0] < DURATION_US])
    assert came[0] == came[1] and len(came[0]) > 10


def test_another_api_is_refused():
    with pytest.raises(BoardError) as caught:
        opening(ModuleType("samna"))
    assert caught.value.code == "API_UNKNOWN"


def test_boards_without_the_newer_way_to_write_are_written_the_older_way():
    with virtual_samna(NAMES, 4) as module:
        board = opening(module).open_by_serial("sim:nominal")
        session = Session(module, _Older(board), VIRTUAL_PATIENCE)
        session.start("any.bit")
        assert session.link.now_us() > 0


class _Older:
    """A board with `grid_bus_write_events` alone."""

    def __init__(self, board):
        self._board = board

    def __getattr__(self, name: str):
        if name == "input_interface_write_events":
            raise AttributeError(name)
        return getattr(self._board, name)
