"""The physics of one silicon neuron, once: coefficients, state -> step.

The simulated board and the trainable layer both call `step`; nothing else in the project
knows an equation of the neuron.

Synapse, for each dendrite d (differential-pair integrator, linear above its gain current):
    I_d <- max(I_d exp(-dt/tau_d) + jump_d * sum of weight currents that arrived, I_0)
    tau_d = C_d U_T / (kappa I_tau_d),   jump_d = I_gain_d/I_tau_d (1 - exp(-t_pulse/tau_d))
Soma (Chicca et al. 2014, in the form of chip.md 4.1), I the soma current, x = I / I_gain:
    I_in  = max(I_ampa + I_nmda / (1 + I_gate/I) - I_gaba + I_dc, I_0)
    I_sum = I_leak + I_ahp + I_shunt
    I_fb  = I_0 (I/I_0)^(kappa/(kappa+1))      exponential soma only (Rockpool's form), else 0
    Q (1 + 1/x) dx/dt = I_in - (I_sum - I_fb)(1 + x),      Q = C_mem U_T / kappa  [A s]
Spike when I >= I_threshold; then I = I_0 for t_ref = V_th C_ref / I_ref, and the adaptation
integrator I_ahp receives one pulse.

Where this differs from Rockpool's DynapSim, and why: docs/simulated_chip.md.

Integration: with z = x + ln x the soma is Q dz/dt = I_in - (I_sum - I_fb)(1 + x), free of
the stiff factor 1 + 1/x, so one exponential Rosenbrock step (second order, exact where the
equation is linear) replaces the hundred Euler steps needed after a reset. It is linear about
the middle of the way, guessed beforehand, not about its start: that costs one division and
errs a quarter as much. The synaptic currents decay exactly; the soma sees their mean over the
step. A spike is located inside the step, and what is left of the step after it counts against
the refractory period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .coefficients import Coefficients
from .noise import shaken
from .omega import wright_omega
from .surrogate import SpikeAtThreshold

STEEPEST = 50.0
"""Largest growth exponent of one soma step: beyond it the neuron has spiked anyway [1]."""


class State(NamedTuple):
    """Everything a neuron remembers between steps; tensors [..., neuron]."""

    dendrites: dict[str, Tensor]
    """Current of each present dendrite [A]."""
    ahp: Tensor
    """Adaptation current [A]."""
    z: Tensor
    """Soma, z = x + ln x with x = I / I_gain [1]."""
    wait: Tensor
    """How long after the start of the step the soma integrates again [s]; negative: it lags."""
    ahead: Tensor
    """dz/dt as the last step ended [1/s], of a soma that excites itself; 0 of others."""


@dataclass(frozen=True, eq=False)
class Spikes:
    """What a step emits; tensors [..., neuron]."""

    count: Tensor
    """1 where the neuron spiked, else 0; differentiable by surrogate."""
    time: Tensor
    """Moment of the spike after the start of the step [s]; meaningless without a spike."""
    held: Tensor
    """Whether the neuron had time left for another spike, which this step cannot hold."""


def rest(c: Coefficients, shape: tuple[int, ...]) -> State:
    """State of silent neurons: every current at its floor, ready to integrate."""
    zero = torch.zeros(shape, dtype=c.z_floor.dtype, device=c.z_floor.device)
    return State(
        dendrites={d: zero + c.constants.i_0 for d in c.decay},
        ahp=zero + c.ahp_floor,
        z=zero + c.z_floor,
        wait=zero,
        ahead=zero,
    )


def at_other_gain(z: Tensor, ratio: Tensor, floor: Tensor) -> Tensor:
    """z of the same soma current where the gain current is 1/`ratio` of what it was; not below
    `floor`."""
    x = wright_omega(z) * ratio
    return torch.maximum(torch.where(ratio == 1, z, x + torch.log(x)), floor)


def step(
    c: Coefficients, state: State, drive: dict[str, Tensor], normal: Tensor | None = None
) -> tuple[State, Spikes]:
    """Advance every neuron by `c.dt`.

    Args:
        drive: per dendrite, the sum of the weight currents [A] that arrived at the start of
            this step, [..., neuron]; a missing dendrite received nothing.
        normal: standard normal numbers for the noise of `c.noise`, [..., neuron].

    Returns:
        The state at the end of the step, and the spikes in it. At most one spike per neuron
        and step: a neuron cannot be followed above 1/dt.
    """
    i_0 = c.constants.i_0
    dendrites = dict(state.dendrites)
    for d, arrived in drive.items():
        dendrites[d] = dendrites[d] + c.jump[d] * arrived
    seen = {d: torch.clamp(value * c.mean[d], min=i_0) for d, value in dendrites.items()}
    z, wait, ahead, spikes = _soma(c, state, seen, normal)
    ahp = state.ahp
    if c.adapts:
        since = c.ahp_decay ** (1.0 - spikes.time / c.dt)
        # Until a spike the current stays at its floor or above; then it decays freely for a while.
        floor = torch.where(spikes.count.detach() > 0.5, c.ahp_floor * since, c.ahp_floor)
        ahp = torch.maximum(ahp * c.ahp_decay, floor) + c.ahp_jump * since * spikes.count
        ahp = torch.where(ahp < c.ahp_floor, c.ahp_floor, ahp)
    decayed = {d: torch.clamp(value * c.decay[d], min=i_0) for d, value in dendrites.items()}
    return State(decayed, ahp, z, wait, ahead), spikes


def _soma(c: Coefficients, state: State, seen: dict[str, Tensor], normal: Tensor | None):
    """Integrate the soma over one step in `c.pieces` pieces: new z, wait and ahead, spikes."""
    i_0 = c.constants.i_0
    piece = c.dt / c.pieces.to(state.z.dtype)
    steady = seen.get("ampa", i_0) - seen.get("gaba", i_0) + c.i_dc
    nmda = seen.get("nmda")
    i_sum = c.i_leak + seen.get("shunt", i_0)
    if c.adapts:
        i_sum = i_sum + torch.maximum(state.ahp * c.ahp_mean, c.ahp_floor)
    z, wait = state.z, state.wait
    if c.noise is not None and normal is not None:
        z = shaken(c, state, i_sum, normal, lambda x: _local(c, x, steady, nmda, i_sum)[0])
    count = time = torch.zeros_like(z)
    calm = c.pieces == 1
    ahead = torch.where(calm, _guess(c, z, steady, nmda, i_sum), state.ahead)
    bend = torch.where(calm, i_sum / c.charge, 0.0)
    for index in range(c.most_pieces):
        stepping, done = index < c.pieces, count.detach() > 0.5
        h = torch.where(done | ~stepping, 0.0, torch.clamp(piece - wait, min=0.0))
        before, middle = z, _middle(c, z, ahead, bend, h)
        rate, slope = _local(c, wright_omega(middle), steady, nmda, i_sum)
        rate = rate + slope * (z - middle)
        z, fired, when = _piece(c, z, rate, slope, h)
        hit = fired.detach() > 0.5
        ahead = torch.where(hit | calm, 0.0, rate + slope * (z - before))
        time = torch.where(hit, torch.clamp(wait + when, min=0.0) + index * piece, time)
        count = count + fired
        # Time the soma could not use (after a spike, with a refractory period shorter than
        # what is left of the step) is carried as a negative wait, never more than one step.
        idle = torch.where(done, wait - piece, torch.clamp(wait - piece, min=0.0))
        idle = torch.where(stepping, idle, wait)
        wait = torch.where(hit, wait + when + c.t_refractory - piece, idle)
    held = wait < -c.dt
    return z, torch.clamp(wait, min=-c.dt), ahead, Spikes(count, time, held)


def _guess(c: Coefficients, z: Tensor, steady: Tensor, nmda: Tensor | None, i_sum: Tensor):
    """About dz/dt [1/s] of a soma that does not excite itself: max(z, 0) stands for x."""
    i_0 = c.constants.i_0
    i_in = torch.clamp(steady + (i_0 if nmda is None else nmda), min=i_0)
    return (i_in - i_sum * (1.0 + torch.clamp(z, min=0.0))) / c.charge


def _middle(c: Coefficients, z: Tensor, ahead: Tensor, bend: Tensor, h: Tensor) -> Tensor:
    """About where z is in the middle of a piece of length h [s]; `bend` slows it down [1/s]."""
    half = 0.5 * h
    middle = z + half * ahead / (1.0 + half * bend)
    middle = torch.minimum(middle, torch.maximum(c.z_threshold, z.detach()))
    return torch.maximum(middle, c.z_floor)


def _local(c: Coefficients, x: Tensor, steady: Tensor, nmda: Tensor | None, i_sum: Tensor):
    """dz/dt at x [1/s], and its derivative by z [1/s]."""
    i_0 = c.constants.i_0
    if nmda is None:
        i_in, slope_in = torch.clamp(steady + i_0, min=i_0), 0.0
    else:
        half = c.i_gate / c.i_gain
        gated = nmda * (x / (x + half))
        i_in = torch.clamp(steady + gated, min=i_0)
        slope_in = torch.where(i_in > i_0, gated * half / (x * (x + half)), 0.0)
    i_fb, slope_fb = _feedback(c, x)
    rate = (i_in - (i_sum - i_fb) * (1.0 + x)) / c.charge
    slope = (slope_in + slope_fb * (1.0 + x) - (i_sum - i_fb)) * x / (1.0 + x) / c.charge
    return rate, slope


def _piece(c: Coefficients, z: Tensor, rate: Tensor, slope: Tensor, h: Tensor):
    """One exponential Rosenbrock step of length h [s]: new z, spike (0 or 1), time of crossing."""
    z_end = torch.maximum(z + h * rate * phi1(torch.clamp(h * slope, max=STEEPEST)), c.z_floor)
    spiked = SpikeAtThreshold.apply(z_end, c.z_threshold, c.x_threshold)
    fired = torch.where(h > 0, spiked, 0.0)  # pyright: ignore[reportArgumentType]
    with torch.no_grad():
        # The same local solution, solved for the time at which it reaches the threshold.
        straight = (c.z_threshold - z) / rate
        bend = torch.log1p(slope * straight) / (slope * straight)
        when = torch.where(bend > 0, straight * bend, straight)
        when = torch.where(z < c.z_threshold, when, 0.0)  # a threshold at or below the rest
        when = torch.minimum(torch.clamp(when, min=0.0), h)
    z_new = torch.where(fired.detach() > 0.5, c.z_floor, z_end)
    return z_new, fired, when


def _feedback(c: Coefficients, x: Tensor) -> tuple[Tensor | float, Tensor | float]:
    """Positive feedback current [A] of an exponential soma and its derivative by x [A]."""
    if not c.has_feedback:
        return 0.0, 0.0
    i_0, power = c.constants.i_0, c.constants.kappa / (c.constants.kappa + 1.0)
    i_fb = c.feedback * i_0 * torch.exp(power * torch.log(x * c.i_gain / i_0))
    return i_fb, power * i_fb / x


def phi1(a: Tensor) -> Tensor:
    """(exp(a) - 1) / a, exact through zero."""
    small = a.abs() < 1e-5
    return torch.where(small, 1.0 + a / 2.0, torch.expm1(a) / torch.where(small, 1.0, a))
