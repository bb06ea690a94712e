"""The slow and readable runner: `neuron.step`, one step after the other, in torch and float64."""

from __future__ import annotations

import math
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from .coefficients import Coefficients
from .neuron import State, rest, step
from .noise import normals, trial_keys
from .omega import wright_omega
from .plasticity import begun, ended
from .wiring import (
    Chance,
    Depressed,
    Drive,
    Meter,
    Plastic,
    Run,
    SheetState,
    Wiring,
    expand,
    from_now,
    metering,
)

NAME = "torch float64"


def run(c: Coefficients, wiring: Wiring, drive: Drive, start: SheetState | None = None) -> Run:
    """Play trials to chips.

    Args:
        c: coefficients of every neuron, [chip, 1, neuron].
        wiring: who hears whom.
        drive: outside events of the trials.
        start: where to continue; None is rest.

    An event of step n, from outside or from a neuron of the sheet, reaches its synapses at the
    start of step n + 1 (and of its delay).
    """
    chips, trials = len(wiring.weight), len(drive.steps)
    start = start or at_rest(c, wiring.ring, chips, trials)
    state, pending, chance = start.neurons, start.pending, start.chance
    meter = metered(start, drive)
    watched, totals = meter.neuron, meter.total
    shape, ring = pending.shape[3:], pending.shape[2]
    flat = torch.tensor(pending).reshape(chips, trials, ring, shape[0] * shape[1])
    depresses = begun(wiring, start.depressed, trials)
    events = _Events(wiring, drive, flat, *depresses)
    found, saturated = [], torch.zeros(chips, trials, dtype=torch.int64)
    with one_thread():
        for k in range(int(drive.steps.max(initial=0))):
            running = torch.tensor(k < drive.steps)[None, :, None]
            arrived = flat[:, :, k % ring].reshape(chips, trials, *shape).clone()
            flat[:, :, k % ring] *= ~running
            arriving = dict(zip(c.decay, arrived.unbind(2), strict=True))
            after, spikes = step(c, state, arriving, _normals(chance, k, shape[1]))
            state = _where(running, after, state)
            totals += running[..., None].numpy() * _watched(c, state, watched)
            hit = (spikes.count > 0) & running
            saturated += (hit & spikes.held).sum(-1)
            chip, trial, neuron = torch.nonzero(hit, as_tuple=True)
            within = spikes.time[chip, trial, neuron]
            found.append((chip, trial, torch.full_like(chip, k), neuron, within))
            events.deliver(chip.numpy(), trial.numpy(), neuron.numpy(), k)
            events.outside(k)
    columns = [np.concatenate([f[i].numpy() for f in found] or [np.zeros(0)]) for i in range(5)]
    order = np.lexsort(columns[3::-1])
    chip, trial, at, neuron = (c[order].astype(np.int32) for c in columns[:4])
    left = from_now(flat.reshape(pending.shape).numpy(), drive.steps)
    chance = later(chance, drive.steps)
    depressed = ended(depresses[1], drive.steps) if wiring.plastic else None
    end = SheetState(state, left, chance, meter if start.meter else None, depressed)
    return Run(chip, trial, at, neuron, columns[4][order], saturated.numpy(), end, NAME)


def at_rest(c: Coefficients, ring: int, chips: int, trials: int) -> SheetState:
    """Silent neurons, and nothing on its way; `ring` as `Wiring.ring`, or more."""
    neurons = c.z_floor.shape[-1]
    pending = np.zeros((chips, trials, ring, len(c.decay), neurons))
    key = [trial_keys("noise", [chip], np.arange(trials)) for chip in range(chips)]
    chance = Chance(np.reshape(key, (chips, trials)), np.zeros(trials, np.int64))
    return SheetState(
        rest(c, (chips, trials, neurons)), pending, chance if c.noise is not None else None
    )


def metered(start: SheetState, drive: Drive) -> Meter:
    """The meter at the end of a run that starts here, its sums still as they were and copied; of
    no neurons if there is none."""
    chips, trials, _, dendrites, _ = start.pending.shape
    if start.meter is None:
        return metering(np.zeros(0, np.int64), chips, trials, dendrites)
    steps = start.meter.steps + drive.steps
    return start.meter._replace(steps=steps, total=start.meter.total.copy())


def _watched(c: Coefficients, state: State, watched: np.ndarray) -> np.ndarray:
    """What stands in `Meter.total` after one step, [chip, trial, row, watched]."""
    soma = wright_omega(state.z) * c.i_gain
    values = [soma, state.ahp, state.wait > 0, *state.dendrites.values()]
    return np.stack([v[..., torch.from_numpy(watched)].numpy() for v in values], axis=2)


def later(chance: Chance | None, steps: np.ndarray) -> Chance | None:
    """Which random numbers come after `steps` steps of each trial."""
    return chance._replace(step=chance.step + steps) if chance else None


def _normals(chance: Chance | None, k: int, neurons: int) -> Tensor | None:
    """Normal numbers of step k, [chip, trial, neuron]."""
    return torch.from_numpy(normals(chance.key, chance.step + k, neurons)) if chance else None


def _where(running: Tensor, after: State, before: State) -> State:
    """The new state of trials that still run, the old one of those that have ended."""
    dendrites = {
        d: torch.where(running, value, before.dendrites[d]) for d, value in after.dendrites.items()
    }
    rest_of = (torch.where(running, a, b) for a, b in zip(after[1:], before[1:], strict=True))
    return State(dendrites, *rest_of)


class _Events:
    """Adds what sources send to what arrives later, `flat` [chip, trial, steps ahead, slot]."""

    def __init__(
        self, wiring: Wiring, drive: Drive, flat: Tensor, plastic: Plastic, depressed: Depressed
    ):
        self.wiring, self.flat = wiring, flat
        self.plastic, self.depressed = plastic, depressed
        trial = np.repeat(np.arange(len(drive.steps)), np.diff(drive.first))
        order = np.argsort(drive.step, kind="stable")
        self.step, self.trial, self.source = drive.step[order], trial[order], drive.source[order]

    def outside(self, k: int) -> None:
        """Deliver the outside events of step k to every chip."""
        first, last = np.searchsorted(self.step, [k, k + 1])
        chips = self.flat.shape[0]
        chip = np.repeat(np.arange(chips), last - first)
        trial, source = (np.tile(a[first:last], chips) for a in (self.trial, self.source))
        self.deliver(chip, trial, source, k)

    def deliver(self, chip: np.ndarray, trial: np.ndarray, source: np.ndarray, k: int) -> None:
        """Deliver events of step k."""
        w = self.wiring
        which, entry = expand(w.start[source], w.start[source + 1] - w.start[source])
        late = w.delay[chip[which], entry] if w.delay.shape[1] else 0
        _, trials, ring, size = self.flat.shape
        place = (chip[which] * trials + trial[which]) * ring + (k + 1 + late) % ring
        slot = torch.from_numpy(place * size + w.slot[entry])
        weight = w.weight[chip[which], entry].astype(np.float64)
        self._depress(weight, chip[which], trial[which], self.plastic.synapse[entry], k)
        self.flat.view(-1).index_add_(0, slot, torch.from_numpy(weight))

    def _depress(self, weight: np.ndarray, chip, trial, synapse: np.ndarray, k: int) -> None:
        """Take from each weight what its synapse has lost, one event after the other."""
        left, since = self.depressed
        for n in np.flatnonzero(synapse >= 0):
            at = chip[n], trial[n], synapse[n]
            share, rate = (a[chip[n], synapse[n]] for a in self.plastic[1:])
            now = 1.0 - (1.0 - left[at]) * math.exp(-rate * (k - since[at]))
            weight[n] *= now
            left[at], since[at] = now * (1.0 - share), k


@contextmanager
def one_thread():
    """Let torch work on one thread: a time step is too small to be worth sharing."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
