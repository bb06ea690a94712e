"""The true factors of a virtual board, as a twin names them: what a fit is judged by."""

from __future__ import annotations

import numpy as np

from ...hw.decoding import Circuits, decode
from ...hw.virtual_board import VirtualBoard
from ...hw.virtual_chip import board_circuits
from ..program import Program
from .factors import fitted_factors, fitted_names
from .forcing import rows_of, synapse_weights


def true_factors(program: Program, board: VirtualBoard) -> dict[str, np.ndarray]:
    """Factors of every model neuron, float64 [model neuron]; NaN where it has no such synapse.

    The gain of a dendrite is what its synapses' currents sum up to, over the nominal sum, times
    the factors of the dendrite's gain current and of the pulse width (1 / current).
    """
    circuits = decode(program.configuration)
    currents, weights = board_circuits(program.configuration, circuits, [board])
    ratio = {name: currents[name][0] / circuits.currents[name] for name in currents}
    for dendrite in circuits.dendrites:
        gain = _summed(circuits, weights[0], dendrite)
        gain = gain / _summed(circuits, synapse_weights(circuits, {}, 1)[0], dendrite)
        ratio[f"weight_{dendrite}"] = gain * ratio[f"i_gain_{dendrite}"] / ratio["i_pulse"]
    ratio["i_w_ahp"] *= ratio["i_gain_ahp"] / ratio["i_pulse_ahp"]
    found, row = fitted_factors(ratio), rows_of(program, circuits)
    return {name: found[name][row] for name in fitted_names(circuits)}


def _summed(circuits: Circuits, weights: np.ndarray, dendrite: str) -> np.ndarray:
    mine = circuits.dendrite == circuits.dendrites.index(dendrite)
    sums = np.bincount(circuits.target[mine], weights[mine], len(circuits.address))
    return np.where(sums > 0, sums, np.nan)
