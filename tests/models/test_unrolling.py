"""Unrolled in time: the hand-written adjoint against torch's autograd of the definition."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models import trial_lanes, unrolling
from analoop.models.coefficients import Coefficients
from analoop.models.errors import InputError
from analoop.models.parameters import DENDRITES, NeuronParameters
from analoop.models.unrolling import has_adjoint, unroll, unroll_events

from .sheets import CIRCUITS, PLAIN, sheet_of

THRESHOLD_SOMAS = tuple(p for p in CIRCUITS if p.soma == "threshold" and not p.nmda_gate)
SCALE = {"ampa": 8e-9, "nmda": 4e-9, "gaba": 3e-9, "shunt": 2e-11}


def weights(shape: tuple[int, ...], dendrites: tuple[str, ...], seed: int, share: float = 1.0):
    """Random weight currents [A] of a shape [source, dendrite, neuron], a share of them not 0."""
    rng = np.random.default_rng(seed)
    scale = np.array([SCALE[d] for d in dendrites])[:, None]
    drawn = rng.random(shape) * scale * (rng.random(shape) < share)
    return torch.tensor(drawn).requires_grad_()


def both_ways(play, arguments: list[torch.Tensor]) -> list[tuple]:
    """Spikes and gradients, by torch and by the adjoint, for the same random gradient."""
    found = []
    for compiled in (False, True):
        spikes = play(compiled)
        noise = torch.randn(spikes.shape, generator=torch.Generator().manual_seed(1))
        loss = (spikes * noise.to(spikes)).sum() + sum(0 * a.sum() for a in arguments)
        gradients = torch.autograd.grad(loss, arguments)
        found.append((spikes.detach(), *gradients))
    return found


def assert_same(found: list[tuple], rel: float = 1e-7) -> None:
    (spikes, *by_torch), (again, *by_adjoint) = found
    assert torch.equal(spikes, again)
    for a, b in zip(by_torch, by_adjoint, strict=True):
        assert float((a - b).abs().max()) <= rel * float(a.abs().max())


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(THRESHOLD_SOMAS), min_size=1, max_size=9),
    st.sets(st.sampled_from(DENDRITES), min_size=1),
    st.integers(1, 2),
    st.integers(1, 10),
    st.sampled_from([1, 63, 64, 150]),
    st.integers(0, 5),
)
def test_the_adjoint_is_the_gradient_of_the_definition(circuits, used, chips, trials, steps, seed):
    dendrites = tuple(d for d in DENDRITES if d in used)
    n, kinds = len(circuits), len(dendrites)
    c = sheet_of(circuits, chips, dendrites=dendrites, seed=seed)
    w_in = weights((3, kinds, n), dendrites, seed)
    w_rec = weights((n, kinds, n), dendrites, seed + 1, 0.5)
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.25, (trials, steps, 3)).astype(float)

    def play(compiled: bool):
        return unroll_events(c, counts, w_in, w_rec, compiled)

    assert_same(both_ways(play, [w_in, w_rec]))


def test_the_comparison_above_is_of_spiking_neurons_with_gradients():
    c = sheet_of(list(THRESHOLD_SOMAS), 2)
    n = len(THRESHOLD_SOMAS)
    w_in, w_rec = weights((3, 4, n), DENDRITES, 0), weights((n, 4, n), DENDRITES, 1, 0.5)
    counts = np.random.default_rng(0).poisson(0.25, (9, 150, 3)).astype(float)
    spikes = unroll_events(c, counts, w_in, w_rec, True)
    assert spikes.shape == (2, 9, 150, n) and 0.01 < spikes.mean().item() < 0.3
    gradients = torch.autograd.grad(spikes.sum(), (w_in, w_rec))
    assert all((g != 0).float().mean() > 0.9 for g in gradients)


def test_a_chip_of_its_own_for_every_trial_and_a_dense_drive():
    dendrites = ("ampa", "gaba")
    c = squeezed_sheet(sheet_of([PLAIN] * 5, chips=11, dendrites=dendrites))
    scale = torch.tensor([SCALE[d] for d in dendrites])[:, None]
    hits = torch.tensor(np.random.default_rng(2).random((11, 70, 2, 5)) < 0.2)
    arriving = (hits * scale).double().requires_grad_()
    w_rec = weights((5, 2, 5), dendrites, 3)

    def play(compiled: bool):
        return unroll(c, arriving, w_rec, compiled)

    found = both_ways(play, [arriving, w_rec])
    assert found[0][0].shape == (11, 70, 5) and found[0][0].sum() > 50
    assert_same(found)


FREE = ("i_leak", "i_dc", "z_floor", "z_threshold", "t_refractory")
STEADY = tuple(p for p in THRESHOLD_SOMAS if not p.adaptation)


def freed(c: Coefficients) -> dict[str, torch.Tensor]:
    """Coefficients that can have a gradient, and from now on want one."""
    found = {name: getattr(c, name) for name in FREE}
    for name in ("decay", "mean", "jump"):
        found |= {f"{name} {d}": t for d, t in getattr(c, name).items()}
    return {name: t.requires_grad_() for name, t in found.items()}


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(STEADY), min_size=1, max_size=9),
    st.sets(st.sampled_from(DENDRITES), min_size=1),
    st.booleans(),
    st.integers(1, 10),
    st.sampled_from([1, 63, 64, 150]),
    st.integers(0, 5),
)
def test_coefficients_get_the_gradient_of_the_definition(
    circuits, used, alone, trials, steps, seed
):
    dendrites = tuple(d for d in DENDRITES if d in used)
    n, kinds = len(circuits), len(dendrites)
    c = sheet_of(circuits, trials if alone else 2, dendrites=dendrites, seed=seed)
    c = squeezed_sheet(c) if alone else c
    free = freed(c)
    w_in = weights((3, kinds, n), dendrites, seed)
    w_rec = weights((n, kinds, n), dendrites, seed + 1, 0.5)
    counts = np.random.default_rng(seed).poisson(0.25, (trials, steps, 3)).astype(float)

    def play(compiled: bool):
        return unroll_events(c, counts, w_in, w_rec, compiled)

    assert has_adjoint(c)
    assert_same(both_ways(play, [w_in, w_rec, *free.values()]))


def test_every_coefficient_of_spiking_neurons_has_a_gradient():
    c = sheet_of(list(STEADY), 2)
    free = freed(c)
    w_in = weights((3, 4, len(STEADY)), DENDRITES, 0)
    counts = np.random.default_rng(0).poisson(0.25, (9, 150, 3)).astype(float)
    spikes = unroll_events(c, counts, w_in, compiled=True)
    found = torch.autograd.grad(spikes.sum(), list(free.values()))
    by_name = dict(zip(free, found, strict=True))
    assert all((g != 0).float().mean() > 0.9 for g in by_name.values())
    assert (by_name["z_threshold"] < 0).all() and (by_name["i_leak"] < 0).all()
    assert (by_name["jump ampa"] > 0).all() and (by_name["jump gaba"] < 0).all()


def test_who_wants_only_weights_gets_the_same_gradients_without_those_of_coefficients():
    c = sheet_of([PLAIN] * 5, chips=2, dendrites=("ampa", "gaba"))
    w_in = weights((3, 2, 5), ("ampa", "gaba"), 0)
    counts = np.random.default_rng(0).poisson(0.25, (9, 150, 3)).astype(float)

    def gradient() -> torch.Tensor:
        spikes = unroll_events(c, counts, w_in, compiled=True)
        return torch.autograd.grad(spikes.sum(-2).square().sum(), w_in)[0]

    before = gradient()
    freed(c)
    torch.testing.assert_close(gradient(), before, rtol=1e-12, atol=0)


def squeezed_sheet(c: Coefficients) -> Coefficients:
    """Coefficients [chip, 1, neuron] of a sheet as those of trials [trial, neuron]."""
    fields: dict[str, Any] = {name: squeezed(value) for name, value in vars(c).items()}
    return type(c)(**fields)


def squeezed(value):
    """Coefficients [chip, 1, neuron] as [trial, neuron]."""
    if isinstance(value, dict):
        return {name: squeezed(v) for name, v in value.items()}
    return value[:, 0] if isinstance(value, torch.Tensor) and value.ndim == 3 else value


def test_single_precision_agrees_with_double_on_a_short_run():
    c = sheet_of([PLAIN] * 6, dendrites=("ampa", "gaba"))
    counts = np.random.default_rng(0).poisson(0.25, (8, 100, 3)).astype(float)
    found = []
    for dtype in (torch.float64, torch.float32):
        w_in = weights((3, 2, 6), ("ampa", "gaba"), 0).detach().to(dtype).requires_grad_()
        w_rec = weights((6, 2, 6), ("ampa", "gaba"), 1).detach().to(dtype).requires_grad_()
        spikes = unroll_events(c, counts, w_in, w_rec, True)
        assert spikes.dtype == dtype
        found.append((spikes, *torch.autograd.grad(spikes[0, :, :, 0].sum(), (w_in, w_rec))))
    (spikes, *exact), (rough, *near) = found
    assert torch.equal(spikes.float(), rough)
    for a, b in zip(exact, near, strict=True):
        assert float((a - b).abs().max()) < 1e-3 * float(a.abs().max())


def test_gradients_do_not_depend_on_the_number_of_threads(monkeypatch):
    c = sheet_of([PLAIN] * 7, chips=3, dendrites=("ampa", "gaba"))
    counts = np.random.default_rng(0).poisson(0.25, (70, 60, 3)).astype(float)

    def gradients(threads: int) -> list[torch.Tensor]:
        monkeypatch.setattr(trial_lanes, "processors", lambda: threads)
        w_in = weights((3, 2, 7), ("ampa", "gaba"), 0).detach().float().requires_grad_()
        w_rec = weights((7, 2, 7), ("ampa", "gaba"), 1).detach().float().requires_grad_()
        loss = unroll_events(c, counts, w_in, w_rec, True).sum(-2).square().mean()
        return list(torch.autograd.grad(loss, (w_in, w_rec)))

    one = gradients(1)
    for threads in (2, 5):
        assert all(torch.equal(a, b) for a, b in zip(one, gradients(threads), strict=True))


def test_what_the_adjoint_does_not_know_goes_through_autograd(monkeypatch):
    exponential = NeuronParameters.from_times(soma="exponential")
    gated = NeuronParameters.from_times(nmda_gate=True)
    assert has_adjoint(sheet_of([PLAIN]))
    assert not has_adjoint(sheet_of([PLAIN, exponential]))
    assert not has_adjoint(sheet_of([PLAIN, gated]))
    assert has_adjoint(sheet_of([gated], dendrites=("ampa",)))
    free = sheet_of([NeuronParameters.from_times(adaptation=True, i_w_ahp=3e-9)])
    free.i_leak.requires_grad_()
    assert not has_adjoint(free)
    with torch.no_grad():
        assert has_adjoint(free)
    monkeypatch.setattr(unrolling, "has_kernel", lambda: False)
    assert not has_adjoint(sheet_of([PLAIN]))
    w_in = weights((1, 4, 1), DENDRITES, 0)
    spikes = unroll_events(sheet_of([exponential]), np.ones((1, 40, 1)), w_in, w_in * 0)
    assert spikes.requires_grad and spikes.shape == (1, 1, 40, 1)


@pytest.mark.parametrize("compiled", [False, True])
def test_no_steps_no_trials_and_no_synapses_are_unrolled_too(compiled: bool):
    c = sheet_of([PLAIN] * 2, dendrites=("ampa",))
    for trials, steps in ((0, 5), (2, 0), (1, 3)):
        w_in, w_rec = torch.zeros(3, 1, 2).double(), torch.zeros(2, 1, 2).double()
        out = unroll_events(c, np.zeros((trials, steps, 3)), w_in, w_rec, compiled)
        assert out.shape == (1, trials, steps, 2) and not out.any()


def test_the_adjoint_refuses_what_it_does_not_know():
    c = sheet_of([NeuronParameters.from_times(soma="exponential")], dendrites=("ampa",))
    w = torch.zeros(1, 1, 1).double()
    with pytest.raises(InputError) as caught:
        unroll_events(c, np.zeros((1, 3, 1)), w, w, compiled=True)
    assert caught.value.code == "NO_ADJOINT"


def test_weights_of_another_precision_than_the_drive_get_their_gradient():
    c = sheet_of([PLAIN] * 3, dendrites=("ampa", "gaba"))
    arriving = torch.rand(2, 60, 2, 3).double() * 2e-8
    w_rec = torch.rand(3, 2, 3).mul(4e-9).requires_grad_()
    unroll(c, arriving, w_rec).sum().backward()
    assert w_rec.grad is not None and w_rec.grad.dtype == torch.float32 and w_rec.grad.any()
