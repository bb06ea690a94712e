"""A Rockpool network becomes a `Network`; recurrent weights and signs are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from rockpool.graph import LIFNeuronWithSynsRealValue, LinearWeights

from .errors import NetworkError, Violation
from .network import Network, Population, Projection
from .rockpool_graph import Way, layer_name, read_graph
from .rockpool_layer import CircuitNeurons, SynapsesTorch, signed


def from_rockpool(net: Any, labels: tuple[str, ...] = ()) -> Network:
    """Read a trained Rockpool module made of `NeuronsTorch` and linear weights.

    Args:
        net: any Rockpool module whose `as_graph()` holds `CircuitNeurons` (of `NeuronsTorch`) and
            `LinearWeights` (of `SynapsesTorch` or `LinearTorch`) only.
        labels: what each neuron of the last population stands for.

    Raises:
        NetworkError: UNSUPPORTED_LAYER for every other module, BIAS, WEIGHT_NEGATIVE,
            UNCONNECTED; all at once.
    """
    graph = read_graph(net, CircuitNeurons, names="population")
    found = [
        Violation(
            "UNSUPPORTED_LAYER", layer_name(module),
            f"a model of {type(module).__name__}", "the chip has none",
            _instead(module),
        )
        for module in graph.others
    ]  # fmt: skip
    found += [_unconnected(module) for module in graph.loose]
    projections: list[Projection] = []
    for way in graph.ways:
        target = graph.populations[way.target]
        if way.weights is None:
            each = np.eye(len(target.input_nodes))
        else:
            found += [*_bias(way.weights), *_sign(way.weights, target)]
            each = np.array(way.weights.weights, dtype=np.float64)  # pyright: ignore
        projections += _projections(each, way, target)
    if found:
        raise NetworkError(found)
    modules = graph.populations.items()
    populations = [Population(name, len(m.output_nodes), _parameters(m)) for name, m in modules]
    return Network(
        n_inputs=graph.n_inputs,
        populations=tuple(populations),
        projections=tuple(projections),
        output=graph.output,
        labels=labels,
    )


def _parameters(module: CircuitNeurons):
    if module.parameters is None:
        raise TypeError("CircuitNeurons without parameters")
    return module.parameters


def _projections(weights: np.ndarray, way: Way, target: CircuitNeurons) -> list[Projection]:
    parts = np.split(weights * target.w_unit, len(target.dendrites), axis=1)
    return [
        Projection(way.source, way.target, dendrite, part)
        for dendrite, part in zip(target.dendrites, parts, strict=True)
        if part.any()
    ]


def _sign(module: LinearWeights, target: CircuitNeurons) -> list[Violation]:
    """Signed weights in front of dendrites that do not take both signs."""
    if signed(target.dendrites) or not isinstance(module.computational_module, SynapsesTorch):
        return []
    return [
        Violation(
            "SIGN", layer_name(module), "a dendrite that excites and one that inhibits behind it",
            f"there are {target.dendrites}",
            "use NeuronsTorch(dendrites=('ampa', 'gaba')), or LinearTorch without negative weights",
        )
    ]  # fmt: skip


def _bias(module: LinearWeights) -> list[Violation]:
    if module.biases is None or not np.any(np.array(module.biases)):  # pyright: ignore
        return []
    return [
        Violation(
            "BIAS", layer_name(module), "a bias per neuron",
            "a core has one injected current for all its neurons",
            "train without bias, or use NeuronParameters(dc=True, i_dc=...)",
        )
    ]  # fmt: skip


def _instead(module: Any) -> str:
    if isinstance(module, LIFNeuronWithSynsRealValue):
        return (
            "convert it, so that it behaves alike: read_rockpool and analoop.deploy.conversion "
            "(docs/conversion.md); or train with NeuronsTorch"
        )
    return "use NeuronsTorch for neurons, SynapsesTorch or LinearTorch for weights, and train it"


def _unconnected(module: LinearWeights) -> Violation:
    return Violation(
        "UNCONNECTED", layer_name(module),
        "the network's inputs or neurons before it and NeuronsTorch behind it",
        "it stands elsewhere", "end the network with NeuronsTorch and alternate the two",
    )  # fmt: skip
