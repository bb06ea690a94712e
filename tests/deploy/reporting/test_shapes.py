"""Numbers behind figures: no chip is lost in a stack, no stack mixes, a waterfall adds up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.population.promise import Promise
from analoop.deploy.reporting.boards import deviations_hz
from analoop.deploy.reporting.drawn import MOST_TRIALS, draw
from analoop.deploy.reporting.shapes import core_grid, pairs_of, stack, waterfall

from ..networks import PATIENT
from .judged import ladder
from .played import NEURONS, TRIALS, recording

SHARES = st.integers(0, 370).map(lambda right: right / 370)


@PATIENT
@given(st.lists(SHARES, min_size=1, max_size=60), SHARES)
def test_every_chip_has_a_brick_of_its_own_and_no_stack_mixes_kept_and_broken(
    accuracies: list[float], promised: float
) -> None:
    shape = stack(accuracies, promised)
    promise = Promise(promised)
    assert shape.kept.tolist() == [promise.kept_by(value) for value in accuracies]
    places = list(zip(np.round(shape.x, 9).tolist(), shape.y.tolist(), strict=True))
    assert len(set(places)) == len(accuracies)
    for x in set(shape.x.tolist()):
        assert len(set(shape.kept[shape.x == x].tolist())) == 1
        assert sorted(shape.y[shape.x == x].tolist()) == list(range(1, (shape.x == x).sum() + 1))
    assert np.all(np.abs(shape.x - accuracies) <= shape.width / 2 + 1e-6)


def test_the_bars_of_a_waterfall_lead_from_the_first_accuracy_to_the_last() -> None:
    made = ladder()
    steps = waterfall(made.record())
    level = steps[0].top
    for step in steps[1:]:
        if step.kind == "unknown":
            continue
        assert level in (pytest.approx(step.top), pytest.approx(step.bottom))
        level = step.bottom if step.kind in ("cost", "named") else step.top
    assert level == pytest.approx(made.known[-1][1].accuracy)
    assert [step.name for step in steps if step.kind == "named"] == [made.named]
    assert [step.kind for step in steps].count("unknown") == 1


@PATIENT
@given(st.integers(2, 7), st.integers(0, 2**31))
def test_a_deviation_is_from_the_median_of_the_others(boards: int, seed: int) -> None:
    rates = np.random.default_rng(seed).gamma(2.0, 20.0, (boards, 5))
    found = deviations_hz(rates)
    for b in range(boards):
        for n in range(5):
            others = sorted(rates[k, n] for k in range(boards) if k != b)
            middle = (others[(boards - 2) // 2] + others[(boards - 1) // 2]) / 2
            assert found[b, n] == pytest.approx(rates[b, n] - middle)


def test_one_board_alone_deviates_from_nothing() -> None:
    assert not deviations_hz(np.ones((1, 3))).any()


def test_what_is_drawn_is_whole_trials_the_same_on_every_board_and_seeded() -> None:
    plays = [recording("sim:seed=1", 1), recording("sim:seed=2", 2)]
    whole = draw(plays, 0)
    assert whole.shown == whole.there == sum(len(play.trial) for play in plays)
    assert whole.said == f"All {whole.there} spikes of the first repeats are drawn."
    few = draw(plays, 3, most=whole.there // 3)
    assert 0 < few.shown <= whole.there // 3
    assert 1 <= len(few.trials) < TRIALS and len(few.trials) <= MOST_TRIALS
    for one, play in zip(few.events, plays, strict=True):
        mine = np.isin(play.trial, few.trials)
        assert np.array_equal(few.trials[one.trial], play.trial[mine])
        assert np.array_equal(one.neuron, play.neuron[mine])
        assert np.allclose(one.time_ms, play.time_us[mine] / 1e3)
    assert str(few.shown) in few.said and "seed 3" in few.said
    again, other = draw(plays, 3, most=whole.there // 3), draw(plays, 4, most=whole.there // 3)
    assert np.array_equal(again.trials, few.trials)
    assert not np.array_equal(other.trials, few.trials)


def test_of_one_trial_that_is_too_large_a_part_is_drawn() -> None:
    plays = [recording("sim:seed=1", 1), recording("sim:seed=2", 2)]
    drawn = draw(plays, 0, most=500)
    assert len(drawn.trials) == 1 and 0 < drawn.shown <= 500


def test_neurons_stand_in_rows_of_sixteen_and_cores_do_not_overlap() -> None:
    address = np.array([[c, k, n] for c in (0, 2) for k in range(4) for n in range(256)])
    column, row, places = core_grid(address)
    assert len(set(zip(column.tolist(), row.tolist(), strict=True))) == len(address)
    assert len(places) == 8 and places[5] == ("chip 2 core 1", 17, -19)
    assert (column[17], row[17]) == (1, -1)


def test_up_to_four_boards_are_held_against_each_other_more_against_the_best() -> None:
    assert len(pairs_of(4)) == 6 and pairs_of(1) == []
    assert pairs_of(6) == [(k, 5) for k in range(5)]
    assert len(pairs_of(40)) == 11


def test_the_synthetic_boards_are_as_large_as_promised() -> None:
    assert len(recording("sim:seed=1", 1).names) == NEURONS
