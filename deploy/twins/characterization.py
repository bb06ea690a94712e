"""Programs and stimuli made to tell the factors of the neurons of a program apart.

Two programs with the neurons of the user's program at their places, with its biases and latches:

- `own`: as they are.
- `steep`: with the gain current of the soma at `STEEP` times the threshold current. There the soma
  integrates its input in the logarithm, so the time to a spike hardly depends on the
  threshold (as ln(I_threshold / I_0)) and the gains of the dendrites show by themselves.

No neuron hears another one. Every neuron keeps some of its CAM words per dendrite, which now listen
to a channel of their core and dendrite. Trials are trains whose rates change every `STRETCH_US`, so
that time constants show; rates are such that a nominal neuron spikes at those of `LEVELS_HZ`.

The programs have no known answer: their neurons are driven alike, so what tells a sound chip from
another one is what is to be measured, and no answer is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...hw.bias import legal_currents, nearest
from ...hw.chip import Dendrite
from ...hw.circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER
from ...hw.configuration import Configuration
from ...hw.decoding import Circuits, decode, per_neuron
from ...models.errors import InputError
from ...models.parameters import CONSTANTS, DENDRITES, WEIGHT_BITS
from ...models.recording import Stimulus
from ..program import KnownAnswer, Program
from ..routing import ROUTE
from .forcing import synapse_weights

STEEP = 10.0
"""Gain current of the soma in the steep program, over the threshold current [1]."""
TRIAL_US = 500_000
"""Length of a trial [us]."""
STRETCH_US = 40_000
"""How long a rate lasts [us]."""
LEVELS_HZ = (0.0, 0.0, 10.0, 20.0, 40.0, 80.0)
"""Rates at which a nominal neuron without a leak would spike, drawn anew for each stretch."""
INHIBITION = (0.0, 0.0, 0.3, 0.6, 1.0)
"""Mean inhibition over the mean excitation of the trial, drawn anew for each stretch."""
TRIALS = 16
"""Trials per dendrite."""
WEIGHT = 1.5
"""Weight of the words that a neuron keeps, over the median word of its core and dendrite [1]."""
KINDS = ("own", "steep")
"""The programs."""


@dataclass(frozen=True, eq=False)
class Characterization:
    """One program to characterise the neurons of another, and what to play to it."""

    kind: str
    """One of KINDS."""
    program: Program
    """The registers."""
    stimulus: Stimulus
    """What to play."""


def plan(program: Program, seed: int = 0, trials: int = TRIALS) -> tuple[Characterization, ...]:
    """Programs and stimuli for the neurons of a program, in the order of KINDS.

    Raises:
        InputError: TWIN_CIRCUITS, when no neuron can be excited.
    """
    made = []
    for kind in KINDS:
        configuration, inputs = _registers(program, kind)
        stimulus = _stimulus(
            configuration, inputs, np.random.default_rng([seed, len(made)]), trials
        )
        none = np.zeros(0, np.int64)  # silence, by which `verify` passes no board
        quiet = Stimulus(stimulus.n_channels, np.array([100_000]), none, none, none)
        made.append(
            Characterization(
                kind,
                replace(
                    program,
                    configuration=configuration,
                    inputs=inputs,
                    n_inputs=stimulus.n_channels,
                    report={},
                    known_answer=KnownAnswer(quiet, none, none),
                    provenance=dict(program.provenance)
                    | {"twin": {"kind": kind, "of": program.hash}},
                ),
                stimulus,
            )
        )
    return tuple(made)


def _registers(program: Program, kind: str) -> tuple[Configuration, np.ndarray]:
    c = program.configuration
    synapses, inputs = _words(c)
    biases = {core: dict(own) for core, own in c.biases.items()}
    if kind == "steep":
        circuits = decode(c)
        gain, threshold = (CURRENT_TO_REGISTER[n] for n in ("i_gain_mem", "i_threshold"))
        for core in biases:
            mine = (circuits.address[:, :2] == core).all(axis=1)
            if mine.any() and threshold in biases[core]:
                amps = circuits.currents["i_threshold"][mine][0]
                most = float(legal_currents(gain).amps.max())
                biases[core][gain] = nearest(gain, min(STEEP * amps, most))
    to_host = c.destinations[c.destinations["x_hop"] == c.chip.host_hop]
    made = Configuration(c.n_chips, biases, synapses, to_host, c.latches, c.shared, c.chip)
    return made, inputs


def _words(c: Configuration) -> tuple[np.ndarray, np.ndarray]:
    """The CAM words kept, retagged, and the words of the channels, dtype ROUTE."""
    synapses, amps = c.synapses, _amperes(c)
    kept = np.zeros(len(synapses), bool)
    tags = synapses["tag"].copy()
    rows, half = [], c.chip.tags // 2
    groups = np.stack([synapses[n].astype(np.int64) for n in ("chip", "core", "dendrite")])
    for number, group in enumerate(np.unique(groups, axis=1).T):
        mine = np.flatnonzero((groups == group[:, None]).all(axis=0) & (amps > 0))
        chip, core, dendrite = group.tolist()
        kept[mine] = _chosen(synapses["neuron"][mine], amps[mine])
        tag = DENDRITES.index(Dendrite(dendrite).name.lower())
        for upper in (0, 1):  # a word stays in the half of the tags that it is known to hear
            at = mine[kept[mine] & (synapses["tag"][mine] // half == upper)]
            tags[at] = tag + half * upper
            if len(at):
                rows.append((number, chip, 1 << core, tag + half * upper))
    chosen = synapses[kept].copy()
    chosen["tag"] = tags[kept]
    return chosen, np.array(rows, ROUTE)


def _chosen(neuron: np.ndarray, amps: np.ndarray) -> np.ndarray:
    """Words of a dendrite to keep: of every neuron the strongest that together do not exceed
    `WEIGHT` times the median word, or else its weakest; bool [word]."""
    kept, most = np.zeros(len(amps), bool), WEIGHT * float(np.median(amps))
    for one in np.unique(neuron):
        mine = np.flatnonzero(neuron == one)
        mine = mine[np.argsort(-amps[mine], kind="stable")]
        total = 0.0
        for k in mine.tolist():
            if total + amps[k] <= most or (total == 0 and k == mine[-1]):
                kept[k] = True
                total += amps[k]
    return kept


def _amperes(c: Configuration) -> np.ndarray:
    """Nominal weight current of every synapse [A], [synapse]."""
    base = np.stack(
        [per_neuron(c, _addresses(c.synapses), name) for name in WEIGHT_TO_REGISTER.values()], 1
    )
    return ((c.synapses["weight"][:, None] >> np.arange(WEIGHT_BITS) & 1) * base).sum(axis=1)


def _addresses(array: np.ndarray) -> np.ndarray:
    return np.stack([array[n].astype(np.int64) for n in ("chip", "core", "neuron")], axis=1)


def _stimulus(configuration, inputs, random: np.random.Generator, trials: int) -> Stimulus:
    circuits = decode(configuration)
    channels = [
        _channel(circuits, inputs, k) for k in range(int(inputs["source"].max(initial=-1)) + 1)
    ]
    by_core: dict[tuple[int, int], list[int]] = {}
    for k, channel in enumerate(channels):
        by_core.setdefault(channel.core, []).append(k)
    n = trials * max((len(v) for v in by_core.values()), default=0)
    found = []
    for core in by_core.values():
        excite = [k for k in core if channels[k].excites]
        inhibit = [k for k in core if not channels[k].excites]
        for trial in range(n if excite else 0):
            which = trial % len(core)
            with_ = excite[which % len(excite)]
            against = inhibit[which - len(excite)] if which >= len(excite) else None
            found += _trial(channels, trial, with_, against, random)
    if not found:
        raise InputError(
            "the program has no excitatory synapse, so no spike can tell anything: characterise a "
            "program with AMPA or NMDA synapses",
            code="TWIN_CIRCUITS",
        )
    trial, time, channel = (np.concatenate(x) for x in zip(*found, strict=True))
    order = np.argsort(trial, kind="stable")
    return Stimulus(len(channels), np.full(n, TRIAL_US), trial[order], time[order], channel[order])


@dataclass(frozen=True)
class _Channel:
    """What the events of a channel do."""

    core: tuple[int, int]
    """Chip and core that hear it."""
    excites: bool
    """Whether they excite."""
    charge: float
    """Charge into the soma per event [A s]."""
    needed: float
    """Charge that makes a resting neuron spike [A s]."""
    leak: float
    """Input current that only just makes it spike [A]."""

    def rate(self, level_hz: float) -> float:
        """Rate of events [Hz] for a rate of spikes."""
        return (self.leak + level_hz * self.needed) / self.charge if level_hz else 0.0


def _channel(circuits: Circuits, inputs: np.ndarray, number: int) -> _Channel:
    """What an event of a channel does to a neuron that hears it, of the median weight."""
    word = inputs[inputs["source"] == number][0]
    heard = circuits.reached(int(word["chip"]), int(word["cores"]), int(word["tag"]))
    synapse = heard[0]
    neuron, dendrite = circuits.target[synapse], circuits.dendrites[circuits.dendrite[synapse]]
    at = {name: float(values[neuron]) for name, values in circuits.currents.items()}
    c = CONSTANTS
    weights = synapse_weights(circuits, {}, 1)[0]
    sums = np.bincount(circuits.target[heard], weights[heard])
    amps = float(np.median(sums[sums > 0]))
    tau = getattr(c, f"c_{dendrite}") * c.u_t / (c.kappa * at[f"i_tau_{dendrite}"])
    pulse = c.v_th * c.c_pulse / at["i_pulse"]
    jump = at[f"i_gain_{dendrite}"] / at[f"i_tau_{dendrite}"] * -np.expm1(-pulse / tau)
    x, floor = at["i_threshold"] / at["i_gain_mem"], c.i_0 / at["i_gain_mem"]
    needed = c.c_mem * c.u_t / c.kappa * (x + np.log(x) - floor - np.log(floor))
    core = (int(word["chip"]), int(np.log2(int(word["cores"]))))
    leak = at["i_tau_mem"] * (1 + x)
    return _Channel(core, dendrite in ("ampa", "nmda"), jump * amps * tau, needed, leak)


def _trial(channels, trial: int, with_: int, against: int | None, random: np.random.Generator):
    """Events of one trial: (trial, time, channel) arrays."""
    excitation = channels[with_]
    stretches = TRIAL_US // STRETCH_US
    level = random.choice(LEVELS_HZ if against is None else LEVELS_HZ[3:], stretches)
    rates = np.array([excitation.rate(x) for x in level])
    yield _train(trial, with_, rates, random)
    if against is not None:
        share = random.choice(INHIBITION, stretches)
        mean = rates.mean() * excitation.charge / channels[against].charge
        yield _train(trial, against, share * mean, random)


def _train(trial: int, channel: int, rates: np.ndarray, random: np.random.Generator):
    """Poisson events whose rate [Hz] changes from stretch to stretch."""
    counts = random.poisson(rates * STRETCH_US * 1e-6)
    first = np.repeat(np.arange(len(rates)) * STRETCH_US, counts)
    time = first + random.integers(0, STRETCH_US, len(first))
    return np.full(len(time), trial), time, np.full(len(time), channel)
