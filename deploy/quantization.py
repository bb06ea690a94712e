"""The weight quantiser: four base currents that serve all weights of a core, and 4-bit masks.

A synapse of the chip adds up any subset of its core's four base currents, so a core knows 16
magnitudes: the subset sums. This file chooses the four currents, among those the bias generator
really has, so that the summed squared error of all weights is least, and gives every weight the
nearest sum. Signs are the dendrite's business: here are magnitudes [A] only.

Method: alternate, from many starts at once, between the nearest subset sum of every weight and
the four currents that fit best (4 x 4 least squares); then take the best few and move them, one
and two currents at a time, through the generator's own table until nothing improves. Sorted
weights with prefix sums make the error of a candidate exact at the price of 15 binary searches.
No random numbers: same weights, same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..hw.bias import OVERREACH, Bias, LegalCurrents, legal_currents
from ..hw.chip import DYNAPSE2
from ..models.errors import InputError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

DEFAULT_CURRENTS = (1e-9, 2e-9, 4e-9, 8e-9)
"""Base currents of a core without weights: those of Rockpool [A]."""

RATIOS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.3, 2.7, 3.2, 4.0)
"""Ratios between neighbouring base currents at the starts of the search."""

REACHES = (1.0, 0.8, 0.6, 0.45, 0.33, 0.22, 0.13, 0.07)
"""Largest subset sums at the starts of the search [largest weight]."""

QUANTILES = 8
"""Quantiles of the weights; every four of them are one more start. Weights with no more values
than a core knows (weights read back from a chip, say) give every four of these values,
so base currents that are among them are found again."""

ROUNDS = 25
"""Alternations from each start; 2,500 random starts of 60 rounds find nothing 0.02 dB better."""

FINALISTS = 4
"""Fits that are searched further in the table of legal currents."""

SINGLE_MOVE, DOUBLE_MOVE = 16, 4
"""How far one current, and each of two, moves in one step of that search [table entries]."""


@dataclass(frozen=True)
class WeightCode:
    """The four base currents of one core, weakest first (bit 0 is SYAM_W0_P)."""

    biases: tuple[Bias, ...]
    """Settings of SYAM_W0_P .. SYAM_W3_P."""
    currents: tuple[float, ...]
    """Their currents, ascending [A]."""


def fit_weight_currents(magnitudes: ArrayLike, legal: LegalCurrents | None = None) -> WeightCode:
    """The base currents that fit these weight magnitudes [A] best; their shape does not matter.

    Zeros are weights without a synapse and do not count. `legal`: the currents to choose from,
    by default the nominal ones of the chip. `InputError` WEIGHT_INVALID for NaN, infinite or
    negative magnitudes, WEIGHT_UNREACHABLE if the largest exceeds the largest sum the currents
    can make by more than 10 % (within these 10 % it gets the largest sum).
    """
    legal = legal_currents(DYNAPSE2.weight_parameters[0]) if legal is None else legal
    values = np.sort(_checked(magnitudes).ravel())
    values = values[values > 0]
    if not values.size:
        return _code(legal, _snap(legal.amps, np.array(DEFAULT_CURRENTS)))
    _check_reach(values[-1], legal.amps[-1] * DYNAPSE2.weight_bits)
    unit = max(values[-1], legal.amps[0])  # weights below the weakest current stay finite
    weights, table = _SortedWeights(values / unit), legal.amps / unit
    fits = _alternate(weights, _starts(weights.values), table)
    ranked = fits[np.argsort(weights.errors(fits), kind="stable")]
    finalists = list(dict.fromkeys(tuple(_snap(table, fit)) for fit in ranked))[:FINALISTS]
    searched = [_descend(weights, table, np.array(finalist)) for finalist in finalists]
    errors = weights.errors(table[np.array(searched)])
    return _code(legal, _replace(weights, table, searched[int(np.argmin(errors))]))


def subset_sums(currents: ArrayLike) -> Floats:
    """Magnitude of every mask [A]: element m adds the currents whose bit is set in m."""
    amps = np.asarray(currents, dtype=np.float64)
    return _bits(amps.size) @ amps


def encode_masks(weights: ArrayLike, currents: ArrayLike) -> NDArray[np.uint8]:
    """Mask of the nearest subset sum for every weight magnitude [A]; same shape as `weights`.

    Of two equally near sums the smaller, of several masks with the same sum the smallest.
    """
    sums = subset_sums(currents)
    order = np.argsort(sums, kind="stable")
    order = order[np.concatenate([[True], np.diff(sums[order]) > 0])]
    levels = sums[order]
    middles = (levels[1:] + levels[:-1]) / 2
    return order.astype(np.uint8)[np.searchsorted(middles, _checked(weights))]


def decode_masks(masks: ArrayLike, currents: ArrayLike) -> Floats:
    """Magnitudes [A] that these masks select; same shape as `masks`."""
    return subset_sums(currents)[np.asarray(masks)]


def nearest_levels(weights: ArrayLike, currents: ArrayLike) -> Floats:
    """Every weight magnitude as the chip would hold it [A]; same shape as `weights`."""
    return decode_masks(encode_masks(weights, currents), currents)


def snr_db(weights: ArrayLike, quantised: ArrayLike) -> float:
    """Signal-to-noise ratio of a quantisation, 20 log10(|w| / |q - w|) [dB]; inf if exact."""
    signal = np.asarray(weights, dtype=np.float64).ravel()
    noise = np.linalg.norm(np.asarray(quantised, dtype=np.float64).ravel() - signal)
    if noise == 0:
        return float("inf")
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(np.linalg.norm(signal) / noise))


class _SortedWeights:
    """Sorted magnitudes with prefix sums: the exact squared error of many candidates at once.

    A candidate is a row of four currents; shape (candidate, 4), in units of the largest weight.
    """

    def __init__(self, values: Floats):
        self.values = values
        self._sums = np.concatenate([[0.0], np.cumsum(values)])
        self._square = float(values @ values)
        self.rounding = 1e-12 * self._square
        """Errors that differ by less are equal: a search that followed rounding could cycle."""

    def cells(self, currents: Floats) -> tuple[Indices, Floats, Indices, Floats]:
        """Masks by ascending sum, the sums, and of the weights nearest to each: count and sum."""
        sums = currents @ _bits(currents.shape[1]).T
        masks = np.argsort(sums, axis=1, kind="stable")
        levels = np.take_along_axis(sums, masks, axis=1)
        edges = np.zeros((len(sums), levels.shape[1] + 1), dtype=np.int64)
        middles = (levels[:, 1:] + levels[:, :-1]) / 2
        edges[:, 1:-1] = np.searchsorted(self.values, middles, side="right")
        edges[:, -1] = self.values.size
        return masks, levels, np.diff(edges), np.diff(self._sums[edges])

    def errors(self, currents: Floats) -> Floats:
        """Summed squared error of each candidate; shape (candidate,)."""
        _, levels, counts, sums = self.cells(currents)
        return self._square + (levels * (levels * counts - 2 * sums)).sum(axis=1)


def _alternate(weights: _SortedWeights, currents: Floats, table: Floats) -> Floats:
    """Nearest sums, then least squares for the currents, for every start; shape (start, 4)."""
    bits = _bits(currents.shape[1])
    ridge = 1e-9 * weights.values.size * np.eye(currents.shape[1])  # bits that no weight uses
    for _ in range(ROUNDS):
        masks, _, counts, sums = weights.cells(currents)
        used = bits[masks]  # (start, mask by sum, bit)
        normal = np.swapaxes(used, 1, 2) @ (used * counts[:, :, None]) + ridge
        right = np.swapaxes(used, 1, 2) @ sums[:, :, None]
        currents = np.linalg.solve(normal, right)[:, :, 0].clip(table[0], table[-1])
    return currents


def _starts(values: Floats) -> Floats:
    """Currents to start from: geometric series of many reaches, and quantiles of the weights."""
    series = np.array(RATIOS)[:, None] ** np.arange(DYNAPSE2.weight_bits)
    series = series / series.sum(axis=1, keepdims=True)
    scaled = (series[:, None, :] * np.array(REACHES)[:, None]).reshape(-1, DYNAPSE2.weight_bits)
    distinct = values[np.concatenate([[True], np.diff(values) > 0])]
    few = QUANTILES < distinct.size < 2**DYNAPSE2.weight_bits
    number = distinct.size if few else QUANTILES
    chosen = np.linspace(0, distinct.size - 1, number).round().astype(int)
    quantiles = list(combinations(distinct[chosen], DYNAPSE2.weight_bits))
    return np.concatenate([scaled, quantiles])


def _snap(table: Floats, currents: Floats) -> Indices:
    """Index in the ascending table of the nearest entry to each current, ascending."""
    return np.sort(np.searchsorted((table[1:] + table[:-1]) / 2, currents))


def _descend(weights: _SortedWeights, table: Floats, index: Indices) -> Indices:
    """Move one or two currents a little way through the table until nothing improves."""
    error, moves = weights.errors(table[index][None])[0], _moves(index.size)
    while True:
        candidates = np.clip(index + moves, 0, table.size - 1)
        errors = weights.errors(table[candidates])
        best = int(np.argmin(errors))
        if errors[best] >= error - weights.rounding:
            return index
        index, error = candidates[best], errors[best]


def _replace(weights: _SortedWeights, table: Floats, index: Indices) -> Indices:
    """Try every legal current in the place of each of the four until nothing improves."""
    while True:
        error = weights.errors(table[index][None])[0]
        candidates = _replacements(index, table.size)
        errors = weights.errors(table[candidates])
        best = int(np.argmin(errors))
        if errors[best] >= error - weights.rounding:
            return np.sort(index)
        index = _descend(weights, table, candidates[best])


def _replacements(index: Indices, entries: int) -> Indices:
    """Every choice that differs from this one in one place; shape (choice, 4)."""
    choices = np.tile(index, (index.size, entries, 1))
    for place in range(index.size):
        choices[place, :, place] = np.arange(entries)
    return choices.reshape(-1, index.size)


def _moves(bits: int) -> Indices:
    """Every step of one current and of two; shape (step, bit) [table entries]."""
    single = np.arange(-SINGLE_MOVE, SINGLE_MOVE + 1)
    double = np.arange(-DOUBLE_MOVE, DOUBLE_MOVE + 1)
    steps = [np.outer(single, unit) for unit in np.eye(bits, dtype=np.int64)]
    for first, second in combinations(np.eye(bits, dtype=np.int64), 2):
        grid = np.stack(np.meshgrid(double, double), axis=-1).reshape(-1, 2)
        steps.append(grid @ np.stack([first, second]))
    return np.concatenate(steps)


def _code(legal: LegalCurrents, index: Indices) -> WeightCode:
    biases = tuple(legal.bias(int(i)) for i in index)
    return WeightCode(biases, tuple(float(amps) for amps in legal.amps[index]))


def _bits(bits: int) -> Floats:
    """Bit k of every mask as 0.0 or 1.0; shape (mask, bit)."""
    return ((np.arange(2**bits)[:, None] >> np.arange(bits)) & 1).astype(np.float64)


def _checked(magnitudes: ArrayLike) -> Floats:
    values = np.asarray(magnitudes, dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        message = (
            f"{int(wrong.sum())} of {values.size} weight magnitudes are no currents, the first is "
            f"{values[wrong][0]}: give finite magnitudes [A]; signs belong to the dendrite"
        )
        raise InputError(message, code="WEIGHT_INVALID")
    return values


def _check_reach(largest: float, reach: float) -> None:
    if largest > reach * (1 + OVERREACH):
        message = (
            f"the largest weight is {largest:.4g} A, the largest sum of base currents "
            f"{reach:.4g} A: scale the weights down by {largest / reach:.3g}"
        )
        raise InputError(message, code="WEIGHT_UNREACHABLE")
