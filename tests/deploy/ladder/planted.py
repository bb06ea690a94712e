"""Small networks that solve an easy labelled task, and faults planted in them or in their board.

The task: of some groups of input channels one fires much more than the others; the label is that
group. Each label has a few output neurons, driven by its group.
"""

import numpy as np

from analoop.models import INPUT, Network, NeuronParameters, Population, Projection, Stimulus

LABELS, COPIES, WIDTH = 4, 4, 10
"""Labels, output neurons of each, channels of each group."""
OUTPUTS = LABELS * COPIES
NAMES = tuple(f"group {k // COPIES}" for k in range(OUTPUTS))
OWN = np.arange(OUTPUTS) // COPIES
"""Label of each output neuron."""


def cues(rates_hz: np.ndarray, channels: np.ndarray, trials: int = 80, seed: int = 0) -> Stimulus:
    """Poisson spikes of 100 ms; the label of a trial says the rates.

    Args:
        rates_hz: of a kind of channel under a label, [label, kind].
        channels: kind of every channel.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(trials) % len(rates_hz)
    counts = rng.poisson(rates_hz[labels][:, channels] * 0.1)
    trial, channel = (np.repeat(a, counts.ravel()) for a in map(np.ravel, np.indices(counts.shape)))
    times = rng.integers(0, 100_000, len(trial))
    return Stimulus(len(channels), np.full(trials, 100_000), trial, times, channel, labels)


def loud(quiet_hz: float = 20.0, loud_hz: float = 150.0) -> np.ndarray:
    """Rate of every group under every label [Hz]."""
    return np.where(np.eye(LABELS, dtype=bool), loud_hz, quiet_hz)


def winner(weights: np.ndarray, parameters: NeuronParameters) -> Network:
    """Output neurons driven by the input alone."""
    into = Projection(INPUT, "out", "ampa", weights)
    out = Population("out", OUTPUTS, parameters)
    return Network(len(weights), (out,), (into,), "out", NAMES)


def sound(quiet_hz: float = 40.0, loud_hz: float = 100.0) -> tuple[Network, Stimulus]:
    """A network without a fault: each neuron hears its group."""
    kind = np.repeat(np.arange(LABELS), WIDTH)
    weights = np.where(kind[:, None] == OWN, 8e-9, 0.0)
    return winner(weights, NeuronParameters.from_times()), cues(loud(quiet_hz, loud_hz), kind)


def many_small_synapses() -> tuple[Network, Stimulus]:
    """Fan-in: 62 strong synapses of channels that say nothing, and 60 weak ones that together say
    which group it is; 64 words leave two of these."""
    kind = np.concatenate([np.full(62, LABELS), np.repeat(np.arange(LABELS), 60)])
    weights = np.where(kind[:, None] == OWN, 3e-9, 0.0)
    weights[:62] = 4e-9
    rates = np.hstack([loud(10.0, 20.0), np.full((LABELS, 1), 20.0)])
    return winner(weights, NeuronParameters.from_times()), cues(rates, kind)


def normalised(loudness: np.ndarray, weight: float, threshold: float) -> tuple[Network, Stimulus]:
    """Groups of channels of different loudness, and a population for each whose threshold undoes
    it; of two labels one doubles the rate of a group.

    Args:
        loudness: of every group, times 30 Hz.
        weight: of the input [A].
        threshold: of the population of loudness 1 [A].
    """
    labels = len(loudness)
    kind = np.arange(labels).repeat(WIDTH)
    rates = np.where(np.eye(labels, dtype=bool), 60.0, 30.0) * loudness
    hidden, projections = [], []
    for k in range(labels):
        parameters = NeuronParameters.from_times(threshold=threshold * loudness[k])
        hidden.append(Population(f"h{k}", COPIES, parameters))
        into = np.where(kind[:, None] == k, weight, np.zeros((1, COPIES)))
        projections.append(Projection(INPUT, f"h{k}", "ampa", into))
        out = np.zeros((COPIES, labels))
        out[:, k] = 3e-8
        projections.append(Projection(f"h{k}", "out", "ampa", out))
    populations = (*hidden, Population("out", labels, NeuronParameters.from_times()))
    net = Network(len(kind), populations, tuple(projections), "out", tuple(map(str, range(labels))))
    return net, cues(rates, kind)


def parameters_of_their_own() -> tuple[Network, Stimulus]:
    """Parameter sets: eight thresholds, and a board of one chip has four cores."""
    return normalised(np.geomspace(1.0, 30.0, 8), 8e-9, 3e-9)


def threshold_out_of_reach() -> tuple[Network, Stimulus]:
    """Biases: four thresholds of up to 15 uA; the chip has at most .85 uA."""
    return normalised(np.geomspace(1.0, 30.0, 4), 1.5e-6, 5e-7)


def wide_range_of_weights() -> tuple[Network, Stimulus]:
    """4-bit weights: strong synapses of many sizes that seldom get an event, and weak ones that
    say which group it is; the fifteen levels go to the strong ones."""
    rng = np.random.default_rng(1)
    kind = np.concatenate([np.full(20, LABELS), np.repeat(np.arange(LABELS), WIDTH)])
    weights = np.where(kind[:, None] == OWN, 1.2e-9, 0.0)
    weights[:20] = rng.uniform(2e-8, 1.2e-7, (20, OUTPUTS))
    rates = np.hstack([loud(100.0, 1000.0), np.full((LABELS, 1), 1.0)])
    return winner(weights, NeuronParameters.from_times()), cues(rates, kind)
