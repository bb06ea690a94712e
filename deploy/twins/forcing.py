"""Every neuron of a program by itself, driven by what its sources did in a recording.

The recorded spikes of the neurons and the events of the stimulus are the input ("teacher
forcing"), and no simulated spike reaches anybody: so neurons are independent, and any number of
variants of all of them, each with factors of its own, run side by side in the fast runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ...hw.decoding import Circuits, decode
from ...models import wiring
from ...models.coefficients import Coefficients, coefficients
from ...models.errors import InputError
from ...models.parameters import WEIGHT_BITS
from ...models.runner import processors
from ...models.simulation import STEP_US
from ..program import Program
from .sessions import Session


@dataclass(frozen=True, eq=False)
class Forced:
    """A session ready to be simulated neuron by neuron."""

    circuits: Circuits
    """What the registers make."""
    row: np.ndarray
    """Row in the circuits of every model neuron, int64 [neuron]."""
    wires: wiring.Wiring
    """Sources: the neurons of the sheet (which reach nobody), the recorded neurons, the words
    of the stimulus; one variant, weights that count bits."""
    entry: np.ndarray
    """Synapse of every entry of `wires`, int64 [entry]."""
    drive: wiring.Drive
    """Events of all repeats, one repeat after the other."""
    duration_us: np.ndarray
    """Length of every trial of all repeats [us]."""
    spikes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    """What the neurons did: first spike of each trial, and of each spike its step, row in the
    circuits and moment in the step [s]; by trial and time."""
    step_us: int
    """Integration step [us]."""

    @cached_property
    def owner(self) -> np.ndarray:
        """Model neuron of each number of `missed`, -1 for none, int64 [number]."""
        rows = np.arange(len(self.circuits.address))
        every = np.concatenate([self.spikes[2], np.tile(rows, len(self.duration_us))])
        column = np.full(len(rows), -1)
        column[self.row] = np.arange(len(self.row))
        return column[every]

    def spike_counts(self, neurons: int) -> np.ndarray:
        """Recorded spikes, int64 [model neuron]."""
        return np.bincount(self.owner[: len(self.spikes[1])], minlength=neurons)


def force(session: Session, step_us: int = STEP_US) -> Forced:
    """Lay out a session.

    Raises:
        InputError: TWIN_CIRCUITS, when neurons do more than can be told from outside.
    """
    program, stimulus = session.program, session.stimulus
    circuits = decode(program.configuration)
    _refuse(circuits)
    row = rows_of(program, circuits)
    reached, events = _sources(session, circuits, row)
    repeats = len(session.recordings)
    duration = np.tile(stimulus.duration_us, repeats)
    trial, time_us, source = (np.concatenate(x) for x in zip(*events, strict=True))
    drive = wiring.drive(-(-duration // step_us), trial, time_us // step_us, source)
    slot = circuits.dendrite * len(circuits.address) + circuits.target
    wires = wiring.wire(reached, slot, np.ones((1, len(slot))))
    entry = np.concatenate([np.zeros(0, np.int64), *reached])
    spikes = _spikes(session, row, step_us)
    return Forced(circuits, row, wires, entry, drive, duration, spikes, step_us)


def _spikes(session: Session, row: np.ndarray, step_us: int):
    """See `Forced.spikes`; of several spikes of a neuron in one step the first."""
    n = session.stimulus.n_trials
    found = [(r.trial + k * n, r.time_us, row[r.neuron]) for k, r in enumerate(session.recordings)]
    trial, time_us, neuron = (np.concatenate(x).astype(np.int64) for x in zip(*found, strict=True))
    order = np.lexsort((neuron, time_us, trial))
    trial, time_us, neuron = trial[order], time_us[order], neuron[order]
    step, within = np.divmod(time_us, step_us)
    place = np.stack([trial, step, neuron])
    first = np.sort(np.unique(place, axis=1, return_index=True)[1])
    edges = np.searchsorted(trial[first], np.arange(len(session.recordings) * n + 1))
    return edges, step[first], neuron[first], (within[first] + 0.5) * 1e-6


def rows_of(program: Program, circuits: Circuits) -> np.ndarray:
    """Row in the circuits of every model neuron, int64 [model neuron]."""
    at = {tuple(a): k for k, a in enumerate(circuits.address.tolist())}
    return np.array([at[tuple(a)] for a in program.address.tolist()], np.int64)


def _refuse(circuits: Circuits) -> None:
    found = []
    if circuits.depressed.any():
        found.append(f"{int(circuits.depressed.sum())} synapses with short-term depression")
    flagged = np.any([f for f in circuits.delayed.values()], axis=0)
    if flagged.any():
        found.append(f"{int(flagged.sum())} delayed synapses")
    if found:
        raise InputError(
            f"a twin of {' and '.join(found)} cannot be fitted: their state is not in the fit; "
            "use a program without them",
            code="TWIN_CIRCUITS",
        )


def _sources(session: Session, circuits: Circuits, row: np.ndarray):
    """Synapses that each source reaches, and for each repeat trial, time and source of events."""
    program, stimulus = session.program, session.stimulus
    neurons, chip = len(circuits.address), program.configuration.chip
    none = np.zeros(0, np.int64)
    reached = [none] * neurons + circuits.fan_out(chip.host_hop)
    words = [
        circuits.reached(int(w["chip"]), int(w["cores"]), int(w["tag"])) for w in program.inputs
    ]
    first = np.searchsorted(program.inputs["source"], np.arange(program.n_inputs + 1))
    for a, b in zip(first[:-1], first[1:], strict=True):
        reached.append(np.concatenate([none, *words[a:b]]))
    events = []
    for k, recording in enumerate(session.recordings):
        later = k * stimulus.n_trials
        events.append((stimulus.trial + later, stimulus.time_us, 2 * neurons + stimulus.channel))
        events.append((recording.trial + later, recording.time_us, neurons + row[recording.neuron]))
    return reached, events


def missed(
    forced: Forced, factors: Mapping[str, np.ndarray], workers: int | None = None
) -> np.ndarray:
    """How far from their thresholds neurons were when they spiked, and how far above at the end.

    Args:
        factors: by name of a current or 'weight_<dendrite>', [variant, model neuron].

    Returns:
        Shares of the way from rest to threshold, float64 [variant, spike and then trial x row].
    """
    from ...models import fast
    from . import forced_kernel

    variants = max((len(f) for f in factors.values()), default=1)
    spread = {name: _placed(forced, values, variants) for name, values in factors.items()}
    c = _coefficients(forced, spread, variants)
    weight = synapse_weights(forced.circuits, spread, variants)[:, forced.entry]
    p = fast.pack(c, variants, np.float64)
    kinds, groups = fast.kinds_of(c), fast.runs_of(c)
    power = c.constants.kappa / (c.constants.kappa + 1.0)
    clock = (c.dt, c.constants.i_0, power)
    spikes, rows = forced.spikes, p.shape[2]
    out = np.zeros((variants, len(spikes[1]) + len(forced.duration_us) * rows))

    def job(k: int) -> None:
        found, tails = np.split(out[k], [len(spikes[1])])
        forced_kernel.forced_run(
            p[k], kinds, groups, c.adapts,
            (forced.wires.start, forced.wires.slot, weight[k].astype(np.float32)),
            (forced.drive.steps, forced.drive.first, forced.drive.step, forced.drive.source),
            clock, spikes, np.zeros((4 + len(kinds), rows)), np.zeros((len(kinds), rows)),
            forced_kernel.notes_of(rows), found, tails.reshape(-1, rows),
        )  # fmt: skip

    with ThreadPoolExecutor(workers or processors()) as pool:
        list(pool.map(job, range(variants)))
    return out


def _placed(forced: Forced, values: np.ndarray, variants: int) -> np.ndarray:
    """Factors by row of the circuits, 1 where a row is no model neuron, [variant, row]."""
    placed = np.ones((variants, len(forced.circuits.address)))
    placed[:, forced.row] = values
    return placed


def _coefficients(forced: Forced, factors: Mapping[str, np.ndarray], variants: int) -> Coefficients:
    circuits = forced.circuits
    ones = np.ones((variants, len(circuits.address)))
    currents = {
        name: torch.tensor(nominal * factors.get(name, ones))[:, None]
        for name, nominal in circuits.currents.items()
    }
    killed = circuits.switches["killed"]
    currents["i_threshold"][..., torch.tensor(killed)] = torch.inf
    switches: dict[str, Any] = {
        n: torch.tensor(v, dtype=torch.float64) for n, v in circuits.switches.items()
    }
    switches["exponential"] = switches["exponential"] * (1.0 - switches["killed"])
    return coefficients(currents, switches, circuits.dendrites, forced.step_us * 1e-6)


def synapse_weights(
    circuits: Circuits, factors: Mapping[str, np.ndarray], variants: int
) -> np.ndarray:
    """Weight current of every synapse [A], [variant, synapse]."""
    nominal = np.zeros(len(circuits.target))
    for bit in range(WEIGHT_BITS):
        base = circuits.base_currents[circuits.target, bit]
        nominal += np.where(circuits.mask >> bit & 1, base, 0.0)
    weights = np.tile(nominal, (variants, 1))
    for kind, dendrite in enumerate(circuits.dendrites):
        mine = circuits.dendrite == kind
        if f"weight_{dendrite}" in factors:
            weights[:, mine] *= factors[f"weight_{dendrite}"][:, circuits.target[mine]]
    return weights
