"""Populations of the chip while they are tuned: alone on their source's spikes, or all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..coefficients import Coefficients, coefficients
from ..mismatch import Draw, lumped_factors
from ..network import INPUT
from ..parameters import CURRENTS, NeuronParameters
from ..unrolling import unroll_events
from .matching import EXCITES, INHIBITS, Match
from .source import SourceNetwork, SourcePopulation
from .tuning import Lesson, Weights, split


@dataclass(frozen=True, eq=False)
class Fitted:
    """A population of the source, and what stands for it on the chip."""

    source: SourcePopulation
    """The population."""
    match: Match
    """Its currents on the chip."""
    rows: tuple[str, ...]
    """Where the rows of its weights come from: populations or 'input', one block each."""
    weights: Weights
    """Of all that it hears, [row, neuron]."""


def sheet(
    parts: Sequence[tuple[NeuronParameters, int]],
    dt: float,
    level: float = 0.0,
    seed: tuple[int, ...] = (0,),
    trials: int = 1,
) -> Coefficients:
    """Coefficients of populations side by side, [neuron], or under mismatch [trial, neuron]."""
    columns: dict[str, list[Tensor]] = {name: [] for name in CURRENTS}
    flags: dict[str, list[Tensor]] = {}
    for place, (parameters, size) in enumerate(parts):
        nominal = parameters.currents()
        shape = (trials, size) if level else (size,)
        factors = {}
        if level:
            number = int(np.random.SeedSequence((*seed, place)).generate_state(1)[0])
            drawn = lumped_factors(Draw(number, level, (trials, 1, size)), nominal)
            factors = {name: values[:, 0] for name, values in drawn.items()}
        for name in CURRENTS:
            values = np.broadcast_to(nominal[name] * factors.get(name, 1.0), shape)
            columns[name].append(torch.tensor(values, dtype=torch.float32))
        for name, on in parameters.switches().items():
            flags.setdefault(name, []).append(torch.full((size,), float(on)))
    currents = {name: torch.cat(values, -1) for name, values in columns.items()}
    switches = {name: torch.cat(values) for name, values in flags.items()}
    return coefficients(currents, switches, (EXCITES, INHIBITS), dt)


def heard(source: SourceNetwork, name: str, spikes: dict[str, np.ndarray]) -> np.ndarray:
    """What a population of the source hears, [trial, step, row]: rows as `rows_of`."""
    parts = []
    for row in rows_of(source, name):
        delays = {c.delay for c in source.connections if (c.source, c.target) == (row, name)}
        late = np.zeros_like(spikes[row])
        delay = min(delays)
        late[:, delay:] = spikes[row][:, : late.shape[1] - delay]
        parts.append(late)
    return np.concatenate(parts, 2)


def rows_of(source: SourceNetwork, name: str) -> tuple[str, ...]:
    """What a population hears, each once: the input first, then populations in their order."""
    order = [INPUT, *(p.name for p in source.populations)]
    used = {c.source for c in source.connections if c.target == name}
    return tuple(row for row in order if row in used)


def weights_of(source: SourceNetwork, name: str) -> np.ndarray:
    """Signed weights of all that a population hears, [row, neuron]; parallel ones are added."""
    blocks = []
    for row in rows_of(source, name):
        mine = [c.weights for c in source.connections if (c.source, c.target) == (row, name)]
        blocks.append(np.sum(mine, axis=0))
    return np.concatenate(blocks) if blocks else np.zeros((0, source.population(name).size))


def lags(source: SourceNetwork) -> dict[str, int]:
    """Steps by which each population of the chip is later than that of the source.

    An event acts one step later on the chip, on every way from the input; recurrence takes that
    step in the source, too. The longest way counts.
    """
    found = {INPUT: 0}
    for p in source.populations:
        ways = [c for c in source.connections if c.target == p.name]
        late = [found[c.source] + 1 - c.delay for c in ways if c.source in found]
        found[p.name] = max(late, default=1)
    return found


def lesson_alone(
    source: SourceNetwork, name: str, spikes: dict[str, np.ndarray], inside: np.ndarray
) -> Lesson:
    """A population by itself, on what its source hears."""
    size = source.population(name).size
    output = slice(0, size if name == source.output else 0)
    return Lesson(
        heard(source, name, spikes), _wanted([spikes[name]], [1]), _inside(inside), output,
        source.dt,
    )  # fmt: skip


def lesson_together(
    source: SourceNetwork, spikes: dict[str, np.ndarray], inside: np.ndarray
) -> Lesson:
    """All populations, on the input."""
    late, first, output = lags(source), 0, slice(0, 0)
    for p in source.populations:
        if p.name == source.output:
            output = slice(first, first + p.size)
        first += p.size
    names = [p.name for p in source.populations]
    wanted = _wanted([spikes[n] for n in names], [late[n] for n in names])
    return Lesson(spikes[INPUT], wanted, _inside(inside), output, source.dt)


def _wanted(spikes: list[np.ndarray], late: list[int]) -> Tensor:
    """Spikes of the source at the steps at which the chip has them; at most one in a step."""
    parts = []
    for values, lag in zip(spikes, late, strict=True):
        shifted = np.zeros_like(values)
        shifted[:, lag:] = np.minimum(values[:, : values.shape[1] - lag], 1.0)
        parts.append(shifted)
    return torch.tensor(np.concatenate(parts, 2), dtype=torch.float32)


def _inside(inside: np.ndarray) -> Tensor:
    return torch.tensor(inside[..., None], dtype=torch.float32)


def play_alone(
    fitted: Fitted, lesson: Lesson, level: float, chosen: np.ndarray, seed: tuple[int, ...]
) -> Tensor:
    """Spikes of one population, [trial, step, neuron]."""
    parts = [(fitted.match.parameters, fitted.source.size)]
    c = sheet(parts, lesson.dt, level, seed, len(chosen))
    w_rec = torch.zeros(fitted.source.size, 2, fitted.source.size)
    return unroll_events(c, lesson.counts[chosen], split(fitted.weights.held()), w_rec)


def play_together(
    fitted: Sequence[Fitted], lesson: Lesson, level: float, chosen: np.ndarray,
    seed: tuple[int, ...],
) -> Tensor:  # fmt: skip
    """Spikes of all populations, [trial, step, neuron]."""
    parts = [(f.match.parameters, f.source.size) for f in fitted]
    c = sheet(parts, lesson.dt, level, seed, len(chosen))
    total, offsets, first = sum(size for _, size in parts), {INPUT: 0}, 0
    for f in fitted:
        offsets[f.source.name] = first
        first += f.source.size
    w_in = torch.zeros(lesson.counts.shape[2], 2, total)
    w_rec = torch.zeros(total, 2, total)
    for f in fitted:
        currents, row = split(f.weights.held()), 0
        columns = slice(offsets[f.source.name], offsets[f.source.name] + f.source.size)
        for name in f.rows:
            size = lesson.counts.shape[2] if name == INPUT else _size(fitted, name)
            into = w_in if name == INPUT else w_rec
            into[offsets[name] : offsets[name] + size, :, columns] = currents[row : row + size]
            row += size
    return unroll_events(c, lesson.counts[chosen], w_in, w_rec)


def _size(fitted: Sequence[Fitted], name: str) -> int:
    return next(f.source.size for f in fitted if f.source.name == name)
