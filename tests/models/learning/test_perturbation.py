"""What chips do to a student: with the statistics that were asked for, and nothing else."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analoop.models.learning.perturbation import mismatched, quantized, weakened
from analoop.models.learning.student import Perturbed, Student


def student(**arrays: np.ndarray) -> Student:
    return Student("some", "some-task", arrays, {})


LARGE = np.full(40_000, 2.0, np.float32)


@pytest.mark.parametrize("level", [0.05, 0.3])
def test_each_entry_deviates_by_the_level_times_itself(level: float):
    before = student(w=LARGE, other=LARGE)
    after = mismatched(before, level, [Perturbed("w")], np.random.default_rng(0))
    deviation = after.arrays["w"] / 2.0 - 1.0
    assert deviation.std() == pytest.approx(level, rel=0.02)
    assert abs(deviation.mean()) < 5 * level / np.sqrt(len(LARGE))
    assert (after.arrays["other"] == LARGE).all() and (before.arrays["w"] == LARGE).all()


def test_a_scale_replaces_the_size_of_the_entry_and_positives_stay_so():
    how = [Perturbed("v", scale=25.0), Perturbed("tau", positive=True)]
    zero = student(v=np.zeros(40_000, np.float32), tau=LARGE)
    after = mismatched(zero, 0.8, how, np.random.default_rng(1)).arrays
    assert after["v"].std() == pytest.approx(20.0, rel=0.02)
    assert (after["tau"] >= 0).all() and after["tau"].dtype == np.float32


def test_level_zero_is_the_student_itself():
    same = mismatched(student(w=LARGE), 0.0, [Perturbed("w")], np.random.default_rng(0))
    assert same.hash == student(w=LARGE).hash


arrays = st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=50).map(
    lambda values: np.array(values, np.float32)
)


@given(arrays, st.integers(2, 6))
@example(np.array([0, 1e-45], np.float32), 2)  # its step is below the least float32
def test_coarse_weights_are_multiples_of_a_step_and_nearest_to_what_they_were(w, bits):
    got = quantized(student(w=w), bits, ["w"]).arrays["w"].astype(float)
    spread = float(w.max() - w.min())
    if spread == 0:
        assert (got == w).all()
        return
    step = spread / (2**bits - 1)
    multiple = got / step
    assert np.abs(multiple - np.round(multiple)).max() < 1e-3 * max(1, np.abs(multiple).max())
    assert np.abs(got - w).max() <= step / 2 * (1 + 1e-4) + 1e-6
    assert len(np.unique(np.round(multiple))) <= 2**bits + 1


def test_weakening_touches_what_is_named():
    after = weakened(student(w=LARGE, other=LARGE), 0.5, ["w"])
    assert (after.arrays["w"] == 1.0).all() and (after.arrays["other"] == 2.0).all()
