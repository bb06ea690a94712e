"""Noise on a board: off unless asked for, one story per trial, whatever the batch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import (
    Events,
    SimulatedBoard,
    Trial,
    VirtualBoard,
    build_fleet,
    parse_board,
    run_trials,
)
from analoop.models.runner import Runner

from .boards import between, few, monitored, played, rows_of
from .lively import DURATION_US, lively, stimulus

NOISY = "sim:seed=3,noise=20"
TRIALS = [Trial(stimulus(1), DURATION_US)] * 4


def opened(name: str) -> SimulatedBoard:
    board = SimulatedBoard(parse_board(name))
    board.program(lively())
    return board


def rows(outs: list[Events]) -> list[list[tuple]]:
    return [rows_of(out) for out in outs]


def test_noise_off_is_the_board_without_the_switch():
    assert parse_board("sim:seed=3,noise=0") == VirtualBoard(3)
    assert build_fleet(lively(), [VirtualBoard(3)]).coefficients.noise is None


def test_the_same_input_is_answered_differently_in_each_trial_and_alike_on_a_fresh_board():
    first, again = (rows(opened(NOISY).run_trials(TRIALS)) for _ in range(2))
    assert first == again
    assert len({str(row) for row in first}) == len(TRIALS)
    quiet = rows(opened("sim:seed=3").run_trials(TRIALS))
    assert len({str(row) for row in quiet}) == 1


def test_noise_moves_spikes_by_little_and_in_proportion_to_its_level():
    c = monitored([], "latch_so_dc", i_dc=1.5e-9)

    def wander(level: float) -> float:
        board = SimulatedBoard(VirtualBoard(noise=level))
        board.program(c)
        outs = board.run_trials([Trial(Events.none(), 60_000)] * 200)
        return float(np.std([out.time_us[2] for out in outs]))

    one, ten = wander(2.0), wander(20.0)
    assert ten / one == pytest.approx(10, rel=0.25)
    assert 5 < one < 200, "tens of microseconds in tens of milliseconds"


@given(cuts=st.lists(st.integers(0, DURATION_US // 1000), max_size=4).map(sorted))
@few
def test_a_noisy_run_cut_in_pieces_equals_the_whole(cuts):
    edges, board, parts = [0, *(1000 * cut for cut in cuts), DURATION_US], opened(NOISY), []
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        out = board.run(between(stimulus(1), start, stop), stop - start)
        parts += [(time + start, *word) for time, *word in rows_of(out)]
    assert parts == rows_of(played(lively(), stimulus(1), DURATION_US, NOISY))


def test_trials_have_the_noise_of_their_number_in_any_batch_and_any_fleet():
    boards = [VirtualBoard(), parse_board(NOISY), VirtualBoard(4, noise=5.0), VirtualBoard(3)]
    alone = []
    for board in boards:
        one = SimulatedBoard(board)
        one.program(lively())
        alone.append(rows(one.run_trials(TRIALS[:1]) + one.run_trials(TRIALS[1:])))
    fleet = build_fleet(lively(), boards)
    for workers in (1, 3):
        together = run_trials(fleet, TRIALS, Runner(workers=workers))
        assert [rows(outs) for outs in together] == alone


def test_more_trials_than_fit_in_memory_are_played_in_turns_with_the_same_answers(monkeypatch):
    boards = [parse_board(f"{NOISY},loss=0.1,jitter_us=300")]
    fleet = build_fleet(lively(), boards)
    whole = run_trials(fleet, TRIALS)
    monkeypatch.setattr("analoop.hw.simulator.MOST_PENDING", 2 * fleet.pending)
    assert [rows(outs) for outs in run_trials(fleet, TRIALS)] == [rows(outs) for outs in whole]


def test_another_noise_seed_is_other_noise_on_the_same_chip():
    board = parse_board(NOISY)
    other = replace(board, noise_seed=1)
    a, b = (build_fleet(lively(), [x]) for x in (board, other))
    assert np.array_equal(a.weights, b.weights)
    assert rows(run_trials(a, TRIALS)[0]) != rows(run_trials(b, TRIALS)[0])


def test_the_readable_runner_hears_the_same_noise():
    fleet = build_fleet(lively(), [parse_board(NOISY)])
    quick, slow = (run_trials(fleet, TRIALS[:2], Runner(compiled=c))[0] for c in (True, False))
    assert rows(quick) == rows(slow)
