"""Run a network in software: the physics of the simulated board, no registers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from .coefficients import Coefficients, coefficients
from .network import INPUT, Network
from .parameters import CURRENTS, DENDRITES
from .recording import Recording, Stimulus
from .runner import Runner
from .versions import versions
from .wiring import Wiring, drive, wire

STEP_US = 1000
"""Default integration step [us]; errors measured in docs/simulated_chip.md."""


def simulate(
    network: Network, stimulus: Stimulus, step_us: int = STEP_US, runner: Runner | None = None
) -> Recording:
    """Play a stimulus to the network in software and record every neuron, in model order.

    Every trial starts from rest. Deterministic.

    Args:
        runner: how to compute; None: compiled where that can be, in double precision.
    """
    synapses = wiring_of(network)
    steps = -(-stimulus.duration_us // step_us)
    source = network.n_neurons + stimulus.channel
    events = drive(steps, stimulus.trial, stimulus.time_us // step_us, source)
    ran = (runner or Runner()).run(coefficients_of(network, step_us), synapses, events)
    times = event_time_us(ran.step, ran.within, step_us)
    inside = times < stimulus.duration_us[ran.trial]
    trial, time_us, neuron = (a[inside] for a in (ran.trial, times, ran.neuron))
    order = np.lexsort((neuron, time_us, trial))
    heard = np.diff(synapses.start)[network.n_neurons :] > 0
    sent = int(heard[stimulus.channel].sum())
    return Recording(
        tuple(network.neuron_name(k) for k in range(network.n_neurons)),
        stimulus.duration_us,
        trial[order],
        time_us[order],
        neuron[order],
        books={
            "sent": sent, "unconnected": len(stimulus.trial) - sent, "in_window": len(order),
            "early": 0, "late": 0, "foreign": 0, "control": 0,
            "saturated": int(ran.saturated.sum()),
        },
        board={
            "target": "software", "name": "software model", "step_us": step_us,
            "runner": ran.runner,
        },
        provenance={
            "network": network.hash,
            "stimulus": stimulus.hash,
            "versions": versions(),
        },
    )  # fmt: skip


def coefficients_of(
    network: Network,
    step_us: int = STEP_US,
    factors: Mapping[str, np.ndarray] | None = None,
    dtype: torch.dtype = torch.float64,
) -> Coefficients:
    """Coefficients of every neuron, in model order, [neuron].

    Args:
        factors: of currents by name, [neuron]; those left out are 1.
    """
    sizes = [p.size for p in network.populations]
    parameters = [p.parameters for p in network.populations]
    switches = [p.switches() for p in parameters]

    def per_neuron(values: list) -> torch.Tensor:
        return torch.tensor(np.repeat(np.array(values, np.float64), sizes))

    currents = {name: per_neuron([getattr(p, name) for p in parameters]) for name in CURRENTS}
    for name, factor in (factors or {}).items():
        currents[name] = currents[name] * torch.as_tensor(factor)
    return coefficients(
        {name: amps.to(dtype) for name, amps in currents.items()},
        {name: per_neuron([s[name] for s in switches]).to(dtype) for name in switches[0]},
        dendrites_of(network),
        step_us * 1e-6,
    )


def dendrites_of(network: Network) -> tuple[str, ...]:
    """The dendrites that any projection uses."""
    return tuple(d for d in DENDRITES if any(p.dendrite == d for p in network.projections))


def wiring_of(network: Network) -> Wiring:
    """What the neurons reach, in model order, and after them the input channels."""
    used, n = dendrites_of(network), network.n_neurons
    columns = [np.zeros((2, 0), np.int64)]
    weights = [np.zeros(0)]
    for p in network.projections:
        pre, post = np.nonzero(p.weights)
        first = n if p.source == INPUT else network.offsets[p.source]
        slot = used.index(p.dendrite) * n + network.offsets[p.target] + post
        columns.append(np.stack([first + pre, slot]))
        weights.append(p.weights[pre, post])
    source, slot = np.concatenate(columns, axis=1)
    order = np.argsort(source, kind="stable")
    edges = np.searchsorted(source[order], np.arange(n + network.n_inputs + 1))
    reached = [order[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return wire(reached, slot, np.concatenate(weights)[None])


def event_time_us(step_index: np.ndarray, within_s: np.ndarray, step_us: int) -> np.ndarray:
    """Time stamp [us] of a spike `within_s` seconds into a step; never in the next step."""
    within = np.minimum(np.floor(within_s * 1e6).astype(np.int64), step_us - 1)
    return step_index.astype(np.int64) * step_us + within
