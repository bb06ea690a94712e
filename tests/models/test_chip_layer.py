"""A user's own training loop: a torch module that learns, on chips, and becomes a network."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from analoop.models import (
    ChipLayer,
    InputError,
    NetworkError,
    NeuronParameters,
    Stimulus,
    VirtualChips,
    network_of,
    simulate,
    virtual_chips,
)
from analoop.models.network import Network

from .relaxed import RelaxedSpikes, slope

N_IN, STEPS = 6, 90
SOMAS = {
    "plain": NeuronParameters.from_times(),
    "adapting": NeuronParameters.from_times(adaptation=True, i_w_ahp=3e-9, tau_mem=10e-3),
    "exponential": NeuronParameters.from_times(soma="exponential", tau_mem=10e-3),
}

LEARNED = (
    "i_tau_mem", "i_gain_mem", "i_threshold", "i_refractory", "i_pulse", "i_tau_ampa", "i_gain_gaba"
)  # fmt: skip


def counts(trials: int = 3, steps: int = STEPS, rate: float = 0.2) -> Tensor:
    """Spikes of `N_IN` channels, float64 [trial, step, channel]."""
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(trials, steps, N_IN, generator=generator) < rate).double()


def stack(parameters: NeuronParameters | None = None, **options) -> nn.Sequential:
    """Two layers, the first one recurrent, float64."""
    generator = torch.Generator().manual_seed(0)
    first = ChipLayer(
        N_IN, 8, parameters=parameters, recurrent=True, generator=generator, **options
    )
    second = ChipLayer(8, 4, generator=generator)
    with torch.no_grad():
        first.get_parameter("w_rec").mul_(4.0)
        second.w_in.add_(4.0)
    return nn.Sequential(first, second).double()


def gradient_of(net: nn.Module, data: Tensor) -> tuple[Tensor, ...]:
    """Gradients by weights and input, of a random sum of the last layer's spikes."""
    data = data.clone().requires_grad_()
    out = net(data)
    weight = torch.randn(out.shape, generator=torch.Generator().manual_seed(2)).to(out)
    return torch.autograd.grad((out * weight).sum(), (*net.parameters(), data))


@pytest.mark.parametrize("name", SOMAS)
@pytest.mark.parametrize("chips", [0, 2])
@pytest.mark.parametrize("learned", [(), LEARNED], ids=["weights", "weights and currents"])
def test_the_gradient_is_the_slope_by_finite_differences_through_the_relaxed_spike(
    name: str, chips: int, learned: tuple[str, ...], monkeypatch
):
    """A chip's factors are those of the first run: their spread depends on a current a little."""
    usual, given = virtual_chips.lumped_factors, SOMAS[name].currents()  # pyright: ignore
    monkeypatch.setattr(virtual_chips, "lumped_factors", lambda draw, _: usual(draw, given))
    net, data = stack(SOMAS[name], learned=learned), counts(2, 50)
    names = [n for n, _ in net.named_parameters()]
    shapes = [p.shape for p in net.parameters()] + [data.shape]
    weight = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(2)).double()
    start = torch.cat([p.detach().flatten() for p in (*net.parameters(), data)])

    def out(flat: Tensor) -> Tensor:
        parts = flat.split([shape.numel() for shape in shapes])
        *weights, given = (p.view(s) for p, s in zip(parts, shapes, strict=True))
        parameters = dict(zip(names, weights, strict=True))
        if chips:
            with VirtualChips(chips, seed=5):
                return functional_call(net, parameters, given)
        return functional_call(net, parameters, given)

    monkeypatch.setattr(ChipLayer, "_check", lambda layer, counts: None)
    free = start.clone().requires_grad_()
    spikes = out(free)
    gradient = torch.autograd.grad((spikes * weight).sum(), free)[0]
    relaxed = RelaxedSpikes(monkeypatch)
    assert torch.equal(out(start), spikes) and spikes.sum() > 10

    def loss(flat: Tensor) -> Tensor:
        return (out(flat) * weight).sum()

    generator = torch.Generator().manual_seed(3)
    edges = np.cumsum([0, *(shape.numel() for shape in shapes)])
    for first, last in pairwise(edges):  # every weight matrix, every current and the input
        direction = torch.zeros_like(start)
        direction[first:last] = torch.randn(int(last - first), generator=generator).double()
        found = slope(relaxed, loss, start, direction)
        assert found == pytest.approx(float(gradient @ direction), rel=1e-5)


def test_a_stack_becomes_a_network_that_spikes_exactly_as_it_did():
    net, data = stack(), counts()
    spikes = net(data)
    trial, step, channel = np.nonzero(data.numpy())
    stimulus = Stimulus(N_IN, np.full(3, STEPS * 1000), trial, step * 1000, channel)
    network = network_of(net, ("a", "b", "c", "d"))
    assert spikes.sum() > 20 and network.labels == ("a", "b", "c", "d")
    for k in range(3):
        raster = simulate(network, stimulus).raster(k, 1000)[:, network.offsets["output"] :]
        assert np.array_equal(raster, spikes[k].detach().numpy())


def fan_in(network: Network, target: str) -> np.ndarray:
    """Synapses of every neuron of a population."""
    return sum((p.weights > 0).sum(0) for p in network.projections if p.target == target)  # pyright: ignore


def test_fan_in_is_shared_by_outside_and_recurrent_synapses_even_where_weights_are_equal():
    net = stack(max_fan_in=9)
    assert np.array_equal(fan_in(network_of(net), "hidden"), np.full(8, 9))
    with torch.no_grad():
        net[0].get_parameter("w_in").fill_(1.0)
        net[0].get_parameter("w_rec").fill_(-1.0)
    assert np.array_equal(fan_in(network_of(net), "hidden"), np.full(8, 9))
    assert np.array_equal(fan_in(network_of(net), "output"), np.full(4, 8))


def test_with_levels_only_they_occur_and_every_weight_still_learns():
    net = stack()
    net[0].levels = torch.tensor([0.0, 1.0, 4.0])
    held = np.concatenate([p.weights for p in network_of(net).projections if p.target == "hidden"])
    assert set(np.unique(held)) == {0.0, 1e-9, 4e-9}
    assert all((g != 0).any() for g in gradient_of(net, counts()))


def test_levels_go_where_the_state_goes(tmp_path: Path):
    net, plain = stack(), stack()
    net[0].levels = torch.tensor([0.0, 1.0, 4.0])
    torch.save(net.state_dict(), tmp_path / "net.pt")
    torch.save(plain.state_dict(), tmp_path / "plain.pt")
    other = stack()
    other.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    assert torch.equal(other(counts()), net(counts()))
    assert other.state_dict()["0.levels"].tolist() == [0.0, 1.0, 4.0]
    assert other[1].levels is None
    other.load_state_dict(torch.load(tmp_path / "plain.pt", weights_only=True))
    assert other[0].levels is None and torch.equal(other(counts()), plain(counts()))


def learning() -> ChipLayer:
    layer = ChipLayer(N_IN, 4, learned=("i_tau_mem",), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        layer.log_factors["i_tau_mem"].fill_(0.5)
    layer.levels = torch.tensor([0.0, 1.0, 4.0])
    return layer


def test_a_part_of_a_state_changes_nothing_else():
    layer = learning()
    layer.load_state_dict({"w_in": torch.ones(N_IN, 4)}, strict=False)
    assert layer.log_factors["i_tau_mem"] == 0.5 and layer.levels is not None


def test_a_state_without_what_was_learned_is_no_whole_state():
    layer = learning()
    with pytest.raises(RuntimeError, match="log_factors.i_tau_mem"):
        layer.load_state_dict({"w_in": torch.ones(N_IN, 4)})
    assert layer.log_factors["i_tau_mem"] == 0.5 and layer.levels is not None


@pytest.mark.parametrize(
    "levels", [[1.0, 4.0], [0.0, 4.0, 1.0], [0.0, 1.0, 1.0], [0.0], [0.0, float("nan")], [[0.0, 1]]]
)
def test_levels_that_are_none_are_refused(levels: list):
    net = stack()
    net[0].levels = torch.tensor(levels)
    with pytest.raises(InputError, match="ascending") as caught:
        net(counts())
    assert caught.value.code == "LEVELS"


def test_a_loop_as_any_other_learns_on_mismatched_chips():
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(
        ChipLayer(N_IN, 24, generator=generator), ChipLayer(24, 2, generator=generator)
    )
    target = torch.arange(32) % 2
    rate = 0.1 + 0.2 * (torch.arange(N_IN) % 2 == target[:, None, None])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.2)
    losses = []
    with VirtualChips(n=16, seed=0):
        for _ in range(25):
            data = (torch.rand(32, 60, N_IN, generator=generator) < rate).float()
            loss = nn.functional.cross_entropy(net(data).sum(1), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_without_gradients_the_spikes_are_the_same_and_nothing_is_kept():
    net, data = stack(), counts()
    with VirtualChips(2, seed=0):
        spikes = net(data)
    with torch.no_grad(), VirtualChips(2, seed=0):
        again = net(data)
    assert torch.equal(spikes, again) and not again.requires_grad


def test_single_precision_gives_nearly_the_gradient_of_double():
    data = counts(steps=60)
    exact = gradient_of(stack(), data)
    near = gradient_of(stack().float(), data.float())
    for a, b in zip(exact, near, strict=True):
        assert b.dtype == torch.float32
        assert float((a - b).abs().max()) < 1e-3 * float(a.abs().max())


def test_numbers_of_spikes_may_be_of_any_type():
    net, data = stack(), counts()
    for dtype in (torch.bool, torch.uint8, torch.int64, torch.float32):
        assert torch.equal(net(data.to(dtype)), net(data))


@pytest.mark.parametrize("name", SOMAS)
def test_every_tensor_lies_where_the_module_was_moved(name: str, monkeypatch):
    """On torch's device without memory, where two devices in one operation are refused."""
    monkeypatch.setattr(ChipLayer, "_check", lambda layer, counts: None)
    net = stack(SOMAS[name], max_fan_in=5).to("meta")
    net[0].levels = torch.tensor([0.0, 1.0, 4.0], device="meta")
    for n in (0, 2):
        data = counts(steps=9).to("meta").requires_grad_()
        if n:
            with VirtualChips(n, seed=0):
                out = net(data)
        else:
            out = net(data)
        assert out.shape == (3, 9, 4) and out.is_meta
        gradients = torch.autograd.grad(out.sum(), (*net.parameters(), data))
        assert all(g.is_meta for g in gradients)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU, and there is none here")
def test_a_gpu_gives_the_spikes_and_gradients_of_the_processor():
    data = counts()
    with VirtualChips(2, seed=0):
        here = gradient_of(stack(), data)
    with VirtualChips(2, seed=0):
        there = gradient_of(stack().to("cuda"), data.to("cuda"))
    for a, b in zip(here, there, strict=True):
        assert b.is_cuda and float((a - b.cpu()).abs().max()) < 1e-6 * float(a.abs().max())


def test_what_does_not_fit_is_refused_and_says_what_would():
    layer = ChipLayer(N_IN, 4)
    with pytest.raises(InputError, match=r"\[trial, step, 6\], got \[90, 6\]") as caught:
        layer(counts()[0])
    assert caught.value.code == "SHAPE"
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="negative, infinite or not a number") as caught:
            layer(counts().float().index_fill(1, torch.tensor(3), wrong))
        assert caught.value.code == "COUNTS_NEGATIVE"
    given: Any = counts().numpy()
    with pytest.raises(InputError, match="a ndarray: give a tensor"):
        layer(given)
    with pytest.raises(InputError, match="signed"):
        ChipLayer(2, 2, dendrites=("gaba", "ampa"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_fell_apart_are_named_instead_of_played_as_silence(value: float):
    layer = ChipLayer(N_IN, 4, recurrent=True)
    with torch.no_grad():
        layer.get_parameter("w_rec")[0, :2] = value
    with pytest.raises(InputError, match="2 of 16 values of w_rec") as caught:
        layer(counts())
    assert caught.value.code == "WEIGHT_NOT_FINITE"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(dtype: torch.dtype):
    with pytest.raises(InputError, match=r"use .float\(\)") as caught:
        ChipLayer(N_IN, 4).to(dtype)(counts())
    assert caught.value.code == "PRECISION"


@pytest.mark.parametrize("dt", [0.0, -1e-3, float("nan"), float("inf")])
def test_a_step_that_cannot_be_is_refused(dt: float):
    with pytest.raises(InputError) as caught:
        ChipLayer(2, 2, dt=dt)
    assert caught.value.code == "STEP"


@pytest.mark.parametrize("synapses", [0, -3, 2.5])
def test_a_number_of_synapses_that_cannot_be_is_refused(synapses: Any):
    with pytest.raises(InputError) as caught:
        ChipLayer(2, 2, max_fan_in=synapses)
    assert caught.value.code == "FAN_IN"


def test_one_layer_is_a_network_too():
    layer = ChipLayer(N_IN, 4)
    assert network_of(layer).hash == network_of([layer]).hash


def test_layers_of_other_steps_are_a_network_that_says_so_and_mixed_ones_are_none():
    slow = [ChipLayer(N_IN, 4, dt=4e-3), ChipLayer(4, 2, dt=4e-3)]
    assert network_of(slow).provenance["step_us"] == 4000
    assert "step_us" not in network_of(ChipLayer(N_IN, 4)).provenance
    with pytest.raises(NetworkError, match="one time step"):
        network_of([slow[0], ChipLayer(4, 2)])


def test_modules_that_are_no_layer_of_a_chip_are_all_named():
    with pytest.raises(NetworkError) as caught:
        network_of(nn.Sequential(nn.Linear(3, 4), ChipLayer(4, 2), nn.ReLU()))
    found = [(v.code, v.object, v.need) for v in caught.value.violations]
    assert found == [
        ("UNSUPPORTED_LAYER", "layer 0", "a Linear"), ("UNSUPPORTED_LAYER", "layer 2", "a ReLU")
    ]  # fmt: skip


def test_start_weights_come_from_the_generator_alone():
    layers = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        layers.append(ChipLayer(3, 4, recurrent=True, generator=torch.Generator().manual_seed(7)))
    first, second = (list(layer.parameters()) for layer in layers)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_layer_learns_the_time_constants_and_the_threshold_of_another():
    """From spikes alone, with weights that are right already; and its network has them."""
    usual = NeuronParameters.from_times()
    truth = replace(usual, i_tau_mem=0.7 * usual.i_tau_mem, i_threshold=1.5e-9)
    data = counts(24, 200)

    def layer(parameters: NeuronParameters, learned: tuple[str, ...] = ()) -> ChipLayer:
        generator = torch.Generator().manual_seed(0)
        return ChipLayer(
            N_IN, 12, parameters=parameters, generator=generator, learned=learned
        ).double()

    wanted = layer(truth)(data).detach().sum(1)
    pupil = layer(usual, ("i_tau_mem", "i_threshold"))
    optimizer = torch.optim.Adam(pupil.log_factors.parameters(), lr=0.03)
    losses = []
    for _ in range(60):
        loss = (pupil(data).sum(1) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]
    found = pupil.tuned()
    for name in ("i_tau_mem", "i_threshold"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.1)
    assert network_of([pupil]).populations[0].parameters == found
    copied = layer(usual, ("i_tau_mem", "i_threshold"))
    copied.load_state_dict(pupil.state_dict())
    assert copied.tuned() == found and torch.equal(copied(data), pupil(data))


@pytest.mark.parametrize("name", ["tau_mem", "i_tau_nmda", "i_dc", "i_tau_ahp"])
def test_a_current_that_such_neurons_do_not_use_is_refused(name: str):
    with pytest.raises(InputError, match="i_tau_mem") as caught:
        ChipLayer(2, 2, learned=[name])
    assert caught.value.code == "UNKNOWN_CURRENT"


def test_currents_of_circuits_that_are_switched_on_are_learned():
    on = {"adaptation": True, "dc": True, "nmda_gate": True}
    p = NeuronParameters.from_times(i_w_ahp=3e-9, i_dc=3e-11, i_nmda_gate=2e-11, **on)
    names = ("i_dc", "i_w_ahp", "i_nmda_gate", "i_tau_nmda")
    layer = ChipLayer(N_IN, 3, parameters=p, dendrites=("nmda", "gaba"), learned=names).double()
    with torch.no_grad():
        layer.w_in.abs_().mul_(4)
    layer(counts()).sum().backward()
    grads = [factor.grad for factor in layer.log_factors.values()]
    assert all(g is not None and g.item() != 0 for g in grads)
