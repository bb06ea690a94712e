"""Follow events through the registers: which source reaches which neuron, through what."""

from __future__ import annotations

import numpy as np

from ..hw.decoding import Circuits
from ..models.parameters import DENDRITES

TRACED = np.dtype(
    [("target", "i8"), ("source", "i8"), ("dendrite", "i8"), ("mask", "i8"), ("synapse", "i8")]
)
"""Model numbers as in connections.py, the weight mask, and the row in `Circuits.target`."""


def trace(
    circuits: Circuits, host_hop: int, address: np.ndarray, inputs: np.ndarray, n_inputs: int
) -> np.ndarray:
    """Send one event from every source and list every synapse it reaches.

    Only registers and the words the host sends are looked at, never the tables they were made
    from.

    Args:
        circuits: what the registers make.
        host_hop: the hop that leads to the host.
        address: (chip, core, neuron) of every model neuron, [neuron, 3].
        inputs: words the host sends for each input channel, dtype ROUTE.
        n_inputs: number of input channels.

    Returns:
        One row per synapse reached, dtype TRACED, sorted.
    """
    index = {tuple(a): k for k, a in enumerate(address.tolist())}
    model = np.array([index[tuple(a)] for a in circuits.address.tolist()], np.int64)
    heard = [
        (int(w["source"]), circuits.reached(int(w["chip"]), int(w["cores"]), int(w["tag"])))
        for w in inputs
    ]
    heard += [
        (n_inputs + int(model[n]), reached) for n, reached in enumerate(circuits.fan_out(host_hop))
    ]
    rows = np.zeros(sum(len(reached) for _, reached in heard), TRACED)
    if len(rows):
        synapse = np.concatenate([reached for _, reached in heard])
        kinds = np.array([DENDRITES.index(d) for d in circuits.dendrites], np.int64)
        rows["source"] = np.repeat([s for s, _ in heard], [len(r) for _, r in heard])
        rows["target"] = model[circuits.target[synapse]]
        rows["dendrite"] = kinds[circuits.dendrite[synapse]]
        rows["mask"] = circuits.mask[synapse]
        rows["synapse"] = synapse
    return np.sort(rows)
