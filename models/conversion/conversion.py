"""From a source network to a network of the chip that behaves like it: `convert`.

    read -> match circuits and event currents -> scale to the population's own input -> tune alone,
    tune together -> measure fidelity on held-out input
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..errors import InputError, NetworkError, Violation
from ..network import INPUT, Network, Population, Projection
from ..recording import Stimulus
from ..reference import one_thread
from ..simulation import simulate
from ..training import W_UNIT, FitLevels
from ..versions import versions
from .fidelity import Fidelity, fidelity, inside_steps
from .matching import EXCITES, INHIBITS, Legal, Match, match, shares
from .sheets import (
    Fitted, lesson_alone, lesson_together, play_alone, play_together, rows_of, weights_of,
)  # fmt: skip
from .source import Change, SourceNetwork
from .source_simulation import respond
from .tuning import Lesson, Tuning, Weights, split, tune

RESTS = (0.0, 0.25)
"""Where the soma of a population may rest, as a share of its threshold: the better one is taken."""

SCALES = tuple(np.geomspace(0.6, 1.7, 7))
"""Factors tried on the event current of excitation and of inhibition, on a population's own
input."""

SCALED_ON = 24
"""Trials on which they are tried."""

DEFAULTS = Tuning()

News = Callable[[str, float], None]
"""Told the stage and its loss after every pass."""


@dataclass(frozen=True, eq=False)
class Conversion:
    """A network for the chip, and how it compares with what it came from."""

    network: Network
    """What was made."""
    fidelity: Fidelity
    """On the held-out stimulus, played by the software model."""
    before: Fidelity
    """The same of the network as it was matched, before it was tuned."""
    changes: tuple[Change, ...]
    """Everything that is not as it was in the source."""
    held_out: Stimulus = field(repr=False)
    """What fidelity was measured on."""

    def record(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "network": self.network.hash,
            "fidelity": self.fidelity.record(),
            "before_tuning": self.before.record(),
            "changes": [vars(change) for change in self.changes],
            **self.network.provenance,
        }


@one_thread()
def convert(
    source: SourceNetwork,
    stimulus: Stimulus,
    held_out: Stimulus | None = None,
    tuning: Tuning = DEFAULTS,
    legal: Legal = lambda parameters: parameters,
    fit: FitLevels | None = None,
    labels: tuple[str, ...] = (),
    news: News = lambda stage, loss: None,
) -> Conversion:
    """Make a network for the chip that spikes as its source does.

    Args:
        source: read by `read_rockpool` or `read_nir`, or written down.
        stimulus: what to tune on; the source's own responses to it are imitated.
        held_out: what to measure fidelity on; None: a quarter of the trials of `stimulus`.
        tuning: how.
        legal: chooses the currents that the chip really has.
        fit: the chip's weight code, or None to leave weights continuous.
        labels: what each output neuron stands for.

    Raises:
        InputError: CHANNELS, TRIALS. NetworkError: NO_INPUT.

    Deterministic for a seed on one machine.
    """
    _check(source, stimulus, held_out)
    if held_out is None:
        stimulus, held_out = parted(stimulus, tuning.seed)
    counts = stimulus.counts(round(source.dt * 1e6))
    spikes, inside = respond(source, counts), inside_steps(stimulus, source.dt)
    fitted, changes = [], list(source.changes)
    for number, p in enumerate(source.populations):
        lesson = lesson_alone(source, p.name, spikes, inside)
        one, found = _fitted(source, p.name, lesson, tuning, legal, fit)
        changes += [*found, *_pruned(one, tuning.max_fan_in), *_fast(p.name, spikes[p.name])]
        fitted.append((one, lesson, number))
    parts = [one for one, _, _ in fitted]
    before = fidelity(source, simulate_at(network_of(source, parts), held_out, source), held_out)
    for one, lesson, number in fitted:
        play = partial(play_alone, one, lesson, tuning.mismatch)
        news_alone = partial(news, one.source.name)
        tune([one.weights], lesson, play, tuning.epochs, tuning, number, news_alone)
    lesson = lesson_together(source, spikes, inside)
    play = partial(play_together, parts, lesson, tuning.mismatch)
    stage = len(fitted)
    tune([f.weights for f in parts], lesson, play, tuning.together, tuning, stage,
         partial(news, "together"))  # fmt: skip
    network = replace(network_of(source, parts), labels=labels)
    after = fidelity(source, simulate_at(network, held_out, source), held_out)
    changes += _signs(source)
    network = replace(network, provenance=_provenance(source, stimulus, tuning, after, changes))
    return Conversion(network, after, before, tuple(changes), held_out)


def simulate_at(network: Network, stimulus: Stimulus, source: SourceNetwork):
    """The software model at the step of the source."""
    return simulate(network, stimulus, step_us=round(source.dt * 1e6))


def parted(stimulus: Stimulus, seed: int) -> tuple[Stimulus, Stimulus]:
    """Three quarters of the trials, and the rest, chosen by a seed."""
    order = np.random.default_rng((seed, 1)).permutation(stimulus.n_trials)
    edge = stimulus.n_trials - max(1, stimulus.n_trials // 4)
    return stimulus.select(np.sort(order[:edge])), stimulus.select(np.sort(order[edge:]))


def _fitted(
    source: SourceNetwork, name: str, lesson: Lesson, tuning: Tuning, legal: Legal,
    fit: FitLevels | None,
) -> tuple[Fitted, list[Change]]:  # fmt: skip
    """The rest and the two factors with which the spike counts of a population come out best."""
    p = source.population(name)
    share = weights_of(source, name) * shares(p)
    chosen = np.arange(min(SCALED_ON, len(lesson.counts)))
    told = (lesson.wanted * lesson.inside)[chosen].sum(1)
    best, kept = np.inf, None
    for rest in RESTS:
        found, changes = match(p, source.dt, rest, legal)
        tried = [(a, b) for a in SCALES for b in (SCALES if (share < 0).any() else (1.0,))]
        for excites, inhibits in tried:
            start = _currents(share, found, excites, inhibits)
            one = Fitted(p, found, rows_of(source, name), Weights(start, tuning.max_fan_in, fit))
            made = (play_alone(one, lesson, 0.0, chosen, ()) * lesson.inside[chosen]).sum(1)
            error = float((made - told).square().mean())
            if error < best:
                best, kept = error, (one, changes)
    if kept is None:
        raise RuntimeError("no candidate was finite")
    return kept


def _currents(share: np.ndarray, found: Match, excites: float, inhibits: float) -> np.ndarray:
    """Signed weight currents, in units of `W_UNIT`."""
    positive = np.maximum(share, 0.0) * found.excites * excites
    return (positive - np.maximum(-share, 0.0) * found.inhibits * inhibits) / W_UNIT


def network_of(source: SourceNetwork, fitted: list[Fitted]) -> Network:
    """The network of the chip with the weights as they are now."""
    projections = []
    for f in fitted:
        currents, row = split(f.weights.held().detach()).numpy().astype(np.float64), 0
        for name in f.rows:
            size = source.n_inputs if name == INPUT else source.population(name).size
            for place, dendrite in enumerate((EXCITES, INHIBITS)):
                block = currents[row : row + size, place]
                if block.any():
                    projections.append(Projection(name, f.source.name, dendrite, block))
            row += size
    return Network(
        n_inputs=source.n_inputs,
        populations=tuple(
            Population(f.source.name, f.source.size, f.match.parameters) for f in fitted
        ),
        projections=tuple(projections),
        output=source.output,
    )


def _pruned(one: Fitted, limit: int) -> list[Change]:
    there = one.weights.there.numpy().sum(0)
    over = there > limit
    if not over.any():
        return []
    gone = int((there[over] - limit).sum())
    return [
        Change(
            one.source.name, "fan-in", "clipped",
            f"{int(over.sum())} of {one.source.size} neurons have up to {int(there.max())} "
            f"synapses, the chip has {limit}: {gone} of {int(there.sum())} synapses dropped, the "
            "weakest of each neuron",
        )
    ]  # fmt: skip


def _fast(name: str, spikes: np.ndarray) -> list[Change]:
    many = spikes > 1
    if not many.any():
        return []
    return [
        Change(
            name, "spikes per step", "clipped",
            f"{int(spikes[many].sum() - many.sum())} of {int(spikes.sum())} spikes came as second "
            "or later one of a step; a neuron of the chip is followed to one per step",
        )
    ]  # fmt: skip


def _signs(source: SourceNetwork) -> list[Change]:
    found = []
    for p in source.populations:
        if p.subtracts:
            detail = "a spike takes the threshold from the membrane; on the chip it sets it to 0"
            found.append(Change(p.name, "reset", "reinterpreted", detail))
        elif (p.reset != 0).any():
            detail = f"{p.reset.min():.3g} to {p.reset.max():.3g} above rest; on the chip it is 0"
            found.append(Change(p.name, "v_reset", "reinterpreted", detail))
        detail = f"every layer of the chip answers one step ({source.dt * 1e3:g} ms) later"
        found.append(Change(p.name, "latency", "reinterpreted", detail))
    return found


def _check(source: SourceNetwork, stimulus: Stimulus, held_out: Stimulus | None) -> None:
    for name, given in (("stimulus", stimulus), ("held_out", held_out)):
        if given is not None and given.n_channels != source.n_inputs:
            raise InputError(
                f"{name} has {given.n_channels} channels, the network {source.n_inputs}: give one "
                "channel per input of the network",
                code="CHANNELS",
            )
    if stimulus.n_trials < (8 if held_out is None else 1):
        raise InputError(
            f"{stimulus.n_trials} trials are too few to tune on and to measure: give 8 or more",
            code="TRIALS",
        )
    deaf = [p.name for p in source.populations if not rows_of(source, p.name)]
    if deaf:
        raise NetworkError(
            [
                Violation(
                    "NO_INPUT", f"population '{name}'", "something to hear",
                    "no connection goes to it", "connect it or leave it out",
                )
                for name in deaf
            ]
        )  # fmt: skip


def _provenance(
    source: SourceNetwork, stimulus: Stimulus, tuning: Tuning, found: Fidelity,
    changes: list[Change],
) -> dict[str, Any]:  # fmt: skip
    return {
        "source": source.hash,
        "tuning": asdict(tuning),
        "stimulus": stimulus.hash,
        "fidelity_software": found.record(),
        "changes": [str(change) for change in changes],
        "versions": versions(),
    }
