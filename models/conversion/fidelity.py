"""How alike a network on the chip is to its source: rates, labels, spike counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..recording import Recording, Stimulus
from .source import SourceNetwork
from .source_simulation import respond

RATE_CORRELATION, LABEL_AGREEMENT = 0.95, 0.97
"""What a conversion has to reach on input it was not tuned on."""


@dataclass(frozen=True)
class Fidelity:
    """A network on the chip against its source, on one stimulus."""

    rate_correlation: float
    """Pearson's, of the spike counts of all neurons in all trials; nan if one side is constant."""
    output_correlation: float
    """The same of the output population alone."""
    label_agreement: float
    """Share of the trials with a single winner, an output neuron that fires more than all others,
    in which the chip has the same one; nan if the source has none in any: nothing is judged."""
    undecided: int
    """Trials in which the source itself has no single winner; labels are not compared there."""
    rates_hz: dict[str, tuple[float, float]]
    """Mean rate of each population, source and chip [Hz]."""
    trials: int
    """Trials compared."""
    stimulus: str
    """Hash of the stimulus."""
    target: str
    """What played the network: 'software', 'simulated' or 'measured'."""

    @property
    def passed(self) -> bool:
        """Whether rates and labels agree as well as a conversion has to; not if one of them could
        not be judged."""
        return self.rate_correlation >= RATE_CORRELATION and self.label_agreement >= LABEL_AGREEMENT

    def record(self) -> dict[str, Any]:
        """JSON values; what is not defined is None."""
        rates = {name: list(pair) for name, pair in self.rates_hz.items()}
        plain = {n: None if v != v else v for n, v in vars(self).items()}
        return plain | {"rates_hz": rates, "passed": self.passed}


def fidelity(source: SourceNetwork, recording: Recording, stimulus: Stimulus) -> Fidelity:
    """Compare a recording of the converted network with what its source does.

    Args:
        source: the network that was converted.
        recording: of the converted network, all neurons in model order.
        stimulus: what was played to it.
    """
    spikes = respond(source, stimulus.counts(round(source.dt * 1e6)))
    inside = stimulus.inside(round(source.dt * 1e6))
    ours, theirs, rates, first = [], [], {}, 0
    seconds = float(stimulus.duration_us.sum()) * 1e-6
    outputs = np.zeros((0, 0)), np.zeros((0, 0))
    for p in source.populations:
        told = (spikes[p.name] * inside[..., None]).sum(1)
        made = recording.counts[:, first : first + p.size].astype(np.float64)
        first += p.size
        theirs.append(told)
        ours.append(made)
        rates[p.name] = tuple(float(n.sum() / seconds / p.size) for n in (told, made))
        if p.name == source.output:
            outputs = told, made
    told, made = outputs
    decided = winners(told) >= 0
    return Fidelity(
        rate_correlation=_correlation(np.concatenate(theirs, 1), np.concatenate(ours, 1)),
        output_correlation=_correlation(told, made),
        label_agreement=_agreement(told[decided], made[decided]),
        undecided=int((~decided).sum()),
        rates_hz=rates,
        trials=stimulus.n_trials,
        stimulus=stimulus.hash,
        target=str(recording.board["target"]),
    )


def winners(counts: np.ndarray) -> np.ndarray:
    """The neuron that fires more than all others in each trial, int64 [trial]; -1: there is none.

    Args:
        counts: spikes, [trial, neuron].
    """
    best = counts.max(1, keepdims=True)
    single = (best[:, 0] > 0) & ((counts == best).sum(1) == 1)
    return np.where(single, counts.argmax(1), -1)


def _agreement(told: np.ndarray, made: np.ndarray) -> float:
    """Of trials that the source decides."""
    return float((winners(told) == winners(made)).mean()) if len(told) else float("nan")


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
