"""The neuron's equations solved to 1e-8 by scipy, written from chip.md and not from `neuron.py`.

Soma (chip.md 4.1), I the membrane current, tau = C_mem U_T / (kappa I_tau), alpha = I_g / I_tau:
    tau (1 + I_g/I) dI/dt = alpha (I_in - I_sum) - (I_sum/I_tau) I
Solved for ln I between input events; every exponential decay is taken in closed form.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from analoop.models.parameters import NeuronParameters

from .neurons import Train

KAPPA, U_T, V_TH, I_0 = 0.705, 25e-3, 0.7, 5e-13
CAPACITANCE = {
    "mem": 3e-12, "ampa": 24.5e-12, "nmda": 25e-12, "gaba": 25e-12, "shunt": 24.5e-12, "ahp": 40e-12
}  # fmt: skip
C_REF, C_PULSE = 1.5e-12, 0.5e-12
DENDRITES = ("ampa", "nmda", "gaba", "shunt")


@dataclass
class Integrator:
    """A current that jumps with every event and decays, never below the dark current."""

    tau: float
    jump: float
    value: float = I_0
    since: float = 0.0

    def at(self, t: float) -> float:
        return max(self.value * math.exp(-(t - self.since) / self.tau), I_0)

    def receive(self, t: float, weight: float) -> None:
        self.value, self.since = self.at(t) + self.jump * weight, t


def integrator(p: NeuronParameters, name: str, i_pulse: float) -> Integrator:
    i_tau, i_gain = getattr(p, f"i_tau_{name}"), getattr(p, f"i_gain_{name}")
    tau = CAPACITANCE[name] * U_T / (KAPPA * i_tau)
    return Integrator(tau, i_gain / i_tau * (1 - math.exp(-V_TH * C_PULSE / i_pulse / tau)))


class Reference:
    """One neuron, from rest."""

    def __init__(self, p: NeuronParameters, method: str = "DOP853"):
        self.p, self.method, self.current = p, method, I_0
        self.dendrites = {d: integrator(p, d, p.i_pulse) for d in DENDRITES}
        self.ahp = integrator(p, "ahp", p.i_pulse_ahp)

    def slope(self, t: float, y: np.ndarray) -> list[float]:
        """d ln I / dt [1/s]."""
        p, i = self.p, math.exp(min(y[0], 0.0))  # a stage may overshoot a run-away
        ampa, nmda, gaba, shunt = (self.dendrites[d].at(t) for d in DENDRITES)
        gate = p.i_nmda_gate if p.nmda_gate else 0.0
        i_in = max(ampa + nmda / (1 + gate / i) - gaba + (p.i_dc if p.dc else 0.0), I_0)
        feedback = I_0 * (i / I_0) ** (KAPPA / (KAPPA + 1)) if p.soma == "exponential" else 0.0
        i_sum = p.i_tau_mem + shunt + (self.ahp.at(t) if p.adaptation else 0.0) - feedback
        tau = CAPACITANCE["mem"] * U_T / (KAPPA * p.i_tau_mem)
        change = p.i_gain_mem / p.i_tau_mem * (i_in - i_sum) - i_sum / p.i_tau_mem * i
        change /= tau * (1 + p.i_gain_mem / i)
        return [0.0 if i <= I_0 and change < 0 else change / i]

    def crossing(self, t: float, y: np.ndarray) -> float:
        return y[0] - math.log(self.p.i_threshold)

    def spike_times(self, train: Train, duration: float) -> np.ndarray:
        def crossing(t: float, y: np.ndarray) -> float:
            return self.crossing(t, y)

        crossing.terminal, crossing.direction = True, 1  # pyright: ignore
        stops = sorted({t for events in train.values() for t, _ in events} | {0.0, duration})
        y, free, spikes = math.log(I_0), 0.0, []
        for start, end in zip(stops, stops[1:], strict=False):
            for name, events in train.items():
                weight = sum(w for t, w in events if t == start)
                self.dendrites[name].receive(start, weight)
            t = max(start, free)
            while t < end:
                options = {"events": crossing, "rtol": 1e-8, "atol": 1e-8, "max_step": 1e-4}
                solved = solve_ivp(self.slope, (t, end), [y], self.method, **options)
                t, y = solved.t[-1], max(solved.y[0, -1], math.log(I_0))
                if len(solved.t_events[0]):
                    spikes.append(t)
                    self.ahp.receive(t, self.p.i_w_ahp)
                    y, free = math.log(I_0), t + V_TH * C_REF / self.p.i_refractory
                    t = free
        self.current = math.exp(y)  # of the soma at the end [A]
        return np.array(spikes)
