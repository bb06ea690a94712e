"""What watched neurons hold: their currents by name, as an ideal ammeter would see them.

Currents of a dendrite without synapses, and of circuits that are not simulated, are dark.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..models.parameters import DENDRITES
from ..models.plasticity import left_now
from ..models.wiring import ADAPTATION, FIRST_DENDRITE, REFRACTORY, SOMA, SheetState, metering
from .fleet import Fleet
from .homeostasis import Slow

WATCHED_WORDS = (42, 21)
"""CAM words of a watched neuron whose weight currents are seen."""


class Readings(NamedTuple):
    """Mean currents of watched neurons over some time."""

    address: np.ndarray
    """(chip, core, neuron), int64 [watched, 3]."""
    amps: dict[str, np.ndarray]
    """By name [A], each [watched]: 'soma', 'refractory', 'adaptation', 'calcium', the dendrites,
    'weight_42', 'weight_21', 'soma_gain', 'dendrite_gain'."""


def read(fleet: Fleet, sheet: SheetState, slow: Slow | None) -> tuple[Readings, SheetState]:
    """What the meters of the first trial on the first board show, and the sheet with them at zero.

    Currents are means over the ends of the steps; weights, gains and calcium stand as they are
    now, calcium as at the last comparison of homeostasis.
    """
    circuits, dark = fleet.circuits, fleet.coefficients.constants.i_0
    meter = sheet.meter or metering(circuits.watched, 1, 1, len(circuits.dendrites))
    mean = meter.total[0, 0] / max(1, int(meter.steps[0]))
    amps = {
        "soma": mean[SOMA],
        "adaptation": mean[ADAPTATION],
        "refractory": mean[REFRACTORY] * _refractory(fleet),
    }
    amps["soma_gain"] = _of(fleet, fleet.coefficients.i_gain)
    amps["dendrite_gain"] = _dendrite_gain(fleet, slow)
    amps["calcium"] = (slow.calcium if slow else np.zeros(len(circuits.address)))[circuits.watched]
    for d in DENDRITES:
        present = d in circuits.dendrites
        row = FIRST_DENDRITE + circuits.dendrites.index(d) if present else SOMA
        amps[d] = mean[row] if present else np.zeros(len(circuits.watched))
    for word in WATCHED_WORDS:
        amps[f"weight_{word}"] = _weights(fleet, sheet, word)
    floored = {name: np.maximum(values, dark) for name, values in amps.items()}
    zero = meter._replace(steps=0 * meter.steps, total=0 * meter.total)
    found = Readings(circuits.address[circuits.watched], floored)
    return found, sheet._replace(meter=zero)


def _refractory(fleet: Fleet) -> np.ndarray:
    """Current that a refractory neuron draws [A], [watched]."""
    c = fleet.coefficients
    return _of(fleet, c.constants.v_th * c.constants.c_ref / c.t_refractory)


def _dendrite_gain(fleet: Fleet, slow: Slow | None) -> np.ndarray:
    """Nominal gain current of the AMPA dendrite, as homeostasis has it [A], [watched]."""
    nominal = fleet.circuits.currents["i_gain_ampa"]
    if slow is not None and fleet.homeostasis is not None:
        nominal = nominal * np.exp(np.where(fleet.homeostasis.dendritic, slow.log_gain, 0.0))
    return nominal[fleet.circuits.watched]


def _of(fleet: Fleet, values: Tensor) -> np.ndarray:
    """Values of the watched neurons on the first board, [watched]."""
    return values.expand(fleet.coefficients.z_floor.shape)[0, 0].numpy()[fleet.circuits.watched]


def _weights(fleet: Fleet, sheet: SheetState, word: int) -> np.ndarray:
    """Weight current of a CAM word of every watched neuron, as depressed as it is now [A],
    [watched]; 0 where unused."""
    circuits, weights = fleet.circuits, np.zeros(len(fleet.circuits.address))
    amps = fleet.weights[0].copy()
    if fleet.plastic and sheet.depressed:
        amps[circuits.depressed] *= left_now(sheet.depressed, fleet.plastic.rate)[0, 0]
    mine = circuits.cam_word == word
    weights[circuits.target[mine]] = amps[mine]
    return weights[circuits.watched]
