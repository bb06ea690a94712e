"""Our side of the workloads: python ours.py CASE [repetitions]

w1, w2       default circuit (threshold soma, AMPA and GABA), default integrator, float32
w1_one       AMPA alone: inhibition dropped, as in effect by DynapSim
w1_four      the same net on all four dendrites
w1_exponential   the circuit of DynapSim: exponential soma, its threshold; 10 chips
w1_double    float64, as the simulated board runs
accuracy     firing rates at several steps
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import workloads as wl
from timing import Work, measure

from analoop.models import NeuronParameters, rockpool_euler
from analoop.models.coefficients import Coefficients, coefficients
from analoop.models.runner import Precision, Runner
from analoop.models.unrolling import unroll_events
from analoop.models.wiring import Drive, Wiring, drive, wire

LIBRARIES = ("numba", "torch", "numpy")


@dataclass(frozen=True)
class Circuit:
    """How the neurons of a workload are built here."""

    dendrites: tuple[str, ...] = ("ampa", "gaba")
    """Excitatory ones take turns over the sources, and so do inhibitory ones."""
    soma: Literal["threshold", "exponential"] = "threshold"
    """As NeuronParameters."""
    threshold: float = 2e-9
    """Soma current at which the neuron spikes [A]."""
    unit: float = 2.85e-8
    """Weight current of a weight of 1, for about 21 Hz [A]."""


PLAIN = Circuit()
ONE = Circuit(("ampa",), unit=2.15e-8)
FOUR = Circuit(("ampa", "nmda", "gaba", "shunt"), unit=4.1e-8)
EXPONENTIAL = Circuit(soma="exponential", threshold=1e-7, unit=1e-8)
BOARD = Circuit(unit=2.2e-8)


@dataclass(frozen=True)
class Load:
    """What is played: neurons, wires and outside events."""

    neurons: int
    """Of a chip."""
    wiring: Wiring
    """Its first sources are the neurons, those after them are outside."""
    drive: Drive
    """Outside events."""


def chips_of(circuit: Circuit, chips: int, neurons: int, dt: float = wl.DT) -> Coefficients:
    """Coefficients of mismatched neurons, [chip, 1, neuron]."""
    nominal = NeuronParameters.from_times(threshold=circuit.threshold, soma=circuit.soma)
    currents = {
        name: torch.tensor(value * wl.mismatch(chips, neurons, k)[:, None], dtype=torch.float64)
        for k, (name, value) in enumerate(nominal.currents().items())
    }
    switches = {
        name: torch.full((chips, 1, neurons), float(on), dtype=torch.float64)
        for name, on in nominal.switches().items()
    }
    return coefficients(currents, switches, circuit.dendrites, dt)


def net_load(net: wl.Net, chips: int, circuit: Circuit) -> Load:
    """W1: dense inputs, sparse recurrent weights."""
    weight = np.concatenate([net.w_rec, net.w_in])
    source, target = np.nonzero(weight)
    samples, steps, _ = net.counts.shape
    trial, step, line = np.nonzero(net.counts)
    return Load(
        wl.NEURONS,
        wires(circuit, chips, (source, target, weight[source, target]), weight.shape),
        drive(np.full(samples, steps), trial, step, wl.NEURONS + line),
    )


def board_load(board: wl.Board, circuit: Circuit) -> Load:
    """W2: one board, a private line per neuron."""
    n = wl.BOARD_NEURONS
    own = np.arange(n)
    source = np.concatenate([board.source.ravel(), n + own])
    target = np.concatenate([np.repeat(own, wl.BOARD_FAN_IN), own])
    weight = np.concatenate([board.weight.ravel(), np.full(n, board.w_line, np.float32)])
    step, line = np.nonzero(board.counts)
    return Load(
        n,
        wires(circuit, 1, (source, target, weight), (2 * n, n)),
        drive(np.array([wl.STEPS]), np.zeros_like(step), step, n + line),
    )


def wires(
    circuit: Circuit,
    chips: int,
    synapses: tuple[np.ndarray, np.ndarray, np.ndarray],
    shape: tuple[int, int],
) -> Wiring:
    """Wiring of signed synapses (source, target, weight) on the dendrites of a circuit.

    Args:
        shape: number of sources, number of neurons.
    """
    source, target, weight = synapses
    kind = np.full(len(source), -1)
    for sign, names in ((1, ("ampa", "nmda")), (-1, ("gaba", "shunt"))):
        there = [circuit.dendrites.index(d) for d in names if d in circuit.dendrites]
        if there:
            kind = np.where(weight * sign > 0, np.array(there)[source % len(there)], kind)
    kept = kind >= 0
    source, slot = source[kept], (kind * shape[1] + target)[kept]
    order = np.argsort(source, kind="stable")
    edges = np.searchsorted(source[order], np.arange(1, shape[0]))
    current = np.abs(weight[kept]) * circuit.unit
    return wire(np.split(order, edges), slot, np.broadcast_to(current, (chips, len(current))))


def player(c: Coefficients, load: Load, precision: Precision = "single") -> Callable[[], int]:
    """Plays the load once when called; returns the number of spikes."""
    runner = Runner(precision)
    return lambda: len(runner.run(c, load.wiring, load.drive).chip)


def play_net(net: wl.Net, chips: int, circuit: Circuit = PLAIN) -> Callable[[], int]:
    """Plays W1 of any size."""
    return player(chips_of(circuit, chips, wl.NEURONS), net_load(net, chips, circuit))


def first_result() -> float:
    """Mean rate of one chip of W1 and one sample [Hz], from scratch."""
    return play_net(wl.net(1), 1)() / wl.NEURONS


def w1(repetitions: int, name: str, circuit: Circuit, precision: Precision) -> None:
    """Validation."""
    chips = 10 if circuit is EXPONENTIAL else wl.CHIPS
    load = net_load(wl.net(), chips, circuit)
    play = player(chips_of(circuit, chips, wl.NEURONS), load, precision)
    chip_s = chips * wl.SAMPLES * wl.STEPS * wl.DT
    work = Work(f"ours {name}", chip_s * wl.NEURONS / wl.DT, chip_s)
    rate = chip_s * wl.NEURONS
    measure(work, lambda: {"rate_hz": play() / rate}, repetitions, LIBRARIES)


def w1_euler(repetitions: int) -> None:
    """Validation by DynapSim's equations; every parameter of DynapSim mismatched, as there."""
    net = wl.net()
    c = rockpool_euler.coefficients(
        {
            name: value * wl.mismatch(wl.CHIPS, wl.NEURONS, k)
            for k, (name, value) in enumerate(rockpool_euler.DEFAULTS.items())
        },
        wl.DT,
    )
    weights = np.concatenate([net.w_rec, net.w_in]) * 1e-8
    events = net_load(net, 1, PLAIN).drive
    chip_s = wl.CHIPS * wl.SAMPLES * wl.STEPS * wl.DT

    def call() -> dict[str, float]:
        run = rockpool_euler.run_euler(c, weights, events)
        return {"rate_hz": float(run.count.sum()) / (chip_s * wl.NEURONS)}

    work = Work("ours w1_euler", chip_s * wl.NEURONS / wl.DT, chip_s)
    measure(work, call, repetitions, LIBRARIES)


def trainer(net: wl.Net, target: np.ndarray, chips: int) -> Callable[[], dict[str, float]]:
    """Value and gradient of the loss by signed weights, positive AMPA, negative GABA."""
    c, wanted = chips_of(PLAIN, chips, wl.NEURONS), torch.tensor(target)
    w_in = torch.tensor(net.w_in, requires_grad=True)
    w_rec = torch.tensor(net.w_rec, requires_grad=True)

    def currents(weight: torch.Tensor) -> torch.Tensor:
        return torch.stack([weight.relu(), (-weight).relu()], 1) * PLAIN.unit

    def call() -> dict[str, float]:
        w_in.grad = w_rec.grad = None
        spikes = unroll_events(c, net.counts, currents(w_in), currents(w_rec))
        rates = spikes.sum(-2) / (wl.DT * wl.STEPS)
        loss = ((rates - wanted) ** 2).mean()
        loss.backward()
        return {"loss": loss.item(), "rate_hz": rates.mean().item()}

    return call


def w3(repetitions: int, chips: int) -> None:
    """Training. The code is loaded by a small call, so that `call_mb` is the memory of a step."""
    target, samples = wl.target_rates(), wl.TRAINING_SAMPLES
    trainer(wl.net(1, 10), target[:1], 1)()
    chip_s = chips * samples * wl.STEPS * wl.DT
    work = Work(f"ours w3_{chips}", chip_s * wl.NEURONS / wl.DT, chip_s)
    measure(work, trainer(wl.net(samples), target, chips), repetitions, LIBRARIES)


def w2(repetitions: int) -> None:
    """Board."""
    play = player(chips_of(BOARD, 1, wl.BOARD_NEURONS), board_load(wl.board(), BOARD))
    work = Work("ours w2", wl.BOARD_NEURONS * wl.STEPS, wl.STEPS * wl.DT)
    measure(work, lambda: {"rate_hz": play() / wl.BOARD_NEURONS}, repetitions, LIBRARIES)


def accuracy() -> None:
    """Firing rates of the feed-forward net of W1, at 1 and 1.5 times the weights, by step."""
    net = wl.net(samples=4)
    net.w_rec[:] = 0.0
    rates: dict[str, list[float]] = {}
    for pieces in (1, 2, 10, 50):
        counts = np.zeros((*net.counts.shape[:2], pieces, wl.INPUTS), np.float32)
        counts[:, :, 0] = net.counts
        fine = wl.Net(net.w_in, net.w_rec, counts.reshape(4, -1, wl.INPUTS))
        seconds = 4 * wl.STEPS * wl.DT * wl.NEURONS
        rates[f"{1 / pieces:g} ms"] = []
        for gain in (1.0, 1.5):
            circuit = Circuit(unit=gain * PLAIN.unit)
            c = chips_of(circuit, 1, wl.NEURONS, wl.DT / pieces)
            rates[f"{1 / pieces:g} ms"].append(player(c, net_load(fine, 1, circuit))() / seconds)
    print(json.dumps({"name": "ours accuracy", "rates_hz": rates}), flush=True)


def main(case: str, repetitions: int) -> None:
    circuits = {"w1": PLAIN, "w1_double": PLAIN, "w1_one": ONE, "w1_four": FOUR}
    circuits["w1_exponential"] = EXPONENTIAL
    if case in circuits:
        w1(repetitions, case, circuits[case], "double" if case == "w1_double" else "single")
    elif case == "w1_euler":
        w1_euler(repetitions)
    elif case in ("w3_1", "w3_16"):
        w3(repetitions, int(case.removeprefix("w3_")))
    elif case == "w2":
        w2(repetitions)
    elif case == "accuracy":
        accuracy()
    else:
        sys.exit(f"no case {case} yet")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
