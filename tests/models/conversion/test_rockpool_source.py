"""A Rockpool network is read so that it spikes exactly as in Rockpool."""

# Rockpool's modules are annotated as what they are not:
# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import ExpSynTorch, LIFBitshiftTorch, LIFTorch, LinearTorch, aLIFTorch
from rockpool.parameters import Constant

from analoop.models import NetworkError
from analoop.models.conversion.rockpool_source import read_rockpool
from analoop.models.conversion.source_simulation import respond
from analoop.models.from_rockpool import from_rockpool

from .pattern_task import pattern_task
from .rockpool_networks import trained_rockpool


def in_rockpool(net: Any, events: np.ndarray) -> np.ndarray:
    net.reset_state()
    with torch.no_grad():
        out, _, _ = net(torch.tensor(events, dtype=torch.float32))
    return out.numpy()


def in_ours(net: Any, events: np.ndarray) -> np.ndarray:
    source = read_rockpool(net)
    return respond(source, events)[source.output]


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_trained_network_spikes_as_in_rockpool_spike_for_spike(recurrent: bool) -> None:
    net, (events, _) = trained_rockpool(recurrent), pattern_task(20, 5)
    theirs = in_rockpool(net, events)
    assert theirs.sum() > 100
    assert np.array_equal(in_ours(net, events), theirs)


def test_biases_and_values_of_every_neuron_are_kept() -> None:
    torch.manual_seed(3)
    net = Sequential(
        LinearTorch((20, 12), has_bias=True),
        LIFTorch(
            12, tau_mem=torch.linspace(5e-3, 60e-3, 12),
            tau_syn=torch.linspace(2e-3, 20e-3, 12)[:, None],
            threshold=torch.linspace(0.5, 2.0, 12), bias=torch.linspace(-0.01, 0.05, 12),
        ),
    )  # fmt: skip
    with torch.no_grad():
        net[0].bias *= 0.1
    events, _ = pattern_task(10, 6)
    theirs = in_rockpool(net, events)
    assert theirs.max() > 1, "neurons that spike more than once in a step are among them"
    differ = in_ours(net, events) != theirs
    assert differ.mean() < 1e-4, "single precision may flip a spike at the threshold"


def limited(most: Any, recurrent: bool = False) -> Any:
    """Six neurons, so driven that they have more spikes to give than a limit of 3 lets them."""
    torch.manual_seed(4)
    net = Sequential(
        LinearTorch((20, 6), has_bias=False),
        LIFTorch(
            6, tau_mem=Constant(20e-3), tau_syn=Constant(10e-3), threshold=Constant(1.0),
            has_rec=recurrent, max_spikes_per_dt=most,
        ),
    )  # fmt: skip
    with torch.no_grad():
        net[0].weight.copy_(torch.rand(20, 6) + 0.5)
        if recurrent:
            net[1].w_rec.copy_(-0.02 * torch.rand(6, 6))
    return net


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("most", [1, 3, torch.tensor([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])])
def test_the_limit_of_spikes_in_a_step_is_that_of_rockpool_spike_for_spike(
    most: Any, recurrent: bool
) -> None:
    events, _ = pattern_task(10, 7)
    events[:, 40:] = 0
    theirs = in_rockpool(limited(most, recurrent), events)
    assert np.array_equal(theirs.max((0, 1)), np.broadcast_to(np.asarray(most), 6))
    assert 0.02 < (theirs == np.asarray(most)).mean() < 0.98, "they are held back, but not always"
    unlimited = in_rockpool(limited(2**16, recurrent), events)
    assert unlimited.max((0, 1)).min() > 3 and (unlimited != theirs).mean() > 0.1
    assert np.array_equal(in_ours(limited(most, recurrent), events), theirs)


def test_what_a_limit_leaves_of_the_membrane_fires_later_as_in_rockpool() -> None:
    events = np.zeros((1, 150, 20))
    events[0, 0] = 1.0
    theirs = in_rockpool(limited(1), events)
    assert theirs.max() == 1 and theirs[0, 20:50].all() and not theirs[0, 120:].any()
    assert np.array_equal(in_ours(limited(1), events), theirs)


def test_sources_with_another_limit_have_another_hash() -> None:
    assert len({read_rockpool(limited(most)).hash for most in (1, 3, 2**16)}) == 3
    assert read_rockpool(limited(3)).hash == read_rockpool(limited(3)).hash


@pytest.mark.parametrize("most", [0, -1, float("nan")])
def test_a_limit_that_leaves_no_spike_is_refused(most: float) -> None:
    with pytest.raises(NetworkError, match="SPIKES_PER_STEP") as error:
        read_rockpool(limited(most))
    assert "1_LIFTorch" in error.value.violations[0].object


def test_everything_that_cannot_be_read_is_named_at_once_with_a_way_out() -> None:
    net = Sequential(
        LinearTorch((20, 8)), LIFTorch((8, 4)), LinearTorch((4, 3)), LIFTorch(3),
        LinearTorch((3, 3)),
    )  # fmt: skip
    with pytest.raises(NetworkError) as error:
        read_rockpool(net)
    codes = {v.code: v.object for v in error.value.violations}
    assert codes.keys() == {"SYNAPSES", "UNCONNECTED"}
    assert "1_LIFTorch" in codes["SYNAPSES"]
    assert "4_LinearTorch" in codes["UNCONNECTED"]


def test_a_layer_rockpool_has_no_graph_of_is_refused() -> None:
    net = Sequential(LinearTorch((20, 8)), LIFTorch(8), ExpSynTorch(8))
    with pytest.raises(NetworkError, match="UNSUPPORTED_LAYER"):
        read_rockpool(net)


def test_noise_is_dropped_and_said() -> None:
    net = Sequential(LinearTorch((20, 8)), LIFTorch(8, noise_std=Constant(0.1)))
    dropped = [c for c in read_rockpool(net).changes if c.what == "dropped"]
    assert [c.field for c in dropped] == ["noise_std"]


def layer(n: int, recurrent: bool = False) -> Any:
    """Neurons of one spike a step: where many cascade, single precision decides."""
    return LIFTorch(
        n, tau_mem=Constant(20e-3), tau_syn=Constant(10e-3), threshold=Constant(1.0),
        bias=Constant(0.0), has_rec=recurrent, max_spikes_per_dt=1,
    )  # fmt: skip


def linear(shape: tuple[int, int]) -> Any:
    return LinearTorch(shape, has_bias=False)


@pytest.mark.parametrize("recurrent", [False, True])
def test_neurons_right_behind_neurons_or_the_input_hear_their_counterparts(recurrent: bool) -> None:
    torch.manual_seed(5)
    net = Sequential(layer(20), linear((20, 6)), layer(6), layer(6, recurrent))
    events, _ = pattern_task(10, 8)
    theirs = in_rockpool(net, events)
    assert theirs.sum() > 100
    assert np.array_equal(in_ours(net, events), theirs)


def test_layers_of_nested_sequentials_share_a_name_and_are_kept_apart() -> None:
    torch.manual_seed(6)
    net = Sequential(*(Sequential(linear((20, 20)), layer(20)) for _ in range(3)))
    source = read_rockpool(net)
    assert [p.name for p in source.populations] == ["1_LIFTorch", "1_LIFTorch 2", "1_LIFTorch 3"]
    events, _ = pattern_task(10, 8)
    theirs = in_rockpool(net, events)
    assert theirs.sum() > 100
    assert np.array_equal(in_ours(net, events), theirs)


class Named(LIFTorch):
    """A user's own, with the same equations."""


@pytest.mark.parametrize("kind", [Named, LIFBitshiftTorch])
def test_neurons_that_are_liftorch_by_inheritance_are_read(kind: Any) -> None:
    torch.manual_seed(6)
    net = Sequential(linear((20, 6)), kind(6, threshold=Constant(1.0), max_spikes_per_dt=1))
    events, _ = pattern_task(10, 8)
    theirs = in_rockpool(net, events)
    assert theirs.sum() > 100
    assert np.array_equal(in_ours(net, events), theirs)


def test_neurons_whose_graph_looks_like_liftorch_but_that_adapt_are_refused() -> None:
    net = Sequential(linear((20, 8)), aLIFTorch(8))
    with pytest.raises(NetworkError, match="UNSUPPORTED_LAYER") as error:
        read_rockpool(net)
    assert "a model of aLIFTorch" in str(error.value)


def test_a_network_of_longer_steps_is_read_with_steps_of_the_chip() -> None:
    torch.manual_seed(7)
    net = Sequential(
        linear((20, 6)),
        LIFTorch(6, tau_mem=Constant(20e-3), tau_syn=Constant(10e-3), dt=2e-3),
    )
    with pytest.raises(NetworkError, match="STEP"):
        read_rockpool(net)
    source = read_rockpool(net, step=1e-3)
    events, _ = pattern_task(10, 8)
    theirs = in_rockpool(net, events)
    assert theirs.sum() > 100
    assert np.array_equal(respond(source, events)[source.output], theirs)
    assert [(c.field, c.what) for c in source.changes] == [("time", "reinterpreted")]


def test_from_rockpool_points_to_the_conversion() -> None:
    with pytest.raises(NetworkError, match="read_rockpool"):
        from_rockpool(trained_rockpool(False))
