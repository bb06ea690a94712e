"""What Rockpool predicts: the equations and steps of its DynapSim, compiled.

Not our neuron (that is neuron.py): this is how Rockpool 3.1's simulator integrates a network, so
that its prediction can be put beside ours. One merged synapse per neuron, forward Euler in the
soma current, everything in DynapSim's order. Per step of dt, all currents in units of I_0:

    syn  <- syn exp(-dt/tau_syn) + (1 - exp(-t_pulse/tau_syn)) max(gain_syn arrived, 1)
    ahp  <- max(ahp exp(-dt/tau_ahp) + (1 - exp(-t_pulse_ahp/tau_ahp)) gain_ahp w_ahp spikes, 1)
    leak  = leak_mem + ahp
    in    = max(syn - leak + dc, 1), 1 while refractory
    i    <- max(i + h i [leak (gain (in - leak) - i (1 + ahp/leak_mem)) / (i + i_gain) + fb], 1)
    fb    = i^(kappa/(kappa+1)) before the reset; it acts in the next step
    spikes = ceil(ln(i/threshold)) where positive, possibly several; then i <- 1

with gain = I_gain/I_tau and h = dt I_0 kappa/(C_mem U_T). An outside event acts in its own step,
a spike in the step after it. What arrived is floored before the integrator, so inhibition only
cancels excitation of the same step: that is Rockpool's (docs/simulated_chip.md says why we
differ). Spikes are those of the real DynapSim: tests/models/test_rockpool_euler.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from . import rockpool_euler_kernel as kernel
from .network import INPUT, Network
from .parameters import CONSTANTS
from .recording import Stimulus
from .runner import Precision, processors
from .simulation import STEP_US
from .wiring import Drive, drive

SIDE_BY_SIDE = 512
"""Trials are played side by side until a loop has so many neurons: starting a loop costs."""

MOST_SPIKES = 177.0
"""No neuron spikes more often in a step: ln of the largest single over the smallest."""

_C = CONSTANTS
DEFAULTS = {
    "Idc": _C.i_0, "Iw_ahp": _C.i_0, "Ispkthr": 1e-7,
    "Itau_mem": _C.leak_current(20e-3, _C.c_mem), "Igain_mem": 4 * _C.leak_current(20e-3, _C.c_mem),
    "Itau_syn": _C.leak_current(10e-3, _C.c_ampa),
    "Igain_syn": 100 * _C.leak_current(10e-3, _C.c_ampa),
    "Itau_ahp": _C.leak_current(50e-3, _C.c_ahp), "Igain_ahp": _C.leak_current(50e-3, _C.c_ahp),
    "Iref": _C.pulse_current(1e-3, _C.c_ref), "Ipulse": _C.pulse_current(10e-6, _C.c_pulse),
    "Ipulse_ahp": _C.pulse_current(1e-6, _C.c_pulse),
    "C_mem": _C.c_mem, "C_syn": _C.c_ampa, "C_ahp": _C.c_ahp, "C_ref": _C.c_ref,
    "C_pulse": _C.c_pulse, "C_pulse_ahp": _C.c_pulse,
    "Io": _C.i_0, "kappa_n": 0.75, "kappa_p": 0.66, "Ut": _C.u_t, "Vth": _C.v_th,
}  # fmt: skip
"""DynapSim's parameters by its own names, and their defaults [A, F, V, 1]."""

_OURS = {
    "Itau_mem": "i_tau_mem", "Igain_mem": "i_gain_mem", "Ispkthr": "i_threshold",
    "Itau_syn": "i_tau_ampa", "Igain_syn": "i_gain_ampa", "Ipulse": "i_pulse",
    "Itau_ahp": "i_tau_ahp", "Igain_ahp": "i_gain_ahp", "Ipulse_ahp": "i_pulse_ahp",
    "Iref": "i_refractory",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class EulerCoefficients:
    """What a step needs."""

    p: np.ndarray
    """By the rows of the kernel, [chip, row, neuron], padded with neurons that never spike."""
    neurons: int
    """Without the padding."""
    adapting: int
    """Steps in which the adaptation current of any neuron can be above I_0: it starts at the
    nominal I_0, and the weight of a neuron without adaptation never lifts it again."""


@dataclass(frozen=True, eq=False)
class EulerRun:
    """Spikes, sorted by chip, trial, step and neuron."""

    chip: np.ndarray
    """int32 [event]."""
    trial: np.ndarray
    """int32 [event]."""
    step: np.ndarray
    """int32 [event]."""
    neuron: np.ndarray
    """int32 [event]."""
    count: np.ndarray
    """Spikes of this neuron in this step, int32 [event]."""


def coefficients(
    parameters: Mapping[str, np.ndarray | float], dt: float = 1e-3
) -> EulerCoefficients:
    """Coefficients of a step of `dt` seconds.

    Args:
        parameters: by the names of `DEFAULTS`, at least one of them [neuron] or [chip, neuron];
            those left out have their default. What `DynapSim(...).simulation_parameters()` gives.
    """
    v = {name: np.asarray(parameters.get(name, DEFAULTS[name]), np.float64) for name in DEFAULTS}
    i_0, kappa = v["Io"], (v["kappa_n"] + v["kappa_p"]) / 2
    v |= {name: np.maximum(v[name], i_0) for name in v if name.startswith(("Itau", "Igain"))}

    def tau(name: str) -> np.ndarray:
        return v["Ut"] / kappa * v[f"C_{name}"] / v[f"Itau_{name}"]

    def charge(name: str, pulse: str) -> np.ndarray:
        width = v["Vth"] * v[f"C_{pulse}"] / v[f"I{pulse}"]
        # In single precision this difference loses four digits, and DynapSim has lost them.
        return 1 - np.exp(-width / tau(name)).astype(np.float32).astype(np.float64)

    k, rows = kernel, [np.zeros(0)] * kernel.ROWS
    rows[k.SYN_DECAY], rows[k.SYN_FLOOR] = np.exp(-dt / tau("syn")), charge("syn", "pulse")
    rows[k.SYN_JUMP] = rows[k.SYN_FLOOR] * v["Igain_syn"] / v["Itau_syn"] / i_0
    rows[k.LEAK], rows[k.PER_LEAK] = v["Itau_mem"] / i_0, i_0 / v["Itau_mem"]
    rows[k.GAIN], rows[k.I_GAIN] = v["Igain_mem"] / v["Itau_mem"], v["Igain_mem"] / i_0
    rows[k.DC], rows[k.THRESHOLD] = v["Idc"] / i_0, v["Ispkthr"] / i_0
    rows[k.H], rows[k.POWER] = dt * i_0 * kappa / (v["Ut"] * v["C_mem"]), kappa / (kappa + 1)
    ahp_jump = charge("ahp", "pulse_ahp") * v["Igain_ahp"] / v["Itau_ahp"] * v["Iw_ahp"] / i_0
    rows[k.AHP_DECAY], rows[k.AHP_JUMP] = np.exp(-dt / tau("ahp")), ahp_jump
    rows[k.CLOSED] = closed_steps(v["Vth"], v["C_ref"], v["Iref"], dt)
    rows[k.START] = CONSTANTS.i_0 / i_0
    p = np.stack([np.atleast_2d(row) for row in np.broadcast_arrays(*rows)], axis=1)
    settling = np.log(p[:, k.START]) / -np.log(p[:, k.AHP_DECAY])
    rises = p[:, k.AHP_DECAY] + MOST_SPIKES * p[:, k.AHP_JUMP] > 1
    adapting = int(np.where(rises, 2**31, settling).max(initial=0) + 1)
    neurons = p.shape[-1]
    p = np.pad(p, ((0, 0), (0, 0), (0, -neurons % k.BLOCK)), mode="edge")
    p[:, k.THRESHOLD, neurons:] = np.inf
    return EulerCoefficients(p, neurons, adapting)


def closed_steps(v_th: np.ndarray, c_ref: np.ndarray, i_ref: np.ndarray, dt: float) -> np.ndarray:
    """Steps without input after a spike: DynapSim counts t_ref down in single precision."""
    step, kind = np.float32(dt), np.float32
    timer = np.asarray(np.asarray(v_th, kind) * np.asarray(c_ref, kind) / np.asarray(i_ref, kind))
    steps = np.zeros(timer.shape)
    while (timer > 0).any():
        steps += timer > 0
        timer = np.maximum(timer - step, kind(0))
    return steps


def run_euler(
    c: EulerCoefficients,
    weights: np.ndarray,
    drive: Drive,
    precision: Precision = "single",
    workers: int | None = None,
) -> EulerRun:
    """Play trials to chips, from DynapSim's start.

    Args:
        weights: signed weight currents [A], [source, neuron] or [chip, source, neuron]; the first
            sources are the neurons themselves, those after them are outside.
        drive: outside events.
        precision: 'single' is DynapSim's.
        workers: threads; None: one per processor. No result depends on it.
    """
    kind = np.float32 if precision == "single" else np.float64
    chips, width = c.p.shape[0], c.p.shape[-1]
    rows = np.zeros((weights.shape[0] if weights.ndim == 3 else 1, weights.shape[-2], width), kind)
    rows[..., : c.neurons] = weights
    beside, trials = max(1, SIDE_BY_SIDE // max(1, width)), len(drive.steps)
    parts = [(chip, t) for chip in range(chips) for t in range(0, trials, beside)]

    def job(part: tuple[int, int]) -> np.ndarray:
        chip, trial = part
        lanes = min(beside, trials - trial)
        p = np.ascontiguousarray(np.tile(c.p[chip], lanes), kind)
        steps, first = drive.steps[trial : trial + lanes], drive.first[trial : trial + lanes + 1]
        events = steps, first, drive.step, drive.source
        return kernel.play(p, rows[chip % len(rows)], events, c.adapting, part)

    workers = workers or processors()
    if workers == 1:
        done = [job(part) for part in parts]
    else:
        with ThreadPoolExecutor(workers) as pool:
            done = list(pool.map(job, parts))
    return EulerRun(*np.concatenate([np.zeros((0, 5), np.int32), *done]).T)


def predict(network: Network, stimulus: Stimulus, step_us: int = STEP_US) -> EulerRun:
    """What DynapSim would say about a network: one chip without mismatch, neurons in model order.

    All synapses of a neuron become the one that DynapSim has: AMPA's integrator, weights of AMPA
    and NMDA positive, of GABA and shunt negative. Every soma is exponential there.
    """
    source = network.n_neurons + stimulus.channel
    steps = -(-stimulus.duration_us // step_us)
    events = drive(steps, stimulus.trial, stimulus.time_us // step_us, source)
    c = coefficients(parameters_of(network), step_us * 1e-6)
    return run_euler(c, weights_of(network), events)


def parameters_of(network: Network) -> dict[str, np.ndarray]:
    """DynapSim's parameters for the neurons of a network, [neuron] in model order."""
    of = [p.parameters for p in network.populations for _ in range(p.size)]
    found = {its: np.array([getattr(p, ours) for p in of]) for its, ours in _OURS.items()}
    found["Idc"] = np.array([p.i_dc if p.dc else CONSTANTS.i_0 for p in of])
    found["Iw_ahp"] = np.array([p.i_w_ahp if p.adaptation else CONSTANTS.i_0 for p in of])
    return found


def weights_of(network: Network) -> np.ndarray:
    """Signed weight currents [A], [source, neuron]: neurons in model order, then inputs."""
    n = network.n_neurons
    weights = np.zeros((n + network.n_inputs, n))
    for p in network.projections:
        pre = n if p.source == INPUT else network.offsets[p.source]
        post, (rows, columns) = network.offsets[p.target], p.weights.shape
        sign = 1.0 if p.dendrite in ("ampa", "nmda") else -1.0
        weights[pre : pre + rows, post : post + columns] += sign * p.weights
    return weights
