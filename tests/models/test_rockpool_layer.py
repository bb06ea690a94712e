"""Rockpool modules of the chip's neurons: trainable, and read without losing anything."""

# Rockpool's Sequential, parameters() and LIFTorch are annotated as what they are not:
# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFTorch, LinearTorch

from analoop.models import InputError, NetworkError, NeuronParameters, Stimulus, simulate
from analoop.models.from_rockpool import from_rockpool
from analoop.models.rockpool_layer import NeuronsTorch, SynapsesTorch
from analoop.models.training import W_UNIT

N_IN, STEPS = 6, 150


def spikes_in(trials: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(trials, STEPS, N_IN, generator=generator) < 0.2).double()


def as_stimulus(data: torch.Tensor) -> Stimulus:
    trial, time, channel = np.nonzero(data.numpy())
    return Stimulus(N_IN, np.full(len(data), STEPS * 1000), trial, time * 1000, channel)


def recurrent_net() -> Any:
    torch.manual_seed(0)
    net = Sequential(
        SynapsesTorch((N_IN, 10)), NeuronsTorch(10, has_rec=True),
        SynapsesTorch((10, 4)), NeuronsTorch(4),
    )  # fmt: skip
    with torch.no_grad():
        net[1].w_rec *= 3.0
        net[2].weight += 4.0
    return net.double()


def test_imported_network_spikes_exactly_as_the_rockpool_network_did() -> None:
    net, data = recurrent_net(), spikes_in()
    out, _, _ = net(data)
    recording = simulate(from_rockpool(net), as_stimulus(data))
    assert out.sum() > 20
    for trial in range(len(data)):
        raster = recording.raster(trial, 1000)[:, 10:]
        assert np.array_equal(raster, out[trial].detach().numpy())


def test_rockpool_defect_recurrent_weights_are_dropped_on_export() -> None:
    net = recurrent_net()
    network = from_rockpool(net)
    recurrent = {p.dendrite: p.weights for p in network.projections if p.source == p.target}
    signed = recurrent["ampa"] - recurrent["gaba"]
    assert np.allclose(signed, net[1].w_rec.detach().numpy() * 1e-9, rtol=1e-6)


def test_linear_torch_with_a_column_per_dendrite_and_neuron_works() -> None:
    weight = torch.rand(N_IN, 20)
    net = Sequential(LinearTorch((N_IN, 20), weight=weight), NeuronsTorch((20, 10)))
    network = from_rockpool(net)
    by_dendrite = {p.dendrite: p.weights for p in network.projections}
    assert np.allclose(by_dendrite["ampa"], weight[:, :10].numpy() * 1e-9)
    assert np.allclose(by_dendrite["gaba"], weight[:, 10:].numpy() * 1e-9)


def test_a_few_optimiser_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    net = Sequential(SynapsesTorch((N_IN, 12)), NeuronsTorch(12), LinearTorch((12, 3)))
    data = spikes_in(8).float()
    target = torch.rand(8, 3)
    optimizer = torch.optim.Adam(net.parameters().astorch(), lr=0.05)
    losses = []
    for _ in range(15):
        out, _, _ = net(data)
        loss = (out.mean(1) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_inhibitory_weights_reach_the_gaba_dendrite_and_lower_the_rate() -> None:
    data = spikes_in()
    excited = SynapsesTorch((N_IN, 1), weight=torch.tensor([[3.0]] * N_IN)).double()
    mixed = SynapsesTorch(
        (N_IN, 1), weight=torch.tensor([[3.0]] * 3 + [[-30.0]] * 3)
    ).double()  # fmt: skip
    neurons = NeuronsTorch(1)
    assert neurons(excited(data)[0])[0].sum() > 10
    assert neurons(mixed(data)[0])[0].sum() == 0


def test_every_unsupported_layer_is_named_at_once() -> None:
    net = Sequential(LinearTorch((N_IN, 10)), LIFTorch(10), LinearTorch((10, 4)), LIFTorch(4))
    with pytest.raises(NetworkError) as error:
        from_rockpool(net)
    named = [v.object for v in error.value.violations if v.code == "UNSUPPORTED_LAYER"]
    assert named == ["layer '1_LIFTorch'", "layer '3_LIFTorch'"]


def test_biases_and_negative_currents_are_refused() -> None:
    biased = LinearTorch((N_IN, 20), weight=torch.rand(N_IN, 20), has_bias=True)
    with pytest.raises(NetworkError, match="BIAS"):
        from_rockpool(Sequential(biased, NeuronsTorch(10)))
    negative = LinearTorch((N_IN, 20), weight=-torch.rand(N_IN, 20))
    with pytest.raises(NetworkError, match="WEIGHT_NEGATIVE"):
        from_rockpool(Sequential(negative, NeuronsTorch(10)))


def test_a_network_that_does_not_end_in_neurons_is_refused() -> None:
    net = Sequential(SynapsesTorch((N_IN, 10)), NeuronsTorch(10), LinearTorch((10, 4)))
    with pytest.raises(NetworkError, match="UNCONNECTED"):
        from_rockpool(net)


def test_neurons_right_behind_neurons_hear_their_counterparts() -> None:
    """A weight of 1 each, as in Rockpool: here 1 nA."""
    first, second = NeuronsTorch(5), NeuronsTorch(5, dendrites=("ampa",))
    read = from_rockpool(Sequential(SynapsesTorch((6, 5)), first, second))
    (way,) = [p for p in read.projections if p.target == "population 1"]
    assert (way.source, way.dendrite) == ("population 0", "ampa")
    assert np.array_equal(way.weights, np.eye(5) * W_UNIT)


def test_wrong_dendrites_and_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="dendrites"):
        NeuronsTorch(3, dendrites=("gaba", "ampa"))
    with pytest.raises(InputError, match="shape"):
        NeuronsTorch((5, 3))


def test_parameters_of_a_layer_arrive_in_the_population() -> None:
    slow = NeuronParameters.from_times(tau_mem=50e-3)
    net = Sequential(SynapsesTorch((N_IN, 2)), NeuronsTorch(2, parameters=slow))
    assert from_rockpool(net).populations[0].parameters == slow


def test_inhibition_is_never_put_on_a_dendrite_that_excites() -> None:
    net = Sequential(SynapsesTorch((N_IN, 4)), NeuronsTorch(4, dendrites=("ampa", "nmda")))
    with pytest.raises(NetworkError, match="SIGN"):
        from_rockpool(net)
    with pytest.raises(InputError, match="signed"):
        NeuronsTorch(4, dendrites=("ampa", "nmda"), has_rec=True)


def test_fan_in_and_weight_levels_are_respected_in_training_and_on_import() -> None:
    torch.manual_seed(0)
    synapses = SynapsesTorch((100, 8), max_fan_in=64)
    synapses.levels = torch.tensor([0.0, 1.0, 2.0])
    net = Sequential(synapses, NeuronsTorch(8))
    data = (torch.rand(2, 50, 100) < 0.1).float()
    net(data)[0].sum().backward()
    assert synapses.weight.grad is not None
    network = from_rockpool(net)
    held = np.concatenate([p.weights for p in network.projections])
    assert set(np.unique(held)) <= {0.0, 1e-9, 2e-9}
    assert max((np.stack([p.weights for p in network.projections]) > 0).sum((0, 1))) <= 64


def test_levels_go_where_the_state_goes() -> None:
    first, second = (Sequential(SynapsesTorch((N_IN, 8)), NeuronsTorch(8)) for _ in range(2))
    first[0].levels = torch.tensor([0.0, 2.0, 9.0])
    second.load_state_dict(first.state_dict())
    second.reset_state()
    assert second[0].levels.tolist() == [0.0, 2.0, 9.0] and not second[0].state()
    data = spikes_in().float()
    assert torch.equal(first(data)[0], second(data)[0]) and first(data)[0].sum() > 0
    second.load_state_dict(Sequential(SynapsesTorch((N_IN, 8)), NeuronsTorch(8)).state_dict())
    assert second[0].levels is None
    third, fourth = (Sequential(SynapsesTorch((N_IN, 8)), NeuronsTorch(8)) for _ in range(2))
    fourth.load_state_dict(third.state_dict())
    assert torch.equal(third(data)[0], fourth(data)[0])


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
def test_drive_may_be_whole_numbers(dtype: torch.dtype) -> None:
    net, data = NeuronsTorch(3, dendrites=("ampa", "gaba")), spikes_in()
    assert torch.equal(net(data.to(dtype))[0], net(data.float())[0])


@pytest.mark.parametrize("name", ["weight", "w_rec"])
def test_weights_that_fell_apart_are_named_instead_of_played_as_silence(name: str) -> None:
    net = Sequential(SynapsesTorch((N_IN, 8)), NeuronsTorch(8, has_rec=True))
    with torch.no_grad():
        net[0 if name == "weight" else 1].get_parameter(name)[0, 0] = float("nan")
    with pytest.raises(InputError, match=f"1 of .* values of .*{name}") as error:
        net(spikes_in().float())
    assert error.value.code == "WEIGHT_NOT_FINITE"


def test_negative_drive_is_refused_and_not_silently_without_effect() -> None:
    net = Sequential(LinearTorch((N_IN, 8), weight=-torch.rand(N_IN, 8)), NeuronsTorch(4))
    with pytest.raises(InputError, match="drive, a synapse's current, is negative"):
        net(spikes_in().float())
