"""Layers of signed weights, one behind the other, become a `Network`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .errors import NetworkError, Violation
from .network import INPUT, Network, Population, Projection
from .parameters import NeuronParameters


class Held(NamedTuple):
    """A population and the synapses on it, with the weights the chip would hold."""

    parameters: NeuronParameters
    """Currents and switches of the population."""
    dendrites: tuple[str, ...]
    """What positive weights reach, and what negative ones reach."""
    w_in: np.ndarray
    """Signed weight currents from the layer before [A], [source, neuron]."""
    w_rec: np.ndarray | None = None
    """Signed weight currents among its own neurons [A], [source, neuron]."""


def chain(layers: Sequence[Held], labels: tuple[str, ...] = ()) -> Network:
    """A feed-forward network of populations 'hidden' (or 'hidden 1', 'hidden 2', ...), 'output'.

    Args:
        layers: from the input to the output.
        labels: one per output neuron, or nothing.

    Raises:
        NetworkError: EMPTY, SHAPE, WEIGHT_NOT_FINITE; all at once but for EMPTY.
    """
    if not layers:
        raise NetworkError(
            [Violation("EMPTY", "the network", "a layer", "it has none", "give one or more")]
        )
    hidden = len(layers) - 1
    names = ["hidden"] if hidden == 1 else [f"hidden {k + 1}" for k in range(hidden)]
    names.append("output")
    projections = []
    for source, name, layer in zip([INPUT, *names], names, layers, strict=False):
        for origin, signed in ((source, layer.w_in), (name, layer.w_rec)):
            if signed is not None:
                for dendrite, part in zip(layer.dendrites, (signed, -signed), strict=True):
                    projections.append(Projection(origin, name, dendrite, np.maximum(part, 0.0)))
    populations = tuple(
        Population(name, layer.w_in.shape[1], layer.parameters)
        for name, layer in zip(names, layers, strict=True)
    )
    return Network(len(layers[0].w_in), populations, tuple(projections), "output", labels)
