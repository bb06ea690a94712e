"""Holm's adjustment against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.comparison.multiplicity import holm


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.5))
def test_what_is_rejected_is_what_holms_steps_reject(p: list[float], alpha: float) -> None:
    adjusted = holm(p)
    rejected = set()
    for step, k in enumerate(sorted(range(len(p)), key=lambda k: (p[k], k))):
        if p[k] * (len(p) - step) >= alpha:
            break
        rejected.add(k)
    assert set(np.flatnonzero(adjusted < alpha)) == rejected


def test_questions_that_were_not_asked_do_not_count() -> None:
    adjusted = holm([[0.01, np.nan], [np.nan, 0.03]])
    assert adjusted[0, 0] == 0.02
    assert adjusted[1, 1] == 0.03
    assert np.isnan(adjusted).sum() == 2
