"""Which neuron of the network sits where on the board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..hw.chip import ChipSpec
from ..models.errors import ConstraintError, Violation
from ..models.network import Network, Population
from ..models.parameters import NeuronParameters


@dataclass(frozen=True, eq=False)
class Placement:
    """Chip, core and neuron of every model neuron; arrays are int64 [neuron] in model order."""

    n_chips: int
    """Chips of the board."""
    chip: np.ndarray
    """Chip of each neuron."""
    core: np.ndarray
    """Core of each neuron, in its chip."""
    neuron: np.ndarray
    """Position of each neuron, in its core."""
    parameters: dict[tuple[int, int], NeuronParameters]
    """What every core in use is biased to."""


def place(network: Network, chip: ChipSpec, n_chips: int | None = None) -> Placement:
    """Fill cores in order, each with neurons of one parameter set.

    Populations of one parameter set get cores of their own if there are enough, because every
    core then has a weight code of its own; otherwise they share, 256 to a core. Without
    `n_chips`, the smallest board that holds the network.

    Raises:
        ConstraintError: CORES.
    """
    boards = range(1, chip.max_chips + 1) if n_chips is None else [n_chips]
    for chips in boards:
        for groups in ([[p] for p in network.populations], alike(network)):
            if cores_needed(groups, chip) <= chips * chip.cores:
                return _fill(network, groups, chip, chips)
    most = boards[-1]
    need = cores_needed(alike(network), chip)
    raise ConstraintError(
        [
            Violation(
                "CORES",
                f"the network of {network.n_neurons} neurons in {len(alike(network))} parameter "
                "set(s)",
                f"{need} cores of {chip.neurons_per_core} neurons",
                f"a board of {most} chip(s) has {most * chip.cores}",
                f"use at most {most * chip.neurons} neurons, let populations share their "
                f"parameters, or use more chips (at most {chip.max_chips})",
            )
        ]
    )


def seats(network: Network, chip: ChipSpec) -> Placement:
    """As `place`; what no board holds has each population in cores of its own, on more chips."""
    try:
        return place(network, chip)
    except ConstraintError:
        groups = [[p] for p in network.populations]
        return _fill(network, groups, chip, -(-cores_needed(groups, chip) // chip.cores))


def cores_needed(groups: list[list[Population]], chip: ChipSpec) -> int:
    """Cores that hold these groups of populations, each group in cores of its own."""
    return sum(-(-sum(p.size for p in group) // chip.neurons_per_core) for group in groups)


def alike(network: Network) -> list[list[Population]]:
    """Populations grouped by equal parameters, in model order."""
    groups: dict[NeuronParameters, list[Population]] = {}
    for population in network.populations:
        groups.setdefault(population.parameters, []).append(population)
    return list(groups.values())


def _fill(
    network: Network, groups: list[list[Population]], chip: ChipSpec, n_chips: int
) -> Placement:
    position = np.zeros(network.n_neurons, np.int64)
    parameters, free = {}, 0
    for group in groups:
        members = np.concatenate([network.offsets[p.name] + np.arange(p.size) for p in group])
        position[members] = free * chip.neurons_per_core + np.arange(len(members))
        used = -(-len(members) // chip.neurons_per_core)
        for core in range(free, free + used):
            parameters[divmod(core, chip.cores)] = group[0].parameters
        free += used
    core, neuron = np.divmod(position, chip.neurons_per_core)
    return Placement(n_chips, core // chip.cores, core % chip.cores, neuron, parameters)
