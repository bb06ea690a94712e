"""Homeostasis: a slow gain that brings a neuron's rate to a reference, from both sides.

ASSUMED: public are the names of biases and latches, and that a calcium current is compared with
references; no equation is. Here calcium is an integrator of the neuron's own spikes, as adaptation
is, and a comparator moves the logarithm of a gain, once per BEAT_US of chip time:

    I_ca <- I_ca exp(-t/tau) + jump per spike,  tau = C_ahp U_T / (kappa I_SOCA_TAU),
    jump  = I_SOCA_GAIN / I_SOCA_TAU (1 - exp(-t_pulse/tau)) I_SOCA_W,  t_pulse by SOAD_PWTAU
    I_ca > I_VREF (1 + HYSTERESIS): gain falls, d ln g/dt = -ln(I_VREF_M / I_VREF_L) / PACE_S
    I_ca < I_VREF / (1 + HYSTERESIS): rises,    d ln g/dt = +ln(I_VREF_H / I_VREF_M) / PACE_S

with g between 1/MOST and MOST. A neuron has a gain if latch_ho_enable is set, and it moves if
latch_ho_active is set too; g multiplies the soma's gain, or with latch_ho_so_de those of its AMPA
and NMDA dendrites. Equal references stand still, so the order in which labs enable it (latches,
parameters, active, references, VREF) works. With a public program's settings the reference is some
48 Hz. None of this has mismatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..models.parameters import CircuitConstants
from ..models.wiring import Run
from .circuits import HOMEOSTASIS_LATCHES, HOMEOSTASIS_TO_REGISTER
from .configuration import Configuration
from .decoding import Circuits, latch_bits, per_neuron

BEAT_US = 10_000
"""Chip time between two comparisons [us], rounded up to whole steps; assumed."""
PACE_S = 2.0
"""Time in which a ratio of references of e changes a gain by e [s]; assumed."""
HYSTERESIS = 0.1
"""How far calcium may be off before the gain moves [1]; assumed."""
MOST = 16.0
"""Largest gain, and one over the smallest [1]; assumed."""


@dataclass(frozen=True, eq=False)
class Homeostasis:
    """What registers make of it; arrays are [neuron]."""

    beat_us: int
    """Time between two comparisons [us], whole steps."""
    enabled: np.ndarray
    """Whether a neuron has a gain, bool."""
    active: np.ndarray
    """Whether it moves, bool."""
    dendritic: np.ndarray
    """Whether it is that of the dendrites, not of the soma, bool."""
    tau: np.ndarray
    """Time constant of calcium [s]."""
    jump: np.ndarray
    """Calcium per spike [A]."""
    reference: np.ndarray
    """Calcium to be reached [A]."""
    up: np.ndarray
    """Growth of the logarithm of a gain below the reference [1/s]."""
    down: np.ndarray
    """Its fall above the reference [1/s]."""
    dark: float
    """Floor of calcium [A]."""


class Slow(NamedTuple):
    """Where it stands."""

    since_us: int
    """Time since the last comparison [us]."""
    spikes: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Neurons that spiked since, and when after it [s]."""
    calcium: np.ndarray
    """At the last comparison [A], [neuron]."""
    log_gain: np.ndarray
    """Logarithm of the gains [1], [neuron]."""


def decoded(
    c: Configuration, circuits: Circuits, constants: CircuitConstants, step_us: int
) -> Homeostasis | None:
    """Homeostasis of these registers; None where no neuron has it and none is watched."""
    bits, latches = latch_bits(c, circuits.address), c.chip.latches
    enabled, active, dendritic = (
        bits >> latches.index(name) & 1 > 0 for name in HOMEOSTASIS_LATCHES
    )
    if not enabled.any() and not len(circuits.watched):
        return None
    i = {
        name: np.maximum(per_neuron(c, circuits.address, register), constants.i_0)
        for name, register in HOMEOSTASIS_TO_REGISTER.items()
    }
    tau = constants.c_ahp * constants.u_t / (constants.kappa * i["i_tau"])
    t_pulse = constants.v_th * constants.c_pulse / i["i_pulse"]
    return Homeostasis(
        beat_us=-(-BEAT_US // step_us) * step_us,
        enabled=enabled,
        active=active & enabled,
        dendritic=dendritic,
        tau=tau,
        jump=-np.expm1(-t_pulse / tau) * i["i_gain"] / i["i_tau"] * i["i_w"],
        reference=i["i_reference"],
        up=np.maximum(np.log(i["i_high"] / i["i_middle"]), 0.0) / PACE_S,
        down=np.maximum(np.log(i["i_middle"] / i["i_low"]), 0.0) / PACE_S,
        dark=constants.i_0,
    )


def at_rest(h: Homeostasis) -> Slow:
    """No calcium, gains of 1."""
    return Slow(0, (), np.full(len(h.tau), h.dark), np.zeros(len(h.tau)))


def heard(h: Homeostasis, slow: Slow, ran: Run, step_us: int, duration_us: int) -> Slow:
    """After a run, which ends at the next comparison or before."""
    when = 1e-6 * (slow.since_us + step_us * ran.step.astype(np.float64)) + ran.within
    since, spikes = slow.since_us + duration_us, (*slow.spikes, (ran.neuron, when))
    if since < h.beat_us:
        return slow._replace(since_us=since, spikes=spikes)
    return _compared(h, slow._replace(spikes=spikes))


def _compared(h: Homeostasis, slow: Slow) -> Slow:
    """The comparison at the end of a beat."""
    beat = 1e-6 * h.beat_us
    calcium = slow.calcium * np.exp(-beat / h.tau)
    for neuron, when in slow.spikes:
        np.add.at(calcium, neuron, h.jump[neuron] * np.exp((when - beat) / h.tau[neuron]))
    calcium = np.maximum(calcium, h.dark)
    rise = np.where(calcium < h.reference / (1 + HYSTERESIS), h.up, 0.0)
    fall = np.where(calcium > h.reference * (1 + HYSTERESIS), h.down, 0.0)
    moved = slow.log_gain + np.where(h.active, (rise - fall) * beat, 0.0)
    most = np.log(MOST)
    return Slow(0, (), calcium, np.where(h.enabled, np.clip(moved, -most, most), 0.0))
