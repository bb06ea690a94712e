"""What of a source network is not on the chip as it was, beyond what matching says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .sheets import Fitted, weights_of
from .source import NEUTRAL, Change, SourceNetwork, SourcePopulation, span


def losses(
    source: SourceNetwork, fitted: list[Fitted], spikes: dict[str, np.ndarray], fan_in: int
) -> Iterator[Change]:
    """Of thresholds, fan-in, weights, rate, reset, latency and delays.

    Args:
        source: the network.
        fitted: its populations on the chip.
        spikes: what it does, by population, [trial, step, neuron].
        fan_in: synapses a neuron may have.
    """
    for one, p in zip(fitted, source.populations, strict=True):
        yield from _threshold(p)
        yield from _fan_in(one, fan_in)
        yield from _weights(one, weights_of(source, p.name), fan_in)
        yield from _fast(p.name, spikes[p.name])
        if p.subtracts:
            detail = "a spike takes the threshold from the membrane; on the chip it sets it to 0"
            yield Change(p.name, "reset", "reinterpreted", detail)
        elif (p.reset != 0).any():
            detail = f"{span(p.reset)} above rest; on the chip it is 0"
            yield Change(p.name, "v_reset", "reinterpreted", detail)
        detail = f"the chip answers one step ({source.dt * 1e3:g} ms) later, layer by layer"
        yield Change(p.name, "latency", "reinterpreted", detail)
    delays: dict[tuple[str, str], set[int]] = {}
    for c in source.connections:
        delays.setdefault((c.source, c.target), set()).add(c.delay)
    for (name, target), found in delays.items():
        if len(found) > 1:
            yield Change(
                f"weights '{name}' -> '{target}'", "delay", "reinterpreted",
                f"ways of {sorted(found)} steps become one of {min(found)}",
            )  # fmt: skip


def heard_biases(source: SourceNetwork, period: int) -> Iterator[Change]:
    """Of biases that a channel of events stands for (bias_channel.py)."""
    for p in source.populations:
        if p.offset().any():
            yield Change(
                p.name, "bias", "reinterpreted",
                f"heard as events every {period} steps on input channel {source.n_inputs}, which "
                "has to be played with every stimulus",
            )  # fmt: skip


def _threshold(p: SourcePopulation) -> Iterator[Change]:
    if (np.abs(p.threshold - 1.0) > NEUTRAL).any():
        yield Change(
            p.name, "threshold", "reinterpreted",
            f"{span(p.threshold)} above rest; in the weights, as a population of the chip has one",
        )  # fmt: skip


def _fan_in(one: Fitted, limit: int) -> Iterator[Change]:
    there = one.weights.there.numpy().sum(0)
    over = there > limit
    if over.any():
        gone = int((there[over] - limit).sum())
        yield Change(
            one.source.name, "fan-in", "clipped",
            f"{int(over.sum())} of {one.source.size} neurons have up to {int(there.max())} "
            f"synapses, {limit} are kept: {gone} of {int(there.sum())} synapses dropped, the "
            "weakest of each neuron",
        )  # fmt: skip


def _weights(one: Fitted, told: np.ndarray, limit: int) -> Iterator[Change]:
    """Of those that the limit of synapses leaves.

    Args:
        told: the source's, [row, neuron].
    """
    there, held = one.weights.there.numpy().sum(0), one.weights.held().detach().numpy()
    kept, left = int(np.minimum(there, limit).sum()), int((held != 0).sum())
    if left < kept:
        yield Change(
            one.source.name, "weights", "dropped",
            f"{kept - left} of {kept} are 0 on the chip, the nearest to their tuned values of what "
            "its code holds",
        )  # fmt: skip
    turned = int((held * told * np.sign(one.source.gain) < 0).sum())
    if turned:
        detail = f"{turned} of {left} have the other sign: tuning moved them through 0"
        yield Change(one.source.name, "weights", "reinterpreted", detail)
    if one.weights.levels is not None:
        steps, values = (len(np.unique(np.abs(w[w != 0]))) for w in (held, told))
        if steps < values:
            detail = f"{values} different strengths become {steps}, which one core holds"
            yield Change(one.source.name, "weights", "reinterpreted", detail)


def _fast(name: str, spikes: np.ndarray) -> Iterator[Change]:
    many = spikes > 1
    if many.any():
        yield Change(
            name, "spikes per step", "clipped",
            f"{int(spikes[many].sum() - many.sum())} of {int(spikes.sum())} spikes came as second "
            "or later one of a step; a neuron of the chip is followed to one per step",
        )  # fmt: skip
