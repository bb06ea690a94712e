"""Which circuits of the chip stand for a population of a source network, and at which currents.

A population of the chip has one time constant for its somas and one for each dendrite. Weights are
not copied: an event of the source counts by the share of the threshold that it moves the membrane
(`shares`), and the weight current that does the same is found on the chip's own equations, by
playing them: for excitation the current of a lone event that just reaches the threshold, for
inhibition the one that just takes back a surplus (`event_currents`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..coefficients import Coefficients, coefficients
from ..parameters import CONSTANTS, CURRENTS, DENDRITES, NeuronParameters
from ..unrolling import unroll_events
from .source import Change, SourcePopulation
from .source_simulation import unit_peak

EXCITES, INHIBITS = DENDRITES[0], DENDRITES[2]
"""The dendrites that stand for positive and negative weights: AMPA and GABA."""

SOMA_RANGE = 100.0
"""Threshold over gain current [1]: far above 1, where the soma is linear, so that the source's
linear membrane is followed; its soft foot, below 1, is then a hundredth of the way."""

T_REFRACTORY = 1e-4
"""Refractory period [s]: the source has none, and a step is at least as long on the chip."""

SHORTEST_SYNAPSE = 1e-3
"""Time constant of the dendrites for currents that last one step of the source [s]."""

SURPLUS = 1.5
"""Excitation that inhibition is measured against [threshold]."""


TOLD = 1e-3
"""Relative change of a time constant from which it is listed [1]."""

Legal = Callable[[NeuronParameters], NeuronParameters]
"""The same parameters at currents the chip really has."""


@dataclass(frozen=True, eq=False)
class Match:
    """A population of the chip for one of the source."""

    parameters: NeuronParameters
    """Its currents."""
    excites: float
    """Weight current of a lone event that just reaches the threshold [A]."""
    inhibits: float
    """Weight current of an inhibitory event worth one threshold [A]."""


def shares(p: SourcePopulation) -> np.ndarray:
    """How far one event through a weight of 1 moves the membrane [threshold], [neuron]."""
    return unit_peak(p) / p.threshold


def circuits(p: SourcePopulation, dt: float, rest: float) -> tuple[NeuronParameters, list[Change]]:
    """Parameters of the population that stands for `p`, and what had to change.

    Args:
        p: of the source.
        dt: step of the source [s].
        rest: where the soma rests, as a share of its threshold, by an injected current: room
            below it for inhibition. 0 injects none.
    """
    changes: list[Change] = []
    tau_mem = _shared(p, "tau_mem", p.tau_mem(dt), _longest(CONSTANTS.c_mem), dt, changes)
    c_syn = min(CONSTANTS.c_ampa, CONSTANTS.c_gaba)
    tau_syn = _shared(p, "tau_syn", p.tau_syn(dt), _longest(c_syn), dt, changes)
    leak = CONSTANTS.leak_current(tau_mem, CONSTANTS.c_mem)
    plain = NeuronParameters.from_times(tau_mem, tau_syn, t_refractory=T_REFRACTORY)
    leaks = np.maximum(1.0 - p.decay_mem, dt / _longest(CONSTANTS.c_mem))
    bias = p.offset() / leaks / p.threshold
    level = rest + (1.0 - rest) * float(np.mean(bias))
    changes += _bias_changes(p, bias, level)
    plain = replace(plain, i_threshold=SOMA_RANGE * plain.i_gain_mem)
    if level > 0:
        plain = replace(plain, dc=True, i_dc=leak * (1.0 + SOMA_RANGE * level))
    return plain, changes


def _longest(capacitance: float) -> float:
    """The longest time constant of a circuit: its leak is then twice the dark current [s]."""
    return CONSTANTS.leak_current(1.0, capacitance) / (2.0 * CONSTANTS.i_0)


def _shared(
    p: SourcePopulation, name: str, taus: np.ndarray, longest: float, dt: float, changes: list
) -> float:
    """One time constant for all neurons, within what the circuit can do [s]."""
    shortest = SHORTEST_SYNAPSE if name == "tau_syn" else dt
    held = np.clip(taus, shortest, longest)
    if (short := taus < shortest * (1 - 1e-9)).any():
        what = "reinterpreted" if (taus[short] == 0).all() else "clipped"
        detail = f"{int(short.sum())} of {p.size} below {shortest * 1e3:.3g} ms, made that"
        changes.append(Change(p.name, name, what, detail))
    if (long := taus > longest).any():
        detail = f"{int(long.sum())} of {p.size} above {longest * 1e3:.3g} ms, made that"
        changes.append(Change(p.name, name, "clipped", detail))
    mean = float(np.exp(np.mean(np.log(held))))
    if np.ptp(held) > 1e-6 * mean:
        detail = (
            f"{held.min() * 1e3:.3g} to {held.max() * 1e3:.3g} ms become {mean * 1e3:.3g} ms: "
            "a population of the chip has one"
        )
        changes.append(Change(p.name, name, "reinterpreted", detail))
    return mean


def _bias_changes(p: SourcePopulation, bias: np.ndarray, level: float) -> list[Change]:
    if not p.offset().any():
        return []
    mean, spread = float(np.mean(bias)), float(np.std(bias))
    detail = (
        f"{bias.min():.3g} to {bias.max():.3g} of the threshold become one injected current for "
        f"all, {mean:.3g} (standard deviation lost: {spread:.3g}; a bias channel keeps it)"
    )
    if level <= 0:
        return [Change(p.name, "bias", "clipped", detail + "; negative: none is injected")]
    return [Change(p.name, "bias", "reinterpreted", detail)] if spread > 1e-6 else []


def coefficients_for(
    parameters: NeuronParameters, neurons: int, dt: float, dtype: torch.dtype = torch.float32
) -> Coefficients:
    """Coefficients of a population [neuron] with the two dendrites that conversion uses."""
    one = torch.ones(neurons, dtype=dtype)
    return coefficients(
        {name: one * getattr(parameters, name) for name in CURRENTS},
        {name: one * on for name, on in parameters.switches().items()},
        (EXCITES, INHIBITS),
        dt,
    )


def event_currents(parameters: NeuronParameters, dt: float) -> tuple[float, float]:
    """Weight currents [A] of an event worth one threshold, excitatory and inhibitory.

    Found by bisection on the chip's equations. The neuron rests first; then, for excitation, one
    event comes. For inhibition one of `SURPLUS` thresholds comes together with an inhibitory one.
    """
    excites = _bisect(parameters, dt, lambda amps: (amps, np.zeros_like(amps)), rising=True)
    surplus = SURPLUS * excites
    inhibits = _bisect(
        parameters, dt, lambda amps: (np.full_like(amps, surplus), amps), rising=False
    )
    return excites, inhibits / (SURPLUS - 1.0)


def _bisect(parameters: NeuronParameters, dt: float, weights, rising: bool) -> float:
    """The current [A] between firing and not, on ever finer grids of 40 neurons."""
    low, high = 1e-13, 1e-5
    c = CONSTANTS
    tau = c.leak_current(1.0, c.c_mem) / parameters.i_tau_mem
    tau += c.leak_current(1.0, c.c_gaba) / parameters.i_tau_gaba
    settle, after = int(6 * tau / dt) * parameters.dc, int(4 * tau / dt) + 5
    counts = np.zeros((1, settle + after, 1))
    counts[0, settle] = 1.0
    for _ in range(4):
        amps = np.geomspace(low, high, 40)
        w_in = torch.tensor(np.stack(weights(amps)))[None]
        sheet = coefficients_for(parameters, len(amps), dt, torch.float64)
        w_rec = torch.zeros(len(amps), 2, len(amps), dtype=torch.float64)
        fired = unroll_events(sheet, counts, w_in, w_rec)[0, settle:].sum(0).numpy() > 0
        edge = int(np.argmax(fired if rising else ~fired))
        edge = max(edge, 1) if (fired if rising else ~fired).any() else len(amps) - 1
        low, high = amps[edge - 1], amps[edge]
    return float(np.sqrt(low * high))


def match(p: SourcePopulation, dt: float, rest: float, legal: Legal) -> tuple[Match, list[Change]]:
    """The population of the chip that stands for `p`, resting at `rest` of its threshold."""
    parameters, changes = circuits(p, dt, rest)
    quiet = replace(p, bias=np.zeros(p.size), drive=np.zeros(p.size))
    unbiased, _ = circuits(quiet, dt, rest)
    chosen = legal(parameters)
    changes += _moved(p.name, parameters, chosen)
    return Match(chosen, *event_currents(legal(unbiased), dt)), changes


def _moved(name: str, wanted: NeuronParameters, chosen: NeuronParameters) -> list[Change]:
    """Time constants that the currents of the chip do not reach."""
    changes = []
    for field, c, *leaks in (
        ("tau_mem", CONSTANTS.c_mem, wanted.i_tau_mem, chosen.i_tau_mem),
        ("tau_syn", CONSTANTS.c_ampa, wanted.i_tau_ampa, chosen.i_tau_ampa),
        ("tau_syn of inhibition", CONSTANTS.c_gaba, wanted.i_tau_gaba, chosen.i_tau_gaba),
    ):
        before, after = (CONSTANTS.leak_current(1.0, c) / leak for leak in leaks)
        if abs(after / before - 1) > TOLD:
            detail = (
                f"{before * 1e3:.3g} ms become {after * 1e3:.3g} ms: the leak current is one that "
                "the chip can make"
            )
            changes.append(Change(name, field, "reinterpreted", detail))
    return changes
