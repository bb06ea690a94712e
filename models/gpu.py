"""The GPU runner: many chips and trials side by side, a step of all of them one CUDA graph.

A step is captured once and replayed. On device 'cpu' the same code runs without a graph: that is
how it is tested where there is no GPU.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from .coefficients import Coefficients
from .errors import InputError
from .gpu_sheet import NONE, Part, Place, Sheet, advance, captured, is_dense, sheet_of, tensors_of
from .neuron import State
from .reference import at_rest, one_thread
from .runner import Device, Precision, require_gpu
from .wiring import Drive, Run, SheetState, Wiring

MEMORY = 4 * 2**30
"""Bytes on the device, about, for chips and trials side by side; the others follow. torch's
`nonzero` takes 2^31 numbers at most, which this keeps out of reach."""

STEPS_AT_ONCE = 256
"""Steps between two collections of spikes."""

NUMBERS_PER_NEURON = 64
"""Numbers of float64 that a neuron takes while it steps: its state and what lies in between."""


def knows(c: Coefficients, wiring: Wiring, start: SheetState | None = None) -> bool:
    """Whether this runner can play it: it knows no delayed or depressed synapses, no noise and no
    meters."""
    if start is not None and (start.chance or start.meter or start.pending.shape[2] > 1):
        return False
    return wiring.ring == 1 and wiring.plastic is None and c.noise is None


def run(
    c: Coefficients,
    wiring: Wiring,
    drive: Drive,
    start: SheetState | None = None,
    precision: Precision = "double",
    device: Device = "cuda",
) -> Run:
    """As `reference.run`.

    Raises:
        InputError: NO_GPU, there is none; NOT_ON_GPU, see `knows`.
    """
    if not knows(c, wiring, start):
        raise InputError(
            "the GPU runner knows no delayed or depressed synapses, no noise and no meters: leave "
            "the choice of the runner to Runner(device='cuda'), which takes the processor for them",
            code="NOT_ON_GPU",
        )
    if device == "cuda":
        require_gpu()
    kind = torch.float32 if precision == "single" else torch.float64
    chips, trials = len(wiring.weight), len(drive.steps)
    start = start or at_rest(c, 1, chips, trials)
    end = SheetState(State(*_copied(start.neurons)), start.pending.copy())
    saturated, spikes = torch.zeros(chips, trials, dtype=torch.int64), [np.zeros((0, 5))]
    with torch.no_grad(), one_thread():
        for part in parts(wiring, c, trials, kind) if drive.steps.any() else ():
            sheet = sheet_of(c, wiring, end, part, Place(kind, device, STEPS_AT_ONCE))
            sheet.left.copy_(torch.tensor(drive.steps[part.trials])[None, :, None])
            spikes.append(_play(sheet, drive, part))
            _keep(sheet, part, end)
            saturated[part] = sheet.saturated.cpu()
            del sheet  # before the next one takes its memory
    columns = np.concatenate(spikes).T
    chip, trial, at, neuron = (column.astype(np.int32) for column in columns[:4])
    name = f"torch {device} {precision}"
    return Run(chip, trial, at, neuron, columns[4], saturated.numpy(), end, name)


def parts(wiring: Wiring, c: Coefficients, trials: int, kind: torch.dtype) -> Iterator[Part]:
    """Chips side by side as many as `MEMORY` holds, and if it holds not one, some of its trials."""
    chips, neurons = len(wiring.weight), c.z_floor.shape[-1]
    sources, entries = len(wiring.start) - 1, len(wiring.slot)
    dense = is_dense(wiring, c)
    per_chip = 8 * (sources * len(c.decay) * neurons if dense else entries)
    per_neuron = 8 * NUMBERS_PER_NEURON + STEPS_AT_ONCE * kind.itemsize
    per_source = 8 + 4 * STEPS_AT_ONCE
    per_trial = per_neuron * neurons + per_source * sources + (0 if dense else 16 * entries)
    if not chips * trials * neurons:
        return
    together = max(1, MEMORY // (per_chip + per_trial * trials))
    fits = per_chip + per_trial * trials <= MEMORY
    some = trials if fits else max(1, (MEMORY - per_chip) // per_trial)
    for chip in range(0, chips, together):
        for trial in range(0, trials, some):
            last = min(chip + together, chips), min(trial + some, trials)
            yield Part(slice(chip, last[0]), slice(trial, last[1]))


def _play(s: Sheet, drive: Drive, part: Part) -> np.ndarray:
    """Spikes as rows (chip, trial, step, neuron, moment), in the order of a `Run`."""
    play = captured(s) if s.at.is_cuda else lambda: advance(s)
    events = slice(drive.first[part.trials.start], drive.first[part.trials.stop])
    trial = np.repeat(np.arange(len(drive.steps)), np.diff(drive.first))[events]
    where = drive.step[events], trial - part.trials.start, drive.source[events]
    longest, found = int(drive.steps[part.trials].max()), []
    for first in range(0, longest, STEPS_AT_ONCE):
        steps = min(STEPS_AT_ONCE, longest - first)
        _load(s, where, first)
        for _ in range(steps):
            play()
        moment = s.moment[:, :, :steps]
        index = torch.nonzero(moment != NONE)
        rows = torch.cat([index.double(), moment[index.unbind(1)].double()[:, None]], 1)
        shift = np.array([part.chips.start, part.trials.start, first, 0, 0])
        found.append(rows.cpu().numpy() + shift)
    rows = np.concatenate(found)
    return rows[np.argsort(rows[:, 0] * len(drive.steps) + rows[:, 1], kind="stable")]


def _load(s: Sheet, events: tuple[np.ndarray, ...], first: int) -> None:
    """Count the outside events (step, trial, source) of the steps from `first` on."""
    step, trial, source = events
    steps, trials, sources = s.outside.shape
    now = (step >= first) & (step < first + steps)
    place = ((step - first) * trials + trial) * sources + source - s.state.z.shape[-1]
    index = torch.from_numpy(place[now]).to(s.outside.device)
    s.outside.zero_()
    s.outside.view(-1).index_add_(0, index, torch.ones_like(index, dtype=torch.float32))
    s.at.zero_()


def _copied(state: State) -> tuple:
    return {d: v.clone() for d, v in state.dendrites.items()}, *(v.clone() for v in state[1:])


def _keep(s: Sheet, part: Part, end: SheetState) -> None:
    """Write where a part stands into the state of all."""
    for all_of, mine in zip(tensors_of(end.neurons), tensors_of(s.state), strict=True):
        all_of[part] = mine.to("cpu", all_of.dtype)
    shape = end.pending[part][:, :, 0].shape
    end.pending[part][:, :, 0] = s.pending.cpu().numpy().reshape(shape)
