"""A Rockpool network becomes a `Network`; recurrent weights and signs are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from rockpool.graph import GraphHolder, LIFNeuronWithSynsRealValue, LinearWeights

from .errors import NetworkError, Violation
from .network import INPUT, Network, Population, Projection
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
    graph = graph_of(net)
    modules = modules_of(graph)
    neurons = [m for m in modules if isinstance(m, CircuitNeurons)]
    linear = [m for m in modules if isinstance(m, LinearWeights)]
    found = [
        Violation(
            "UNSUPPORTED_LAYER", layer_name(module),
            f"a model of {type(module).__name__}", "the chip has none",
            _instead(module),
        )
        for module in modules
        if module not in neurons and module not in linear
    ]  # fmt: skip
    names = {id(m): f"population {k}" for k, m in enumerate(neurons)}
    sources = {tuple(map(id, graph.input_nodes)): INPUT}
    sources |= {tuple(map(id, m.output_nodes)): names[id(m)] for m in neurons}
    targets = {tuple(map(id, m.input_nodes)): m for m in neurons}
    projections: list[Projection] = []
    for module in linear:
        source = sources.get(tuple(map(id, module.input_nodes)))
        target = targets.get(tuple(map(id, module.output_nodes)))
        if source is None or target is None:
            found.append(_unconnected(module))
            continue
        found += [*_bias(module), *_sign(module, target)]
        projections += _projections(module, source, target, names[id(target)])
    if found:
        raise NetworkError(found)
    populations = [Population(names[id(m)], len(m.output_nodes), _parameters(m)) for m in neurons]
    return Network(
        n_inputs=len(graph.input_nodes),
        populations=tuple(populations),
        projections=tuple(projections),
        output=sources.get(tuple(map(id, graph.output_nodes)), ""),
        labels=labels,
    )


def graph_of(net: Any) -> GraphHolder:
    try:
        return net.as_graph()
    except (AttributeError, NotImplementedError, ValueError) as error:
        raise NetworkError(
            [
                Violation(
                    "UNSUPPORTED_LAYER", f"network '{type(net).__name__}'",
                    "modules that Rockpool can put in a graph", f"as_graph() failed ({error})",
                    "use NeuronsTorch, SynapsesTorch and LinearTorch",
                )
            ]
        ) from error  # fmt: skip


def modules_of(graph: GraphHolder) -> list[Any]:
    """Every module reachable from the inputs, in the order met."""
    found: list[Any] = []
    nodes = list(graph.input_nodes)
    while nodes:
        for module in nodes.pop(0).sink_modules:
            if module not in found:
                found.append(module)
                nodes += list(module.output_nodes)
    return found


def _parameters(module: CircuitNeurons):
    if module.parameters is None:
        raise TypeError("CircuitNeurons without parameters")
    return module.parameters


def _projections(
    module: LinearWeights, source: str, target: CircuitNeurons, name: str
) -> list[Projection]:
    weights = np.array(module.weights, dtype=np.float64) * target.w_unit  # pyright: ignore
    parts = np.split(weights, len(target.dendrites), axis=1)
    return [
        Projection(source, name, dendrite, part)
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


def layer_name(module: Any) -> str:
    """The user's words for a graph module: the name it has in the `Sequential`."""
    name = getattr(module.computational_module, "name", None) or module.name
    return f"layer {name}"
