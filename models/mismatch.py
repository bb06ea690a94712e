"""Device mismatch: frozen factors by which the currents of one chip differ from nominal.

Three samplers, by name: 'measured' (models/mismatch_measured.py), and for comparison 'rockpool'
and 'paper' (models/mismatch_alternatives.py). Every number they use stands in data/mismatch.csv
with its unit, basis and source. Level 0 gives factors of exactly 1.

Names of what has a factor: the currents of `NeuronParameters`; 'i_w0'..'i_w3', the branches of the
weight generators; 'weight_<dendrite>', by which a neuron scales the base currents it is sent on
that dendrite.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .mismatch_alternatives import paper_entries, paper_factor, rockpool_factor
from .mismatch_draw import MAX_LEVEL, SAMPLERS, Draw
from .mismatch_measured import doubled_weights, measured_factor, spread
from .mismatch_table import Number, numbers, numbers_of
from .parameters import DENDRITES

MISMATCH_VERSION = "analoop-mismatch-2"
"""Names the numbers and the sampling; changes whenever a seed would give another chip."""

__all__ = [
    "MAX_LEVEL",
    "MISMATCH_VERSION",
    "SAMPLERS",
    "Draw",
    "Number",
    "doubled_weights",
    "lumped_factors",
    "numbers",
    "sample_entries",
    "sample_factor",
    "spread",
]


def sample_factor(draw: Draw, name: str, nominal: ArrayLike) -> np.ndarray:
    """Factors of one parameter, float64 [chip, core, neuron].

    Args:
        draw: which silicon.
        name: see the head of this file.
        nominal: current [A] the parameter is set to, one or [chip, core]; for
            'weight_<dendrite>' that of one base current. The spread depends on it.
    """
    if draw.level == 0:
        return np.ones(draw.shape)
    if draw.sampler == "measured":
        return measured_factor(draw, name, nominal)
    return rockpool_factor(draw, name) if draw.sampler == "rockpool" else paper_factor(draw, name)


def sample_entries(draw: Draw, words: int) -> np.ndarray | None:
    """Factors of every CAM word, float64 [chip, core, neuron, word]; None: all 1.

    Only the paper's mismatch has them: per-synapse spread was never measured.
    """
    if draw.sampler != "paper" or draw.level == 0:
        return None
    return paper_entries(draw, words)


def lumped_factors(draw: Draw, nominal: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Factors of neurons whose synapses are not told apart: those of the weights, taken at the
    typical base current of the table, are in the gains of the dendrites.

    Args:
        nominal: currents by name [A].

    Returns:
        Factors of the same names, float64 [chip, core, neuron].
    """
    factors = {name: sample_factor(draw, name, amps) for name, amps in nominal.items()}
    for dendrite in DENDRITES:
        weight, gain = f"weight_{dendrite}", f"i_gain_{dendrite}"
        if gain in factors:
            typical = numbers_of("measured", weight)["anchor_current"]
            factors[gain] = factors[gain] * sample_factor(draw, weight, typical)
    return factors
