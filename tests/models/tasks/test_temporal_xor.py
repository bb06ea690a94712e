"""Temporal XOR: what paper.md 2.1 says of its samples."""

import numpy as np
import pytest

from analoop.models.tasks.samples import Samples
from analoop.models.tasks.temporal_xor import draw_samples, temporal_xor

NUMBER = 2000
WINDOW = 2000 / 3  # [step]


@pytest.fixture(scope="module", params=[True, False], ids=["reversed gaps", "gaps of 0.1 s"])
def drawn(request: pytest.FixtureRequest) -> tuple[bool, Samples]:
    return request.param, draw_samples(NUMBER, np.random.default_rng(5), request.param)


def pulses(samples: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts and ends [step], each [sample, pulse], and which samples they are of: those whose
    pulses can be told apart.

    A unit-area Gaussian keeps the half height of a pulse at its ends. Pulses of one sign that
    nearly touch become one; of different signs, they are told apart however close, and measured
    up to 7 ms too short at the ends that touch.
    """
    start, end, which = [], [], []
    for k, row in enumerate(samples.input[:, :, 0]):
        level = np.r_[0, np.sign(row) * (np.abs(row) > 0.5), 0]
        edges = [np.flatnonzero(np.diff((level == s).astype(int))) for s in (1, -1)]
        runs = sorted((e[i], e[i + 1]) for e in edges for i in range(0, len(e), 2))
        if len(runs) == 2:
            start.append([run[0] for run in runs])
            end.append([run[1] for run in runs])
            which.append(k)
    return np.array(start), np.array(end), np.array(which)


def test_a_sample_lasts_a_second_and_both_labels_come_equally_often(drawn):
    _, samples = drawn
    assert samples.input.shape == (NUMBER, 1000, 1) and samples.target.shape == (NUMBER, 1000)
    assert abs(samples.label.mean() - 0.5) < 4 * 0.5 / np.sqrt(NUMBER)


def test_pulses_last_67_to_167_ms_never_overlap_and_end_by_550_ms(drawn):
    reversed_gaps, samples = drawn
    start, end, which = pulses(samples)
    assert samples.label[which].sum() == samples.label.sum(), "different signs: always two pulses"
    length = end - start
    short = 8 if reversed_gaps else 1  # see `pulses`
    assert length.min() >= WINDOW / 10 - short and length.max() <= WINDOW / 4 + 1
    assert abs(length.mean() - 7 / 40 * WINDOW) < 5
    assert (start[:, 1] > end[:, 0]).all() or reversed_gaps
    assert end.max() <= 551
    assert np.abs(samples.input).max() <= 1 + 1e-6, "pulses of one sign would add up"


def test_gaps_are_as_in_the_authors_runs_or_at_least_100_ms(drawn):
    reversed_gaps, samples = drawn
    start, end, which = pulses(samples)
    gap = start[:, 1] - end[:, 0]
    if reversed_gaps:
        gap = gap[samples.label[which] == 1]  # a fair choice: signs know nothing of gaps
        assert gap.max() <= 312 and gap.min() < 20
        assert abs(np.median(gap) - 100) < 6
        assert abs((gap < 100).mean() - 0.495) < 4 * 0.5 / np.sqrt(len(gap))
    else:
        assert len(gap) == NUMBER, "pulses that far apart are always told apart"
        assert gap.min() >= 99


def test_the_label_says_whether_signs_differ(drawn):
    _, samples = drawn
    start, end, which = pulses(samples)
    rows = samples.input[which, :, 0]
    sign = np.sign(np.take_along_axis(rows, (start + end) // 2, axis=1))
    np.testing.assert_array_equal(samples.label[which], sign[:, 0] != sign[:, 1])


def test_pulses_have_unit_height_and_smooth_flanks(drawn):
    _, samples = drawn
    height = np.abs(samples.input[:, :, 0]).max(axis=1)
    assert height.min() > 0.99 and height.max() < 1 + 1e-6
    # The steepest flank of a step behind a Gaussian of 10 ms: 1 / (10 ms sqrt(2 pi)).
    steepest = np.abs(np.diff(samples.input[:, :100, 0], axis=1)).max()
    np.testing.assert_allclose(steepest, 1 / (10 * np.sqrt(2 * np.pi)), rtol=0.02)


def test_the_answer_is_plus_or_minus_1_from_50_to_300_ms_behind_the_second_pulse(drawn):
    _, samples = drawn
    peak = np.abs(samples.target).max(axis=1)
    np.testing.assert_allclose(peak, 1, rtol=1e-6)
    side = np.where(samples.label == 1, 1, -1)
    assert ((samples.target * side[:, None]) >= 0).all()
    half = np.abs(samples.target) > 0.5
    np.testing.assert_allclose(half.sum(axis=1), 250, atol=3)
    _, end, which = pulses(samples)
    np.testing.assert_allclose(half.argmax(axis=1)[which], end[:, 1] + 50, atol=3)
    flank = np.abs(np.diff(samples.target, axis=1)).max()
    np.testing.assert_allclose(flank, 1 / (20 * np.sqrt(2 * np.pi)), rtol=0.03)


def test_the_same_generator_gives_the_same_samples_parts_draw_fresh_ones():
    task = temporal_xor()
    assert (task.name, task.channels, task.steps, task.signed) == ("temporal-xor", 1, 1000, True)
    first, again, other = (task.draw("train", 5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.input, again.input)
    assert (first.input != other.input).any()
    generator = np.random.default_rng(1)
    assert (task.draw("train", 5, generator).input != task.draw("test", 5, generator).input).any()


def test_the_task_without_reversed_gaps_has_a_name_of_its_own():
    task = temporal_xor(reversed_gaps=False)
    assert task.name == "temporal-xor-apart"
    drawn = task.draw("test", 20, np.random.default_rng(1))
    start, end, _ = pulses(drawn)
    assert (start[:, 1] - end[:, 0]).min() > 80


def test_no_samples_are_no_samples():
    for reversed_gaps in (True, False):
        samples = draw_samples(0, np.random.default_rng(0), reversed_gaps)
        assert len(samples) == 0
