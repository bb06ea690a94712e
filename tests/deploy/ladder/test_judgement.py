"""Exact tests, against values known otherwise."""

import numpy as np
import pytest

from analoop.deploy.ladder.judgement import mcnemar


def test_mcnemar_counts_only_trials_that_change():
    above = np.array([True] * 10 + [False] * 50 + [True] * 40)
    here = np.array([False] * 9 + [True] + [False] * 49 + [True] + [True] * 40)
    lost, won = 9, 1
    coin = sum([1, 10]) * 2 / 2**10  # at most one of ten, either way
    assert (lost, won) == (int((above & ~here).sum()), int((here & ~above).sum()))
    assert mcnemar(above, here) == pytest.approx(coin)
    assert mcnemar(here, above) == mcnemar(above, here)


def test_rungs_that_decide_alike_do_not_differ():
    same = np.array([True, False, True])
    assert mcnemar(same, same) == 1.0
