"""How a host decides the trials of a network from the spikes of its output neurons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .decision import decide
from .errors import InputError
from .tasks.samples import DT_S

STEP_US = round(DT_S * 1e6)
"""Of what a host follows [us]."""
MOST_RELATIVE = 1.5
"""A second half that fires more than so many times its reference is taken to fire so often: on a
chip that strays far, single neurons drive it, and what they do says nothing of the rest [1]."""


@dataclass(frozen=True)
class Difference:
    """A host that follows through a trial, in steps of `DT_S`, by how much one half of the output
    neurons fires more than the other, and decides by that course (decision.py); relative to what
    the second half fired, where there is a reference, once the trial is over.

    Raises:
        InputError: READOUT, at construction.
    """

    tau_s: float
    """Time constant of the host's low-pass [s]."""
    full_hz: float
    """Difference of the halves' mean rates that reads as 1 [Hz]."""
    signed: bool
    """Whether "0" has an output of its own, -1; else it is decided by the boundary."""
    boundary: float = 0.0
    """What the integral of the output has to exceed for "1", unless signed."""
    reference_hz: float = 0.0
    """Mean rate of the second half over a trial, on a nominal chip, that the output is read
    relative to, see `read_relative` [Hz]; 0: it is read as it is."""

    def __post_init__(self) -> None:
        found = {"tau_s": self.tau_s, "full_hz": self.full_hz}
        wrong = [f"{name} is {x}" for name, x in found.items() if not 0 < x < math.inf]
        limits = {"boundary": self.boundary, "reference_hz": self.reference_hz}
        wrong += [f"{name} is {x}" for name, x in limits.items() if not 0 <= x < math.inf]
        if wrong:
            raise InputError(
                f"a host cannot decide so: {', '.join(wrong)}; take finite numbers, tau_s and "
                "full_hz above 0, a boundary and reference_hz of 0 or more",
                code="READOUT",
            )

    def output(self, spikes: np.ndarray) -> np.ndarray:
        """What the host decides by, float32 [trial, step], of spikes [trial, step, output
        neuron]."""
        output = course(spikes, self.tau_s, self.full_hz)
        return read_relative(output, second_half_hz(spikes), self.reference_hz)

    def answers(self, spikes: np.ndarray) -> np.ndarray:
        """1, 0, or -1 for none, int64 [trial], of spikes [trial, step, output neuron]."""
        return decide(self.output(spikes), self.signed, self.boundary)


VERSIONS = (1, 2, 3)
"""Of files of networks and programs: without a `Difference`; with one; with one that has a
`reference_hz`. Who reads only the earlier would not know of it."""


def version_of(difference: Difference | None) -> int:
    """Of a file."""
    if difference is None:
        return 1
    return 3 if difference.reference_hz else 2


def difference_of(header: Mapping[str, Any]) -> Difference | None:
    """From the header of a file of a network or program."""
    return Difference(**header["difference"]) if "difference" in header else None


def header_of(difference: Difference | None) -> dict[str, Any]:
    """For the header of a file; nothing of what there is none of, so that such files keep their
    hash."""
    if difference is None:
        return {}
    parts = dict(vars(difference))
    if not difference.reference_hz:
        del parts["reference_hz"]
    return {"difference": parts}


def most(counts: np.ndarray) -> np.ndarray:
    """Which of some counts [trial, candidate] is the largest, int64 [trial]: the first of equals,
    -1 if all are 0."""
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def course(spikes: np.ndarray, tau_s: float, full_hz: float) -> np.ndarray:
    """By how much the first half fires more, low-passed, float32 [trial, step]; arguments as those
    of `Difference`."""
    from scipy.signal import lfilter  # slow to import, and seldom wanted

    keep = np.exp(-DT_S / tau_s)
    found = np.asarray(lfilter([1 - keep], [1, -keep], lead(spikes).astype(np.float64)))
    return (found / (DT_S * full_hz)).astype(np.float32)


def lead(spikes: Any) -> Any:
    """By how much the first half of the output neurons fires more in each step, [..., step], of
    spikes [..., step, output neuron]; an array of one, a tensor of the other."""
    half = spikes.shape[-1] // 2
    return spikes[..., :half].mean(-1) - spikes[..., half:].mean(-1)


def second_half_hz(spikes: np.ndarray) -> np.ndarray:
    """Mean rate of the second half of the output neurons over each trial [Hz], float64 [trial], of
    spikes [trial, step, output neuron]; 0 of a trial without steps."""
    second = spikes[..., spikes.shape[-1] // 2 :]
    places = max(second.shape[-2] * second.shape[-1], 1)
    return second.sum((-2, -1), dtype=np.float64) / (places * DT_S)


def read_relative(output: np.ndarray, rate_hz: np.ndarray, reference_hz: float) -> np.ndarray:
    """The output relative to what the second half fired, float32 [trial, step]: divisive
    normalisation.

        2 / (1 + a) * output,   a = min(rate_hz / reference_hz, `MOST_RELATIVE`)

    What neurons of a chip have in common makes both halves of the output fire more, or less, than
    on a nominal chip, where a is about 1 in the mean of many trials. Single ones are read up to
    twice as strong, where the second half is silent, down to .8 times.

    Args:
        output: as `course` has it.
        rate_hz: of the second half [trial], see `second_half_hz`.
        reference_hz: its mean on a nominal chip; 0: the output is as it is.
    """
    if not reference_hz:
        return output
    relative = np.minimum(rate_hz / reference_hz, MOST_RELATIVE)
    return output * (2 / (1 + relative)).astype(np.float32)[..., None]


@dataclass(frozen=True)
class Readout:
    """Which neurons answer, and how. Without `difference` the neuron that fires most does, or the
    label whose neurons do together."""

    columns: slice
    """Model neurons of the output population."""
    labels: tuple[str, ...] = ()
    """What each output neuron stands for, or nothing; nothing with a `difference`."""
    difference: Difference | None = None
    """How else a host decides."""

    @property
    def distinct(self) -> tuple[str, ...]:
        """Labels, each once, in the order in which they first appear: a decision is a place
        here."""
        return tuple(dict.fromkeys(self.labels))

    @property
    def n_answers(self) -> int:
        """Decisions are 0 to one less than this; -1 is none."""
        if self.difference is not None:
            return 2
        return len(self.distinct) or self.columns.stop - self.columns.start

    @property
    def kind(self) -> str:
        """What a decision is."""
        if self.difference is not None:
            return "answer"
        repeated = len(self.distinct) < len(self.labels)
        several = "label (equal ones count once)" if repeated else "label"
        return several if self.labels else "output neuron"

    def name_of(self, decision: int) -> str:
        """A decision in words."""
        if decision < 0:
            return "nothing"
        return self.distinct[decision] if self.labels else f"{self.kind} {decision}"
