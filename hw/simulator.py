"""Simulated chips: registers and events in, events out, for many boards and trials at once.

The physics is models/neuron.py. Here is what the chip adds to it: CAM words that match tags,
weight masks over per-core base currents, destination words with core masks and hops, words to
the host, and the mismatch each virtual board was born with.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..models.errors import InputError
from ..models.neuron import Coefficients, State, coefficients, rest, step
from ..models.simulation import batches, event_time_us, one_thread
from .board import Trial, VirtualBoard
from .configuration import Configuration
from .decoding import Circuits, decode
from .events import Events
from .virtual_chip import board_circuits


class BoardState(NamedTuple):
    """Everything the chips remember between two runs."""

    neurons: State
    """Tensors [board, trial, neuron]."""
    pending: Tensor
    """Weight currents [A] that arrive in the next step, [board, trial, dendrite, neuron]."""


@dataclass(frozen=True, eq=False)
class Fleet:
    """A configuration on several virtual boards, ready to run."""

    configuration: Configuration
    """The registers; the same on every board."""
    boards: tuple[VirtualBoard, ...]
    """The boards; all with the same step."""
    circuits: Circuits
    """What the registers make."""
    coefficients: Coefficients
    """Of every neuron of every board, [board, 1, neuron]."""
    weights: np.ndarray
    """Current of every synapse [A], float64 [board, synapse]."""
    fan_out: tuple[np.ndarray, ...]
    """Synapses that hear each neuron."""

    @property
    def step_us(self) -> int:
        """Integration step [us]."""
        return self.boards[0].step_us


def build_fleet(configuration: Configuration, boards: Sequence[VirtualBoard]) -> Fleet:
    """Program virtual boards.

    Raises:
        RegisterError: the registers ask for circuits that are not simulated.
        InputError: STEP_MIXED, boards with different steps.
    """
    if len({board.step_us for board in boards}) != 1:
        raise InputError("boards of one fleet need the same step_us", code="STEP_MIXED")
    circuits = decode(configuration)
    amps, weights = board_circuits(configuration, circuits, boards)
    currents = {name: torch.tensor(values)[:, None] for name, values in amps.items()}
    currents["i_threshold"][..., torch.tensor(circuits.switches["killed"])] = torch.inf
    switches = {n: torch.tensor(v, dtype=torch.float64) for n, v in circuits.switches.items()}
    return Fleet(
        configuration,
        tuple(boards),
        circuits,
        coefficients(currents, switches, circuits.dendrites, boards[0].step_us * 1e-6),
        weights,
        tuple(circuits.fan_out(configuration.chip.host_hop)),
    )


def run_trials(
    fleet: Fleet, trials: Sequence[Trial], workers: int | None = None
) -> list[list[Events]]:
    """Play every trial, from rest, on every board: events by [board][trial].

    The result does not depend on how trials are batched or on the number of threads; `workers`
    threads, None for one per processor.

    Raises:
        InputError: EVENT_OUTSIDE_RUN, EVENT_FOR_NO_CHIP, EVENT_ILLEGAL.
    """
    out: list[list[Events]] = [[Events.none() for _ in trials] for _ in fleet.boards]
    durations = np.array([trial.duration_us for trial in trials], np.int64)
    parts = batches(durations, len(fleet.boards) * len(fleet.circuits.address))[::-1]

    def run(batch: np.ndarray) -> list[list[Events]]:
        return run_batch(fleet, [trials[k] for k in batch], None)[0]

    with one_thread(), ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        for batch, ran in zip(parts, pool.map(run, parts), strict=True):
            for board, events in enumerate(ran):
                for k, trial_events in zip(batch, events, strict=True):
                    out[board][k] = trial_events
    return out


def run_batch(
    fleet: Fleet, trials: Sequence[Trial], start: BoardState | None
) -> tuple[list[list[Events]], BoardState]:
    """Play trials side by side, from rest or from `start`; also returns the state at the end.

    The end state is that of the longest trial: only trials of one duration can be continued.
    """
    boards, neurons = len(fleet.boards), len(fleet.circuits.address)
    shape = (boards, len(trials), neurons)
    arrivals = _Arrivals(fleet, trials)
    steps = max(-(-trial.duration_us // fleet.step_us) for trial in trials)
    state = start.neurons if start else rest(fleet.coefficients, shape)
    kinds = len(fleet.circuits.dendrites)
    empty = torch.zeros(boards, len(trials), kinds, neurons, dtype=torch.float64)
    pending = start.pending if start else empty
    fan_out = _Rows(fleet.fan_out)
    spikes = []
    for k in range(steps):
        drive = dict(zip(fleet.circuits.dendrites, pending.unbind(2), strict=True))
        state, out = step(fleet.coefficients, state, drive)
        pending = empty.clone()
        arrivals.add(pending, k)
        board, trial, neuron = (x.numpy() for x in torch.nonzero(out.count, as_tuple=True))
        if len(board):
            within = out.time.numpy()[board, trial, neuron]
            times = event_time_us(np.full(len(board), k), within, fleet.step_us)
            spikes.append(np.stack([board, trial, neuron, times]))
            _deliver(fleet, pending, fan_out, (board, trial, neuron))
    joined = np.concatenate(spikes, axis=1) if spikes else np.zeros((4, 0), np.int64)
    return _to_host(fleet, trials, joined), BoardState(state, pending)


class _Rows:
    """Lists of synapses laid end to end."""

    def __init__(self, lists: Sequence[np.ndarray]):
        self.length = np.array([len(x) for x in lists], np.int64)
        self.start = np.cumsum(self.length) - self.length
        self.synapse = np.concatenate([np.zeros(0, np.int64), *lists])

    def expand(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each chosen list, its synapses: position in `chosen` and synapse, both flat."""
        length = self.length[chosen]
        which = np.repeat(np.arange(len(chosen)), length)
        begin = np.cumsum(length) - length
        at = np.arange(len(which)) + (self.start[chosen] - begin)[which]
        return which, self.synapse[at]


def _deliver(fleet: Fleet, pending: Tensor, rows: _Rows, spikes: tuple[np.ndarray, ...]) -> None:
    """Add the weight currents of spikes (board, trial, neuron) to what arrives next."""
    board, trial, neuron = spikes
    which, synapse = rows.expand(neuron)
    board = board[which]
    slot = _slot(fleet, pending, trial[which], synapse) + board * pending[0].numel()
    weight = fleet.weights[board, synapse]
    pending.view(-1).index_add_(0, torch.from_numpy(slot), torch.from_numpy(weight))


def _slot(fleet: Fleet, pending: Tensor, trial: np.ndarray, synapse: np.ndarray) -> np.ndarray:
    """Flat position within a board of (trial, dendrite, neuron) that a synapse feeds."""
    _, _, kinds, neurons = pending.shape
    dendrite, target = fleet.circuits.dendrite[synapse], fleet.circuits.target[synapse]
    return (trial * kinds + dendrite) * neurons + target


class _Arrivals:
    """Outside events of a batch of trials, by step."""

    def __init__(self, fleet: Fleet, trials: Sequence[Trial]):
        self.fleet = fleet
        columns = []
        for number, (events, duration) in enumerate(trials):
            _check_events(fleet, events, duration)
            columns.append(
                np.stack(
                    [
                        events.time_us // fleet.step_us,
                        np.full(len(events), number),
                        events.x_hop.astype(np.int64),
                        events.cores.astype(np.int64),
                        events.tag.astype(np.int64),
                    ]
                )
            )
        joined = np.concatenate(columns, axis=1) if columns else np.zeros((5, 0), np.int64)
        joined = joined[:, np.argsort(joined[0], kind="stable")]
        words, kind = np.unique(joined[2:], axis=1, return_inverse=True)
        self.rows = _Rows([fleet.circuits.reached(*map(int, word)) for word in words.T])
        self.trial, self.kind = joined[1], kind.reshape(-1)
        self.step = joined[0]

    def add(self, pending: Tensor, step_index: int) -> None:
        """Add the weight currents of the events of one step to what arrives next."""
        first, last = np.searchsorted(self.step, [step_index, step_index + 1])
        if first == last:
            return
        which, synapse = self.rows.expand(self.kind[first:last])
        slot = _slot(self.fleet, pending, self.trial[first:last][which], synapse)
        flat = pending.view(pending.shape[0], -1)
        weight = self.fleet.weights[:, synapse]
        flat.index_add_(1, torch.from_numpy(slot), torch.from_numpy(weight))


def _check_events(fleet: Fleet, events: Events, duration_us: int) -> None:
    outside = (events.time_us < 0) | (events.time_us >= duration_us)
    if outside.any():
        raise InputError(
            f"{int(outside.sum())} input events lie outside the run (0 to {duration_us} us), the "
            f"first at {events.time_us[outside][0]} us: shift them or make the run longer",
            code="EVENT_OUTSIDE_RUN",
        )
    chips = fleet.configuration.n_chips
    lost = (events.y_hop != 0) | (events.x_hop < 0) | (events.x_hop >= chips)
    if lost.any():
        raise InputError(
            f"{int(lost.sum())} input events are for no chip of this board (x_hop 0..{chips - 1}, "
            f"y_hop 0), the first has x_hop {events.x_hop[lost][0]}, y_hop {events.y_hop[lost][0]}",
            code="EVENT_FOR_NO_CHIP",
        )
    chip = fleet.configuration.chip
    illegal = (events.tag < 0) | (events.tag >= chip.tags) | (events.cores >> chip.cores > 0)
    if illegal.any():
        raise InputError(
            f"{int(illegal.sum())} input events are no words of this chip (tag 0..{chip.tags - 1}, "
            f"a mask of {chip.cores} cores), the first has tag {events.tag[illegal][0]}, cores "
            f"{events.cores[illegal][0]}",
            code="EVENT_ILLEGAL",
        )


def _to_host(fleet: Fleet, trials: Sequence[Trial], spikes: np.ndarray) -> list[list[Events]]:
    """Follow the words that lead to the host; `spikes` is (board, trial, neuron, time in us)."""
    circuits, chip = fleet.circuits, fleet.configuration.chip
    to_host = np.flatnonzero(circuits.word["x_hop"] == chip.host_hop)
    words = _Rows([to_host[circuits.source[to_host] == n] for n in range(len(circuits.address))])
    durations = np.array([trial.duration_us for trial in trials])
    spikes = spikes[:, spikes[3] < durations[spikes[1]]]
    which, word = words.expand(spikes[2])
    sent = circuits.word[word]
    group = spikes[0, which] * len(trials) + spikes[1, which]
    order = np.lexsort((spikes[2, which], spikes[3, which], group))
    edges = np.searchsorted(group[order], np.arange(len(fleet.boards) * len(trials) + 1))
    time, sent = spikes[3, which][order], sent[order]
    left = sent["x_hop"] + 1 + sent["chip"]
    events = [
        Events(time[a:b], sent["tag"][a:b], sent["cores"][a:b], left[a:b], sent["y_hop"][a:b])
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    return [events[k : k + len(trials)] for k in range(0, len(events), len(trials))]
