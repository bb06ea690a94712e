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
from rockpool.nn.modules import ExpSynTorch, LIFTorch, LinearTorch
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


def test_from_rockpool_points_to_the_conversion() -> None:
    with pytest.raises(NetworkError, match="read_rockpool"):
        from_rockpool(trained_rockpool(False))
