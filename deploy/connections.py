"""Every synapse of a network as one table, in one numbering of sources and targets."""

from __future__ import annotations

import numpy as np

from ..models.network import INPUT, Network
from ..models.parameters import DENDRITES

CONNECTION = np.dtype([("source", "i8"), ("target", "i8"), ("dendrite", "i8"), ("weight", "f8")])
"""`source`: input channels first, then neurons in model order; `target`: model index;
`dendrite`: index into DENDRITES; `weight` [A], never 0."""


def connections(network: Network) -> np.ndarray:
    """The synapses of a network, dtype CONNECTION, sorted by target, source, dendrite."""
    tables = [np.zeros(0, CONNECTION)]
    for projection in network.projections:
        pre, post = np.nonzero(projection.weights)
        table = np.zeros(len(pre), CONNECTION)
        table["source"] = pre + first_source(network, projection.source)
        table["target"] = post + network.offsets[projection.target]
        table["dendrite"] = DENDRITES.index(projection.dendrite)
        table["weight"] = projection.weights[pre, post]
        tables.append(table)
    joined = np.concatenate(tables)
    return joined[np.lexsort((joined["dendrite"], joined["source"], joined["target"]))]


def first_source(network: Network, source: str) -> int:
    """Number of the first source of a population, or of the input."""
    return 0 if source == INPUT else network.n_inputs + network.offsets[source]


def source_name(network: Network, source: int) -> str:
    """The user's words for a source number."""
    if source < network.n_inputs:
        return f"input channel {source}"
    return network.neuron_name(source - network.n_inputs)
