"""What the neuron's step needs, computed once from currents: `Coefficients`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .parameters import CONSTANTS, CircuitConstants

RUN_AWAY_PIECES = 3
"""Soma steps per step of a neuron whose soma excites itself (exponential soma, NMDA gate): one
step misses the run-away."""


@dataclass(frozen=True)
class Coefficients:
    """What `step` needs, computed once from currents; tensors broadcast to [..., neuron]."""

    dt: float
    """Step [s]."""
    charge: Tensor
    """Q = C_mem U_T / kappa [A s]."""
    i_leak: Tensor
    """Soma leak current [A]."""
    i_gain: Tensor
    """Soma gain current [A]."""
    i_dc: Tensor
    """Constant injected current, 0 where switched off [A]."""
    i_gate: Tensor
    """NMDA gate current, 0 where switched off [A]."""
    feedback: Tensor
    """1 for an exponential soma, 0 for a threshold soma."""
    z_floor: Tensor
    """z at the dark current [1]."""
    x_threshold: Tensor
    """Threshold over gain current [1]."""
    z_threshold: Tensor
    """z at the threshold [1]."""
    t_refractory: Tensor
    """Refractory period [s]."""
    decay: dict[str, Tensor]
    """Factor by which each present dendrite decays in a step."""
    mean: dict[str, Tensor]
    """Mean of the decaying current over a step, relative to its start."""
    jump: dict[str, Tensor]
    """Dendrite current per ampere of weight current [1]."""
    ahp_decay: Tensor
    """As `decay`, for adaptation."""
    ahp_mean: Tensor
    """As `mean`, for adaptation."""
    ahp_jump: Tensor
    """Adaptation current added by one own spike [A]; 0 where switched off."""
    ahp_floor: Tensor
    """I_0 where adaptation is switched on, else 0 [A]."""
    adapts: bool
    """Whether any neuron adapts."""
    constants: CircuitConstants
    """The silicon."""
    pieces: Tensor
    """Soma steps per step: `RUN_AWAY_PIECES` for a soma that excites itself, else 1."""
    most_pieces: int
    """The most soma steps per step of any neuron, at least 1."""
    has_feedback: bool
    """Whether any soma is exponential."""
    noise: Tensor | None = None
    """Squared noise level of each chip times the elementary charge [A s]; None: no noise."""


def wants_gradient(c: Coefficients) -> bool:
    """Whether any coefficient wants a gradient."""
    tensors = [t for t in vars(c).values() if isinstance(t, Tensor)]
    tensors += [*c.decay.values(), *c.mean.values(), *c.jump.values()]
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def with_gains(c: Coefficients, soma: Tensor, excitation: Tensor) -> Coefficients:
    """The same circuits with gains multiplied: of the soma, and of AMPA and NMDA dendrites."""
    i_gain, x_threshold = c.i_gain * soma, c.x_threshold / soma
    x_floor = c.constants.i_0 / i_gain
    grown = {d: jump * excitation for d, jump in c.jump.items() if d in ("ampa", "nmda")}
    return replace(
        c,
        i_gain=i_gain,
        z_floor=x_floor + torch.log(x_floor),
        x_threshold=x_threshold,
        z_threshold=x_threshold + torch.log(x_threshold),
        jump=c.jump | grown,
    )


def coefficients(
    currents: dict[str, Tensor],
    switches: dict[str, Tensor],
    dendrites: tuple[str, ...],
    dt: float,
    constants: CircuitConstants = CONSTANTS,
) -> Coefficients:
    """Turn currents [A] into the coefficients of a step of `dt` seconds.

    Args:
        currents: by the names of `NeuronParameters`, each [..., neuron].
        switches: 'exponential', 'nmda_gate', 'adaptation', 'dc', each 0 or 1, [..., neuron].
        dendrites: those that receive synapses; the others rest at the dark current.
        dt: step [s].
    """
    c = constants
    i_0 = c.i_0
    i = {name: torch.clamp(value, min=i_0) for name, value in currents.items()}
    t_pulse = c.v_th * c.c_pulse / i["i_pulse"]
    decay, mean, jump = {}, {}, {}
    for d in dendrites:
        tau = getattr(c, f"c_{d}") * c.u_t / (c.kappa * i[f"i_tau_{d}"])
        decay[d] = torch.exp(-dt / tau)
        mean[d] = -torch.expm1(-dt / tau) * tau / dt
        jump[d] = -torch.expm1(-t_pulse / tau) * i[f"i_gain_{d}"] / i[f"i_tau_{d}"]
    tau_ahp = c.c_ahp * c.u_t / (c.kappa * i["i_tau_ahp"])
    t_pulse_ahp = c.v_th * c.c_pulse / i["i_pulse_ahp"]
    ahp_gain = -torch.expm1(-t_pulse_ahp / tau_ahp) * i["i_gain_ahp"] / i["i_tau_ahp"]
    runs_away = switches["exponential"] > 0
    if "nmda" in dendrites:
        runs_away = runs_away | (switches["nmda_gate"] > 0)
    pieces = torch.where(runs_away, RUN_AWAY_PIECES, 1)
    x_floor = i_0 / i["i_gain_mem"]
    x_threshold = i["i_threshold"] / i["i_gain_mem"]
    return Coefficients(
        dt=dt,
        charge=torch.full_like(i["i_tau_mem"], c.c_mem * c.u_t / c.kappa),
        i_leak=i["i_tau_mem"],
        i_gain=i["i_gain_mem"],
        i_dc=i["i_dc"] * switches["dc"],
        i_gate=i["i_nmda_gate"] * switches["nmda_gate"],
        feedback=switches["exponential"],
        z_floor=x_floor + torch.log(x_floor),
        x_threshold=x_threshold,
        z_threshold=x_threshold + torch.log(x_threshold),
        t_refractory=c.v_th * c.c_ref / i["i_refractory"],
        decay=decay,
        mean=mean,
        jump=jump,
        ahp_decay=torch.exp(-dt / tau_ahp),
        ahp_mean=-torch.expm1(-dt / tau_ahp) * tau_ahp / dt,
        ahp_jump=ahp_gain * i["i_w_ahp"] * switches["adaptation"],
        ahp_floor=i_0 * switches["adaptation"],
        adapts=bool(switches["adaptation"].any()),
        constants=c,
        pieces=pieces,
        most_pieces=int(pieces.max()) if pieces.numel() else 1,
        has_feedback=bool((switches["exponential"] > 0).any()),
    )
