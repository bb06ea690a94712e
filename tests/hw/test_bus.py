"""A bus that loses and delays events: statistics, books, and independence of how a run is cut."""

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import Events, SimulatedBoard, Trial, VirtualBoard, build_fleet, parse_board
from analoop.hw.bus import NOTHING_SENT, Bus, BusBooks, Carried
from analoop.hw.simulator import play

from .boards import between, events, few, monitored, rows_of, synapse
from .lively import DURATION_US, lively, stimulus

MANY = events(range(0, 4_000_000, 100))
ROUGH = "sim:seed=3,loss=0.1,jitter_us=700"


def carried(
    direction: Literal["in", "out"] = "in", trial: int = 0, some: Events = MANY, **switches: Any
) -> Carried:
    bus = Bus(VirtualBoard(**switches), direction)
    return bus.carry(some, 5_000_000, trial, NOTHING_SENT)


def rest_of(board: SimulatedBoard, edges: list[int], some: Events) -> list[tuple]:
    """What a board answers from rest when its run is cut at these times."""
    parts = []
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        out = board.run(between(some, start, stop), stop - start)
        parts += [(time + start, *word) for time, *word in rows_of(out)]
    return parts


def opened(name: str) -> SimulatedBoard:
    board = SimulatedBoard(parse_board(name))
    board.program(lively())
    return board


def test_the_share_of_events_that_are_lost_is_the_one_asked_for():
    came = carried(loss=0.03)
    assert came.lost == len(MANY) - len(came.arrived)
    assert abs(came.lost / len(MANY) - 0.03) < 4 * np.sqrt(0.03 * 0.97 / len(MANY))
    assert set(came.arrived.time_us) <= set(MANY.time_us), "what is not lost is not late"


def test_events_come_late_by_the_mean_and_the_deviation_asked_for():
    late = np.sort(carried(some=events([0] * 40_000), jitter_us=50).arrived.time_us)
    assert late.min() >= 0 and len(late) == 40_000
    assert late.mean() == pytest.approx(50, rel=0.02)
    assert late.std() == pytest.approx(50, rel=0.03)


def test_all_is_lost_at_loss_1():
    assert carried(loss=1.0).lost == len(MANY)


def test_fates_differ_by_trial_direction_seed_and_noise_seed_and_are_else_the_same():
    kinds: list[Any] = [
        {},
        {"trial": 1},
        {"direction": "out"},
        {"seed": 0},
        {"seed": 1},
        {"noise_seed": 1},
    ]
    fates = [tuple(carried(loss=0.5, **kind).arrived.time_us) for kind in kinds]
    assert len(set(fates)) == len(kinds)
    assert fates[0] == tuple(carried(loss=0.5).arrived.time_us)
    both = [np.isin(MANY.time_us, fate) for fate in fates[:3]]
    assert abs(np.corrcoef(both) - np.eye(3)).max() < 0.03


def test_more_loss_loses_the_same_events_and_more():
    few_lost, many_lost = (set(carried(loss=p).arrived.time_us) for p in (0.1, 0.2))
    assert many_lost < few_lost


@given(cuts=st.lists(st.integers(0, DURATION_US // 1000), max_size=4).map(sorted))
@few
def test_a_run_cut_in_pieces_equals_the_whole_whatever_is_lost_and_late(cuts):
    edges = [0, *(1000 * cut for cut in cuts), DURATION_US]
    whole, parts = opened(ROUGH), opened(ROUGH)
    assert rest_of(parts, edges, stimulus(1)) == rows_of(whole.run(stimulus(1), DURATION_US))
    assert parts.books == whole.books and whole.books["lost_in"] > 0 < whole.books["lost_out"]


def test_every_start_from_rest_is_another_trial_and_a_fresh_board_repeats_them_all():
    def answers() -> list:
        board, out = opened(ROUGH), []
        for _ in range(3):
            out.append(rows_of(board.run(stimulus(2), DURATION_US)))
            board.settle()
        return out

    first = answers()
    assert first == answers()
    assert len({str(rows) for rows in first}) == 3


def test_trials_are_the_same_in_one_batch_or_several_on_one_board():
    trials = [Trial(stimulus(k), DURATION_US) for k in range(4)]
    one, several = opened(ROUGH), opened(ROUGH)
    together = [rows_of(out) for out in one.run_trials(trials)]
    pieces = several.run_trials(trials[:1]) + several.run_trials(trials[1:])
    assert [rows_of(out) for out in pieces] == together
    assert one.books == several.books


def test_a_board_of_a_fleet_loses_what_it_loses_alone():
    boards = [VirtualBoard(), parse_board(ROUGH), VirtualBoard(loss=0.2)]
    trials = [Trial(stimulus(k), DURATION_US) for k in range(2)]
    fleet = play(build_fleet(lively(), boards), trials)
    for board, answers, books in zip(boards, fleet.events, fleet.books, strict=True):
        alone = SimulatedBoard(board)
        alone.program(lively())
        assert [rows_of(e) for e in alone.run_trials(trials)] == [rows_of(e) for e in answers]
        assert alone.books == books.record(board)
    assert fleet.books[0] == BusBooks() != fleet.books[1]


def test_every_word_arrives_waits_or_is_lost():
    waiting, arrived, lost = NOTHING_SENT, 0, 0
    bus = Bus(VirtualBoard(loss=0.2, jitter_us=30_000), "in")
    for part in range(10):
        some = between(MANY, part * 20_000, (part + 1) * 20_000)
        came = bus.carry(some, 20_000, 0, waiting)
        waiting, arrived, lost = came.waiting, arrived + len(came.arrived), lost + came.lost
        assert arrived + len(waiting.events) + lost == waiting.sent == 200 * (part + 1)
    assert lost > 300 and len(waiting.events) > 100


def test_words_on_the_bus_when_a_trial_is_over_are_booked():
    board = opened("sim:jitter_us=50000")
    some = stimulus(3)
    board.run(some, DURATION_US)
    assert not any(board.books.values())
    board.settle()
    assert board.books["undelivered"] > 0
    once = board.books
    board.settle()
    assert board.books == once


def test_what_is_late_at_the_end_of_a_trial_comes_after_its_end_and_of_a_run_in_the_next():
    trains = monitored([synapse(weight=0b1111)], i_threshold=1e-11)
    board = SimulatedBoard(parse_board("sim:jitter_us=20000"))
    board.program(trains)
    drive = events(range(0, 50_000, 1_000))
    (late,) = board.run_trials([Trial(drive, 50_000)])
    assert (late.time_us >= 50_000).any() and (np.diff(late.time_us) >= 0).all()
    board.program(trains)
    first, second = board.run(drive, 50_000), board.run(Events.none(), 400_000)
    assert first.time_us.max() < 50_000 and len(second) > 0
    assert len(first) == (late.time_us < 50_000).sum()


@pytest.mark.parametrize("name", ["sim", "sim:loss=0", "sim:jitter_us=0", "sim:temperature_C=17"])
def test_switches_that_are_off_are_not_there(name: str):
    assert parse_board(name) == VirtualBoard()
    assert opened(name).run_trials([]) == [] and opened(name).books == {"saturated": 0}
