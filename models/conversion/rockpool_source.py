"""A Rockpool network of `LinearTorch` and `LIFTorch` as a `SourceNetwork`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rockpool.graph import LIFNeuronWithSynsRealValue, LinearWeights

from ..errors import NetworkError, Violation
from ..from_rockpool import graph_of, layer_name, modules_of
from ..network import INPUT
from .source import Change, SourceConnection, SourceNetwork, SourcePopulation


def read_rockpool(net: Any) -> SourceNetwork:
    """Read a Rockpool module whose graph holds linear weights and leaky integrate-and-fire neurons.

    Neurons with noise are read without it. Biases of linear layers and of neurons, recurrent
    weights, time constants and thresholds of every neuron, and the limit of its spikes in a step
    (`max_spikes_per_dt`) are kept.

    Args:
        net: a module with `as_graph()`: `Sequential`, `Residual`, ... of `LinearTorch`, `LIFTorch`.

    Raises:
        NetworkError: UNSUPPORTED_LAYER, SYNAPSES, UNCONNECTED, and those of SourceNetwork; all at
            once.
    """
    graph = graph_of(net)
    modules = modules_of(graph)
    neurons = [m for m in modules if isinstance(m, LIFNeuronWithSynsRealValue)]
    linear = [m for m in modules if isinstance(m, LinearWeights)]
    found = [_unsupported(m) for m in modules if m not in neurons and m not in linear]
    found += [_synapses(m) for m in neurons if len(m.input_nodes) != len(m.output_nodes)]
    names = {id(m): _name(m) for m in neurons}
    sources = {tuple(map(id, graph.input_nodes)): INPUT}
    sources |= {tuple(map(id, m.output_nodes)): names[id(m)] for m in neurons}
    targets = {tuple(map(id, m.input_nodes)): names[id(m)] for m in neurons}
    order = [names[id(m)] for m in neurons]
    drives: dict[str, np.ndarray | float] = dict.fromkeys(order, 0.0)
    connections = []
    for module in linear:
        source = sources.get(tuple(map(id, module.input_nodes)))
        target = targets.get(tuple(map(id, module.output_nodes)))
        if source is None or target is None:
            found.append(_unconnected(module))
            continue
        back = source != INPUT and order.index(source) >= order.index(target)
        weights = _numbers(module.weights)
        connections.append(SourceConnection(source, target, weights, int(back)))
        if module.biases is not None:
            drives[target] = drives[target] + _numbers(module.biases)
    if found:
        raise NetworkError(found)
    dt = _dt(neurons)
    return SourceNetwork(
        n_inputs=len(graph.input_nodes),
        dt=dt,
        populations=tuple(_population(m, names[id(m)], dt, drives[names[id(m)]]) for m in neurons),
        connections=tuple(connections),
        output=sources.get(tuple(map(id, graph.output_nodes)), ""),
        changes=tuple(_noise(neurons)),
    )


def _population(module: Any, name: str, dt: float, drive: np.ndarray | float) -> SourcePopulation:
    """LIFTorch: the current takes its input, then decays, then acts."""
    size = len(module.output_nodes)
    one = np.ones(size)
    decay_syn = np.exp(-dt / _numbers(module.tau_syn)) * one
    threshold = _numbers(module.threshold) * one
    return SourcePopulation(
        name=name,
        decay_mem=np.exp(-dt / _numbers(module.tau_mem)) * one,
        decay_syn=decay_syn,
        gain=decay_syn,
        threshold=threshold,
        bias=_numbers(module.bias) * one,
        drive=drive * one,
        reset=threshold,
        most=_numbers(getattr(module.computational_module, "max_spikes_per_dt", np.inf)) * one,
    )


def _noise(neurons: list[Any]) -> Iterator[Change]:
    for module in neurons:
        noise = _numbers(getattr(module.computational_module, "noise_std", 0.0))
        if noise.any():
            yield Change(_name(module), "noise_std", "dropped", f"{noise.max():.3g}")


def _dt(neurons: list[Any]) -> float:
    steps = {float(m.dt) for m in neurons}
    if len(steps) == 1:
        return steps.pop()
    raise NetworkError(
        [
            Violation(
                "STEP", "the network", "one time step for all layers",
                f"there are {sorted(steps)} s", "give all LIFTorch the same dt",
            )
        ]
    )  # fmt: skip


def _name(module: Any) -> str:
    return layer_name(module).removeprefix("layer ").strip("'")


def _numbers(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.array(values, np.float64)


def _unsupported(module: Any) -> Violation:
    return Violation(
        "UNSUPPORTED_LAYER", layer_name(module), f"a model of {type(module).__name__}",
        "conversion knows LIFTorch and linear weights",
        "replace it by LIFTorch; a read-out (ExpSynTorch) is done on the spikes that come back",
    )  # fmt: skip


def _synapses(module: Any) -> Violation:
    per = len(module.input_nodes) / max(len(module.output_nodes), 1)
    return Violation(
        "SYNAPSES", layer_name(module), f"{per:g} synaptic currents per neuron",
        "conversion knows one, with excitation and inhibition by the sign of the weights",
        "use LIFTorch(N) instead of LIFTorch((n * N, N))",
    )  # fmt: skip


def _unconnected(module: Any) -> Violation:
    return Violation(
        "UNCONNECTED", layer_name(module), "spiking neurons behind it, and before it the input "
        "or spiking neurons", "it stands elsewhere",
        "alternate LinearTorch and LIFTorch and end with LIFTorch",
    )  # fmt: skip
