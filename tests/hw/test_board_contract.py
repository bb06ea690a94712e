"""What every board promises, whoever made it: one suite, run over every implementation.

A new board is added to `BOARDS`, with whatever makes it ready to open.
"""

import json
import pickle
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import TINY, Board, Events, Trial, VirtualBoard, open_board
from analoop.models import BoardError, InputError, RegisterError

from .boards import between, events, few, merged, monitor, registers, rows_of
from .lively import DURATION_US, lively, stimulus

T = TypeVar("T")
SIMULATED = ("sim:nominal", "sim:seed=3")
"""Boards whose time stands between two runs, and that know what they cannot make."""
BOARDS: dict[str, Callable[[], Board]] = {
    name: lambda name=name: open_board(name) for name in (*SIMULATED, "dynapse2:sim:seed=3")
}


seeds = st.integers(0, 2**32)


@pytest.fixture(params=BOARDS, scope="module")
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    """A programmed board; every test that runs it brings it to rest first."""
    with BOARDS[request.param]() as opened:
        opened.program(lively())
        yield opened


@pytest.fixture(params=SIMULATED, scope="module")
def simulated(request: pytest.FixtureRequest) -> Iterator[Board]:
    """As `board`, without those on which time passes between two runs."""
    with BOARDS[request.param]() as opened:
        opened.program(lively())
        yield opened


@pytest.fixture(params=BOARDS)
def fresh(request: pytest.FixtureRequest) -> Board:
    """A board just opened."""
    return BOARDS[request.param]()


def in_time(board: Board, play: Callable[[], T]) -> T:
    """What came when no word was late: time passes on a board behind the driver, a busy machine
    can be too slow for it, and its books say so."""
    for _ in range(10):
        before = board.books.get("late_in", 0)
        came = play()
        if board.books.get("late_in", 0) == before:
            return came
    raise AssertionError("ten times in a row words were late")


def from_rest(board: Board, some: Events, duration_us: int = DURATION_US) -> list:
    def play() -> list:
        board.settle()
        return rows_of(board.run(some, duration_us))

    return in_time(board, play)


@given(seed=seeds)
@few
def test_a_run_answers_events_of_the_monitored_neurons_sorted_and_within_it(board, seed):
    board.settle()
    out = board.run(stimulus(seed), DURATION_US)
    assert set(out.tag.tolist()) == {1, 2, 3, 4}, "every neuron spikes: the suite is not vacuous"
    assert (np.diff(out.time_us) >= 0).all()
    assert out.time_us.min() >= 0
    late = out.time_us >= DURATION_US  # a board behind samna goes on firing behind the run
    assert board.identity.name.startswith("dynapse2") or not late.any()
    assert set(out.x_hop[out.tag < 4].tolist()) == {-6} and set(out.x_hop[out.tag == 4]) == {-5}


def test_the_same_input_from_rest_gives_the_same_events(board):
    some = stimulus(4)
    assert from_rest(board, some) == from_rest(board, some)


@given(seed=seeds, cuts=st.lists(st.integers(0, DURATION_US // 1000), max_size=4).map(sorted))
@few
def test_rockpool_defect_state_is_not_carried_between_runs(simulated, seed, cuts):
    some = stimulus(seed)
    whole = from_rest(simulated, some)
    simulated.settle()
    parts = []
    edges = [0, *(1000 * cut for cut in cuts), DURATION_US]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        out = simulated.run(between(some, start, stop), stop - start)
        parts += [(time + start, *word) for time, *word in rows_of(out)]
    assert parts == whole


def test_circuits_remember_what_came_before_until_they_settle(board):
    some = stimulus(5)
    first = from_rest(board, some)
    assert rows_of(board.run(some, DURATION_US)) != first
    assert from_rest(board, some) == first


def test_programming_again_brings_the_board_to_rest(board):
    some = stimulus(6)
    first = from_rest(board, some)

    def programmed() -> list:
        board.program(lively())
        return rows_of(board.run(some, DURATION_US))

    assert in_time(board, programmed) == first


def test_trials_are_independent_runs_from_rest_of_any_length(board):
    trials = [Trial(stimulus(k, us), us) for k, us in enumerate((20_000, 30_000, 1_000, 20_000))]
    alone = [from_rest(board, *trial) for trial in trials]
    board.run(stimulus(9), DURATION_US)

    def after_trials() -> list:
        answers = [rows_of(out) for out in board.run_trials(trials)]
        return [*answers, rows_of(board.run(*trials[0]))]

    assert in_time(board, after_trials) == [*alone, alone[0]], "and at rest after trials"


def test_no_trials_have_no_answers(board):
    assert board.run_trials([]) == []


def test_a_board_at_rest_without_input_is_silent(board):
    assert from_rest(board, Events.none()) == []


def test_a_run_of_no_time_is_empty_and_changes_nothing(board):
    some = stimulus(7)
    whole = from_rest(board, some)
    board.settle()
    assert len(board.run(Events.none(), 0)) == 0
    assert rows_of(board.run(some, DURATION_US)) == whole


UNDELIVERABLE = [
    (events([-1]), "EVENT_OUTSIDE_RUN"),
    (events([DURATION_US]), "EVENT_OUTSIDE_RUN"),
    (events([0], chip=2), "EVENT_FOR_NO_CHIP"),
    (events([0], chip=-1), "EVENT_FOR_NO_CHIP"),
    (Events(*np.array([[0, 1000, 1, 0, 1]]).T), "EVENT_FOR_NO_CHIP"),
    (events([0], tag=2048), "EVENT_ILLEGAL"),
    (events([0], tag=65_536 + 1000), "EVENT_ILLEGAL"),
    (events([0], tag=-1), "EVENT_ILLEGAL"),
    (events([0], cores=0b10000), "EVENT_ILLEGAL"),
]


@pytest.mark.parametrize(("bad", "code"), UNDELIVERABLE)
def test_input_that_cannot_be_delivered_is_refused(board, bad, code):
    mixed = merged(events([0], 1000), bad)
    for play in (board.run, lambda *trial: board.run_trials([Trial(*trial)])):
        with pytest.raises(InputError) as caught:
            play(mixed, DURATION_US)
        assert caught.value.code == code


def test_a_refused_run_changes_nothing(simulated):
    some, half = stimulus(8), DURATION_US // 2
    whole = from_rest(simulated, some)
    first = from_rest(simulated, between(some, 0, half), half)
    for bad, _ in UNDELIVERABLE:
        with pytest.raises(InputError):
            simulated.run(merged(events([0], 1000), bad), DURATION_US)
    rest = rows_of(simulated.run(between(some, half, DURATION_US), half))
    assert first + [(time + half, *word) for time, *word in rest] == whole


def test_rockpool_defect_events_before_the_start_are_moved_into_the_run(board):
    with pytest.raises(InputError, match="outside the run"):
        board.run(events([-2_000, 5_000], 1000), DURATION_US)


def test_a_run_of_negative_time_is_refused(board):
    with pytest.raises(InputError):
        board.run(Events.none(), -1000)


def test_a_board_sees_registers_and_nothing_else(board):
    some = stimulus(10)
    one = from_rest(board, some)
    board.program(pickle.loads(pickle.dumps(lively())))
    assert rows_of(board.run(some, DURATION_US)) == one


def test_a_board_that_holds_no_program_says_so(fresh):
    with fresh:
        for use in (
            lambda: fresh.run(Events.none(), 1000),
            lambda: fresh.run_trials([Trial(Events.none(), 1000)]),
        ):
            with pytest.raises(BoardError) as caught:
                use()
            assert caught.value.code == "NOT_PROGRAMMED"


def test_a_closed_board_says_so_and_may_be_closed_again(fresh):
    with fresh as entered:
        assert entered is fresh
        fresh.program(lively())
    fresh.close()
    for use in (
        lambda: fresh.program(lively()),
        lambda: fresh.run(Events.none(), 1000),
        lambda: fresh.run_trials([]),
        fresh.settle,
        fresh.__enter__,
    ):
        with pytest.raises(BoardError) as caught:
            use()
        assert caught.value.code == "CLOSED"


def test_an_error_inside_the_with_statement_closes_the_board_and_is_not_swallowed(fresh):
    with pytest.raises(ZeroDivisionError), fresh:
        raise ZeroDivisionError
    with pytest.raises(BoardError, match="closed"):
        fresh.settle()


def test_registers_of_another_chip_are_refused(fresh):
    with fresh, pytest.raises(InputError) as caught:
        fresh.program(registers(chip=TINY))
    assert caught.value.code == "WRONG_CHIP"


def test_registers_the_board_cannot_make_leave_the_old_program_in_place(simulated):
    some = stimulus(11)
    before = from_rest(simulated, some)
    with pytest.raises(RegisterError):
        simulated.program(registers([], [monitor()], core={}))
    assert from_rest(simulated, some) == before


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_says_which_it_is_and_that_record_opens_it_again(name: str):
    with BOARDS[name]() as one, BOARDS[name]() as other:
        assert one.identity == other.identity
        record = json.loads(json.dumps(one.identity.record()))
        assert record["chip"] == one.chip.name
        assert record["target"] == "simulated", "whatever drives it, its chips are"
        with open_board(record["name"]) as again:
            assert again.identity == one.identity


def test_the_identity_of_a_simulated_board_tells_seeds_levels_and_steps_apart():
    virtual = [VirtualBoard(), VirtualBoard(3), VirtualBoard(4), VirtualBoard(3, 0.5),
               VirtualBoard(3, 0.50000001), VirtualBoard(step_us=500)]  # fmt: skip
    identities = {str(open_board(v.name).identity.record()) for v in virtual}
    assert len(identities) == len(virtual)
