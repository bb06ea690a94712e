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
from ..network import INPUT, Network
from ..recording import Stimulus
from ..reference import one_thread
from ..simulation import simulate
from ..training import FitLevels
from ..versions import versions
from .bias_channel import with_bias_channel, with_clock
from .fidelity import Fidelity, fidelity
from .losses import heard_biases, losses
from .matching import Legal
from .sheets import Fitted, lesson_alone, lesson_together, play_alone, play_together, rows_of
from .source import Change, SourceNetwork
from .source_simulation import respond
from .starts import fitted_network, start
from .tuning import Lesson, Tuning, tune

DEFAULTS = Tuning()

News = Callable[[str, float], None]
"""Told the stage and its loss after every pass."""


@dataclass(frozen=True, eq=False)
class Conversion:
    """A network for the chip, and how it compares with what it came from."""

    network: Network
    """What was made; with a bias channel it has one input more than its source."""
    fidelity: Fidelity
    """On the held-out stimulus, played by the software model."""
    before: Fidelity
    """The same of the network as it was matched, before it was tuned."""
    changes: tuple[Change, ...]
    """Everything that is not as it was in the source."""
    held_out: Stimulus = field(repr=False)
    """What fidelity was measured on, as the source heard it."""
    bias_period_us: int = 0
    """Period of the events on the bias channel [us]; 0: there is none."""

    def as_input(self, stimulus: Stimulus) -> Stimulus:
        """A stimulus of the source as the network of the chip hears it."""
        return with_clock(stimulus, self.bias_period_us) if self.bias_period_us else stimulus

    def record(self) -> dict[str, Any]:
        """JSON values."""
        return dict(self.network.provenance) | {
            "network": self.network.hash,
            "fidelity": self.fidelity.record(),
            "before_tuning": self.before.record(),
            "changes": [vars(change) for change in self.changes],
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
        news: called after every pass.

    Raises:
        InputError: STIMULUS, CHANNELS, TRIALS. NetworkError: NO_INPUT; SHAPE, LABELS of labels,
            before anything is tuned.

    Deterministic for a seed on one machine.
    """
    _check(source, stimulus, held_out)
    if held_out is None:
        stimulus, held_out = parted(stimulus, tuning.seed)
    _check_lasts(held_out)
    period_us = tuning.bias_period * round(source.dt * 1e6)
    spikes = respond(source, stimulus.counts(round(source.dt * 1e6)))
    target, played = source, held_out
    if period_us:
        target = with_bias_channel(source, tuning.bias_period)
        played, stimulus = with_clock(held_out, period_us), with_clock(stimulus, period_us)
        spikes[INPUT] = stimulus.counts(round(source.dt * 1e6))
    inside = stimulus.inside(round(source.dt * 1e6))
    fitted, changes, lessons = _matched(target, spikes, inside, tuning, legal, fit)

    def made() -> Network:
        return replace(fitted_network(target, fitted), labels=labels)

    before = _measured(source, made(), played, held_out)
    _tuned(fitted, lessons, lesson_together(target, spikes, inside), tuning, news)
    network = made()
    after = _measured(source, network, played, held_out)
    lost = losses(target, fitted, spikes, tuning.max_fan_in)
    clock = heard_biases(source, tuning.bias_period) if period_us else ()
    changes = (*source.changes, *changes, *clock, *lost)
    provenance = {
        "source": source.hash,
        "tuning": asdict(tuning),
        "bias_period_us": period_us,
        "stimulus": {"tuned": stimulus.hash, "measured": held_out.hash},
        "fidelity_software": after.record(),
        "changes": [str(change) for change in changes],
        "versions": versions(),
    }
    network = replace(network, provenance=provenance)
    return Conversion(network, after, before, changes, held_out, period_us)


def parted(stimulus: Stimulus, seed: int) -> tuple[Stimulus, Stimulus]:
    """Three quarters of the trials, and the rest, chosen by a seed."""
    order = np.random.default_rng((seed, 1)).permutation(stimulus.n_trials)
    edge = stimulus.n_trials - max(1, stimulus.n_trials // 4)
    return stimulus.select(np.sort(order[:edge])), stimulus.select(np.sort(order[edge:]))


def _matched(
    target: SourceNetwork, spikes: dict[str, np.ndarray], inside: np.ndarray, tuning: Tuning,
    legal: Legal, fit: FitLevels | None,
) -> tuple[list[Fitted], list[Change], list[Lesson]]:  # fmt: skip
    fitted, changes, lessons = [], [], []
    for p in target.populations:
        lessons.append(lesson_alone(target, p.name, spikes, inside))
        one, found = start(target, p.name, lessons[-1], tuning, legal, fit)
        fitted.append(one)
        changes += found
    return fitted, changes, lessons


def _tuned(
    fitted: list[Fitted], lessons: list[Lesson], together: Lesson, tuning: Tuning, news: News
) -> None:
    """Move the weights: each population for itself, then all of them."""
    for stage, (one, lesson) in enumerate(zip(fitted, lessons, strict=True)):
        play = partial(play_alone, one, lesson, tuning.mismatch)
        told = partial(news, one.source.name)
        tune([one.weights], lesson, play, tuning.epochs, tuning, stage, told)
    play, told = partial(play_together, fitted, together, tuning.mismatch), partial(news, "all")
    weights = [one.weights for one in fitted]
    tune(weights, together, play, tuning.together, tuning, len(fitted), told)
    for one in weights:
        if one.levels is None:  # no pass was long enough to come to the code
            one.quantise()


def _measured(
    source: SourceNetwork, network: Network, played: Stimulus, held_out: Stimulus
) -> Fidelity:
    recording = simulate(network, played, step_us=round(source.dt * 1e6))
    return fidelity(source, recording, held_out)


def _check(source: SourceNetwork, stimulus: Stimulus, held_out: Stimulus | None) -> None:
    for name, given in (("stimulus", stimulus), ("held_out", held_out)):
        if given is not None and not isinstance(given, Stimulus):
            raise InputError(
                f"{name} is a {type(given).__name__}: give a stimulus, of spike counts [trial, "
                f"step, channel] Stimulus.from_counts(counts, step_us={round(source.dt * 1e6)})",
                code="STIMULUS",
            )
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


def _check_lasts(held_out: Stimulus) -> None:
    if not held_out.duration_us.any():
        raise InputError(
            f"the {held_out.n_trials} trials to measure on last 0 us in all, so there are no rates "
            "to compare: give trials that last",
            code="TRIALS",
        )
