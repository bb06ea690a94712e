"""What a network of one's own is put through: the cells of perturbations.py, without a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..hw.chip import DYNAPSE2 as CHIP
from ..models.learning.chip_network import paper_draw
from ..models.learning.student import silenced_thresholds
from ..models.mismatch import Draw, lumped_factors
from ..models.network import Network, Projection
from ..models.parameters import CURRENTS
from .perturbations import Cell
from .placement import Placement, seats

INHIBITING = ("gaba", "shunt")
"""Dendrites whose weights are below 0 in a signed matrix."""


@dataclass(frozen=True, eq=False)
class Perturbed:
    """A network, and what `models.dense_play.play` does to it besides."""

    network: Network
    factors: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Of currents by name, [neuron]."""
    noise: float = 0.0
    """Standard deviation per step [range to the threshold]."""
    seed: int = 0
    """Of the noise."""


def applies(cell: Cell, network: Network) -> bool:
    """Whether a network can be put in a cell: where all neurons answer, none are silenced."""
    return cell.kind != "silenced" or len(network.populations) > 1


def perturbed(network: Network, cell: Cell, generator: np.random.Generator) -> Perturbed:
    """A network in a cell, on a chip that is drawn where the cell draws one.

    Mismatch of the seed paper: time constants and thresholds of every neuron, every synapse.
    Mismatch as measured: within and between cores and chips, each neuron where `place` puts it.
    Bits: signed weights from one population to another in steps of their range, as those of
    students. Silent: the first neurons of each population but the output's, a share of them.
    """
    if cell.kind == "mismatch":
        changed = with_weights(network, lambda p: _spread(p.weights, cell.level, generator))
        seated, seed = seats(network, CHIP), int(generator.integers(2**31))
        draw = paper_draw(seed, cell.level, seated.n_chips, CHIP.neurons_per_core, CHIP.cores)
        return Perturbed(changed, factors_of(draw, seated))
    if cell.kind == "chip":
        seated, seed = seats(network, CHIP), int(generator.integers(2**31))
        shape = (seated.n_chips, CHIP.cores, CHIP.neurons_per_core)
        draw = Draw(seed, cell.level, shape, "measured")
        return Perturbed(network, factors_of(draw, seated))
    if cell.kind == "bits":
        return Perturbed(coarse(network, int(cell.level)))
    if cell.kind == "noise":
        return Perturbed(network, noise=cell.level, seed=int(generator.integers(2**31)))
    if cell.kind == "silenced":
        return Perturbed(network, {"i_threshold": _silent(network, cell.level)})
    return Perturbed(network)


def factors_of(draw: Draw, seated: Placement) -> dict[str, np.ndarray]:
    """Factors of every current of the neurons of a placement, float64 [neuron]."""
    set_to = dict.fromkeys(np.ndindex(draw.shape[:2]), next(iter(seated.parameters.values())))
    set_to |= seated.parameters  # the other cores are empty
    nominal: dict[str, Any] = {
        name: np.reshape([getattr(p, name) for p in set_to.values()], draw.shape[:2])
        for name in CURRENTS
    }
    found = lumped_factors(draw, nominal)
    return {name: f[seated.chip, seated.core, seated.neuron] for name, f in found.items()}


def coarse(network: Network, bits: int) -> Network:
    """With weights rounded to multiples of their range / (2^bits - 1): that of all dendrites
    between two populations, inhibition below 0."""
    most: dict[tuple[str, str], dict[bool, float]] = {}
    for p in network.projections:
        sides = most.setdefault((p.source, p.target), {})
        inhibits = p.dendrite in INHIBITING
        sides[inhibits] = max(sides.get(inhibits, 0.0), float(p.weights.max(initial=0.0)))

    def rounded(p: Projection) -> np.ndarray:
        step = sum(most[p.source, p.target].values()) / (2**bits - 1)
        return np.round(p.weights / step) * step if step > 0 else p.weights

    return with_weights(network, rounded)


def with_weights(network: Network, change: Callable[[Projection], np.ndarray]) -> Network:
    """With other weights, projection by projection."""
    return replace(
        network, projections=tuple(replace(p, weights=change(p)) for p in network.projections)
    )


def _spread(weights: np.ndarray, level: float, generator: np.random.Generator) -> np.ndarray:
    """Every synapse with a deviation of its own; a current is not below 0."""
    return np.maximum(weights * (1 + level * generator.standard_normal(weights.shape)), 0.0)


def _silent(network: Network, share: float) -> np.ndarray:
    """Factors of thresholds, [neuron], infinite where neurons are silent."""
    ones = [np.ones(p.size, np.float32) for p in network.populations]
    parts = [
        one if p.name == network.output else silenced_thresholds(one, share)
        for p, one in zip(network.populations, ones, strict=True)
    ]
    return np.concatenate(parts)
