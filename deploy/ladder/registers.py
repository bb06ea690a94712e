"""What a compiler did to a network, read from the registers it wrote: weights kept, rounded, gone.

Read, not computed again: a program of another release, or one compiled with a snapshot, is
explained by what it holds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...hw.bias import current
from ...hw.circuits import WEIGHT_TO_REGISTER
from ...models.network import Network
from ...models.parameters import DENDRITES
from ..connections import connections
from ..program import Program
from ..quantization import encode_masks
from .fitting import block


def quantise_weights(network: Network, decoded: Network) -> Network:
    """The network with the weights of its registers, and with its own parameters.

    Args:
        decoded: `decoded_network` of the program that was compiled from `network`.
    """
    held = weights_of(decoded)
    return replace(
        network,
        projections=tuple(replace(p, weights=held[block(network, p)]) for p in network.projections),
    )


def weights_of(network: Network) -> np.ndarray:
    """Every weight [A], float64 [dendrite, source, target]; sources as in CONNECTION."""
    shape = (len(DENDRITES), network.n_inputs + network.n_neurons, network.n_neurons)
    held = np.zeros(shape)
    for projection in network.projections:
        held[block(network, projection)] = projection.weights
    return held


def dropped(network: Network, program: Program, decoded: Network) -> np.ndarray:
    """Synapses for which the compiler found no word, dtype CONNECTION.

    Those that the registers lack though their core could hold their weight; a weight that
    rounds to zero is lost by rounding.
    """
    table = connections(network)
    held = weights_of(decoded)[table["dendrite"], table["source"], table["target"]] > 0
    masks = np.zeros(len(table), np.uint8)
    for core, amps in base_currents(program).items():
        at = (program.neurons["chip"] == core[0]) & (program.neurons["core"] == core[1])
        mine = at[table["target"]]
        masks[mine] = encode_masks(table["weight"][mine], amps)
    return table[~held & (masks > 0)]


def base_currents(program: Program) -> dict[tuple[int, int], list[float]]:
    """The four nominal base currents of every core in use, bit 0 first [A]."""
    registers = WEIGHT_TO_REGISTER.values()
    return {
        core: [float(current(r, biases[r].coarse, biases[r].fine)) for r in registers]
        for core, biases in program.configuration.biases.items()
    }
