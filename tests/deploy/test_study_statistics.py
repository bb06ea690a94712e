"""Statistics of a study against scipy and numpy on made-up rows."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, levene, mannwhitneyu

from analoop.deploy.study_files import Row
from analoop.deploy.study_statistics import column, differences, summaries

CELLS = ("nominal 0", "mismatch 0.1")
MANY = 10**7
"""Test samples, so many that accuracies are known."""


def rows(method: str, cell: str, accuracy: np.ndarray, mse: np.ndarray) -> list[Row]:
    """Ten draws for each network."""
    pairs = zip(accuracy, mse, strict=True)
    return [
        Row(method, k // 10, cell, k % 10, float(a), float(e), None, 20.0, 1.0, "hash")
        for k, (a, e) in enumerate(pairs)
    ]


@pytest.fixture
def made() -> list[Row]:
    rng = np.random.default_rng(0)
    found = []
    for method, mean in (("one", 0.8), ("other", 0.6)):
        found += rows(method, CELLS[0], np.full(10, 0.9), np.full(10, 0.02))
        accuracy = np.clip(rng.normal(mean, 0.1, 100), 0, 1)
        found += rows(method, CELLS[1], accuracy, rng.gamma(2, 0.02 / mean, 100))
    return found


def test_a_cell_is_summed_up_as_numpy_does(made: list[Row]):
    summary = {(s.method, s.cell): s for s in summaries(made, CELLS, MANY, 0)}
    mine = [row for row in made if (row.method, row.cell) == ("one", CELLS[1])]
    accuracy = [row.accuracy for row in mine]
    found = summary["one", CELLS[1]]
    assert (found.rows, found.accuracy_mean) == (100, pytest.approx(np.mean(accuracy)))
    assert found.accuracy_median == np.median(accuracy)
    assert found.accuracy_p10 == np.percentile(accuracy, 10)
    error, of = found.errors["mse_target"], column(mine, "mse_target")
    assert (error.median, error.mean) == (pytest.approx(np.median(of)), pytest.approx(np.mean(of)))
    assert error.rise == pytest.approx(np.median(of) / 0.02 - 1)
    assert error.mean_rise == pytest.approx(np.mean(of) / 0.02 - 1)
    assert error.sd == pytest.approx(np.std(of, ddof=1))
    assert found.errors.keys() == {"mse_target"}, "what the rows do not have is left out"
    assert found.accuracy_mean_low < found.accuracy_mean < found.accuracy_mean_high


@pytest.mark.parametrize("wrong", [1, 2, 49_999])
def test_the_interval_of_a_mean_holds_it_where_nearly_all_is_right_or_wrong(wrong: int):
    """Bootstrap means are multiples of 1 / 500, so their percentiles may all be 1, or 0."""
    accuracy = np.ones(100)
    accuracy[: max(wrong // 500, 1)] = 1 - min(wrong, 500) / 500
    (found,) = summaries(rows("one", CELLS[1], accuracy, np.ones(100)), CELLS, 500, 0)
    assert found.accuracy_mean_low <= found.accuracy_mean <= found.accuracy_mean_high


def test_errors_rise_over_level_0_of_their_kind_where_there_is_one():
    cells = ("nominal 0", "mismatch 0", "mismatch 0.1", "bits 3")
    found = summaries(
        [row for cell, mse in zip(cells, (1.0, 2.0, 3.0, 4.0), strict=True)
         for row in rows("one", cell, np.ones(1), np.full(1, mse))], cells, 500, 0,
    )  # fmt: skip
    rises = {s.cell: s.errors["mse_target"].rise for s in found}
    assert rises == {"nominal 0": 0.0, "mismatch 0": 0.0, "mismatch 0.1": 0.5, "bits 3": 3.0}


def test_the_interval_is_wider_when_networks_differ_than_when_draws_do(made: list[Row]):
    """Ten draws of one network are not ten networks."""
    base = np.linspace(0.5, 0.9, 10)
    of_networks = rows("networks", CELLS[1], np.repeat(base, 10), np.ones(100))
    of_draws = rows("draws", CELLS[1], np.tile(base, 10), np.ones(100))
    wide, narrow = (
        s.accuracy_mean_high - s.accuracy_mean_low
        for s in summaries(of_networks + of_draws, CELLS, MANY, 0)
    )
    assert wide > 2 * narrow


def test_differences_are_those_of_scipy(made: list[Row]):
    nominal, found = differences(made, CELLS)
    by = {m: [r for r in made if (r.method, r.cell) == (m, CELLS[1])] for m in ("one", "other")}
    accuracy = [[row.accuracy for row in group] for group in by.values()]
    error = [[row.mse_target for row in group] for group in by.values()]
    assert found.accuracy_p == pytest.approx(mannwhitneyu(accuracy[0], accuracy[1]).pvalue)
    assert found.mse_p == pytest.approx(mannwhitneyu(error[0], error[1]).pvalue)
    assert found.spread_p == pytest.approx(levene(error[0], error[1]).pvalue)
    assert found.accuracy_p < 1e-6 and (found.first, found.second) == ("one", "other")
    assert nominal.accuracy_p == 1.0 and nominal.spread_p == 1.0, "two equal constants"


def test_errors_of_the_dynamics_rise_and_are_compared_where_both_follow_a_teacher(made: list[Row]):
    followed = [
        replace(row, mse_dynamics=2 * (row.mse_target or 0.0), nrmse_dynamics=row.mse_target)
        for row in made
        if row.method == "one"
    ]
    others = [replace(row, method="two", mse_dynamics=row.mse_target) for row in followed]
    alone = [row for row in made if row.method == "other"]
    summary = {(s.method, s.cell): s for s in summaries(followed, CELLS, MANY, 0)}
    errors = summary["one", CELLS[1]].errors
    assert errors["mse_dynamics"].median == 2 * errors["nrmse_dynamics"].median
    assert errors["mse_dynamics"].rise == pytest.approx(errors["mse_target"].rise)
    pairs = {
        (d.first, d.second): d
        for d in differences(followed + others + alone, CELLS)
        if d.cell == CELLS[1]
    }
    one, two = (
        [row.mse_dynamics for row in group if row.cell == CELLS[1]] for group in (followed, others)
    )
    found = pairs["one", "two"].dynamics_p
    assert found is not None and found < 1e-3
    assert found == pytest.approx(mannwhitneyu(one, two).pvalue)
    assert pairs["one", "other"].dynamics_p is None
    same = pairs["one", "two"].mse_p
    assert same is not None and same > 0.9, "their outputs are the same"


def test_the_interval_is_that_of_a_loop_over_networks_of_unequal_draws():
    """Networks are drawn, then draws of each: here by numpy's choice, one at a time."""
    rng = np.random.default_rng(3)
    sizes = (3, 10, 6)
    values = [rng.random(size) for size in sizes]
    given = [
        Row("m", k, CELLS[1], draw, float(a), 1.0, None, 1.0, 1.0, "h")
        for k, group in enumerate(values)
        for draw, a in enumerate(group)
    ]
    means = []
    for _ in range(20000):
        chosen = [values[k] for k in rng.integers(3, size=3)]
        means.append(np.concatenate([rng.choice(group, len(group)) for group in chosen]).mean())
    (found,) = summaries(given, CELLS, MANY, 0)
    bounds = (found.accuracy_mean_low, found.accuracy_mean_high)
    assert bounds == pytest.approx(np.percentile(means, (2.5, 97.5)), abs=0.02)


def test_an_accuracy_on_few_samples_is_no_better_known_than_so_many_throws_tell():
    """Of one row there was an interval of no width before."""
    row = Row("m", 0, CELLS[0], 0, 0.885, 1.0, None, 1.0, 1.0, "h")
    (found,) = summaries([row], CELLS, 200, 0)
    bounds = (found.accuracy_mean_low, found.accuracy_mean_high)
    assert bounds == pytest.approx(binom.ppf((0.025, 0.975), 200, 0.885) / 200, abs=0.006)


def test_networks_that_heard_the_same_samples_do_not_make_them_more():
    alike = [Row("m", k, CELLS[0], 0, 0.885, 1.0, None, 1.0, 1.0, "h") for k in range(10)]
    (one,), (ten,) = (summaries(given, CELLS, 200, 0) for given in (alike[:1], alike))
    width = one.accuracy_mean_high - one.accuracy_mean_low
    assert ten.accuracy_mean_high - ten.accuracy_mean_low > 0.9 * width
