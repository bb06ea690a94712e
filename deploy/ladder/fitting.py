"""A network as the chip can hold it: fewer synapses, fewer parameter sets, nothing out of reach.

`compile` refuses a network that breaks a limit. `fit` gives way at every limit by a stated rule and
returns a network that compiles, if tags, fan-out and the number of neurons allow; what that costs
is what the first rungs of the gap ladder show. A network that fits is returned as it is.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from ...hw.bias import OVERREACH, legal_currents
from ...hw.chip import DYNAPSE2, ChipSpec
from ...hw.circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER
from ...models.network import Network, Population, Projection
from ...models.parameters import CONSTANTS, CURRENTS, DENDRITES, NeuronParameters
from ..connections import connections, first_source
from ..placement import alike, cores_needed

SWITCH_APART = 1e6
"""Distance that a different switch adds to two parameter sets: such sets are merged last."""


def fit(network: Network, chip: ChipSpec = DYNAPSE2, n_chips: int | None = None) -> Network:
    """The network within the limits of fan-in, cores, biases and weights; compile this one.

    Args:
        n_chips: chips of the board; None: as many as a board can have.
    """
    fitted = share_parameters(limit_fan_in(network, chip.cam_words), chip, n_chips)
    fitted = reachable_weights(reachable_parameters(fitted))
    if fitted is network:
        return network
    return replace(fitted, provenance={**network.provenance, "fitted_from": network.hash})


def limit_fan_in(network: Network, words: int = DYNAPSE2.cam_words) -> Network:
    """Every neuron with its `words` largest weights; of equal ones those of lower sources stay."""
    table = connections(network)
    order = np.lexsort((-table["weight"], table["target"]))
    target = table["target"][order]
    rank = np.arange(len(table)) - np.searchsorted(target, target)
    return without(network, table[order[rank >= words]])


def without(network: Network, table: np.ndarray) -> Network:
    """The network without these synapses, dtype CONNECTION."""
    if not len(table):
        return network
    sources, targets = network.n_inputs + network.n_neurons, network.n_neurons
    gone = np.zeros((len(DENDRITES), sources, targets), bool)
    gone[table["dendrite"], table["source"], table["target"]] = True
    return replace(
        network, projections=tuple(
            replace(p, weights=np.where(gone[block(network, p)], 0.0, p.weights))
            for p in network.projections
        )
    )  # fmt: skip


def block(network: Network, projection: Projection) -> tuple[int, slice, slice]:
    """Where a projection stands in an array [dendrite, source, target] of the whole network."""
    first, start = first_source(network, projection.source), network.offsets[projection.target]
    rows, columns = projection.weights.shape
    kind = DENDRITES.index(projection.dendrite)
    return kind, slice(first, first + rows), slice(start, start + columns)


def share_parameters(
    network: Network, chip: ChipSpec = DYNAPSE2, n_chips: int | None = None
) -> Network:
    """As many parameter sets as the cores allow: the two that are nearest become one, and again.

    The one has the geometric mean of every current, weighted by neurons, and the switches of the
    larger set. Nearest: the least Euclidean distance of logarithms of currents, among the pairs
    whose union saves a core if there are any. Without need, or if even one set would not fit, the
    network stays as it is.
    """
    cores = chip.cores * (chip.max_chips if n_chips is None else n_chips)
    groups, shared = alike(network), {}
    while cores_needed(groups, chip) > cores:
        if len(groups) == 1:
            return network
        first, second = _nearest(groups, chip)
        merged = _merged(first, second)
        rest = [g for g in groups if g is not first and g is not second]
        groups = [*rest, [replace(p, parameters=merged) for p in (*first, *second)]]
        shared = {p.name: p for group in groups for p in group}
    if not shared:
        return network
    return replace(network, populations=tuple(shared[p.name] for p in network.populations))


def _nearest(
    groups: list[list[Population]], chip: ChipSpec
) -> tuple[list[Population], list[Population]]:
    pairs = list(combinations(groups, 2))
    saving = [
        (a, b) for a, b in pairs if cores_needed([a + b], chip) < cores_needed([a, b], chip)
    ]  # fmt: skip
    return min(
        saving or pairs, key=lambda pair: _apart(pair[0][0].parameters, pair[1][0].parameters)
    )


def _apart(a: NeuronParameters, b: NeuronParameters) -> float:
    logs = [np.log(list(p.currents().values())) for p in (a, b)]
    return float(np.linalg.norm(logs[0] - logs[1])) + SWITCH_APART * (a.switches() != b.switches())


def _merged(first: list[Population], second: list[Population]) -> NeuronParameters:
    sizes = [sum(p.size for p in group) for group in (first, second)]
    larger = first if sizes[0] >= sizes[1] else second
    logs = [np.log(list(g[0].parameters.currents().values())) for g in (first, second)]
    mean = np.exp(np.average(logs, axis=0, weights=sizes))
    values = dict(zip(CURRENTS, mean.tolist(), strict=True))
    return replace(larger[0].parameters, **values)


def reachable_parameters(network: Network) -> Network:
    """Every current that no bias makes at the nearest end of its range; the others stay."""
    changed = [_reachable(p.parameters) for p in network.populations]
    if all(new is p.parameters for new, p in zip(changed, network.populations, strict=True)):
        return network
    return replace(
        network, populations=tuple(
            replace(p, parameters=new)
            for p, new in zip(network.populations, changed, strict=True)
        )
    )  # fmt: skip


def _reachable(parameters: NeuronParameters) -> NeuronParameters:
    clipped = {}
    for name, value in parameters.currents().items():
        amps = legal_currents(CURRENT_TO_REGISTER[name]).amps
        floor = CONSTANTS.i_0 if name.startswith(("i_tau", "i_gain")) else 0.0
        low, high = max(float(amps[0]), floor), float(amps[-1])
        if value < max(amps[0] * (1 - OVERREACH), floor) or value > high * (1 + OVERREACH):
            clipped[name] = min(max(value, low), high)
    return replace(parameters, **clipped) if clipped else parameters


def reachable_weights(network: Network) -> Network:
    """No weight above what the four base currents of a core can add up to."""
    reach = sum(float(legal_currents(r).amps[-1]) for r in WEIGHT_TO_REGISTER.values())
    if not any((p.weights > reach).any() for p in network.projections):
        return network
    return replace(
        network, projections=tuple(
            replace(p, weights=np.minimum(p.weights, reach)) for p in network.projections
        )
    )  # fmt: skip
