"""Short-term depression of a synapse: what an event takes, and how it comes back.

ASSUMED: the names of two biases of this circuit are public, its equations are not. Here a capacitor
holds back the weight of each synapse. An event charges it by I_weight for a moment, a small current
I_recovery discharges it, and a transistor turns its voltage into a factor r of the weight:

    an event delivers    r w
    and leaves           r <- r (1 - share),    share = 1 - exp(-I_weight T_EVENT / Q)
    then                 dr/dt = (1 - r) / tau, tau   = Q / I_recovery
                         Q = C_STD U_T / kappa

r is 1 at rest. A word is depressed when its tag comes, before any delay. The two constants are
guesses; they put the settings of public programs, SYAM_STDW_N (3,80) to (4,255) and SYAW_STDSTR_N
(0,1) to (0,80), at 1 to 20 % per event and 0.2 to 1.7 s. Facilitation is not modelled.
"""

from __future__ import annotations

import numpy as np

from .parameters import CONSTANTS, CircuitConstants
from .wiring import Depressed, Plastic, Wiring

C_STD = 24.5e-12
"""Capacitance [F]; assumed, that of a dendrite."""
T_EVENT = 1e-6
"""How long an event charges it [s]; assumed."""


def depression(
    i_weight: np.ndarray,
    i_recovery: np.ndarray,
    dt: float,
    constants: CircuitConstants = CONSTANTS,
) -> tuple[np.ndarray, np.ndarray]:
    """What an event takes [1] and what comes back in `dt` seconds [1], from currents [A]."""
    charge = C_STD * constants.u_t / constants.kappa
    share = -np.expm1(-np.maximum(i_weight, constants.i_0) * T_EVENT / charge)
    return share, np.maximum(i_recovery, constants.i_0) * dt / charge


def rested(chips: int, trials: int, plastic: int) -> Depressed:
    """Synapses that heard nothing for long."""
    shape = (chips, trials, plastic)
    return Depressed(np.ones(shape), np.zeros(shape, np.int64))


def left_now(depressed: Depressed, rate: np.ndarray) -> np.ndarray:
    """Share of the weights left, [chip, trial, plastic]; `rate` as `Plastic.rate`."""
    return 1.0 - (1.0 - depressed.left) * np.exp(-rate[:, None] * depressed.since)


def begun(wiring: Wiring, before: Depressed | None, trials: int) -> tuple[Plastic, Depressed]:
    """The plastic synapses of a run, and where they stand as it begins; `since` is counted from
    its start, so it is 0 or negative."""
    chips, entries = len(wiring.weight), len(wiring.slot)
    none = Plastic(np.full(entries, -1), np.zeros((chips, 0)), np.zeros((chips, 0)))
    plastic = wiring.plastic or none
    if before is None:
        return plastic, rested(chips, trials, plastic.share.shape[1])
    return plastic, Depressed(before.left.copy(), -before.since)


def ended(running: Depressed, steps: np.ndarray) -> Depressed:
    """Where synapses stand after `steps` steps of each trial; the inverse of `begun`."""
    return running._replace(since=steps[None, :, None] - running.since)
