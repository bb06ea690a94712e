"""Run a network in software: the simulated board's `step`, dense weights, no registers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .network import INPUT, Network
from .neuron import Coefficients, State, coefficients, rest, step
from .parameters import CURRENTS, DENDRITES
from .recording import Recording, Stimulus
from .versions import versions

STEP_US = 1000
"""Default integration step [us]; errors measured in docs/simulated_chip.md."""


class Sheet(NamedTuple):
    """A whole network as one sheet of neurons in model order, dense."""

    currents: dict[str, Tensor]
    """Each current [A], [neuron]."""
    switches: dict[str, Tensor]
    """NeuronParameters.switches(), 0 or 1, [neuron]."""
    dendrites: tuple[str, ...]
    """Those that any projection uses."""
    w_in: Tensor
    """Weight currents [A], [channel, dendrite, neuron]."""
    w_rec: Tensor
    """Weight currents [A], [source neuron, dendrite, neuron]."""


class Course(NamedTuple):
    """What a sheet did."""

    spikes: Tensor
    """0 or 1, [trial, step, neuron]."""
    time: Tensor
    """Moment of each spike after the start of its step [s], [trial, step, neuron]."""
    state: State
    """At the end."""
    pending: Tensor
    """Weight currents [A] to be delivered in the next step, [trial, dendrite, neuron]."""


def sheet(network: Network, dtype: torch.dtype = torch.float64) -> Sheet:
    """Lay a network out as one sheet. Weights are rounded to float32 values: see `unroll`."""
    sizes = [p.size for p in network.populations]
    dendrites = tuple(d for d in DENDRITES if any(p.dendrite == d for p in network.projections))
    shape = (len(dendrites), network.n_neurons)
    w_in = np.zeros((network.n_inputs, *shape), np.float32)
    w_rec = np.zeros((network.n_neurons, *shape), np.float32)
    for p in network.projections:
        to = slice(network.offsets[p.target], network.offsets[p.target] + network.size_of(p.target))
        d = dendrites.index(p.dendrite)
        if p.source == INPUT:
            w_in[:, d, to] = p.weights
        else:
            start = network.offsets[p.source]
            w_rec[start : start + network.size_of(p.source), d, to] = p.weights

    def per_neuron(values: list) -> Tensor:
        return torch.tensor(np.repeat(np.array(values, np.float64), sizes), dtype=dtype)

    parameters = [p.parameters for p in network.populations]
    switches = [p.switches() for p in parameters]
    return Sheet(
        {name: per_neuron([getattr(p, name) for p in parameters]) for name in CURRENTS},
        {name: per_neuron([s[name] for s in switches]) for name in switches[0]},
        dendrites,
        torch.tensor(w_in, dtype=dtype),
        torch.tensor(w_rec, dtype=dtype),
    )


def unroll(c: Coefficients, arriving: Tensor, w_rec: Tensor, start: Course | None = None) -> Course:
    """Advance a sheet through time.

    An event of step n, from outside or from a neuron of the sheet, reaches its synapses at the
    start of step n + 1. Sums of weights are exact in float64 (float32 values, at most some
    thousand of them), so their order cannot change a spike.

    Args:
        c: coefficients of the neurons.
        arriving: weight currents [A] of the outside events of each step,
            [trial, step, dendrite, neuron], dendrites in the order of `c.decay`.
        w_rec: weight currents [A], [source neuron, dendrite, neuron].
        start: where to continue; None is rest.
    """
    trials, steps, n_dendrites, neurons = arriving.shape
    state = start.state if start else rest(c, (trials, neurons))
    pending = start.pending if start else arriving.new_zeros(trials, n_dendrites, neurons)
    recurrent = bool((w_rec != 0).any())
    flat = w_rec.reshape(neurons, n_dendrites * neurons)
    spikes, times = [], []
    for outside in arriving.unbind(1):
        drive = dict(zip(c.decay, pending.unbind(1), strict=True))
        state, out = step(c, state, drive)
        pending = outside
        if recurrent:
            pending = outside + (out.count @ flat).view(trials, n_dendrites, neurons)
        spikes.append(out.count)
        times.append(out.time)
    if not steps:
        none = arriving.new_zeros(trials, 0, neurons)
        return Course(none, none, state, pending)
    return Course(torch.stack(spikes, 1), torch.stack(times, 1), state, pending)


def simulate(network: Network, stimulus: Stimulus, step_us: int = STEP_US) -> Recording:
    """Play a stimulus to the network in software and record every neuron, in model order.

    Every trial starts from rest. Deterministic; float64.
    """
    laid = sheet(network)
    c = coefficients(laid.currents, laid.switches, laid.dendrites, step_us * 1e-6)
    events = []
    for chosen in batches(stimulus.duration_us, network.n_neurons):
        counts = torch.tensor(stimulus.select(chosen).counts(step_us))
        with one_thread():
            arriving = torch.einsum("btc,cdn->btdn", counts, laid.w_in)
            course = unroll(c, arriving, laid.w_rec)
        b, t, n = (x.numpy() for x in torch.nonzero(course.spikes, as_tuple=True))
        times = event_time_us(t, course.time.numpy()[b, t, n], step_us)
        inside = times < stimulus.duration_us[chosen[b]]
        events.append(np.stack([chosen[b], times, n])[:, inside])
    trial, time_us, neuron = np.concatenate([np.zeros((3, 0), np.int64), *events], axis=1)
    order = np.lexsort((neuron, time_us, trial))
    sent = int((laid.w_in != 0).any(2).any(1).numpy()[stimulus.channel].sum())
    return Recording(
        tuple(network.neuron_name(k) for k in range(network.n_neurons)),
        stimulus.duration_us,
        trial[order],
        time_us[order],
        neuron[order],
        books={
            "sent": sent, "unconnected": len(stimulus.trial) - sent, "in_window": len(order),
            "early": 0, "late": 0, "foreign": 0, "control": 0,
        },
        board={"target": "software", "name": "software model", "step_us": step_us},
        provenance={
            "network": network.hash,
            "stimulus": stimulus.hash,
            "versions": versions(),
        },
    )  # fmt: skip


BATCH_ELEMENTS = 30_000
"""Neurons x trials worked on at once: the state stays in the processor's cache, and torch does
not split its operations over threads (it does from 32,768 on)."""


def batches(duration_us: np.ndarray, neurons: int) -> list[np.ndarray]:
    """Trials to be worked on together: of similar duration, `BATCH_ELEMENTS` at most."""
    order = np.argsort(duration_us, kind="stable")
    size = max(1, BATCH_ELEMENTS // max(1, neurons))
    return [order[first : first + size] for first in range(0, len(order), size)]


@contextmanager
def one_thread():
    """Let torch work on one thread: a time step is too small to be worth sharing."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def event_time_us(step_index: np.ndarray, within_s: np.ndarray, step_us: int) -> np.ndarray:
    """Time stamp [us] of a spike `within_s` seconds into a step; never in the next step."""
    within = np.minimum(np.floor(within_s * 1e6).astype(np.int64), step_us - 1)
    return step_index.astype(np.int64) * step_us + within
