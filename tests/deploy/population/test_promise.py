"""Promises and verdicts: two thousand gates on populations whose yield is known."""

import numpy as np
import pytest
from scipy.stats import binom

from analoop.deploy.population.promise import FURTHEST, Promise, judge
from analoop.models import InputError

PROMISE = Promise(0.85)


def gates(true_share: float, gates: int, most: int, seed: int) -> list:
    """Verdicts on populations of which this share keeps the promise."""
    random = np.random.default_rng(seed)
    return [judge(np.where(random.random(most) < true_share, 0.9, 0.8), PROMISE)
            for _ in range(gates)]  # fmt: skip


def share_of(verdicts: list, outcome: str) -> float:
    return sum(v.outcome == outcome for v in verdicts) / len(verdicts)


def test_of_two_thousand_gates_on_the_border_at_most_one_in_twenty_passes_or_fails():
    """Exactly the promised share keeps it, where a wrong verdict is most likely."""
    verdicts = gates(0.9, 2000, 200, seed=1)
    rare = binom.ppf(0.999, 2000, 0.05) / 2000
    assert share_of(verdicts, "pass") <= rare
    assert share_of(verdicts, "fail") <= rare
    low = sum(v.at_least > 0.9 for v in verdicts) / 2000
    high = sum(v.at_most < 0.9 for v in verdicts) / 2000
    assert low <= rare
    assert high <= rare


def test_a_population_below_the_promised_share_hardly_ever_passes():
    verdicts = gates(0.85, 400, 200, seed=2)
    assert share_of(verdicts, "pass") <= 0.02


def test_a_good_population_passes_and_a_bad_one_fails():
    assert share_of(gates(0.98, 200, 200, seed=3), "pass") >= 0.97
    assert share_of(gates(0.75, 200, 200, seed=4), "fail") >= 0.97


def test_a_verdict_is_not_changed_by_chips_after_it():
    good = [0.9] * 40
    early = judge(good, PROMISE)
    assert (early.outcome, early.more) == ("pass", None)
    assert judge(good + [0.1] * 100, PROMISE) == early
    assert early.chips < 40


def test_what_is_undecided_says_how_many_chips_would_settle_it():
    some = judge([0.9] * 10, PROMISE)
    assert some.outcome == "undecided"
    assert some.more is not None
    assert judge([0.9] * (10 + some.more), PROMISE).outcome == "pass"
    assert judge([0.9] * (9 + some.more), PROMISE).outcome == "undecided"
    assert f"about {some.more} more chips" in str(some)
    none = judge([], PROMISE)
    assert (none.outcome, none.chips, none.kept) == ("undecided", 0, 0)
    assert none.more == 10 + some.more


def test_what_no_number_of_chips_settles_says_so():
    border = judge(([0.9] * 9 + [0.1]) * 10, PROMISE)
    assert (border.outcome, border.more) == ("undecided", None)
    assert f"{FURTHEST} chips would not settle it" in str(border)
    assert border.at_least < 0.9 < border.at_most


def test_an_accuracy_that_is_the_promised_one_keeps_it_however_it_was_rounded():
    assert Promise(0.7).kept_by(sum([0.1] * 7))
    assert Promise(17 / 20).kept_by(0.85)
    assert not Promise(0.85).kept_by(0.8499)


def test_a_promise_that_makes_no_sense_names_everything_that_is_wrong():
    with pytest.raises(InputError) as caught:
        Promise(1.5, share=1.0, confidence=0.0)
    assert caught.value.code == "PROMISE"
    for name in ("accuracy 1.5", "share 1.0", "confidence 0.0"):
        assert name in str(caught.value)


def test_the_sentence_says_what_was_promised_and_what_was_seen():
    said = str(judge([0.9] * 33, PROMISE))
    wanted = "PASS: at least 90 % of chips like these reach 85 % accuracy, with 95 % confidence"
    assert said == f"{wanted}; 33 of 33 did"
