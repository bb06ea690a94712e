"""A board name opens one board, and says exactly which."""

import math
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analoop.hw import VirtualBoard, open_board, parse_board
from analoop.models import BoardError, InputError

from .boards import unhurried

OPTION = r"(nominal|seed=[0-9]+|level=[0-9.e+-]+|step_us=[0-9]+)"
GRAMMAR = re.compile(rf"sim(:({OPTION}(,{OPTION})*)?)?")
PIECES = ["sim", ":", ",", "=", "nominal", "seed", "level", "step_us", "3", "-1", "0.5", "nan",
          "inf", "1001", "dynapse2", " ", "x"]  # fmt: skip

boards = st.one_of(
    st.builds(VirtualBoard, step_us=st.integers(1, 1000)),
    st.builds(
        VirtualBoard,
        seed=st.integers(0, 2**70),
        level=st.floats(0, 1e6),
        step_us=st.integers(1, 1000),
    ),
)


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("sim", VirtualBoard()),
        ("sim:nominal", VirtualBoard(None)),
        ("sim:seed=3", VirtualBoard(3, 1.0)),
        ("sim:seed=0", VirtualBoard(0)),
        ("sim:seed=3,level=0.5", VirtualBoard(3, 0.5)),
        ("sim:level=0.5,seed=3", VirtualBoard(3, 0.5)),
        ("sim:seed=3,level=0", VirtualBoard(3, 0.0)),
        ("sim:seed=3,level=0.5,step_us=500", VirtualBoard(3, 0.5, 500)),
        ("sim:nominal,step_us=250", VirtualBoard(step_us=250)),
        ("sim:step_us=250", VirtualBoard(step_us=250)),
    ],
)
def test_a_name_opens_the_board_it_describes(name: str, board: VirtualBoard):
    assert parse_board(name) == board


@given(boards)
@unhurried
def test_the_name_of_a_board_opens_that_very_board(board: VirtualBoard):
    assert parse_board(board.name) == board
    with open_board(board.name) as opened:
        assert opened.identity.name == board.name


def test_a_level_of_many_digits_is_kept_in_the_name():
    board = VirtualBoard(3, 1 / 3)
    assert parse_board(board.name).level == 1 / 3


@pytest.mark.parametrize(
    "name",
    [
        "", "Sim", "simulated", "sim2", "dynapse2:any", "sim:3", "sim:foo=3", "sim:seed",
        "sim:seed=", "sim:seed=-1", "sim:seed=1.5", "sim:seed=x", "sim:nominal=1",
        "sim:nominal,seed=3", "sim:seed=3,nominal", "sim:nominal,level=0.5", "sim:level=0.5",
        "sim:seed=3,seed=4", "sim:seed=3,level=-1", "sim:seed=3,level=nan", "sim:seed=3,level=inf",
        "sim:step_us=0", "sim:step_us=1001", "sim:step_us=0.5", "sim:seed=3;level=1", "sim::",
    ],
)  # fmt: skip
def test_a_name_of_no_board_is_refused_with_the_names_there_are(name: str):
    with pytest.raises(BoardError) as caught:
        open_board(name)
    assert caught.value.code == "UNKNOWN_BOARD"
    assert caught.value.exit_code == 3
    assert f"'{name}'" in str(caught.value) and "sim:seed=3" in str(caught.value)


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@unhurried
def test_any_other_text_is_refused(name: str):
    assume(not GRAMMAR.fullmatch(re.sub(r"\s", "", name).replace(",,", ",").rstrip(",")))
    with pytest.raises(BoardError) as caught:
        parse_board(name)
    assert (caught.value.code, caught.value.exit_code) == ("UNKNOWN_BOARD", 3)


@given(st.lists(st.sampled_from(PIECES)).map(lambda pieces: "sim:" + "".join(pieces)))
@unhurried
def test_what_is_accepted_has_a_name_of_its_own_and_legal_values(name: str):
    try:
        board = parse_board(name)
    except BoardError:
        return
    assert parse_board(board.name) == board
    assert (board.seed is None or board.seed >= 0) and 1 <= board.step_us <= 1000
    assert math.isfinite(board.level) and board.level >= 0


@pytest.mark.parametrize(
    "values", [{"seed": -1}, {"seed": 1, "level": -0.5}, {"level": float("nan")}, {"step_us": 0}]
)
def test_a_virtual_board_that_no_name_opens_cannot_be_made(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no virtual board"):
        VirtualBoard(**values)
