"""Single neurons for the tests: coefficients from parameters, a run from rest."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from analoop.models.coefficients import Coefficients, coefficients
from analoop.models.neuron import rest, step
from analoop.models.parameters import DENDRITES, NeuronParameters

Train = Mapping[str, Iterable[tuple[float, float]]]
"""Events of a neuron by dendrite: (time [s], weight current [A])."""


def coefficients_of(
    p: NeuronParameters, dt: float = 1e-3, dtype: torch.dtype = torch.float64
) -> Coefficients:
    """Coefficients of one neuron, or of as many as a run asks for."""

    def alike(value: float) -> Tensor:
        return torch.full((1,), float(value), dtype=dtype)

    currents = {name: alike(value) for name, value in p.currents().items()}
    switches = {name: alike(on) for name, on in p.switches().items()}
    return coefficients(currents, switches, DENDRITES, dt)


def spike_times(
    p: NeuronParameters, trains: Sequence[Train], duration: float, dt: float = 1e-3
) -> list[np.ndarray]:
    """Spike times [s] of neurons side by side, one per train; events lie on the grid of steps."""
    steps = round(duration / dt)
    drive = {d: np.zeros((steps, len(trains))) for train in trains for d in train}
    for k, train in enumerate(trains):
        for d, events in train.items():
            for t, weight in events:
                drive[d][round(t / dt), k] += weight
    count, time = run(coefficients_of(p, dt), drive, steps)
    at = [torch.nonzero(one)[:, 0] for one in count.unbind(1)]
    return [(row * dt + time[row, k]).numpy() for k, row in enumerate(at)]


def run(
    c: Coefficients, drive: Mapping[str, np.ndarray | Tensor], steps: int
) -> tuple[Tensor, Tensor]:
    """Counts and times within the step, [step, neuron], from rest; drive is [step, neuron]."""
    tensors = {d: torch.as_tensor(value) for d, value in drive.items()}
    width = max((value.shape[1] for value in tensors.values()), default=1)
    state = rest(c, (width,))
    counts, times = [], []
    for k in range(steps):
        state, spikes = step(c, state, {d: value[k] for d, value in tensors.items()})
        counts.append(spikes.count)
        times.append(spikes.time)
    return torch.stack(counts), torch.stack(times)
