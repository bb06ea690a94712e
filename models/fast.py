"""The fast runner: chips and trials through the compiled loop of `kernel_loop.run`, on threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from . import kernel_loop
from . import kernel_rows as row
from .coefficient_rows import rows_of
from .coefficients import Coefficients
from .neuron import State
from .parameters import DENDRITES
from .plasticity import begun, ended
from .reference import at_rest, later, metered
from .runner import Precision, processors
from .wiring import Chance, Drive, Run, SheetState, Wiring, from_now

JOBS_PER_WORKER = 4
"""More pieces of work than threads, so that none waits long for the last."""


def run(
    c: Coefficients,
    wiring: Wiring,
    drive: Drive,
    start: SheetState | None = None,
    precision: Precision = "double",
    workers: int | None = None,
) -> Run:
    """As `reference.run`, on `workers` threads (None: one per processor).

    The result does not depend on the number of threads or on which trials run together.
    """
    chips, trials = len(wiring.weight), len(drive.steps)
    kind = np.float32 if precision == "single" else np.float64
    p = pack(c, chips, kind)
    start = start or at_rest(c, wiring.ring, chips, trials)
    states, pending = _to_arrays(c, start, kind)
    noise, chance = noise_of(c, start.chance, chips, trials)
    meter = metered(start, drive)
    plastic, depressed = begun(wiring, start.depressed, trials)
    power = c.constants.kappa / (c.constants.kappa + 1.0)
    clock = (kind(c.dt), kind(c.constants.i_0), kind(power))
    kinds, groups, workers = kinds_of(c), runs_of(c), workers or processors()

    def job(part: tuple[int, slice]):
        chip, chosen = part
        wires = (wiring.start, wiring.slot, wiring.weight[chip], wiring.delay[chip])
        changing = (plastic.synapse, plastic.share[chip], plastic.rate[chip])
        return kernel_loop.run(
            p[chip], kinds, groups, c.adapts, wires, changing, _part(drive, chosen), clock,
            (kind(noise[chip]), chance.key[chip, chosen], chance.step[chosen]),
            (meter.neuron, meter.total[chip, chosen]), states[chip, chosen], pending[chip, chosen],
            (depressed.left[chip, chosen], depressed.since[chip, chosen]),
        )  # fmt: skip

    parts = list(_parts(chips, trials, workers))
    if workers == 1 or len(parts) == 1:
        done = [job(part) for part in parts]
    else:
        with ThreadPoolExecutor(workers) as pool:
            done = list(pool.map(job, parts))
    end = _to_state(c, states, from_now(pending, drive.steps))
    end = end._replace(
        chance=later(start.chance, drive.steps),
        meter=meter if start.meter else None,
        depressed=ended(depressed, drive.steps) if wiring.plastic else None,
    )
    return _joined(parts, done, end, f"numba {precision}", trials)


def pack(c: Coefficients, chips: int, kind: type) -> np.ndarray:
    """Coefficients [chip, neuron] or [chip, 1, neuron] as a kernel's [chip, row, neuron]."""
    neurons = c.z_floor.shape[-1]
    rows = [r.detach().numpy() for r in rows_of(c)]
    arrays = [r[:, None] if r.ndim == 2 else r for r in rows]
    shaped = [np.broadcast_to(a, (chips, 1, neurons))[:, 0] for a in arrays]
    return np.ascontiguousarray(np.stack(shaped, axis=1), dtype=kind)


def kinds_of(c: Coefficients) -> np.ndarray:
    """What each dendrite does, as the kernels number it, int64 [dendrite]."""
    return np.array([DENDRITES.index(d) for d in c.decay], np.int64)


def noise_of(
    c: Coefficients, chance: Chance | None, chips: int, trials: int
) -> tuple[np.ndarray, Chance]:
    """`c.noise` of each chip, 0 where there is none, and where its random numbers stand."""
    if c.noise is None or chance is None:
        none = Chance(np.zeros((chips, trials), np.uint64), np.zeros(trials, np.int64))
        return np.zeros(chips), none
    return np.broadcast_to(c.noise.reshape(-1).numpy(), (chips,)), chance


def runs_of(c: Coefficients) -> np.ndarray:
    """Runs of neurons with the same number of pieces, int64 [run, (first, last, pieces)].

    A neuron takes the most pieces that it takes on any of the chips: one that excites itself on
    some chips only is integrated more finely on the others than by the definition. The boards of
    a fleet have the same switches.
    """
    neurons = c.pieces.shape[-1]
    if not neurons:
        return np.zeros((0, 3), np.int64)
    pieces = c.pieces.reshape(-1, neurons).amax(0).numpy().astype(np.int64)
    edges = np.flatnonzero(np.diff(pieces)) + 1
    first, last = np.concatenate([[0], edges]), np.concatenate([edges, [neurons]])
    return np.ascontiguousarray(np.stack([first, last, pieces[first]], axis=1))


def _parts(chips: int, trials: int, workers: int) -> Iterator[tuple[int, slice]]:
    """Chips, and where there are few of them stretches of their trials."""
    per_chip = 1 if chips == 0 else -(-workers * JOBS_PER_WORKER // chips)
    size = max(1, -(-trials // max(1, min(per_chip, trials))))
    for chip in range(chips):
        for first in range(0, trials, size):
            yield chip, slice(first, min(first + size, trials))


def _part(drive: Drive, chosen: slice) -> tuple[np.ndarray, ...]:
    first = drive.first[chosen.start : chosen.stop + 1]
    return drive.steps[chosen], first, drive.step, drive.source


def _to_arrays(c: Coefficients, start: SheetState, kind: type) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the state [chip, trial, row, neuron] and of what is on its way."""
    s = start.neurons
    rows = [s.z, s.wait, s.ahp, s.ahead, *(s.dendrites[d] for d in c.decay)]
    return np.stack([r.numpy() for r in rows], axis=2).astype(kind), start.pending.copy()


def _to_state(c: Coefficients, states: np.ndarray, pending: np.ndarray) -> SheetState:
    rows = [torch.tensor(r, dtype=c.z_floor.dtype) for r in np.moveaxis(states, 2, 0)]
    dendrites = dict(zip(c.decay, rows[row.CURRENT :], strict=True))
    z, wait, ahp, ahead = rows[row.Z], rows[row.WAIT], rows[row.AHP], rows[row.AHEAD]
    return SheetState(State(dendrites, ahp, z, wait, ahead), pending)


def _joined(parts: list, done: list, state: SheetState, runner: str, trials: int) -> Run:
    """Results of the pieces of work as one, in order; empties `done`, for the sake of memory."""
    saturated = np.zeros((len(state.pending), trials), np.int64)
    total = sum(len(where) for where, _, _ in done)
    chip, trial, step, neuron = (np.empty(total, np.int32) for _ in range(4))
    within = np.empty(total)
    first = 0
    for k, (number, chosen) in enumerate(parts):
        where, moment, held = done[k]
        done[k] = None
        mine = slice(first, first := first + len(where))
        chip[mine], trial[mine] = number, where[:, 0] + chosen.start
        step[mine], neuron[mine], within[mine] = where[:, 1], where[:, 2], moment
        saturated[number, chosen] = held
    return Run(chip, trial, step, neuron, within, saturated, state, runner)
