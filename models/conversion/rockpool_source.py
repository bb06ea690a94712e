"""A Rockpool network of `LinearTorch` and `LIFTorch` as a `SourceNetwork`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from rockpool.graph import LIFNeuronWithSynsRealValue
from rockpool.nn.modules import LIFTorch

from ..errors import NetworkError, Violation
from ..network import INPUT
from ..rockpool_graph import layer_name, read_graph
from .source import Change, SourceConnection, SourceNetwork, SourcePopulation


def read_rockpool(net: Any, step: float | None = None) -> SourceNetwork:
    """Read a Rockpool module whose graph holds linear weights and leaky integrate-and-fire neurons.

    Neurons with noise are read without it. Biases of linear layers and of neurons, recurrent
    weights, time constants and thresholds of every neuron, and the limit of its spikes in a step
    (`max_spikes_per_dt`) are kept. Layers of nested `Sequential`s may share a name; from the second
    on they are numbered.

    Args:
        net: a module with `as_graph()`, such as a `Sequential` of `LinearTorch` and `LIFTorch`.
        step: what a step lasts on the chip [s]; None: the dt of its layers.

    Raises:
        NetworkError: UNSUPPORTED_LAYER, SYNAPSES, UNCONNECTED, and those of SourceNetwork; all at
            once.
    """
    graph = read_graph(net, LIFNeuronWithSynsRealValue)
    neurons = graph.populations
    found = [_unsupported(m, type(m).__name__) for m in graph.others]
    modules = [m for m in neurons.values() if not isinstance(m.computational_module, LIFTorch)]
    found += [_unsupported(m, type(m.computational_module).__name__) for m in modules]
    found += [_synapses(m) for m in neurons.values() if len(m.input_nodes) != len(m.output_nodes)]
    found += [_unconnected(m) for m in graph.loose]
    if found:
        raise NetworkError(found)
    order, connections = list(neurons), []
    drives: dict[str, np.ndarray | float] = dict.fromkeys(order, 0.0)
    for way in graph.ways:
        weights = np.eye(len(neurons[way.target].input_nodes))
        if way.weights is not None:
            weights = _numbers(way.weights.weights)
            if way.weights.biases is not None:
                drives[way.target] = drives[way.target] + _numbers(way.weights.biases)
        back = way.source != INPUT and order.index(way.source) >= order.index(way.target)
        connections.append(SourceConnection(way.source, way.target, weights, int(back)))
    dt = _dt(neurons.values())
    return SourceNetwork(
        n_inputs=graph.n_inputs,
        dt=step or dt,
        populations=tuple(_population(m, name, dt, drives[name]) for name, m in neurons.items()),
        connections=tuple(connections),
        output=graph.output,
        changes=(*_time(dt, step), *_noise(neurons)),
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


def _noise(neurons: Mapping[str, Any]) -> Iterator[Change]:
    for name, module in neurons.items():
        noise = _numbers(getattr(module.computational_module, "noise_std", 0.0))
        if noise.any():
            yield Change(name, "noise_std", "dropped", f"{noise.max():.3g}")


def _time(dt: float, step: float | None) -> Iterator[Change]:
    if step and abs(dt - step) > 1e-9 * step:
        detail = f"a step of {dt * 1e3:g} ms lasts {step * 1e3:g} ms on the chip"
        yield Change("the network", "time", "reinterpreted", detail)


def _dt(neurons: Iterable[Any]) -> float:
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


def _numbers(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.array(values, np.float64)


def _unsupported(module: Any, kind: str) -> Violation:
    return Violation(
        "UNSUPPORTED_LAYER", layer_name(module), f"a model of {kind}",
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
