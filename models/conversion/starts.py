"""Where tuning starts: a population matched to its source, scaled on what its source hears."""

from __future__ import annotations

import numpy as np

from ..network import INPUT, Network, Population, Projection
from ..training import W_UNIT, FitLevels
from .matching import EXCITES, INHIBITS, Legal, Match, match, shares
from .sheets import Fitted, play_alone, rows_of, weights_of
from .source import Change, SourceNetwork
from .tuning import Lesson, Tuning, Weights, split

RESTS = (0.0, 0.25)
"""Where the soma of a population may rest, as a share of its threshold: the better one is taken."""

SCALES = tuple(float(factor) for factor in np.geomspace(0.6, 1.7, 7))
"""Factors tried on the event currents of excitation and of inhibition, on a population's own
input: what one event does from rest is not all that many do together."""

SCALED_ON = 24
"""Trials on which they are tried."""


def start(
    source: SourceNetwork, name: str, lesson: Lesson, tuning: Tuning, legal: Legal,
    fit: FitLevels | None,
) -> tuple[Fitted, list[Change]]:  # fmt: skip
    """The rest and the two factors with which the spike counts of a population come out best."""
    p = source.population(name)
    share = weights_of(source, name) * shares(p)
    chosen = np.arange(min(SCALED_ON, len(lesson.counts)))
    told = (lesson.wanted * lesson.inside)[chosen].sum(1)
    found = [match(p, source.dt, rest, legal) for rest in RESTS]
    against = SCALES if (share < 0).any() else (1.0,)
    tried = [(k, a, b) for k in range(len(found)) for a in SCALES for b in against]
    best, kept = np.inf, tried[0]
    for k, excites, inhibits in tried:
        weights = Weights(_currents(share, found[k][0], excites, inhibits), tuning.max_fan_in, fit)
        one = Fitted(p, found[k][0], rows_of(source, name), weights)
        made = (play_alone(one, lesson, 0.0, chosen, ()) * lesson.inside[chosen]).sum(1)
        error = float((made - told).detach().square().mean())
        if error < best:
            best, kept = error, (k, excites, inhibits)
    matched, changes = found[kept[0]]
    weights = Weights(_currents(share, matched, *kept[1:]), tuning.max_fan_in, fit)
    return Fitted(p, matched, rows_of(source, name), weights), changes


def _currents(share: np.ndarray, found: Match, excites: float, inhibits: float) -> np.ndarray:
    """Signed weight currents, in units of `W_UNIT`."""
    positive = np.maximum(share, 0.0) * found.excites * excites
    return (positive - np.maximum(-share, 0.0) * found.inhibits * inhibits) / W_UNIT


def fitted_network(source: SourceNetwork, fitted: list[Fitted]) -> Network:
    """The network of the chip with the weights as they are now."""
    projections = []
    for f in fitted:
        currents, row = split(f.weights.held().detach()).numpy().astype(np.float64), 0
        for name in f.rows:
            size = source.n_inputs if name == INPUT else source.population(name).size
            for place, dendrite in enumerate((EXCITES, INHIBITS)):
                block = currents[row : row + size, place]
                if block.any():
                    projections.append(Projection(name, f.source.name, dendrite, block))
            row += size
    return Network(
        n_inputs=source.n_inputs,
        populations=tuple(
            Population(f.source.name, f.source.size, f.match.parameters) for f in fitted
        ),
        projections=tuple(projections),
        output=source.output,
    )
