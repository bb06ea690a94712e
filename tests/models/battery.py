"""Neurons of every circuit under constant currents, steps, pulses and Poisson trains.

What benchmarks/integrators.py studies and test_neuron_accuracy.py asserts. Events lie on a grid of
2 ms, so that the same trains can be played with any step that divides it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from analoop.models.coefficients import Coefficients, coefficients
from analoop.models.omega import wright_omega
from analoop.models.parameters import DENDRITES, NeuronParameters
from analoop.models.runner import Runner
from analoop.models.wiring import Drive, Run, Wiring, drive, wire

from .reference_neuron import Reference

GRID = 2e-3
"""Events lie on multiples of this [s]."""

HERTZ = 800.0
"""Rate of the exciting events of a neuron [Hz]."""

TRAINS, DURATION = 3, 1.0
"""Poisson trains per rate, and how long each neuron is followed [s], in what was recorded."""

RECORDED = Path(__file__).parent / "data" / "exact_neurons.npz"

Trains = Mapping[str, tuple[np.ndarray, float | np.ndarray]]
"""By dendrite: times of events [s], weight current of all or of each [A]."""


class Neuron(NamedTuple):
    """One neuron and what it receives."""

    drive: str
    """'dc', 'step', 'pulse', 'poisson 20 Hz', 'poisson 60 Hz' or 'quiet'."""
    parameters: NeuronParameters
    """Its currents and switches."""
    trains: Trains
    """Its events."""


class Circuit(NamedTuple):
    """A kind of neuron and what makes it fire."""

    parameters: dict
    """For NeuronParameters.from_times."""
    weights: tuple[float, float]
    """Weight current of 800 Hz of Poisson events for about 20 and 60 spikes per second [A]."""
    currents: tuple[float, float]
    """Constant current for about 20 and 60 spikes per second [A]."""
    excites: str = "ampa"
    """Dendrite of these events."""
    others: dict[str, tuple[float, float]] = {}
    """Further dendrites: rate of their events [Hz], weight relative to the first."""
    quiet: float = 4e-10
    """Constant current below the one that makes it fire [A]."""


CIRCUITS = {
    "plain": Circuit({}, (7.6e-10, 1.26e-9), (6e-10, 1e-9)),
    "adaptation": Circuit(
        {"adaptation": True, "i_w_ahp": 1e-7}, (9e-10, 1.7e-9), (7.2e-10, 1.34e-9)
    ),
    "exponential": Circuit(
        {"soma": "exponential", "threshold": 1e-7}, (2.3e-10, 3.1e-9), (1.75e-10, 2.4e-9),
        quiet=3e-12,
    ),
    "nmda gate": Circuit(
        {"nmda_gate": True, "i_nmda_gate": 5e-12}, (7.7e-10, 1.34e-9), (6e-10, 1e-9), "nmda"
    ),
    "nmda and ampa": Circuit(
        {"nmda_gate": True, "i_nmda_gate": 2e-10}, (5e-10, 8.6e-10), (6e-10, 1e-9), "ampa",
        {"nmda": (800.0, 0.6)},
    ),
    "gaba": Circuit({}, (1.06e-9, 1.87e-9), (6e-10, 1e-9), "ampa", {"gaba": (200.0, 1.3)}),
    "shunt": Circuit({}, (1.07e-9, 1.87e-9), (6e-10, 1e-9), "ampa", {"shunt": (200.0, 0.02)}),
}  # fmt: skip


def battery(name: str, trains: int = TRAINS, duration: float = DURATION) -> list[Neuron]:
    """Neurons of one circuit: eight that are driven regularly, `trains` per Poisson rate."""
    circuit, rng = CIRCUITS[name], np.random.default_rng(1)
    inside = np.arange(GRID, duration, GRID)
    neurons = [
        Neuron(kind, NeuronParameters.from_times(**circuit.parameters, dc=True, i_dc=current), {})
        for kind, current in [("quiet", circuit.quiet), *(("dc", i) for i in circuit.currents)]
    ]
    p, on = NeuronParameters.from_times(**circuit.parameters), (0.1 * duration, 0.7 * duration)
    stepped = inside[(inside > on[0]) & (inside < on[1])]
    # 800 Hz of a weight have about the mean of a constant current of that size.
    neurons.append(Neuron("quiet", p, {circuit.excites: (inside, circuit.quiet * HERTZ * GRID)}))
    for weight in circuit.weights:
        once = {circuit.excites: (np.full(1, 5 * GRID), 20 * weight)}
        neurons.append(Neuron("pulse", p, once))
        neurons.append(Neuron("step", p, {circuit.excites: (stepped, weight * HERTZ * GRID)}))
    for rate, weight in zip((20, 60), circuit.weights, strict=True):
        lines = {circuit.excites: (HERTZ, 1.0), **circuit.others}
        for _ in range(trains):
            events = {
                d: (np.repeat(inside, rng.poisson(hertz * GRID, len(inside))), weight * relative)
                for d, (hertz, relative) in lines.items()
            }
            neurons.append(Neuron(f"poisson {rate} Hz", p, events))
    return neurons


def coefficients_of(neurons: list[Neuron], dt: float) -> Coefficients:
    """Coefficients of a sheet, [1, 1, neuron]; dendrites without events are left out."""

    def alike(values: list) -> torch.Tensor:
        return torch.tensor(np.array(values, np.float64)[None, None])

    currents = [n.parameters.currents() for n in neurons]
    switches = [n.parameters.switches() for n in neurons]
    used = tuple(d for d in DENDRITES if any(d in n.trains for n in neurons))
    return coefficients(
        {name: alike([c[name] for c in currents]) for name in currents[0]},
        {name: alike([s[name] for s in switches]) for name in switches[0]},
        used,
        dt,
    )


def events_of(neurons: list[Neuron], duration: float, dt: float) -> tuple[Wiring, Drive]:
    """A source of its own for every neuron, dendrite and weight, and its events in steps."""
    used = [d for d in DENDRITES if any(d in n.trains for n in neurons)]
    slot, weight, step, source = [], [], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for k, neuron in enumerate(neurons):
        for d, (times, each) in neuron.trains.items():
            weights, which = np.unique(np.broadcast_to(each, times.shape), return_inverse=True)
            # An event of step n reaches its synapses at the start of step n + 1.
            step.append(np.round(times / dt).astype(np.int64) - 1)
            source.append(len(neurons) + len(slot) + which)
            slot += [used.index(d) * len(neurons) + k] * len(weights)
            weight += list(weights)
    reached = [np.zeros(0, np.int64)] * len(neurons) + [np.array([k]) for k in range(len(slot))]
    wiring = wire(reached, np.array(slot, np.int64), np.array([weight]))
    steps, source = np.concatenate(step), np.concatenate(source)
    trial = np.zeros(len(steps), np.int64)
    return wiring, drive(np.array([round(duration / dt)]), trial, steps, source)


def play(neurons: list[Neuron], duration: float, dt: float, runner: Runner | None = None) -> Run:
    """Play a battery with our neuron."""
    wiring, events = events_of(neurons, duration, dt)
    return (runner or Runner(workers=1)).run(coefficients_of(neurons, dt), wiring, events)


def times_of(run: Run, neurons: int, dt: float) -> list[np.ndarray]:
    """Spike times [s] of every neuron."""
    times = run.step * dt + run.within
    return [times[run.neuron == k] for k in range(neurons)]


def currents_of(run: Run, i_gain: np.ndarray) -> np.ndarray:
    """Soma current of every neuron at the end [A]."""
    return wright_omega(run.state.neurons.z).numpy()[0, 0] * i_gain


class Exact(NamedTuple):
    """What the differential equations say."""

    times: list[np.ndarray]
    """Spikes of every neuron [s]."""
    currents: np.ndarray
    """Soma current of every neuron at the end [A]."""


def solve(neurons: list[Neuron], duration: float) -> Exact:
    """Solve every neuron's equations to 1e-8."""
    times, currents = [], []
    for neuron in neurons:
        train = {
            d: list(zip(when.tolist(), np.broadcast_to(each, when.shape).tolist(), strict=True))
            for d, (when, each) in neuron.trains.items()
        }
        reference = Reference(neuron.parameters)
        times.append(reference.spike_times(train, duration))
        currents.append(reference.current)
    return Exact(times, np.array(currents))


@cache
def exact(name: str) -> Exact:
    """`solve` of `battery(name)`, as recorded."""
    with np.load(RECORDED) as file:
        times, first = file[f"{name}: times"], np.cumsum(file[f"{name}: counts"])
        return Exact(np.split(times, first[:-1]), file[f"{name}: currents"])


def main() -> None:
    """Solve every battery and record it: two minutes. python -m tests.models.battery"""
    made = {"command": "python -m tests.models.battery", "scipy": version("scipy")}
    arrays = {"made": np.array(json.dumps(made))}
    for name in CIRCUITS:
        solved = solve(battery(name), DURATION)
        arrays[f"{name}: times"] = np.concatenate(solved.times)
        arrays[f"{name}: counts"] = np.array([len(t) for t in solved.times])
        arrays[f"{name}: currents"] = solved.currents
        print(name, [len(t) for t in solved.times])
    np.savez_compressed(RECORDED, **arrays)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main()
