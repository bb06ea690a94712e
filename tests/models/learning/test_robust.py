"""Training over chips that differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from analoop.models.decision import decide
from analoop.models.learning import bptt, robust
from analoop.models.learning.bptt_network import initial
from analoop.models.learning.bptt_training import Situation
from analoop.models.learning.student import Conditions
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
TINY = robust.Settings(neurons=16, updates=2, batch=3)


def trained(settings: robust.Settings = TINY, seed: int = 0):
    return robust.train(TASK, None, settings, np.random.default_rng(seed))


def parameters(neurons: int = 100) -> dict[str, torch.Tensor]:
    arrays = initial(1, neurons, -0.5, np.random.default_rng(0))
    return {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}


@pytest.mark.parametrize(
    "changed",
    [
        {"mismatch": 0.0},
        {"log_normal": True},
        {"samples_per_chip": 2},
        {"bits": 4, "quantized_from": 0.0},
        {"noise": 0.1},
        {"silenced": 0.5},
        {"attack": 1.0},
        {"outputs": "graded"},
    ],
    ids=str,
)
def test_every_setting_changes_what_is_learned_and_can_be_repeated(changed):
    student = trained(replace(TINY, **changed))
    assert student.hash == trained(replace(TINY, **changed)).hash
    assert student.hash != trained().hash
    assert all(np.isfinite(array).all() for array in student.arrays.values())


def test_a_student_answers_as_one_of_bptt():
    student = trained()
    inputs = TASK.draw("test", 3, np.random.default_rng(5)).input
    conditions = Conditions(noise=0.1)
    together = robust.respond(student, inputs, conditions)
    np.testing.assert_array_equal(
        together.output[:1], robust.respond(student, inputs[:1], conditions).output
    )
    assert {what.array for what in robust.MISMATCH} <= set(student.arrays)
    assert set(robust.QUANTIZED) <= set(student.arrays)
    assert set(student.arrays) == set(initial(1, 16, -0.5, np.random.default_rng(0)))


@pytest.mark.parametrize("log_normal", [False, True])
def test_a_chip_deviates_as_much_as_it_should(log_normal):
    """The level is uniform from 0 to 0.3; its square is 0.03 on the average."""
    settings = replace(TINY, mismatch=0.3, log_normal=log_normal)
    given, generator = parameters(), np.random.default_rng(3)
    variance = dict.fromkeys(given, 0.0)
    for _ in range(150):
        for name, p in robust.drawn(given, settings, generator).items():
            original = given[name].detach()
            if name == "bias":
                deviation = p.detach() - original
            else:
                deviation = p.detach() / original - 1
                deviation = torch.log1p(deviation) if log_normal else deviation
            variance[name] += float(deviation.square().mean()) / 150
    touched = {what.array for what in robust.MISMATCH}
    for name in touched:
        assert variance[name] == pytest.approx(0.03, rel=0.25), name
    assert not any(variance[name] for name in set(given) - touched)


def test_gradients_pass_through_mismatch_and_rounding():
    given = parameters(8)
    chip = robust.drawn(robust.rounded_weights(given, 3), TINY, np.random.default_rng(0))
    total = torch.stack([p.sum() for p in chip.values()]).sum()
    gradients = torch.autograd.grad(total, list(given.values()))
    assert all((gradient != 0).all() for gradient in gradients)


@pytest.mark.parametrize("bits", [2, 4])
def test_rounded_weights_are_few_multiples_of_a_step(bits):
    for name, p in robust.rounded_weights(parameters(), bits).items():
        values = np.unique(p.detach().numpy())
        if name not in robust.QUANTIZED or name == "w_link":  # links begin as one value
            continue
        step = np.ptp(parameters()[name].detach().numpy()) / (2**bits - 1)
        multiples = values / step
        np.testing.assert_allclose(multiples, np.round(multiples), atol=1e-3)
        assert len(np.unique(np.round(multiples))) <= 2**bits + 1


def test_an_attack_goes_as_far_as_told_and_hurts_more_than_chance():
    settings = replace(TINY, attack=1.0, attack_size=0.1, attack_steps=4)
    given, generator = parameters(32), np.random.default_rng(0)
    with torch.no_grad():
        given["bias"] += 0.6  # fires on its own
    situation = Situation(TASK.draw("train", 2, generator), graded=False)
    output = situation.play(given)[0].detach()
    moved = robust.attacked(given, output, situation, settings, generator)
    harmed = (situation.play(moved)[0] - output).square().mean().detach()
    by_chance = dict(given)
    for what in robust.MISMATCH:
        p = given[what.array].detach()
        reach = p.abs() if what.scale is None else torch.full_like(p, what.scale)
        way = (moved[what.array].detach() - p).abs()
        assert (way <= 0.107 * reach + 1e-7).all(), what.array  # and where it began
        assert (way > 0).any(), what.array
        sign = torch.from_numpy(generator.choice([-1.0, 1.0], tuple(p.shape)).astype(np.float32))
        by_chance[what.array] = p + 0.1 * reach * sign
    chance = (situation.play(by_chance)[0] - output).square().mean().detach()
    assert float(harmed) > 2 * float(chance) > 0


def test_a_chip_that_runs_away_does_not_spoil_training():
    """At this level recurrence runs away now and then."""
    student = trained(replace(TINY, mismatch=3.0, updates=10, bias=-0.1))
    assert all(np.isfinite(array).all() for array in student.arrays.values())


def test_it_learns_temporal_xor_and_survives_mismatch():
    settings = robust.Settings(neurons=48, updates=150, mismatch=0.2)
    student = trained(settings)
    test = TASK.draw("test", 200, np.random.default_rng(7))
    accuracy = [right(student, test)]
    for draw in range(4):
        generator, arrays = np.random.default_rng(draw), dict(student.arrays)
        for what in robust.MISMATCH:
            p = arrays[what.array]
            spread = np.abs(p) if what.scale is None else what.scale
            moved = p + 0.1 * generator.normal(size=p.shape) * spread
            arrays[what.array] = (np.abs(moved) if what.positive else moved).astype(np.float32)
        accuracy.append(right(replace(student, arrays=arrays), test))
    assert accuracy[0] > 0.75
    assert np.mean(accuracy[1:]) > 0.7


def right(student, test) -> float:
    answer = bptt.respond(student, test.input)
    return float((decide(answer.output, True, 0.0) == test.label).mean())
