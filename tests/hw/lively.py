"""A small network in which everything happens, and input to keep it busy."""

import numpy as np

from analoop.hw import Configuration, Dendrite, Events, SimulatedBoard, VirtualBoard

from .boards import Place, biases, destination, events, latches, merged, monitor, registers, synapse

DURATION_US = 30_000


def lively() -> Configuration:
    """Six neurons on two chips that use every state there is: four dendrites, adaptation,
    recurrence within a core, across cores and across chips."""
    a, b, c, d = Place(), Place(neuron=1), Place(core=2), Place(chip=1, core=3, neuron=255)
    return registers(
        [synapse(p, 1000 + n, weight=0b1110) for n, p in enumerate((a, b, c, d))]
        + [synapse(b, 1, Dendrite.GABA, 0b0011, 1), synapse(b, 3, Dendrite.AMPA, 0b0100, 2)]
        + [synapse(c, 1, Dendrite.NMDA, 0b1000, 1), synapse(c, 3, Dendrite.SHUNT, 0b0001, 2)]
        + [synapse(d, 1, Dendrite.AMPA, 0b0110, 1), synapse(a, 4, Dendrite.GABA, 0b0001, 1)],
        [monitor(a, 1), monitor(b, 2), monitor(c, 3), monitor(d, 4)]
        + [destination(a, 1, 0b0101), destination(a, 1, 0b1000, 1, 2)]
        + [destination(b, 2, 0b0100), destination(c, 3, 0b0101), destination(d, 4, 0b0001, -1)],
        [latches(a, "latch_so_adaptation"), latches(c, "latch_denm_nmda")],
        biases(i_w_ahp=3e-9, i_nmda_gate=1e-11),
        n_chips=2,
    )


def stimulus(seed: int, duration_us: int = DURATION_US) -> Events:
    """Irregular input to all four input tags."""
    random = np.random.default_rng(seed)
    times = [random.integers(0, duration_us, duration_us // 1000) for _ in range(4)]
    trains = [events(t, 1000 + n, 0b1111, n // 3) for n, t in enumerate(times)]
    return merged(*trains)


def compile_kernels() -> None:
    """Compile what these programs need, before anybody waits for an answer."""
    board = SimulatedBoard(VirtualBoard())
    board.program(lively())
    board.run(stimulus(0), DURATION_US)
