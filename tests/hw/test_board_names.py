"""A board name opens one board, and says exactly which."""

import json
import math
import re
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analoop.hw import VirtualBoard, open_board, parse_board
from analoop.hw.defects import DEFECTS_VERSION
from analoop.hw.virtual_board import OPTIONS
from analoop.models import BoardError, InputError
from analoop.models.mismatch import MISMATCH_VERSION, SAMPLERS

from .boards import unhurried

OPTION = (
    r"(nominal|seed=[0-9]+|level=[0-9.e+-]+|step_us=[0-9]+|mismatch=(measured|rockpool|paper)"
    r"|defects=[01]|doubled=[01]|temperature_C=[0-9.e+-]+|loss=[0-9.e+-]+|jitter_us=[0-9]+"
    r"|noise=[0-9.e+-]+|noise_seed=[0-9]+)"
)
GRAMMAR = re.compile(rf"sim(:({OPTION}(,{OPTION})*)?)?")
PIECES = ["sim", ":", ",", "=", "nominal", "seed", "level", "step_us", "3", "-1", "0.5", "nan",
          "inf", "1001", "dynapse2", " ", "x", "mismatch", "defects", "doubled", "1", "paper",
          "seed=3"]  # fmt: skip

IN_TIME = {
    "temperature_C": st.floats(-40, 125),
    "jitter_us": st.integers(1, 100_000),
    "noise": st.floats(0, 100),
    "noise_seed": st.integers(0, 2**70),
}
boards = st.one_of(
    st.builds(VirtualBoard, step_us=st.integers(1, 1000)),
    st.builds(VirtualBoard, loss=st.floats(0, 1), **IN_TIME),
    st.builds(
        VirtualBoard,
        seed=st.integers(0, 2**70),
        level=st.floats(0, 10),
        step_us=st.integers(1, 1000),
        mismatch=st.sampled_from(SAMPLERS),
        defects=st.booleans(),
        doubled=st.booleans(),
        **IN_TIME,
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
        ("sim:seed=3,mismatch=measured", VirtualBoard(3)),
        ("sim:seed=3,mismatch=paper", VirtualBoard(3, mismatch="paper")),
        ("sim:seed=3,mismatch=rockpool,level=2", VirtualBoard(3, 2.0, mismatch="rockpool")),
        ("sim:seed=3,defects=1", VirtualBoard(3, defects=True)),
        ("sim:seed=3,defects=0,doubled=1", VirtualBoard(3, doubled=True)),
        ("sim:step_us=250", VirtualBoard(step_us=250)),
        ("sim:temperature_C=35", VirtualBoard(temperature_C=35.0)),
        ("sim:nominal,loss=0.001", VirtualBoard(loss=0.001)),
        ("sim:jitter_us=50,noise_seed=4", VirtualBoard(jitter_us=50, noise_seed=4)),
        ("sim:noise=1,noise_seed=4", VirtualBoard(noise=1.0, noise_seed=4)),
        ("sim:seed=3,loss=0.1,noise_seed=4", VirtualBoard(3, loss=0.1, noise_seed=4)),
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
        "", "Sim", "simulated", "sim2", "dynapse2", "dynapse2:", "sim:3", "sim:foo=3", "sim:seed",
        "sim:seed=", "sim:seed=-1", "sim:seed=1.5", "sim:seed=x", "sim:nominal=1",
        "sim:nominal,seed=3", "sim:seed=3,nominal", "sim:nominal,level=0.5", "sim:level=0.5",
        "sim:seed=3,seed=4", "sim:seed=3,level=-1", "sim:seed=3,level=nan", "sim:seed=3,level=inf",
        "sim:step_us=0", "sim:step_us=1001", "sim:step_us=0.5", "sim:seed=3;level=1", "sim::",
        "sim:seed=3,level=10.1", "sim:seed=3,level=1e300", "sim:seed=3,mismatch=gauss",
        "sim:seed=3,mismatch=", "sim:mismatch=paper", "sim:nominal,defects=1", "sim:defects=1",
        "sim:seed=3,defects=2", "sim:seed=3,defects=yes", "sim:doubled=0", "sim:nominal,nominal",
        "sim:loss=1.1", "sim:loss=nan", "sim:jitter_us=-1", "sim:jitter_us=0.5", "sim:noise_seed=1",
        "sim:loss=0,noise_seed=1", "sim:temperature_C=126", "sim:temperature_C=nan",
        "sim:noise=-1", "sim:noise=101", "sim:noise=nan",
    ],
)  # fmt: skip
def test_a_name_of_no_board_is_refused(name: str):
    with pytest.raises(BoardError) as caught:
        open_board(name)
    assert caught.value.code == "UNKNOWN_BOARD"
    assert caught.value.exit_code == 3
    assert f"no board is named '{name}': " in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("simulated", ["sim:nominal", "sim:seed=3", "sim:snapshot=FILE", "dynapse2:<serial>"]),
        ("sim:foo=3,bar=2", ["no option bar, foo: options are seed, level", "precision"]),
        ("sim:seed=x,defects=2", ["seed is 0 or more, not 'x'", "defects is 0 or 1, not '2'"]),
        ("sim:level=0.5,defects=1", ["level only with a seed or snapshot", "defects only with"]),
        ("sim:seed=3,seed=4,loss=?", ["seed stands there twice", "loss is 0..1, not '?'"]),
        ("sim:noise=101,temperature_C=126", ["noise is 0..100", "temperature_C is -40..125"]),
        ("sim:nominal,seed=3", ["leave out nominal, or the seed"]),
        ("sim:loss=nan", ["loss nan", "loss is 0..1"]),
        ("sim:nominal=1", ["nominal takes no value"]),
    ],
)
def test_everything_that_is_wrong_with_a_name_is_said_at_once(name: str, said: list[str]):
    with pytest.raises(BoardError) as caught:
        open_board(name)
    for words in said:
        assert words in str(caught.value)


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
    ("values", "complaint"),
    [
        ({"seed": -1}, "seed -1: seed is 0 or more"),
        ({"seed": 1, "level": -0.5}, "level -0.5: level is 0..10"),
        ({"seed": 1, "level": 1e300}, "level 1e+300: level is 0..10"),
        ({"seed": 1, "level": float("nan")}, "level nan"),
        ({"step_us": 0}, "step_us 0: step_us is 1..1000"),
        ({"seed": 1, "mismatch": "gauss"}, "mismatch is measured or rockpool or paper"),
        ({"level": 0.5}, "level 0.5: level is 0..10 with a seed"),
        ({"noise_seed": 1}, "noise_seed is 0 or more with loss or jitter_us or noise"),
        ({"loss": 2.0, "jitter_us": -1}, "loss 2.0; jitter_us -1"),
        ({"defects": True}, "defects True: defects is 0 or 1 with a seed"),
        ({"seed": -1, "step_us": 0}, "seed -1; step_us 0: seed is 0 or more; step_us is 1..1000"),
    ],
)
def test_a_virtual_board_that_no_name_opens_cannot_be_made(
    values: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InputError, match="no virtual board") as caught:
        VirtualBoard(**values)
    assert complaint in str(caught.value) and caught.value.code == "VIRTUAL_BOARD"


def test_every_field_of_a_virtual_board_can_stand_in_its_name():
    assert {option.key for option in OPTIONS} == {field.name for field in fields(VirtualBoard)}


def test_the_record_of_a_board_names_what_varies_in_time_and_calls_temperature_a_hypothesis():
    record = open_board(
        "sim:temperature_C=35,loss=0.1,jitter_us=5,noise=2,noise_seed=2"
    ).identity.record()
    asked = {"temperature_C": 35.0, "loss": 0.1, "jitter_us": 5, "noise": 2.0,
             "noise_seed": 2}  # fmt: skip
    assert asked.items() <= record.items()
    assert record["temperature_model"].startswith("hypothesis")
    assert json.loads(json.dumps(record)) == record
    assert "temperature_model" not in open_board("sim").identity.record()


def test_the_record_of_a_board_names_sampler_and_versions():
    with open_board("sim:seed=3,mismatch=rockpool,defects=1,doubled=1") as board:
        record = board.identity.record()
    assert record["mismatch"] == MISMATCH_VERSION and record["sampler"] == "rockpool"
    assert record["defects"] == DEFECTS_VERSION and record["doubled"] is True
    assert json.loads(json.dumps(record)) == record
    with open_board("sim:seed=3") as board:
        assert board.identity.record()["defects"] is None
    with open_board("sim:nominal") as board:
        assert "sampler" not in board.identity.record()


def test_numbers_of_numpy_make_a_name_that_opens_the_same_board():
    numbers: dict[str, Any] = {"seed": np.int64(3), "noise": np.float64(0.5)}
    board = VirtualBoard(**numbers, level=2.0)
    assert board.name == "sim:seed=3,level=2.0,noise=0.5"
    assert parse_board(board.name) == board
