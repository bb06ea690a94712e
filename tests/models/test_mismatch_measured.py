"""The sampler of chips as measured, against what was measured (chip.md 4.3, paper.md 6.1)."""

import numpy as np
import pytest
from scipy.stats import kurtosis, skew, spearmanr

from analoop.models.mismatch import Draw, doubled_weights, sample_factor, spread
from analoop.models.mismatch_table import numbers_of
from analoop.models.parameters import CONSTANTS

CHIPS, CORES, NEURONS = 40, 4, 256
CORE = Draw(seed=11, level=1.0, shape=(1, 200, NEURONS))
"""Two hundred cores like the measured one."""


def leak(tau_ms: float) -> float:
    """Leak current [A] of a soma time constant."""
    return CONSTANTS.leak_current(1e-3 * tau_ms, CONSTANTS.c_mem)


def base(epsp_mv: float) -> float:
    """Base current [A] that stands for an EPSP."""
    law = numbers_of("measured", "weight_nmda")
    return law["anchor_current"] * epsp_mv / law["anchor_set"]


def relative(factor: np.ndarray) -> np.ndarray:
    """Deviation of every neuron from the mean of its core, [core, neuron]."""
    cores = factor.reshape(-1, factor.shape[-1])
    return cores / cores.mean(axis=1, keepdims=True) - 1


def trimmed_cv(factor: np.ndarray) -> float:
    """Coefficient of variation within a core without what lies 3 quartile distances outside."""
    values = relative(factor).ravel()
    low, high = np.percentile(values, [25, 75])
    kept = values[(values > low - 3 * (high - low)) & (values < high + 3 * (high - low))]
    return float(kept.std() / (1 + kept.mean()))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's rho of every core."""
    pairs = zip(a.reshape(-1, NEURONS), b.reshape(-1, NEURONS), strict=True)
    return np.array([spearmanr(x, y)[0] for x, y in pairs])


def taus(tau_ms: float, draw: Draw = CORE) -> np.ndarray:
    return 1 / sample_factor(draw, "i_tau_mem", leak(tau_ms))


@pytest.mark.parametrize("tau_ms", [5.7, 12.0, 25.0, 61.0])
def test_time_constants_spread_by_7_to_8_percent_as_measured(tau_ms: float):
    assert trimmed_cv(taus(tau_ms)) == pytest.approx(0.089 * tau_ms**-0.04, rel=0.03)
    assert 0.072 < trimmed_cv(taus(tau_ms)) < 0.086


def test_two_to_three_percent_of_time_constants_are_far_too_long():
    share = (relative(taus(20.0)) > 0.30).mean()
    assert 0.016 < share < 0.031
    assert (relative(taus(20.0)) < -0.30).mean() < 0.001
    assert 0.08 < relative(taus(20.0)).std() < 0.21


@pytest.mark.parametrize(
    ("epsp_mv", "cv"),
    [(3, 0.22), (5.5, 0.19), (7.5, 0.17), (13, 0.14), (21, 0.12), (29, 0.11), (42, 0.10),
     (79, 0.08)],
)  # fmt: skip
def test_slow_weights_spread_as_measured(epsp_mv: float, cv: float):
    factor = sample_factor(CORE, "weight_nmda", base(epsp_mv))
    assert trimmed_cv(factor) == pytest.approx(cv, rel=0.06)


@pytest.mark.parametrize(
    ("epsp_mv", "cv"),
    [(2.9, 0.21), (5.4, 0.17), (9.5, 0.13), (18, 0.105), (25, 0.09), (45, 0.076)],
)
def test_fast_weights_spread_as_measured(epsp_mv: float, cv: float):
    factor = sample_factor(CORE, "weight_ampa", base(epsp_mv))
    assert trimmed_cv(factor) == pytest.approx(cv, rel=0.06)


def test_outside_of_what_was_measured_the_spread_stays_that_of_the_end():
    law = numbers_of("measured", "weight_nmda")
    ends = spread("weight_nmda", np.array([base(law["set_low"]), base(law["set_high"])]))
    far = spread("weight_nmda", np.array([5e-13, 1e-5]))
    assert far == pytest.approx(ends)


def test_slow_weights_are_log_normal_not_normal():
    factor = sample_factor(CORE, "weight_nmda", base(5.5))
    values = 1 + relative(factor).ravel()
    assert abs(skew(np.log(values))) < 0.05 and abs(kurtosis(np.log(values))) < 0.25
    assert skew(values) > 0.4


def test_slow_weights_beyond_30_percent_are_as_frequent_as_measured():
    share = {mv: (np.abs(relative(sample_factor(CORE, "weight_nmda", base(mv)))) > 0.3).mean()
             for mv in (7.5, 29)}  # fmt: skip
    assert share[7.5] == pytest.approx(0.07, abs=0.015)
    assert share[29] < 0.012


def test_slow_weights_have_a_gradient_along_the_neuron_index():
    values = relative(sample_factor(CORE, "weight_nmda", base(29)))
    index = np.broadcast_to(np.arange(NEURONS), values.shape)
    rho = rank_correlation(values, index)
    assert np.abs(rho).mean() == pytest.approx(0.54, abs=0.05)
    assert 0.35 < (rho > 0).mean() < 0.65, "its sign differs from core to core"
    lag = {k: np.mean([np.corrcoef(v[:-k], v[k:])[0, 1] for v in values]) for k in (1, 16)}
    assert lag[1] == pytest.approx(0.34, abs=0.07)
    assert lag[16] == pytest.approx(0.32, abs=0.07)


def test_neighbours_average_worse_than_scattered_neurons():
    values = relative(sample_factor(CORE, "weight_nmda", base(29)))
    contiguous = values.reshape(len(values), 16, 16).mean(axis=2).std()
    order = np.random.default_rng(0).permutation(NEURONS)
    scattered = values[:, order].reshape(len(values), 16, 16).mean(axis=2).std()
    assert contiguous == pytest.approx(0.060, rel=0.12)
    assert scattered == pytest.approx(0.027, rel=0.08)


@pytest.mark.parametrize(("name", "at"), [("i_tau_mem", leak(20.0)), ("weight_ampa", base(20))])
def test_time_constants_and_fast_weights_are_white_along_the_index(name: str, at: float):
    values = np.log(sample_factor(CORE, name, at)[0])
    index = np.broadcast_to(np.arange(NEURONS), values.shape)
    assert np.abs(rank_correlation(values, index)).mean() < 0.07
    assert abs(np.mean([np.corrcoef(v[:-1], v[1:])[0, 1] for v in values])) < 0.03


@pytest.mark.parametrize(
    ("name", "settings", "low", "high"),
    [
        ("i_tau_mem", [leak(t) for t in (6, 20, 60)], 0.75, 0.98),
        ("weight_nmda", [base(v) for v in (15, 29, 79)], 0.81, 0.91),
        ("weight_ampa", [base(v) for v in (6, 18, 45)], 0.67, 0.88),
    ],
)
def test_a_neurons_deviation_persists_at_another_setting(name, settings, low, high):
    drawn = [sample_factor(CORE, name, amps) for amps in settings]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        rho = rank_correlation(drawn[one], drawn[other])
        assert low < rho.mean() < high
        assert np.percentile(rho, 2) > low - 0.07 and np.percentile(rho, 98) < high + 0.07


def test_the_same_setting_always_gives_the_same_neurons():
    amps = np.repeat([[leak(10.0), leak(20.0)]], 100, axis=1)
    mixed = sample_factor(CORE, "i_tau_mem", amps)
    assert (mixed[:, :100] == sample_factor(CORE, "i_tau_mem", leak(10.0))[:, :100]).all()
    assert (mixed[:, 100:] == sample_factor(CORE, "i_tau_mem", leak(20.0))[:, 100:]).all()


def test_chips_and_cores_are_offset_as_the_table_says():
    draw = Draw(5, 1.0, (600, CORES, 16))
    for name, amps in (("i_threshold", 2e-9), ("i_w1", 2e-9)):
        law = numbers_of("measured", name)
        log = np.log(sample_factor(draw, name, amps))
        local = law["cv"] / 4  # what 16 neurons leave of it
        chip_mean = log.mean(axis=(1, 2))
        core_mean = log.mean(axis=2) - log.mean(axis=(1, 2))[:, None]
        core = np.hypot(law["core_sd"], local)
        assert core_mean.std() == pytest.approx(core * np.sqrt(3 / 4), rel=0.06)
        assert chip_mean.std() == pytest.approx(np.hypot(law["chip_sd"], core / 2), rel=0.12)
        assert abs(chip_mean.mean()) < 5 * chip_mean.std() / np.sqrt(600)


def test_a_base_current_has_one_factor_for_a_whole_core():
    factor = sample_factor(Draw(1, 1.0, (2, CORES, NEURONS)), "i_w2", 1e-9)
    assert (factor == factor[..., :1]).all()
    assert len(np.unique(factor)) == 2 * CORES


def test_eighteen_percent_of_neurons_have_exactly_doubled_fast_weights():
    draw = Draw(3, 0.0, (CHIPS, CORES, NEURONS))
    doubled = doubled_weights(draw, "ampa")
    assert set(np.unique(doubled)) == {1.0, 2.0}
    assert (doubled == 2.0).mean() == pytest.approx(0.18, abs=5 * np.sqrt(0.18 * 0.82 / 40_960))
    assert (doubled_weights(draw, "nmda") == 1.0).all()
