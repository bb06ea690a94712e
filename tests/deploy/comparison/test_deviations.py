"""Planted deviations of gain are named, sound boards are not, and equal ones seldom."""

import numpy as np
import pytest

from analoop.deploy.comparison.deviations import Deviations, deviations
from analoop.deploy.comparison.findings import unsettled
from analoop.deploy.comparison.gains import Gains

ADDRESS = np.stack(
    [np.zeros(80, np.int64), np.repeat([0, 1], 40), np.tile(np.arange(40), 2)], axis=1
)


def measured(
    rng: np.random.Generator, boards: int, repeats: int, noise: float, own: float = 0.0
) -> np.ndarray:
    """Log gains of boards that differ by chance only [board, repeat, neuron]."""
    common = rng.normal(0, 0.3, 80)
    chips = rng.normal(0, own, (boards, 1, 80))
    return common + chips + rng.normal(0, noise, (boards, repeats, 80))


def judged(log_gain: np.ndarray, quantum: float = 0.002) -> Deviations:
    shape = log_gain.shape
    gains = Gains(
        log_gain,
        np.full(shape[2], quantum),
        np.full(shape, 500),
        np.ones((shape[0], shape[2]), bool),
        np.arange(10),
        np.full(shape, 500.0),
    )
    return deviations(gains, ADDRESS, 0.05, 0.02)


def test_a_weak_core_and_odd_neurons_are_named_and_nothing_else() -> None:
    rng = np.random.default_rng(1)
    log_gain = measured(rng, 4, 5, 0.005)
    log_gain[2, :, :40] += np.log(0.85)
    odd = np.array([3, 17, 55])
    log_gain[3, :, odd] -= np.array([0.1, 0.3, 0.2])[:, None]
    found = judged(log_gain)
    assert np.argwhere(found.core_p < 0.05).tolist() == [[2, 0]]
    assert found.of_core[2, 0] == pytest.approx(np.log(0.85), abs=0.01)
    assert np.argwhere(found.neuron_p < 0.05).tolist() == [[3, 3], [3, 17], [3, 55]]
    assert found.of_neuron[3, odd] == pytest.approx([-0.1, -0.3, -0.2], abs=0.02)


@pytest.mark.parametrize(("boards", "repeats"), [(2, 1), (2, 4), (3, 2), (4, 1), (5, 6)])
def test_boards_that_differ_by_chance_only_are_seldom_flagged(boards: int, repeats: int) -> None:
    rng = np.random.default_rng(boards * 10 + repeats)
    flagged = 0
    for k in range(60):
        noise, own = (0.001, 0.02, 0.2)[k % 3], (0.0, 0.15)[k % 2]
        found = judged(measured(rng, boards, repeats, noise, own))
        flagged += bool((found.core_p < 0.025).any() or (found.neuron_p < 0.025).any())
    assert flagged <= 6  # of 60 at .05: 3, more than 6 once in 30 times


def test_a_difference_within_the_margin_is_none_however_sure_it_is() -> None:
    log_gain = measured(np.random.default_rng(2), 4, 8, 1e-6)
    log_gain[1, :, :40] += 0.04
    log_gain[2, :, 50] += 0.015
    found = judged(log_gain, quantum=1e-6)
    assert (found.core_p > 0.5).all()
    assert (found.neuron_p > 0.5).all()


def test_where_half_of_the_boards_agree_neither_half_is_the_odd_one() -> None:
    log_gain = measured(np.random.default_rng(3), 4, 5, 0.002)
    log_gain[2:, :, 7] -= 0.5
    found = judged(log_gain)
    assert (found.neuron_p[:, 7] > 0.5).all()
    (note,) = unsettled("ABCD", [f"neuron {k}" for k in range(80)], found, 0.05)
    assert note.startswith("not named: neuron 7 (A, B, C, D): ")


def test_what_is_named_or_alike_is_not_called_unsettled() -> None:
    log_gain = measured(np.random.default_rng(7), 4, 5, 0.002)
    log_gain[3, :, 7] -= 0.5
    found = judged(log_gain)
    assert found.neuron_p[3, 7] < 0.025
    assert unsettled("ABCD", [f"neuron {k}" for k in range(80)], found, 0.05) == ()


def test_a_core_that_is_weak_on_half_of_the_boards_is_said_to_be_unsettled() -> None:
    log_gain = measured(np.random.default_rng(8), 4, 5, 0.002)
    log_gain[:2, :, 40:] -= 0.2
    notes = unsettled("ABCD", [f"neuron {k}" for k in range(80)], judged(log_gain), 0.05)
    assert notes[0].startswith("not named: chip 0 core 1 (A, B, C, D): ")


def test_two_boards_are_named_both_in_opposite_directions() -> None:
    log_gain = measured(np.random.default_rng(4), 2, 5, 0.002)
    log_gain[1, :, :40] -= 0.2
    found = judged(log_gain)
    assert (found.core_p[:, 0] < 0.05).all()
    assert found.of_core[0, 0] == pytest.approx(-found.of_core[1, 0])


def test_boards_may_have_other_numbers_of_repeats_and_quiet_neurons_are_not_judged() -> None:
    rng = np.random.default_rng(5)
    log_gain = measured(rng, 3, 4, 0.005)
    log_gain[1, 2:] = np.nan
    log_gain[0, :, 9] -= 0.4
    spikes = np.where(np.isnan(log_gain), -1, 500)
    spikes[:, :, 20] = np.where(spikes[:, :, 20] < 0, -1, 3)
    inside = np.ones((3, 80), bool)
    gains = Gains(
        log_gain, np.full(80, 0.002), spikes, inside, np.arange(10), np.full(log_gain.shape, 500.0)
    )
    found = deviations(gains, ADDRESS, 0.05, 0.02)
    assert np.argwhere(found.neuron_p < 0.05).tolist() == [[0, 9]]
    assert np.isnan(found.of_neuron[:, 20]).all()


def test_a_neuron_that_spikes_on_one_board_alone_is_named_unless_its_input_explains_it() -> None:
    rng = np.random.default_rng(6)
    log_gain = measured(rng, 4, 3, 0.002)
    log_gain[:, :, [5, 6]] = 0.0
    spikes = np.full(log_gain.shape, 500)
    spikes[:, :, [5, 6, 7]] = rng.poisson(1, (4, 3, 3))
    spikes[2, :, [5, 6]] = 80
    expected = np.where(spikes < 50, 0.0, 500.0)
    expected[2, :, 5], expected[2, :, 6] = 1.0, 75.0
    inside = np.ones((4, 80), bool)
    gains = Gains(log_gain, np.full(80, 0.002), spikes, inside, np.arange(10), expected)
    found = deviations(gains, ADDRESS, 0.05, 0.02)
    assert np.argwhere(found.neuron_p < 0.05).tolist() == [[2, 5]]
