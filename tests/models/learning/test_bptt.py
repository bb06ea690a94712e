"""Training through time with spikes, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analoop.models.decision import decide
from analoop.models.errors import InputError
from analoop.models.learning import bptt
from analoop.models.learning.bptt_dynamics import chip_of, given_of, played
from analoop.models.learning.student import Conditions, Student
from analoop.models.learning.teacher import Teacher
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
TINY = bptt.Settings(neurons=16, updates=2, batch=3)


def inputs(samples: int = 3) -> np.ndarray:
    return TASK.draw("test", samples, np.random.default_rng(5)).input


def trained(settings: bptt.Settings = TINY, seed: int = 0, teacher: Teacher | None = None):
    return bptt.train(TASK, teacher, settings, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def lively() -> Student:
    """A network that fires without having learned anything."""
    return trained(replace(TINY, updates=1, bias=0.2))


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_sample_is_answered_alike_alone_and_among_others(lively, noise):
    conditions = Conditions(noise=noise)
    together = bptt.respond(lively, inputs(3), conditions)
    alone = bptt.respond(lively, inputs(3)[:1], conditions)
    np.testing.assert_array_equal(together.output[:1], alone.output)
    np.testing.assert_array_equal(together.rate_hz[:1], alone.rate_hz)


def test_noise_and_its_seed_matter(lively):
    first, second, same = (
        bptt.respond(lively, inputs(), Conditions(noise=0.1, seed=seed)).output
        for seed in (0, 1, 0)
    )
    assert (first != second).any()
    np.testing.assert_array_equal(first, same)


def test_spiking_layers_pass_on_whole_spikes_only(lively):
    """With readout weights of one and no forgetting, the readout counts."""
    unit = {
        "w_out": np.ones(16, np.float32),
        "tau_out": np.array([1e30], np.float32),
    }
    counted = replace(lively, arrays=lively.arrays | unit)
    output = bptt.respond(counted, inputs()).output
    assert output[:, -1].min() > 0
    np.testing.assert_array_equal(output, np.round(output))
    graded = replace(counted, constants={"graded": 1.0})
    other = bptt.respond(graded, inputs()).output
    assert (other != np.round(other)).any()


def test_the_rate_is_per_neuron_of_both_layers_and_second(lively):
    chip = chip_of(lively.arrays)
    spikes = played(chip, given_of(inputs(), chip, None, False)).total[:, 0]
    np.testing.assert_allclose(bptt.respond(lively, inputs()).rate_hz, spikes / (2 * 16 * 1.0))


def test_silenced_neurons_are_silent(lively):
    """With the readout from them alone, it stays at 0."""
    w_out = np.where(np.arange(16) < 4, 1, 0).astype(np.float32)
    silent = replace(lively, arrays=lively.arrays | {"w_out": w_out})
    assert np.abs(bptt.respond(silent, inputs()).output).max() > 0
    answer = bptt.respond(silent, inputs(), Conditions(silenced=0.25))
    np.testing.assert_array_equal(answer.output, 0)
    assert answer.rate_hz.min() > 0


def test_what_mismatch_and_rounding_touch_exists(lively):
    assert {what.array for what in bptt.MISMATCH} <= set(lively.arrays)
    assert set(bptt.QUANTIZED) <= set(lively.arrays)
    assert all(array.dtype == np.float32 for array in lively.arrays.values())
    shapes = {name: lively.arrays[name].shape for name in ("tau_mem", "tau_syn", "bias")}
    assert set(shapes.values()) == {(16,)}


def test_the_same_generator_trains_the_same_student():
    assert trained().hash == trained().hash
    assert trained().hash != trained(seed=1).hash


def test_graded_outputs_are_labelled():
    student = trained(replace(TINY, outputs="graded"))
    assert student.constants["graded"] == 1
    assert student.provenance["outputs"] == "graded"
    assert trained().constants["graded"] == 0


def test_it_may_begin_with_a_teacher():
    g = np.random.default_rng(0)
    weights = [g.normal(size=shape).astype(np.float32) for shape in ((1, 8), (8, 8), 8, 8)]
    teacher = Teacher(*(weights + [np.full(8, 0.05, np.float32)]))
    settings = replace(TINY, teacher_init=True, updates=1, learning_rate=0.0)
    begun = trained(settings, teacher=teacher).arrays
    assert not begun["w_rec"].any()
    assert np.linalg.matrix_rank(begun["w_in"]) == 1
    assert begun["w_out"].any()
    with pytest.raises(InputError, match="needs a teacher"):
        trained(settings)


def test_unknown_outputs_are_refused():
    with pytest.raises(InputError, match="'spiking' or 'graded'"):
        trained(replace(TINY, outputs="analog"))


def test_time_constants_that_are_too_short_are_pushed_up():
    settings = replace(TINY, least_tau_s=0.2, updates=30, error=0.0)
    before, after = trained(replace(settings, learning_rate=0.0)), trained(settings)
    for name in ("tau_mem", "tau_syn", "tau_mem_in", "tau_syn_in", "tau_out"):
        assert (after.arrays[name] > before.arrays[name]).all(), name


def test_it_learns_temporal_xor():
    losses = []
    settings = bptt.Settings(neurons=48, updates=150)
    student = bptt.train(
        TASK, None, settings, np.random.default_rng(0), lambda done, loss: losses.append(loss)
    )
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])
    test = TASK.draw("test", 200, np.random.default_rng(7))
    answer = bptt.respond(student, test.input)
    assert (decide(answer.output, True, 0.0) == test.label).mean() > 0.75
    assert 0 < answer.rate_hz.mean() < 20
