"""The GPU runner: its code on the processor here, and the captured graph where there is a GPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models import gpu, gpu_sheet, reference, runner
from analoop.models.errors import InputError
from analoop.models.parameters import DENDRITES
from analoop.models.runner import Runner
from analoop.models.unrolling import unroll, unroll_events
from analoop.models.wiring import Drive, Run

from .sheets import CIRCUITS, PLAIN, drive_of, sheet_of, wiring_of

SPIKE = ("chip", "trial", "step", "neuron")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]
LENGTHS = [60, 0, 90]


def assert_same(mine: Run, its: Run) -> None:
    for name in SPIKE:
        assert np.array_equal(getattr(mine, name), getattr(its, name)), name
    assert np.abs(mine.within - its.within).max(initial=0) < 1e-7
    assert np.array_equal(mine.saturated, its.saturated)
    assert np.allclose(mine.state.pending, its.state.pending, rtol=1e-12, atol=0)
    a, b = mine.state.neurons, its.state.neurons
    for d in b.dendrites:
        assert np.allclose(a.dendrites[d], b.dendrites[d], rtol=1e-9, atol=0)
    assert np.allclose(a.ahp, b.ahp, rtol=1e-7, atol=0)
    assert np.allclose(a.z, b.z, rtol=1e-4, atol=1e-4)
    assert np.allclose(a.wait, b.wait, rtol=0, atol=1e-7)


def full_sheet(chips: int = 3, lengths: tuple[int, ...] = (80, 120), outside: int = 5):
    circuits = [CIRCUITS[k % len(CIRCUITS)] for k in range(24)]
    wires, events = wiring_of(24, outside, chips), drive_of(list(lengths), 24, outside)
    return sheet_of(circuits, chips), wires, events


@pytest.fixture
def small_device(monkeypatch):
    """Room for few chips or trials, and for few steps between two collections of spikes."""
    monkeypatch.setattr(gpu, "MEMORY", 200_000)
    monkeypatch.setattr(gpu, "STEPS_AT_ONCE", 32)


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.sampled_from(CIRCUITS), min_size=1, max_size=30),
    st.integers(1, 3),
    st.sets(st.sampled_from(DENDRITES)),
    st.sampled_from([0.0, 2.0]),
    st.integers(0, 5),
)
def test_the_gpu_runner_gives_the_spikes_of_the_definition(
    device, circuits, chips, used, share, seed
):
    dendrites = tuple(d for d in DENDRITES if d in used)
    n = len(circuits)
    c = sheet_of(circuits, chips, dendrites=dendrites, seed=seed)
    wires = wiring_of(n, 4, chips, len(dendrites), seed=seed)
    events = drive_of(LENGTHS, n, 4, 0.2, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu_sheet, "DENSE_SHARE", share)  # 0: always a matrix, 2: never
        ran = gpu.run(c, wires, events, device=device)
    assert ran.runner == f"torch {device} double"
    assert_same(ran, reference.run(c, wires, events))


@pytest.mark.parametrize("device", DEVICES)
def test_the_agreement_is_not_one_of_silence(device):
    sheet = full_sheet()
    ran = gpu.run(*sheet, device=device)
    assert (np.bincount(ran.neuron, minlength=24) > 0).sum() > 18
    assert_same(ran, reference.run(*sheet))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("chips", "trials"), [(9, 1), (2, 14), (1, 1)])
def test_chips_trials_and_steps_in_turns_give_the_same(small_device, device, chips, trials):
    sheet = full_sheet(chips, tuple(30 + 5 * k for k in range(trials)))
    turns = list(gpu.parts(sheet[1], sheet[0], trials, torch.float64))
    assert len(turns) > 1 or chips * trials == 1
    assert_same(gpu.run(*sheet, device=device), reference.run(*sheet))


@pytest.mark.parametrize("device", DEVICES)
def test_a_run_goes_on_where_another_ended(device):
    c, wires, _ = full_sheet()
    first, then = (drive_of([40, 30], 24, 5, seed=seed) for seed in (1, 2))
    middle = reference.run(c, wires, first).state
    kept = middle.pending.copy(), middle.neurons.z.clone()
    assert_same(
        gpu.run(c, wires, then, middle, device=device), reference.run(c, wires, then, middle)
    )
    assert np.array_equal(kept[0], middle.pending) and torch.equal(kept[1], middle.neurons.z)
    own = gpu.run(c, wires, first, device=device).state
    assert_same(gpu.run(c, wires, then, own, device=device), reference.run(c, wires, then, middle))


@pytest.mark.parametrize("device", DEVICES)
def test_coefficients_that_all_chips_share_and_crowded_steps(device):
    c = sheet_of(list(CIRCUITS), 1)
    wires, events = wiring_of(6, 2, 4), drive_of([60], 6, 2, 0.3)
    crowded = Drive(
        events.steps, events.first * 600, events.step.repeat(600), events.source.repeat(600)
    )
    assert_same(gpu.run(c, wires, crowded, device=device), reference.run(c, wires, crowded))


@pytest.mark.parametrize("device", DEVICES)
def test_single_precision_gives_nearly_the_same_spikes(device):
    sheet = full_sheet(lengths=(150, 200))
    double, single = (gpu.run(*sheet, None, p, device) for p in ("double", "single"))
    assert single.runner == f"torch {device} single"
    counts = [np.bincount(r.neuron, minlength=24) for r in (double, single)]
    assert np.abs(counts[0] - counts[1]).max() <= 2
    assert single.state.neurons.z.dtype == torch.float64
    assert np.isfinite(single.within).all() and single.state.neurons.z.isfinite().all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("neurons", "steps"), [(0, [10]), (3, []), (3, [0]), (3, [1])])
def test_no_neurons_and_no_trials_are_runs_too(device, neurons, steps):
    c, wires = sheet_of([PLAIN] * neurons), wiring_of(neurons, 2)
    ran = gpu.run(c, wires, drive_of(steps, neurons, 2), device=device)
    assert len(ran.neuron) == len(ran.within) == 0
    assert ran.state.pending.shape == (1, len(steps), 1, 4, neurons)
    assert ran.saturated.shape == (1, len(steps))


@pytest.mark.parametrize("share", [0.0, 2.0])
@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
def test_a_step_never_waits_for_the_device(monkeypatch, share, kind):
    """A graph cannot capture a step that reads a number back, or that mixes devices. Tensors of
    device 'meta' have no numbers to read, and mix with nothing."""
    c, wires, _ = full_sheet()
    monkeypatch.setattr(gpu_sheet, "DENSE_SHARE", share)
    start, place = reference.at_rest(c, 1, 3, 2), gpu_sheet.Place(kind, "meta", 10)
    (part,) = gpu.parts(wires, c, 2, kind)
    with torch.no_grad():
        s = gpu_sheet.sheet_of(c, wires, start, part, place)
        gpu_sheet.advance(s)
    assert isinstance(s.weights, torch.Tensor) == (share == 0)
    kept = [
        *gpu_sheet.tensors_of(s.state),
        s.pending,
        s.left,
        s.outside,
        s.moment,
        s.saturated,
        s.at,
    ]
    assert {tensor.device.type for tensor in kept} == {"meta"}
    assert s.state.z.dtype == kind and s.pending.dtype == torch.float64
    with pytest.raises(RuntimeError, match="meta"):
        bool(s.left.any())
    with pytest.raises(RuntimeError, match="meta"):
        _ = s.left + torch.zeros(2)


@needs_gpu
def test_many_chips_on_the_gpu_agree_with_the_definition():
    """The sizes of the benchmark W1, so that the graph is replayed in several turns."""
    sheet = full_sheet(100, (600,) * 8)
    ran = gpu.run(*sheet)
    assert len(ran.neuron) > 1000
    assert_same(ran, reference.run(*sheet))


def test_a_gpu_is_taken_when_asked_for_and_said_in_the_record(monkeypatch):
    sheet = full_sheet()
    monkeypatch.setattr(runner, "has_gpu", lambda: False)
    for play in (Runner(device="cuda").name, lambda: Runner(device="cuda").run(*sheet)):
        with pytest.raises(InputError) as caught:
            play()
        assert caught.value.code == "NO_GPU" and "leave out" in str(caught.value)
    with pytest.raises(InputError) as caught:
        gpu.run(*sheet)
    assert caught.value.code == "NO_GPU"
    monkeypatch.setattr(runner, "has_gpu", lambda: True)
    assert Runner().name() == Runner(device="cpu").name() == "numba double"
    assert Runner("single", device="cuda").name() == "torch cuda single"
    calls = []
    monkeypatch.setattr(gpu, "run", lambda *arguments: calls.append(arguments))
    Runner("single", device="cuda").run(*sheet)
    assert calls == [(*sheet, None, "single")]


def test_what_the_gpu_runner_does_not_know_is_played_by_another(monkeypatch):
    monkeypatch.setattr(runner, "has_gpu", lambda: True)
    c, wires, events = full_sheet()
    late = wiring_of(24, 5, 3, delay=4)
    noisy = replace(c, noise=torch.full((3, 1, 1), 1e-22, dtype=torch.float64))
    ahead = reference.at_rest(c, 3, 3, 2)
    for some, wired, start in ((c, late, None), (noisy, wires, None), (c, wires, ahead)):
        with pytest.raises(InputError) as caught:
            gpu.run(some, wired, events, start)
        assert caught.value.code == "NOT_ON_GPU"
        ran = Runner(device="cuda").run(some, wired, events, start)
        assert ran.runner == "numba double"
        assert_same(ran, Runner().run(some, wired, events, start))


@pytest.mark.parametrize("device", ["meta", pytest.param("cuda", marks=needs_gpu)])
def test_training_stays_on_the_device_of_its_tensors(device):
    """Device 'meta' has shapes only: anything that is put elsewhere is an error there, too."""
    dendrites = ("ampa", "gaba")
    c = gpu_sheet.moved(sheet_of([PLAIN] * 5, 2, dendrites=dendrites), device, torch.float64)
    counts = np.random.default_rng(0).poisson(0.25, (3, 40, 4)).astype(float)
    w_in = torch.full((4, 2, 5), 4e-9, dtype=torch.float64, device=device, requires_grad=True)
    w_rec = torch.full((5, 2, 5), 1e-9, dtype=torch.float64, device=device, requires_grad=True)
    spikes = unroll_events(c, counts, w_in, w_rec)
    assert spikes.device.type == device and spikes.shape == (2, 3, 40, 5)
    for gradient in torch.autograd.grad(spikes.sum(), (w_in, w_rec)):
        assert gradient.device.type == device
    arriving = torch.zeros(3, 40, 2, 5, dtype=torch.float64, device=device)
    assert unroll(c, arriving, w_rec).device.type == device


@needs_gpu
def test_gradients_on_the_gpu_are_those_of_the_processor():
    dendrites = ("ampa", "gaba")
    c = sheet_of([PLAIN] * 5, 2, dendrites=dendrites)
    counts = np.random.default_rng(0).poisson(0.25, (3, 80, 4)).astype(float)
    rng = np.random.default_rng(1)
    drawn = [torch.tensor(rng.random((k, 2, 5)) * 8e-9) for k in (4, 5)]
    found = []
    for device in ("cpu", "cuda"):
        there = gpu_sheet.moved(c, device, torch.float64)
        weights = [w.to(device).requires_grad_() for w in drawn]
        spikes = unroll_events(there, counts, weights[0], weights[1])
        gradients = torch.autograd.grad(spikes.square().sum(), weights)
        found.append([spikes.detach().cpu(), *(g.cpu() for g in gradients)])
    assert torch.equal(found[0][0], found[1][0]) and found[0][0].sum() > 50
    for mine, its in zip(found[0][1:], found[1][1:], strict=True):
        assert torch.allclose(mine, its, rtol=1e-6, atol=1e-9 * float(mine.abs().max()))


def test_gradients_pass_from_coefficients_that_were_moved():
    c = sheet_of([PLAIN] * 3, dendrites=("ampa",))
    c.i_leak.requires_grad_()
    c.decay["ampa"].requires_grad_()
    there = gpu_sheet.moved(c, "cpu", torch.float32)
    found = torch.autograd.grad(
        (there.i_leak + there.decay["ampa"]).sum(), [c.i_leak, c.decay["ampa"]]
    )
    assert there.i_leak.dtype == torch.float32 and all((g == 1).all() for g in found)
