"""Placement on a board that was screened: every neuron where there are good words enough for it.

The groups of populations and their cores are those of placement.py; the group with the largest
fan-in chooses first. On a core the neurons with most synapses choose first, each the place
    1. where it would be without a snapshot, if it loses next to nothing there (`STAY`),
    2. on which the fewest synapses are lost,
    3. on which the fewest have to be sent lower tags, since upper ones fail less often.
So a good board is filled as always. If tags cannot be found so, rule 1 is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..models.errors import ConstraintError, Violation
from ..models.network import Network, Population
from ..models.parameters import NeuronParameters
from .good_words import GoodWords, droppable, fan_in
from .placement import Placement, alike, cores_needed, place

STAY = 0.03
"""Share of its summed weight that a neuron loses rather than move [1]: a choice of ours. Another
neuron is another draw of the mismatch, which costs or gains more than that."""


class _Demand(NamedTuple):
    """What every neuron asks of its place, int64 [neuron]."""

    most: np.ndarray
    """Words for all its synapses."""
    least: np.ndarray
    """Words without those that may be dropped."""
    content: np.ndarray
    """Words with which it stays where it would be without a snapshot; more than any for none."""
    home: np.ndarray
    """Its index in a core if there were no snapshot."""


class _OnCore(NamedTuple):
    """Some neurons of the network on one core."""

    cost: tuple[int, ...]
    """What to choose a core by; the smallest is the best."""
    core: int
    """The core, counted over all chips."""
    members: np.ndarray
    """Model indices of those that find a place."""
    neurons: np.ndarray
    """Where."""


def place_on_good_words(
    network: Network, table: np.ndarray, n_chips: int | None, good: GoodWords, settled: bool = False
) -> Placement:
    """Place a network on the good words of a board, of the fewest chips if `n_chips` is None.

    Args:
        table: every synapse, dtype CONNECTION.
        settled: whether neurons stay where they would be without a snapshot if they lose no more
            than `STAY` there, whichever tags their sources then have to send.

    Raises:
        ConstraintError: CORES; GOOD_WORDS for every neuron that finds no place.
    """
    boards = range(1, good.snapshot.n_chips + 1) if n_chips is None else [n_chips]
    place(network, good.chip, boards[-1])  # whether it would fit if all words were good
    most = fan_in(network, table)
    content = most - droppable(network, table, min(STAY, good.drop))
    if not settled:
        content[:] = good.chip.cam_words + 1
    least = most - droppable(network, table, good.drop)
    demand = _Demand(most, least, content, np.zeros_like(most))
    missing: list[int] = []
    for chips in boards:
        for groups in ([[p] for p in network.populations], alike(network)):
            if cores_needed(groups, good.chip) <= chips * good.chip.cores:
                placement, missing = _fill(network, groups, demand, chips, good)
                if not missing:
                    return placement
    raise ConstraintError([_no_place(network, n, demand, boards[-1], good) for n in missing])


def _fill(
    network: Network, groups: list[list[Population]], demand: _Demand, n_chips: int, good: GoodWords
) -> tuple[Placement, list[int]]:
    """Give every group cores, the most demanding first; also those left without a place."""
    per_core = good.chip.neurons_per_core
    members = [
        np.concatenate([network.offsets[p.name] + np.arange(p.size) for p in g]) for g in groups
    ]
    needed = [-(-len(m) // per_core) for m in members]
    position = np.zeros(network.n_neurons, np.int64)
    parameters: dict[tuple[int, int], NeuronParameters] = {}
    free, missing = list(range(n_chips * good.chip.cores)), []
    for mine in members:
        demand.home[mine] = np.arange(len(mine)) % per_core
    for g in sorted(range(len(groups)), key=lambda g: -int(demand.least[members[g]].max())):
        left = members[g][np.argsort(-demand.most[members[g]], kind="stable")]
        homes = range(sum(needed[:g]), sum(needed[: g + 1]))
        while len(left):
            options = [_on_core(core, left, demand, good, core in homes) for core in free]
            best = min(options, key=lambda option: option.cost, default=None)
            if best is None or not len(best.members):
                break
            position[best.members] = best.core * per_core + best.neurons
            parameters[divmod(best.core, good.chip.cores)] = groups[g][0].parameters
            free.remove(best.core)
            left = left[~np.isin(left, best.members)]
        missing += left.tolist()
    core, neuron = np.divmod(position, per_core)
    chip, core = np.divmod(core, good.chip.cores)
    return Placement(n_chips, chip, core, neuron, parameters), sorted(missing)


def _on_core(
    core: int, asking: np.ndarray, demand: _Demand, good: GoodWords, home: bool
) -> _OnCore:
    """Seat neurons on a core, in this order, as many as find words enough."""
    at = divmod(core, good.chip.cores)
    either, high, free = good.either[at], good.high[at], good.usable[at].copy()
    index, size = np.arange(len(free)), good.chip.cam_words + 1
    others = np.isin(index, demand.home[asking])
    members, neurons, lost, split = [], [], 0, 0
    for n in asking.tolist():
        allowed = free & (either >= demand.least[n])
        if not allowed.any():
            continue
        dropped = np.maximum(0, demand.most[n] - either)
        low = np.maximum(0, demand.most[n] - dropped - high)
        away = np.where(index == demand.home[n], 0, 1 + others)
        stays = (index == demand.home[n]) & (either >= demand.content[n])
        rank = ((dropped * size + low) * 3 + away) * len(index) + index
        rank = np.where(stays, -1, rank)
        seat = int(np.argmin(np.where(allowed, rank, np.iinfo(np.int64).max)))
        free[seat] = False
        members.append(n)
        neurons.append(seat)
        if not stays[seat]:
            lost, split = lost + int(dropped[seat]), split + int(low[seat])
    cost = (-len(members), lost, split, int(not home), core)
    return _OnCore(cost, core, np.array(members, np.int64), np.array(neurons, np.int64))


def _no_place(
    network: Network, neuron: int, demand: _Demand, n_chips: int, good: GoodWords
) -> Violation:
    most, least = int(demand.most[neuron]), int(demand.least[neuron])
    best = int(good.either[:n_chips].max())
    dropping = f", {least} without its weakest synapses" if least < most else ""
    return Violation(
        "GOOD_WORDS", network.neuron_name(neuron), f"{most} good CAM words{dropping}",
        f"the snapshot of {good.snapshot.board.get('name')} leaves none of the free neurons so "
        f"many (its best has {best})",
        "lower the fan-in in training, let more weight be dropped, or use more chips",
    )  # fmt: skip
