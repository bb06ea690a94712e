"""Statistics of a study against scipy and numpy on made-up rows."""

import numpy as np
import pytest
from scipy.stats import levene, mannwhitneyu

from analoop.deploy.study_files import Row
from analoop.deploy.study_statistics import differences, summaries

CELLS = ("nominal 0", "mismatch 0.1")


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
    summary = {(s.method, s.cell): s for s in summaries(made, CELLS, 0)}
    mine = [row for row in made if (row.method, row.cell) == ("one", CELLS[1])]
    accuracy = [row.accuracy for row in mine]
    found = summary["one", CELLS[1]]
    assert (found.rows, found.accuracy_mean) == (100, pytest.approx(np.mean(accuracy)))
    assert found.accuracy_median == np.median(accuracy)
    assert found.accuracy_p10 == np.percentile(accuracy, 10)
    assert found.mse_growth == pytest.approx(np.median([row.mse_target for row in mine]) / 0.02)
    assert found.accuracy_mean_low < found.accuracy_mean < found.accuracy_mean_high


def test_the_interval_is_wider_when_networks_differ_than_when_draws_do(made: list[Row]):
    """Ten draws of one network are not ten networks."""
    base = np.linspace(0.5, 0.9, 10)
    of_networks = rows("networks", CELLS[1], np.repeat(base, 10), np.ones(100))
    of_draws = rows("draws", CELLS[1], np.tile(base, 10), np.ones(100))
    wide, narrow = (
        s.accuracy_mean_high - s.accuracy_mean_low
        for s in summaries(of_networks + of_draws, CELLS, 0)
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
