"""Training over virtual chips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from analoop.deploy.learning import HARDWARE
from analoop.models.errors import InputError
from analoop.models.learning import chip
from analoop.models.learning.chip_network import groups_of, nominal_of
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
TINY = chip.Settings(hidden=16, outputs=4, copies=4, updates=2, batch=3)


def trained(settings: chip.Settings = TINY, progress=lambda done, loss: None):
    return chip.train(TASK, None, settings, np.random.default_rng(0), progress, hardware=HARDWARE)


@pytest.mark.parametrize(
    "changed",
    [
        {"mismatch": 0.0},
        {"paper_mismatch": 0.0},
        {"silenced": 0.0},
        {"candidates": 3},
        {"divergence": 1000.0},
        {"rate_hz": 0.0, "activity": 1.0},
        {"coded": False},
        {"bits": 2},
        {"divergence": 1000.0, "attack": 0.2},
        {"divergence": 1000.0, "attack_circuits": 0.2},
        {"max_fan_in": 5},
        {"input_signed": False},
        {"input_signed": False, "input_quiet": 0.1, "input_adapt_s": 0.1},
        {"recurrent_sd": 4.0},
        {"t_refractory_s": 0.02},
        {"start_hz": (4.0, 0.0)},
        {"start_hz": (0.0, 4.0)},
        {"stray": 1.0},
        {"grown_at": 1.0},
        {"dead_words": 0.5},
        {"groups": 2},
    ],
    ids=str,
)
def test_every_setting_changes_what_is_learned_and_can_be_repeated(changed):
    student = trained(replace(TINY, **changed))
    assert student.hash == trained(replace(TINY, **changed)).hash
    *others, last = changed
    without = {name: changed[name] for name in others}
    assert student.hash != trained(replace(TINY, **without)).hash
    assert all(np.isfinite(array).all() for array in student.arrays.values())


def test_what_is_learned_fits_the_chip():
    student = trained(replace(TINY, hidden=96))
    hidden = np.concatenate([student.arrays["w_in"], student.arrays["w_rec"]])
    for core in (hidden, student.arrays["w_out"]):
        assert ((core != 0).sum(axis=0) <= 64).all()
        assert len(np.unique(np.abs(core))) <= 16
    assert nominal_of(student) == HARDWARE.legal(nominal_of(student))


@pytest.mark.parametrize("bits", [0, 3])
def test_groups_are_not_joined_and_have_one_code_of_a_kind_of_core(bits: int):
    student = trained(replace(TINY, hidden=96, groups=3, bits=bits, recurrent_sd=20.0))
    w_rec, w_out = student.arrays["w_rec"], student.arrays["w_out"]
    assert w_rec.shape == (288, 288) and w_out.shape == (288, 24)
    apart = np.arange(288)[:, None] // 96 != np.arange(288) // 96
    assert not w_rec[apart].any() and w_rec[~apart].any()
    apart = np.arange(288)[:, None] // 96 != np.arange(24) % 12 // 4
    assert not w_out[apart].any() and w_out[~apart].any()
    hidden = np.concatenate([student.arrays["w_in"], w_rec])
    for core in (hidden, w_out):
        assert ((core != 0).sum(axis=0) <= 64).all()
        assert len(np.unique(np.abs(core))) <= (5 if bits else 16)
    blocks = groups_of(student)
    assert not np.array_equal(blocks[0]["w_rec"], blocks[1]["w_rec"])


def test_a_group_learns_to_answer_by_itself(monkeypatch: pytest.MonkeyPatch):
    """Each part of the loss is of one group alone, and there are parts of every group."""
    moved: list[list[bool]] = []

    def descend(model, optimiser, updates, losses, progress, place):
        groups = [list(group.parameters()) for group in model]
        every = [w for group in groups for w in group]
        for part in losses(0):
            found = iter(torch.autograd.grad(part, every, materialize_grads=True))
            moved.append([any([next(found).any() for _ in group]) for group in groups])

    monkeypatch.setattr(chip, "descend", descend)
    trained(replace(TINY, hidden=32, outputs=8, groups=3, batch=9))
    assert moved == [[k == part // 2 for k in range(3)] for part in range(6)]


def test_the_refractory_period_bounds_the_rate_of_neurons_that_a_chip_makes_excitable():
    rates_hz = []
    for t_refractory_s in (0.001, 0.02):
        student = trained(replace(TINY, updates=1, t_refractory_s=t_refractory_s))
        strong = {name: 30 * np.abs(student.arrays[name]) for name in ("w_in", "w_rec", "w_out")}
        excitable = replace(student, arrays=dict(student.arrays) | strong)
        rates_hz.append(chip.respond(excitable, np.ones((1, 500, 1), np.float32)).rate_hz[0])
    assert rates_hz[0] > 100 and 30 < rates_hz[1] <= 50


def test_without_limits_nothing_is_cut():
    student = trained(replace(TINY, hidden=96, max_fan_in=1000, coded=False))
    assert (student.arrays["w_rec"] != 0).all()


def test_training_makes_the_loss_smaller():
    losses: list[float] = []
    settings = replace(TINY, hidden=32, outputs=8, updates=40, batch=8, mismatch=0, silenced=0)
    trained(replace(settings, paper_mismatch=0), lambda done, loss: losses.append(loss))
    assert np.mean(losses[-10:]) < 0.95 * np.mean(losses[:10])


def test_a_code_needs_the_currents_of_a_chip():
    with pytest.raises(InputError, match="coded=False") as caught:
        chip.train(TASK, None, TINY, np.random.default_rng(0))
    assert caught.value.code == "NO_HARDWARE"
    free = replace(TINY, coded=False)
    assert chip.train(TASK, None, free, np.random.default_rng(0)).method == "chip"


@pytest.mark.parametrize(
    "wrong",
    [
        {"copies": 3},
        {"copies": 0},
        {"max_fan_in": 0},
        {"bits": 1},
        {"bits": 5},
        {"bits": 2, "coded": False},
        {"input_adapt_s": 1.0, "input_quiet": 0.1},
        {"input_adapt_s": 1.0, "input_signed": False},
    ],
    ids=str,
)
def test_settings_that_no_network_can_have_are_refused(wrong):
    with pytest.raises(InputError) as caught:
        replace(TINY, **wrong)
    assert caught.value.code == "SETTING"
