"""What one neuron does, by hand: a closed form and a fine explicit integration, from registers.

Written from the equations of chip.md 4.1 and the constants of chip.md 4.2, with pulses as pulses
and microsecond steps; it shares no code with the simulator.
"""

import math
from collections.abc import Mapping

import numpy as np

from analoop.hw import Configuration, current
from analoop.hw.circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER

KAPPA, U_T, V_TH, I_0 = 0.705, 25e-3, 0.7, 5e-13
C_MEM, C_AMPA, C_REF, C_PULSE = 3e-12, 24.5e-12, 1.5e-12, 0.5e-12
Q = C_MEM * U_T / KAPPA


def amps(c: Configuration, name: str) -> float:
    """A current of chip 0 core 0 [A], by our name for it."""
    register = (CURRENT_TO_REGISTER | WEIGHT_TO_REGISTER)[name]
    bias = c.biases[0, 0][register]
    return float(current(register, bias.coarse, bias.fine))


def refractory(c: Configuration) -> float:
    """Refractory period [s]."""
    return V_TH * C_REF / amps(c, "i_refractory")


def dc_interval(c: Configuration, factors: Mapping[str, float] | None = None) -> float:
    """Time [s] between spikes of a threshold neuron under constant current, by partial fractions.

    Q (1 + 1/x) dx/dt = a - b x from the dark current to the threshold, then the refractory time;
    every current times its factor.
    """
    factor = dict(factors or {})
    names = ("i_gain_mem", "i_tau_mem", "i_dc", "i_threshold", "i_refractory")
    gain, leak, dc, threshold, i_ref = (amps(c, n) * factor.get(n, 1.0) for n in names)
    b = leak + I_0
    a = dc + I_0 - b

    def elapsed(x: float) -> float:
        return -math.log(a - b * x) / b + math.log(x / (a - b * x)) / a

    return Q * (elapsed(threshold / gain) - elapsed(I_0 / gain)) + V_TH * C_REF / i_ref


def ampa_spikes(
    c: Configuration, weight: float, pulses: np.ndarray, duration: float, dt: float = 2e-6
) -> np.ndarray:
    """Spike times [s] of a neuron whose AMPA dendrite gets `weight` [A] during each pulse."""
    tau = C_AMPA * U_T / (KAPPA * amps(c, "i_tau_ampa"))
    steady = amps(c, "i_gain_ampa") / amps(c, "i_tau_ampa") * weight
    width = V_TH * C_PULSE / amps(c, "i_pulse")
    gain, threshold = amps(c, "i_gain_mem"), amps(c, "i_threshold")
    i_sum, hold = amps(c, "i_tau_mem") + I_0, refractory(c)
    start = np.arange(0, duration, dt)
    last, first = np.minimum.outer(start + dt, pulses + width), np.maximum.outer(start, pulses)
    on = np.clip(last - first, 0, None).sum(axis=1) / dt
    synapse, x, free, spikes = I_0, I_0 / gain, 0.0, []
    for t, share in zip(start.tolist(), on.tolist(), strict=True):
        synapse = max(synapse + dt / tau * (steady * share - synapse), I_0)
        if t >= free:
            x = max(x + dt / Q * (synapse + I_0 - i_sum * (1 + x)) * x / (1 + x), I_0 / gain)
        if x * gain >= threshold:
            spikes.append(t)
            x, free = I_0 / gain, t + hold
    return np.array(spikes)
