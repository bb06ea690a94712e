"""Tags: which number every source sends, so that no core hears two sources under one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..hw.chip import ChipSpec
from ..models.errors import ConstraintError, Violation
from ..models.network import Network
from .connections import source_name
from .placement import Placement

ROUTE = np.dtype([("source", "i8"), ("chip", "i8"), ("cores", "i8"), ("tag", "i8")])
"""What a source (numbered as in connections.py) sends to a chip: a tag to a mask of cores."""


@dataclass(frozen=True, eq=False)
class Routes:
    """How events travel."""

    words: np.ndarray
    """One per source and chip it reaches, dtype ROUTE, sorted by source and chip."""
    monitor_tag: np.ndarray
    """Tag under which the host sees each neuron, int64 [neuron]; unique on its chip."""


def route(
    network: Network,
    table: np.ndarray,
    placement: Placement,
    chip: ChipSpec,
    upper: np.ndarray | None = None,
) -> Routes:
    """Allot a tag to every source and chip it reaches.

    A neuron is monitored under core * 256 + neuron; inside its own chip it sends the same tag.
    Input channels come after the neurons, from tag 1024 on. Tags are reused on cores that do not
    hear each other's sources.

    Args:
        table: synapses with a non-empty mask, dtype CONNECTION.
        upper: whether a source must send a chip a tag of the upper half, or one of the lower half,
            bool [source, chip]; None leaves the choice.

    Raises:
        ConstraintError: TAGS, for every source that finds none.
    """
    monitor = placement.core * chip.neurons_per_core + placement.neuron
    masks = np.zeros((network.n_inputs + network.n_neurons, placement.n_chips), np.int64)
    target = table["target"]
    np.bitwise_or.at(masks, (table["source"], placement.chip[target]), 1 << placement.core[target])
    taken = np.zeros((placement.n_chips, chip.cores, chip.tags), bool)
    found, words = [], []
    for source, to in _in_order(network, placement, masks):
        cores = [k for k in range(chip.cores) if masks[source, to] >> k & 1]
        wish = _wish(network, placement, monitor, source, to, chip)
        busy: np.ndarray = taken[to][cores].any(axis=0)
        if upper is not None:
            busy |= (np.arange(chip.tags) >= chip.tags // 2) != upper[source, to]
        tag = wish + int(np.argmin(busy[wish:]))
        if busy[tag]:
            tag = int(np.argmin(busy))
        if busy[tag]:
            found.append(_no_tag(network, source, to, len(cores), chip))
            continue
        taken[to, cores, tag] = True
        words.append((source, to, masks[source, to], tag))
    if found:
        raise ConstraintError(found)
    return Routes(np.sort(np.array(words, ROUTE), order=["source", "chip"]), monitor)


def _in_order(network: Network, placement: Placement, masks: np.ndarray):
    """Sources in the order in which they choose: neurons at home, neurons abroad, inputs."""
    pairs = [(int(s), int(c)) for s, c in np.argwhere(masks)]
    n = network.n_inputs

    def rank(pair: tuple[int, int]) -> tuple[int, int, int]:
        source, to = pair
        if source < n:
            return 2, source, to
        return int(placement.chip[source - n] != to), source, to

    return sorted(pairs, key=rank)


def _wish(network, placement, monitor, source: int, to: int, chip: ChipSpec) -> int:
    """Lowest tag the source would like."""
    neuron = source - network.n_inputs
    if neuron >= 0 and placement.chip[neuron] == to:
        return int(monitor[neuron])
    return min(chip.neurons, chip.tags - 1)


def _no_tag(network: Network, source: int, to: int, cores: int, chip: ChipSpec) -> Violation:
    return Violation(
        "TAGS", source_name(network, source), f"a tag that is free on {cores} core(s) of chip {to}",
        f"all {chip.tags} tags of these cores are taken", "reduce the number of sources they hear",
    )  # fmt: skip
