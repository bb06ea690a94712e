"""Networks to compile, and independent readings of the registers that came out."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from analoop.deploy import Program
from analoop.hw import TINY, ChipSpec
from analoop.models import (
    DENDRITES,
    INPUT,
    Network,
    NeuronParameters,
    Population,
    Projection,
    Stimulus,
)

BOARD = replace(
    TINY,
    cores=3,
    neurons_per_core=5,
    cam_words=8,
    destination_words=4,
    tags=64,
    max_hop=3,
    host_hop=-3,
    max_chips=3,
)
"""A chip so small that networks of a few neurons spread over several cores and chips."""

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""No test fails because the machine is busy."""

LIVELY = 3e-8
"""A weight that alone makes a default neuron fire within some spikes [A]."""

BASE = NeuronParameters.from_times()
KINDS = (
    BASE,
    NeuronParameters.from_times(tau_mem=5e-3, tau_syn=4e-3, threshold=1e-9),
    NeuronParameters.from_times(threshold=4e-9),
    NeuronParameters.from_times(t_refractory=2e-3, adaptation=True, i_w_ahp=1e-8),
    NeuronParameters.from_times(tau_syn=15e-3, nmda_gate=True, i_nmda_gate=1e-9),
    replace(BASE, soma="exponential", i_threshold=1e-8),
    NeuronParameters.from_times(tau_mem=10e-3, dc=True, i_dc=2e-11, soma="exponential"),
)
"""Different parameter sets: each needs cores of its own."""

QUICK = 4
"""The first so many of them are simulated in one step, the others in several."""


def population(name: str, size: int, **times: Any) -> Population:
    return Population(name, size, NeuronParameters.from_times(**times))


def network(n_inputs: int, populations: list[Population], *projections: Projection) -> Network:
    """A network whose last population is read out."""
    return Network(n_inputs, tuple(populations), projections, populations[-1].name)


def wires(source: str, target: str, dendrite: str, weights: Any) -> Projection:
    """A projection from rows of numbers [A]."""
    return Projection(source, target, dendrite, np.array(weights, np.float64))


def ring(size: int, n_inputs: int = 1) -> Network:
    """One population in which every neuron excites the next; the input excites neuron 0."""
    into = np.zeros((n_inputs, size))
    into[:, 0] = LIVELY
    around = np.roll(np.eye(size), 1, axis=1) * LIVELY
    return network(
        n_inputs,
        [population("ring", size)],
        Projection(INPUT, "ring", "ampa", into),
        Projection("ring", "ring", "ampa", around),
    )


def sources_of(net: Network) -> list[tuple[str, int, int]]:
    """Every source of a network: its name, the number of its first element, its size."""
    found = [(INPUT, 0, net.n_inputs)]
    first = net.n_inputs
    for p in net.populations:
        found.append((p.name, first, p.size))
        first += p.size
    return found


def wanted_weights(net: Network) -> dict[tuple[int, int, str], float]:
    """Every synapse of a network and its weight current [A], with plain loops."""
    first = {name: start for name, start, _ in sources_of(net)}
    found = {}
    for p in net.projections:
        for (pre, post), weight in np.ndenumerate(p.weights):
            if weight:
                target = first[p.target] - net.n_inputs + post
                found[first[p.source] + pre, target, p.dendrite] = float(weight)
    return found


def walk(program: Program) -> dict[tuple[int, int, str], list[int]]:
    """Send one event from every source through the registers: the masks it meets, per synapse.

    A reading of the registers by plain loops, as the chip does it: every destination word goes to
    the cores of its mask on the chip its hop names; every CAM word there with its tag listens.
    """
    registers = program.configuration
    dendrites = {1024: "ampa", 256: "nmda", 512: "gaba", 128: "shunt"}
    model = {tuple(map(int, a)): k for k, a in enumerate(program.address)}
    listening = defaultdict(list)
    for w in registers.synapses:
        key = (int(w["chip"]), int(w["core"]), int(w["tag"]))
        target = model[int(w["chip"]), int(w["core"]), int(w["neuron"])]
        listening[key].append((target, dendrites[int(w["dendrite"])], int(w["weight"])))
    sent = [tuple(map(int, w.tolist())) for w in program.inputs]  # source, chip, cores, tag
    for w in registers.destinations:
        if w["x_hop"] != registers.chip.host_hop:
            neuron = model[int(w["chip"]), int(w["core"]), int(w["neuron"])]
            chip = int(w["chip"]) + int(w["x_hop"])
            sent.append((program.n_inputs + neuron, chip, int(w["cores"]), int(w["tag"])))
    found = defaultdict(list)
    for source, chip, cores, tag in sent:
        for core in range(registers.chip.cores):
            if cores >> core & 1:
                for target, dendrite, mask in listening[chip, core, tag]:
                    found[source, target, dendrite].append(mask)
    return dict(found)


@st.composite
def legal_networks(draw: st.DrawFn, kinds: int = QUICK, chip: ChipSpec = BOARD) -> Network:
    """Any network that fits a board of `chip`: recurrent, over cores and chips, every dendrite.

    Hypothesis draws the structure; the weights come from a seed it draws.
    """
    n_inputs = draw(st.sampled_from((3, 1, 5, 0)))
    names = "abcdef"
    chosen = draw(st.lists(st.integers(0, kinds - 1), min_size=1, max_size=5))
    sizes = [draw(st.integers(1, 2 * chip.neurons_per_core)) for _ in chosen]
    populations, needed = [], 0
    for name, kind, size in zip(names, chosen, sizes, strict=False):
        needed += -(-size // chip.neurons_per_core)
        if needed <= chip.cores * chip.max_chips:
            populations.append(Population(name, size, KINDS[kind]))
    return _wired(n_inputs, populations, chip, draw(st.integers(0, 2**32 - 1)))


def _wired(n_inputs: int, populations: list[Population], chip: ChipSpec, seed: int) -> Network:
    """Random synapses, at most `cam_words` to a neuron, weights over three decades."""
    rng = np.random.default_rng(seed)
    net = network(n_inputs, populations)
    sources = [(name, k) for name, _, size in sources_of(net) for k in range(size)]
    weights: dict[tuple[str, str, str], np.ndarray] = {}
    for target in populations:
        for post in range(target.size):
            choices = len(sources) * len(DENDRITES)
            fan_in = rng.integers(0, min(chip.cam_words, choices) + 1)
            for pick in rng.choice(choices, fan_in, replace=False):
                (source, pre), dendrite = sources[pick // 4], DENDRITES[pick % 4]
                shape = (net.size_of(source), target.size)
                matrix = weights.setdefault((source, target.name, dendrite), np.zeros(shape))
                matrix[pre, post] = 10 ** rng.uniform(-9.5, -6.5)
    return replace(net, projections=tuple(Projection(*k, w) for k, w in weights.items()))


def spike_trains(n_channels: int, trials: int, seed: int, rate_hz: float = 150.0) -> Stimulus:
    """Random spikes on every channel; trials of different length, with targets of 0."""
    rng = np.random.default_rng(seed)
    duration = rng.integers(30, 80, trials) * 1000
    trial, time, channel = [], [], []
    for k in range(trials):
        for c in range(n_channels):
            count = rng.poisson(rate_hz * duration[k] * 1e-6)
            time += rng.integers(0, duration[k], count).tolist()
            trial += [k] * count
            channel += [c] * count
    trial, time, channel = (np.array(x, np.int64) for x in (trial, time, channel))
    return Stimulus(n_channels, duration, trial, time, channel, np.zeros(trials, np.int64))
