"""Registers: everything the steps before decided, written as the chip stores it."""

from __future__ import annotations

import numpy as np

from ..hw.bias import Bias, nearest
from ..hw.chip import ChipSpec, Dendrite
from ..hw.circuits import CURRENT_TO_REGISTER, SWITCH_TO_LATCH, WEIGHT_TO_REGISTER
from ..hw.configuration import DESTINATION, LATCHES, SYNAPSE, Configuration
from ..models.network import Network
from ..models.parameters import DENDRITES, NeuronParameters
from .placement import Placement
from .quantization import WeightCode
from .routing import Routes


def encode(
    network: Network,
    placement: Placement,
    codes: dict[tuple[int, int], WeightCode],
    synapses: tuple[np.ndarray, np.ndarray],
    routes: Routes,
    chip: ChipSpec,
) -> Configuration:
    """Write the register image.

    Args:
        codes: weight code of every core in use.
        synapses: those kept (dtype CONNECTION, sorted by target) and their masks.
    """
    biases = {
        core: neuron_biases(parameters)
        | dict(zip(WEIGHT_TO_REGISTER.values(), codes[core].biases, strict=True))
        for core, parameters in placement.parameters.items()
    }
    return Configuration(
        placement.n_chips,
        biases,
        _cam(network, placement, synapses, routes),
        _sram(network, placement, routes, chip),
        _latches(network, placement, chip),
        chip=chip,
    )


def neuron_biases(parameters: NeuronParameters) -> dict[str, Bias]:
    """Nearest legal codes of a neuron's currents."""
    return {
        CURRENT_TO_REGISTER[name]: nearest(CURRENT_TO_REGISTER[name], value)
        for name, value in parameters.currents().items()
    }


def _addressed(dtype: np.dtype, placement: Placement, neurons: np.ndarray) -> np.ndarray:
    words = np.zeros(len(neurons), dtype)
    for name in ("chip", "core", "neuron"):
        words[name] = getattr(placement, name)[neurons]
    return words


def _cam(
    network: Network, placement: Placement, synapses: tuple[np.ndarray, np.ndarray], routes: Routes
) -> np.ndarray:
    table, masks = synapses
    words = _addressed(SYNAPSE, placement, table["target"])
    first = np.searchsorted(table["target"], table["target"])
    words["word"] = np.arange(len(table)) - first
    tags = np.full((network.n_inputs + network.n_neurons, placement.n_chips), -1)
    tags[routes.words["source"], routes.words["chip"]] = routes.words["tag"]
    words["tag"] = tags[table["source"], placement.chip[table["target"]]]
    kinds = np.array([Dendrite[name.upper()] for name in DENDRITES])
    words["dendrite"] = kinds[table["dendrite"]]
    words["weight"] = masks
    return words


def _sram(network: Network, placement: Placement, routes: Routes, chip: ChipSpec) -> np.ndarray:
    neurons = np.arange(network.n_neurons)
    monitor = _addressed(DESTINATION, placement, neurons)
    monitor["tag"], monitor["x_hop"] = routes.monitor_tag, chip.host_hop
    monitor["cores"] = (1 << chip.cores) - 1
    own = routes.words[routes.words["source"] >= network.n_inputs]
    source = own["source"] - network.n_inputs
    words = _addressed(DESTINATION, placement, source)
    words["word"] = 1 + np.arange(len(own)) - np.searchsorted(source, source)
    words["tag"], words["cores"] = own["tag"], own["cores"]
    words["x_hop"] = own["chip"] - placement.chip[source]
    return np.concatenate([monitor, words])


def _latches(network: Network, placement: Placement, chip: ChipSpec) -> np.ndarray:
    bits = np.zeros(network.n_neurons, np.int64)
    for population in network.populations:
        first = network.offsets[population.name]
        on = [name for name, set_ in population.parameters.switches().items() if set_]
        for switch in on:
            bits[first : first + population.size] |= 1 << chip.latches.index(
                SWITCH_TO_LATCH[switch]
            )
    used = np.flatnonzero(bits)
    words = _addressed(LATCHES, placement, used)
    words["bits"] = bits[used]
    return words
