"""What a neuron is made of: the constants of the silicon and the currents that set its behaviour.

Everything is a current in amperes, because on the chip everything is: a time constant is a
capacitor discharged by a small current, a gain is a ratio of two currents. `NeuronParameters`
holds one value per parameter, shared by a whole population, because on the chip all neurons of
a core share one bias generator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

from .errors import NetworkError, Violation

DENDRITES = ("ampa", "nmda", "gaba", "shunt")
"""The four synaptic integrators of a neuron, in the order used by every array here."""

WEIGHT_BITS = 4
"""Base currents W0..W3 a synapse can add up."""


@dataclass(frozen=True)
class CircuitConstants:
    """Constants of the process and the layout; no register changes them.

    Capacitances and currents: the default layout of Rockpool 3.1 (chip.md 4.2). The membrane
    capacitance is uncertain (3 pF there, 7.7 pF in other public documentation), so no absolute
    time constant of the soma is a claim about silicon.
    """

    u_t: float = 25e-3
    """Thermal voltage at room temperature [V]."""
    kappa: float = (0.75 + 0.66) / 2
    """Subthreshold slope factor, mean of nMOS and pMOS [1]."""
    v_th: float = 0.7
    """Switching voltage of the pulse and refractory comparators [V]."""
    i_0: float = 5e-13
    """Dark current, the floor of every current [A]."""
    c_mem: float = 3e-12
    """Membrane capacitance [F]; assumed, see above."""
    c_ahp: float = 40e-12
    """Adaptation capacitance [F]."""
    c_ampa: float = 24.5e-12
    """AMPA integrator capacitance [F]."""
    c_nmda: float = 25e-12
    """NMDA integrator capacitance [F]."""
    c_gaba: float = 25e-12
    """GABA integrator capacitance [F]."""
    c_shunt: float = 24.5e-12
    """Shunt integrator capacitance [F]."""
    c_ref: float = 1.5e-12
    """Refractory capacitance [F]."""
    c_pulse: float = 0.5e-12
    """Pulse extender capacitance, synaptic and adaptation [F]."""

    def leak_current(self, tau: float, capacitance: float) -> float:
        """Current [A] that gives a low-pass of this capacitance the time constant `tau` [s]."""
        return capacitance * self.u_t / (self.kappa * tau) if tau else math.inf

    def pulse_current(self, duration: float, capacitance: float) -> float:
        """Current [A] that charges this capacitance to the switching voltage in `duration` [s]."""
        return capacitance * self.v_th / duration if duration else math.inf


CONSTANTS = CircuitConstants()


@dataclass(frozen=True)
class NeuronParameters:
    """The currents [A] and switches of one population (on the chip: of one core).

    Defaults: a threshold neuron of 20 ms, synapses of 10 ms, 1 ms refractory, no adaptation.
    """

    i_tau_mem: float
    """Soma leak; tau_mem = C_mem U_T / (kappa I)."""
    i_gain_mem: float
    """Soma gain; the ratio to the leak is the DC gain."""
    i_threshold: float
    """Soma current at which the neuron spikes."""
    i_refractory: float
    """Refractory period = V_th C_ref / I."""
    i_pulse: float
    """Width of the synaptic pulse = V_th C_pulse / I."""
    i_tau_ampa: float
    """AMPA leak (fast excitation)."""
    i_gain_ampa: float
    """AMPA gain."""
    i_tau_nmda: float
    """NMDA leak (slow excitation)."""
    i_gain_nmda: float
    """NMDA gain."""
    i_tau_gaba: float
    """GABA leak (subtractive inhibition)."""
    i_gain_gaba: float
    """GABA gain."""
    i_tau_shunt: float
    """Shunt leak (divisive inhibition)."""
    i_gain_shunt: float
    """Shunt gain."""
    i_nmda_gate: float = CONSTANTS.i_0
    """Soma current at which the NMDA gate is half open; only with `nmda_gate`."""
    i_dc: float = CONSTANTS.i_0
    """Constant injected current; only with `dc`."""
    i_tau_ahp: float = CONSTANTS.leak_current(50e-3, CONSTANTS.c_ahp)
    """Adaptation leak; only with `adaptation`, as the next three."""
    i_gain_ahp: float = CONSTANTS.leak_current(50e-3, CONSTANTS.c_ahp)
    """Adaptation gain."""
    i_w_ahp: float = CONSTANTS.i_0
    """Adaptation weight per own spike."""
    i_pulse_ahp: float = CONSTANTS.pulse_current(1e-6, CONSTANTS.c_pulse)
    """Width of the adaptation pulse = V_th C_pulse / I."""
    soma: Literal["threshold", "exponential"] = "threshold"
    """Threshold: plain comparator. Exponential: positive feedback runs away before it."""
    nmda_gate: bool = False
    """Gate NMDA by the soma current."""
    adaptation: bool = False
    """Spike-frequency adaptation."""
    dc: bool = False
    """Inject `i_dc`."""

    def __post_init__(self) -> None:
        bad = [
            Violation(
                "PARAMETER_NOT_POSITIVE",
                f"neuron parameter {name}",
                "a positive, finite current in ampere",
                f"got {value!r}",
                "give the current, not a time constant (see NeuronParameters.from_times)",
            )
            for name, value in self.currents().items()
            if not (math.isfinite(value) and value > 0)
        ]
        if self.soma not in ("threshold", "exponential"):
            bad.append(
                Violation(
                    "SOMA_UNKNOWN",
                    "neuron parameter soma",
                    "'threshold' or 'exponential'",
                    f"got {self.soma!r}",
                    "choose one of the two",
                )
            )
        if bad:
            raise NetworkError(bad)

    @classmethod
    def from_times(
        cls,
        tau_mem: float = 20e-3,
        tau_syn: float | dict[str, float] = 10e-3,
        threshold: float = 2e-9,
        t_refractory: float = 1e-3,
        **changes,
    ) -> NeuronParameters:
        """Build from time constants [s] and the threshold current [A].

        Gain ratios 4 (soma) and 100 (synapses), pulse 10 us: Rockpool's defaults (chip.md 4.2).
        `tau_syn` is one value or a dict by dendrite; `changes` replaces any field afterwards.
        """
        c = CONSTANTS
        times = tau_syn if isinstance(tau_syn, dict) else dict.fromkeys(DENDRITES, float(tau_syn))
        if unknown := sorted(times.keys() - set(DENDRITES)):
            need, there = f"dendrites {unknown}", f"there are {list(DENDRITES)}"
            raise NetworkError(
                [Violation("UNKNOWN_DENDRITE", "tau_syn", need, there, "name some of these")]
            )
        leaks = {d: c.leak_current(times.get(d, 10e-3), getattr(c, f"c_{d}")) for d in DENDRITES}
        i_tau_mem = c.leak_current(tau_mem, c.c_mem)
        values: dict[str, Any] = {
            "i_tau_mem": i_tau_mem,
            "i_gain_mem": 4 * i_tau_mem,
            "i_threshold": threshold,
            "i_refractory": c.pulse_current(t_refractory, c.c_ref),
            "i_pulse": c.pulse_current(10e-6, c.c_pulse),
        }
        values |= {f"i_tau_{d}": leaks[d] for d in DENDRITES}
        values |= {f"i_gain_{d}": 100 * leaks[d] for d in DENDRITES}
        return cls(**(values | changes))

    def currents(self) -> dict[str, float]:
        """Every current by name [A], in a fixed order."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name.startswith("i_")}

    def switches(self) -> dict[str, bool]:
        """Every switch by name: 'exponential', 'nmda_gate', 'adaptation', 'dc'."""
        return {
            "exponential": self.soma == "exponential",
            "nmda_gate": self.nmda_gate,
            "adaptation": self.adaptation,
            "dc": self.dc,
        }


CURRENTS = tuple(f.name for f in fields(NeuronParameters) if f.name.startswith("i_"))
"""Names of the neuron's currents, in a fixed order."""
SOMA_CURRENTS = ("i_tau_mem", "i_gain_mem", "i_threshold", "i_refractory", "i_pulse")
"""Those that every neuron uses, whatever is switched on; pulses are those of its synapses."""
SWITCHED_CURRENTS = {
    "dc": ("i_dc",),
    "nmda_gate": ("i_nmda_gate",),
    "adaptation": ("i_tau_ahp", "i_gain_ahp", "i_w_ahp", "i_pulse_ahp"),
}
"""Those that a neuron uses where a switch is on; exponential somas use none."""


def dendrite_currents(dendrites: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the currents that neurons use beside, for these dendrites."""
    return tuple(f"i_{what}_{dendrite}" for dendrite in dendrites for what in ("tau", "gain"))
