"""The weight quantiser: how good, how legal, how it fails."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analoop.deploy import (
    WeightCode,
    decode_masks,
    encode_masks,
    fit_weight_currents,
    nearest_levels,
    snr_db,
    subset_sums,
)
from analoop.hw import DYNAPSE2, bias
from analoop.models import InputError

WEIGHTS = 14_000
"""About the weights of a recurrent network of 255 neurons with 16 inputs."""
LEGAL = bias.legal_currents("SYAM_W0_P")
LARGEST_SUM = 4 * LEGAL.amps[-1]

amps = st.floats(1e-12, 1.9e-6)
weight_lists = st.lists(amps, min_size=1, max_size=12)
four_currents = st.lists(st.floats(1e-12, 4e-7), min_size=4, max_size=4)


def draw(kind: str, seed: int, count: int = WEIGHTS) -> NDArray[np.float64]:
    """Weight magnitudes, the largest 30 nA [A]."""
    rng = np.random.default_rng(seed)
    samples = {
        "gaussian": lambda: rng.standard_normal(count),
        "uniform": lambda: rng.random(count),
        "student_t3": lambda: rng.standard_t(3, count),
        "lognormal": lambda: rng.lognormal(0.0, 1.0, count),
    }[kind]()
    return np.abs(samples) / np.abs(samples).max() * 30e-9


def quality(weights: NDArray[np.float64]) -> float:
    """SNR of these weights with the currents fitted to them [dB]."""
    return snr_db(weights, nearest_levels(weights, fit_weight_currents(weights).currents))


def squared_error(weights: NDArray[np.float64], currents: tuple[float, ...]) -> float:
    return float(np.sum((nearest_levels(weights, currents) - weights) ** 2))


def test_gaussian_weights_keep_24_db():
    assert np.median([quality(draw("gaussian", seed)) for seed in range(5)]) > 24.0


@pytest.mark.parametrize("kind", ["student_t3", "lognormal"])
def test_heavy_tailed_weights_keep_14_5_db_in_the_median(kind: str):
    """Single draws run from 11.7 to 16.7 dB: the largest of 14,000 weights decides."""
    assert np.median([quality(draw(kind, seed)) for seed in range(15)]) > 14.5


def test_rockpool_defect_quantizer_collapses_to_five_levels():
    """Rockpool 3.1.0 fits four nearly equal currents: 16 masks, 5 magnitudes, 12.5 dB."""
    weights = draw("gaussian", 0)
    code = fit_weight_currents(weights)
    assert code.currents[3] > 6 * code.currents[0]
    assert len(np.unique(encode_masks(weights, code.currents))) == 16
    sums = np.sort(subset_sums(code.currents))
    distinct = 1 + np.count_nonzero(np.diff(sums) > 0.01 * sums[-1])
    assert distinct >= 14


def test_weights_that_four_currents_can_make_are_kept_exactly():
    currents = LEGAL.amps[[700, 800, 900, 1000]]
    weights = subset_sums(currents)[1:]
    assert quality(np.repeat(weights, 20)) > 80.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(40, LEGAL.amps.size - 1), min_size=4, max_size=4, unique=True),
    st.integers(0, 2**32 - 1),
)
def test_weights_that_a_chip_holds_are_held_exactly_again(chosen: list[int], seed: int):
    currents = LEGAL.amps[chosen]
    held = subset_sums(currents)[1:]
    number = np.random.default_rng(seed).integers(1, 100, held.size)
    weights = np.repeat(held, number)
    found = nearest_levels(weights, fit_weight_currents(weights).currents)
    assert np.abs(found - weights).max() <= 1e-9 * weights.max()


def test_the_best_of_all_legal_choices_is_found_in_a_table_small_enough_to_try_them_all():
    entries = np.searchsorted(LEGAL.amps, np.geomspace(2e-10, 3e-8, 12))
    table = bias.LegalCurrents(LEGAL.amps[entries], LEGAL.coarse[entries], LEGAL.fine[entries])
    for seed in range(12):
        weights = draw("gaussian", seed, count=60)
        fitted = squared_error(weights, fit_weight_currents(weights, table).currents)
        choices = combinations_with_replacement(table.amps, 4)
        best = min(squared_error(weights, choice) for choice in choices)
        assert fitted <= best * (1 + 1e-9)


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "lognormal"])
@pytest.mark.parametrize(("count", "seed"), [(5, 0), (5, 2), (5, 3), (40, 0), (2000, 0)])
def test_no_single_current_can_be_replaced_by_a_better_legal_one(kind: str, count: int, seed: int):
    weights = draw(kind, seed, count)
    currents = fit_weight_currents(weights).currents
    fitted = squared_error(weights, currents)
    for place in range(4):
        for replacement in LEGAL.amps[::3]:
            other = (*currents[:place], float(replacement), *currents[place + 1 :])
            assert squared_error(weights, other) >= fitted * (1 - 1e-6)


@settings(deadline=None, max_examples=40)
@given(weight_lists)
def test_a_code_is_legal_ascending_and_names_the_currents_it_gives(values: list[float]):
    code = fit_weight_currents(values)
    assert list(code.currents) == sorted(code.currents)
    for name, setting, current in zip(
        DYNAPSE2.weight_parameters, code.biases, code.currents, strict=True
    ):
        assert bias.current(name, setting.coarse, setting.fine) == current


@settings(deadline=None, max_examples=40)
@given(weight_lists)
def test_the_largest_weight_is_never_lost(values: list[float]):
    largest = max(values)
    code = fit_weight_currents(values)
    assert nearest_levels(largest, code.currents) == pytest.approx(largest, rel=0.5)


@settings(deadline=None, max_examples=20)
@given(weight_lists, st.randoms(use_true_random=False))
def test_the_code_depends_neither_on_the_order_nor_on_the_shape(values: list[float], random):
    shuffled = random.sample(values, len(values))
    assert fit_weight_currents(values) == fit_weight_currents(np.array(shuffled)[:, None])


def test_the_same_weights_give_the_same_code_every_time():
    weights = draw("gaussian", 3)
    assert fit_weight_currents(weights) == fit_weight_currents(weights.copy())


def test_weights_of_zero_do_not_count():
    weights = draw("gaussian", 1, count=500)
    padded = np.concatenate([weights, np.zeros(5000)])
    assert fit_weight_currents(padded) == fit_weight_currents(weights)


@pytest.mark.parametrize("nothing", [[], np.zeros((3, 0)), [0.0, 0.0]])
def test_a_core_without_weights_gets_a_legal_default(nothing: object):
    code = fit_weight_currents(nothing)  # pyright: ignore[reportArgumentType]
    assert code.currents == pytest.approx((1e-9, 2e-9, 4e-9, 8e-9), rel=0.02)
    assert all(isinstance(setting, bias.Bias) for setting in code.biases)


@pytest.mark.parametrize("amps", [1e-12, 3e-9, 1.9e-6])
@pytest.mark.parametrize("count", [1, 1000])
def test_equal_weights_are_met_within_half_a_percent(amps: float, count: int):
    assert quality(np.full(count, amps)) > 46.0


def test_weights_over_six_decades_keep_the_large_ones():
    weights = np.geomspace(1e-12, 2e-6, 999)
    code = fit_weight_currents(weights)
    assert sum(code.currents) > 1.5e-6
    assert quality(weights) > 19.0


def test_weights_far_below_the_weakest_current_get_a_legal_code():
    code = fit_weight_currents([1e-310])
    assert code.currents[0] == LEGAL.amps[0]
    assert encode_masks([1e-310], code.currents) == 0


def test_a_weight_beyond_the_largest_sum_is_refused_with_both_numbers():
    with pytest.raises(InputError, match="5e-06 A.*1.976e-06 A.*2.53") as caught:
        fit_weight_currents([1e-9, 5e-6])
    assert caught.value.code == "WEIGHT_UNREACHABLE"
    assert isinstance(fit_weight_currents([1.09 * LARGEST_SUM]), WeightCode)
    with pytest.raises(InputError):
        fit_weight_currents([1.11 * LARGEST_SUM])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1e-9])
def test_values_that_are_no_magnitudes_are_refused(wrong: float):
    for use in (fit_weight_currents, lambda values: encode_masks(values, (1e-9,) * 4)):
        with pytest.raises(InputError, match="1 of 3") as caught:
            use([1e-9, wrong, 2e-9])
        assert caught.value.code == "WEIGHT_INVALID"


@given(st.lists(st.floats(0, 2e-6), min_size=1, max_size=8), four_currents)
def test_every_mask_is_the_best_of_all_sixteen(values: list[float], currents: list[float]):
    masks = encode_masks(values, currents)
    chosen = np.abs(decode_masks(masks, currents) - values)
    everything = np.abs(subset_sums(currents)[:, None] - values)
    assert masks.dtype == np.uint8
    np.testing.assert_allclose(chosen, everything.min(axis=0), rtol=1e-9, atol=1e-24)


def test_bit_k_of_a_mask_adds_current_k():
    currents = (1.0, 10.0, 100.0, 1000.0)
    assert decode_masks([0b0000, 0b0001, 0b1010, 0b1111], currents).tolist() == [0, 1, 1010, 1111]


def test_ties_go_to_the_smaller_sum_and_the_smallest_mask():
    equal = (1.0, 1.0, 1.0, 1.0)
    assert encode_masks([0.5, 1.0, 1.5, 2.0, 4.0, 9.0], equal).tolist() == [0, 1, 1, 3, 15, 15]


def test_masks_keep_the_shape_of_the_weights():
    weights = draw("gaussian", 0, count=12).reshape(3, 4)
    currents = fit_weight_currents(weights).currents
    assert encode_masks(weights, currents).shape == (3, 4)
    assert nearest_levels(weights, currents).shape == (3, 4)


def test_snr_counts_decibels_of_the_whole_error():
    assert snr_db([3.0, 4.0], [3.0, 4.5]) == pytest.approx(20.0)
    assert snr_db([1.0, 2.0], [1.0, 2.0]) == np.inf
    assert snr_db([0.0], [1.0]) == -np.inf
