"""Which board plays when."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.recordings.plan import (
    Plan,
    name_in_repeat,
    named_boards,
    split_boards,
)
from analoop.hw.virtual_board import parse_board
from analoop.models.errors import BoardError, InputError

PLANS = st.builds(
    lambda n, repeats, seed: Plan(tuple(f"sim:seed={k}" for k in range(n)), repeats, seed),
    st.integers(1, 6),
    st.integers(1, 13),
    st.integers(0, 2**40),
)


@given(PLANS)
def test_every_board_plays_once_in_every_repeat(plan: Plan):
    plays = plan.plays()
    assert [p.number for p in plays] == list(range(len(plays)))
    n = len(plan.boards)
    for repeat in range(plan.repeats):
        mine = plays[repeat * n : (repeat + 1) * n]
        assert {p.repeat for p in mine} == {repeat}
        assert sorted(p.board for p in mine) == sorted(plan.boards)


@given(PLANS)
def test_in_as_many_repeats_as_boards_every_board_comes_once_at_every_place(plan: Plan):
    n = len(plan.boards)
    square = plan.repeats // n * n
    places = Counter((p.board, p.number % n, p.repeat // n) for p in plan.plays()[: square * n])
    assert set(places.values()) <= {1} and len(places) == square * n


@given(PLANS, st.integers(1, 5))
def test_more_repeats_begin_with_the_same_order(plan: Plan, more: int):
    longer = Plan(plan.boards, plan.repeats + more, plan.seed)
    assert longer.plays()[: len(plan.plays())] == plan.plays()


def test_the_order_is_another_in_other_repeats_and_with_another_seed():
    boards = tuple(f"sim:seed={k}" for k in range(4))
    orders = {
        tuple(p.board for p in Plan(boards, 4, seed).plays()[k * 4 : k * 4 + 4])
        for seed in range(6)
        for k in range(4)
    }
    assert len(orders) > 10


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ((("sim", "sim"), 1, 0), "sim is named twice"),
        (((), 0, -1), "no board is named: .*0 repeats: .*seed -1"),
        ((("sim:seed=1,noise=1", "sim:seed=1,noise=1,noise_seed=2"), 3, 0), "noise_seed=3"),
        ((("sim:nominal,loss=0.1", "dynapse2:sim:nominal,loss=0.1"), 1, 0), "share noise"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_everything_that_is_wrong(plan, told: str):
    with pytest.raises(InputError, match=told) as caught:
        Plan(*plan)
    assert caught.value.code == "PLAN_INVALID"


def test_the_same_chips_with_noise_far_enough_apart_are_two_boards():
    assert Plan(("sim:seed=1,noise=1", "sim:seed=1,noise=1,noise_seed=2"), 2).plays()
    assert Plan(("sim:seed=1,noise=1", "sim:seed=2,noise=1"), 2).plays()


def test_a_board_that_is_none_is_refused():
    for name in ("sim:sed=1", "dynapse2:", "dynapse2:sim:sed=1", "loihi:3"):
        with pytest.raises(BoardError) as caught:
            Plan((name,))
        assert caught.value.code == "UNKNOWN_BOARD"


@given(
    st.lists(
        st.sampled_from(
            ["sim", "sim:nominal", "sim:seed=1,noise=1,noise_seed=4", "dynapse2:any",
             "dynapse2:sim:seed=3,defects=1", "sim:snapshot=a:b.npz"]
        ),
        min_size=1,
    )
)  # fmt: skip
def test_names_joined_by_commas_come_apart_as_they_were(names: list[str]):
    assert split_boards(",".join(names)) == tuple(names)


def test_boards_come_from_both_options_and_none_is_an_error():
    assert named_boards(["sim:seed=1,noise=1"], "sim, sim:seed=2") == (
        "sim:seed=1,noise=1", "sim", "sim:seed=2",
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        named_boards([], None)
    assert caught.value.code == "NO_BOARDS"


@pytest.mark.parametrize("prefix", ["", "dynapse2:"])
def test_only_boards_with_chance_in_them_have_another_name_in_another_repeat(prefix: str):
    quiet, noisy = f"{prefix}sim:seed=1", f"{prefix}sim:seed=1,jitter_us=5,noise_seed=7"
    assert name_in_repeat(quiet, 3) == quiet
    assert name_in_repeat(noisy, 0) == noisy
    again = name_in_repeat(noisy, 3)
    assert again.startswith(f"{prefix}sim:")
    assert parse_board(again.removeprefix("dynapse2:")).noise_seed == 10
    assert name_in_repeat("dynapse2:00123", 3) == "dynapse2:00123"
