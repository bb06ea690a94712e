"""Whether the GPU of this machine may be taken unasked: it is tried first, on a small sheet.

What it plays must be what the processor plays, spike for spike; and the time that both take says
from which number of neurons side by side on it is worth while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from . import gpu
from .coefficients import Coefficients, coefficients
from .parameters import DENDRITES, NeuronParameters
from .runner import Device, Runner, processors
from .wiring import Drive, Run, Wiring, drive, wire

CHIPS, TRIALS, NEURONS, OUTSIDE, STEPS = 2, 4, 64, 8, 300
"""Of the small sheet."""

GAIN = 2.0
"""How many times faster a GPU must be by the trial to be taken: the trial is small."""


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    doubt: str
    """Why the GPU is not taken unasked; '': it plays what the processor plays."""
    gpu_step_s: float
    """A step of the small sheet on the GPU [s], nearly all of which is the same for any sheet."""
    neuron_step_s: float
    """A neuron's step on one processor [s]."""

    def takes(self, neurons: int) -> bool:
        """Whether the GPU is worth while for so many neurons, of all chips and trials together."""
        here = neurons * self.neuron_step_s / processors()
        return not self.doubt and here > GAIN * self.gpu_step_s


def trial(device: Device = "cuda") -> Trial:
    """Play small sheets on both; seconds, most of them for what is loaded at the first use.

    Some of the neurons excite themselves where spikes are compared; none where time is taken.
    """
    here = Runner(device="cpu", workers=1)
    mixed, plain = small_sheet(NEURONS // 2), small_sheet(0)
    neuron_step_s = seconds_of(lambda: here.run(*plain)) / (CHIPS * TRIALS * NEURONS * STEPS)
    try:
        alike = same(here.run(*mixed), gpu.run(*mixed, device=device))
        gpu_step_s = seconds_of(lambda: gpu.run(*plain, device=device)) / STEPS
    except Exception as error:  # whatever a driver raises: the processor is there
        return Trial(f"it failed: {type(error).__name__}: {error}", np.inf, neuron_step_s)
    return Trial("" if alike else "its spikes are not the processor's", gpu_step_s, neuron_step_s)


def same(one: Run, other: Run) -> bool:
    """Whether two runs have the same spikes, at the same moments to a nanosecond."""
    names = ("chip", "trial", "step", "neuron")
    if any(not np.array_equal(getattr(one, n), getattr(other, n)) for n in names):
        return False
    return bool(len(one.neuron)) and bool(np.abs(one.within - other.within).max() < 1e-9)


def seconds_of(play: Callable[[], Run]) -> float:
    """The shortest of three times it takes [s]; by the second one everything is loaded."""
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        play()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def small_sheet(exponential: int) -> tuple[Coefficients, Wiring, Drive]:
    """Neurons with all dendrites, excited and inhibited, so many of them with an exponential soma;
    no two chips alike."""
    rng = np.random.default_rng(0)
    nominal = [NeuronParameters.from_times(), NeuronParameters.from_times(soma="exponential")]
    circuits = [nominal[n < exponential] for n in range(NEURONS)]

    def of_chips(name: str) -> torch.Tensor:
        factor = np.exp(0.1 * rng.standard_normal((CHIPS, 1, NEURONS)))
        return torch.tensor(np.array([getattr(p, name) for p in circuits]) * factor)

    switches = {
        name: torch.tensor([float(p.switches()[name]) for p in circuits])
        for name in nominal[0].switches()
    }
    currents = {name: of_chips(name) for name in nominal[0].currents()}
    c = coefficients(currents, switches, DENDRITES, 1e-3)
    sources = NEURONS + OUTSIDE
    source, slot = np.nonzero(rng.random((sources, len(DENDRITES) * NEURONS)) < 0.1)
    scale = np.array([2e-9, 1e-9, 1e-9, 1e-11])[slot // NEURONS]
    reached = [np.flatnonzero(source == s) for s in range(sources)]
    weight = rng.random((CHIPS, len(slot))) * scale
    of, step, line = np.nonzero(rng.random((TRIALS, STEPS, OUTSIDE)) < 0.15)
    events = drive(np.full(TRIALS, STEPS), of, step, NEURONS + line)
    return c, wire(reached, slot, weight), events
