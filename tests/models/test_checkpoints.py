"""Whole tape or checkpoints: the same gradients to the last bit, and memory that is bounded."""

import tracemalloc

import numpy as np
import pytest
import torch

from analoop.models import checkpoints, trial_lanes
from analoop.models.checkpoints import stretch
from analoop.models.parameters import NeuronParameters
from analoop.models.unrolling import unroll, unroll_events

from .sheets import CIRCUITS, PLAIN, sheet_of

DENDRITES = ("ampa", "gaba")
ADAPTING = NeuronParameters.from_times(adaptation=True, i_w_ahp=3e-9)
SOMAS = {
    "threshold": [PLAIN, ADAPTING, CIRCUITS[5], PLAIN, PLAIN],
    "threshold, coefficients too": [PLAIN, PLAIN, CIRCUITS[5], CIRCUITS[4], PLAIN],
    "exponential": [PLAIN, ADAPTING, CIRCUITS[2], PLAIN, PLAIN],
}


def limit(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Keep no tape of more bytes as a whole."""
    monkeypatch.setattr(checkpoints, "SMALL", size)
    monkeypatch.setattr(checkpoints, "WHOLE", size)


def gradients(soma: str, steps: int, chips: int, dtype: torch.dtype, dense: bool) -> list:
    """Spikes, and gradients by everything that can have one."""
    c = sheet_of(SOMAS[soma], chips, dendrites=DENDRITES)
    free = [c.i_leak, c.z_floor, c.z_threshold, c.t_refractory, c.decay["ampa"], c.jump["gaba"]]
    if "too" in soma:
        free = [t.requires_grad_() for t in free]
    rng = np.random.default_rng(0)
    scale = torch.tensor([8e-9, 3e-9])[:, None]

    def leaf(array) -> torch.Tensor:
        return torch.tensor(array).to(dtype).requires_grad_()

    w_rec = leaf(rng.random((5, 2, 5)) * scale.numpy())
    if dense:
        drive = leaf((rng.random((11, steps, 2, 5)) < 0.15) * scale.numpy())
        spikes, leaves = unroll(c, drive, w_rec), [drive, w_rec]
    else:
        counts = leaf(rng.poisson(0.15, (11, steps, 3)).astype(float))
        w_in = leaf(rng.random((3, 2, 5)) * scale.numpy())
        spikes, leaves = unroll_events(c, counts, w_in, w_rec), [counts, w_in, w_rec]
    if "too" in soma:
        leaves += free
    weight = torch.randn(spikes.shape, generator=torch.Generator().manual_seed(1)).to(spikes)
    assert steps < 100 or spikes.detach().mean() > 0.005
    return [spikes.detach(), *torch.autograd.grad((spikes * weight).sum(), leaves)]


@pytest.mark.parametrize("steps", [2, 64, 200])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(
    ("soma", "dtype"),
    [
        ("threshold", torch.float64),
        ("threshold", torch.float32),
        ("threshold, coefficients too", torch.float64),
        ("threshold, coefficients too", torch.float32),
        ("exponential", torch.float64),
    ],
)
def test_played_again_from_checkpoints_no_bit_of_a_gradient_changes(
    soma: str, dtype: torch.dtype, dense: bool, steps: int, monkeypatch
):
    whole = gradients(soma, steps, 2, dtype, dense)
    limit(monkeypatch, 0)
    again = gradients(soma, steps, 2, dtype, dense)
    assert all(torch.equal(a, b) for a, b in zip(whole, again, strict=True))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("soma", ["threshold", "threshold, coefficients too"])
def test_nor_does_the_number_of_threads_change_one(soma: str, threads: int, monkeypatch):
    limit(monkeypatch, 0)
    plain = gradients(soma, 200, 4, torch.float32, False)
    monkeypatch.setattr(trial_lanes, "processors", lambda: threads)
    again = gradients(soma, 200, 4, torch.float32, False)
    assert all(torch.equal(a, b) for a, b in zip(plain, again, strict=True))


def peak_bytes(steps: int) -> int:
    """Most memory that value and gradient of one trial take, beside the input."""
    c = sheet_of([PLAIN] * 16, dendrites=DENDRITES)
    counts = torch.tensor(np.random.default_rng(0).poisson(0.1, (1, steps, 2)))
    w_in = torch.full((2, 2, 16), 8e-9, requires_grad=True)
    tracemalloc.start()
    try:
        unroll_events(c, counts, w_in).sum().backward()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_sequence_takes_little_more_than_its_spikes_and_a_short_one_is_kept_whole(
    monkeypatch,
):
    """A tape takes 12 bytes of 16 neurons in 8 lanes: 1536 per step; the spikes 64."""
    peak_bytes(10)
    limit(monkeypatch, 3_100_000)
    short, long, longer = (peak_bytes(steps) for steps in (2_000, 8_000, 32_000))
    assert short > 1536 * 2_000
    assert long < 2_000_000 and longer < 7_000_000
    limit(monkeypatch, 2**30)
    assert peak_bytes(8_000) > 1536 * 8_000


def test_tape_and_checkpoints_take_least_together_where_they_take_the_same():
    steps, per_step, per_mark = 10**6, 12_000, 32_000

    def bytes_at(length: int) -> float:
        return length * per_step + steps / length * per_mark

    length = stretch(steps, per_step, per_mark)
    assert length is not None
    assert bytes_at(length) <= min(bytes_at(length // 2), bytes_at(2 * length))
    assert bytes_at(length) < 0.01 * steps * per_step


@pytest.mark.parametrize(
    ("steps", "per_step", "whole"),
    [(4096, 2**18, True), (4096, 2**18 + 1, False), (4097, 2**18, False), (10**6, 100, True)],
)
def test_a_tape_is_kept_whole_if_it_is_small_or_the_sequence_short(
    steps: int, per_step: int, whole: bool
):
    assert (stretch(steps, per_step, per_step) is None) == whole


def test_a_run_without_gradients_keeps_no_tape():
    with torch.no_grad():
        assert peak_bytes_forward(8_000) < 2_000_000


def peak_bytes_forward(steps: int) -> int:
    """As `peak_bytes`, without the way back."""
    c = sheet_of([PLAIN] * 16, dendrites=DENDRITES)
    counts = torch.tensor(np.random.default_rng(0).poisson(0.1, (1, steps, 2)))
    w_in = torch.full((2, 2, 16), 8e-9)
    tracemalloc.start()
    try:
        unroll_events(c, counts, w_in)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
