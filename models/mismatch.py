"""Device mismatch: frozen factors by which the currents of one chip differ from nominal.

A factor is log-normal, exp(level * sd * N(0, 1)), so a current never becomes negative; it has
a part that all neurons of a core share and a part of each neuron. Spreads come from
`data/mismatch.csv`, each marked measured or assumed. Level 0 gives factors of exactly 1.
"""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

MISMATCH_VERSION = "analoop-mismatch-1"
"""Names the spreads and the sampling; changes whenever a seed would give another chip."""


@dataclass(frozen=True)
class Spread:
    """Spread of one class of currents, as the standard deviation of the logarithm [1]."""

    parameters: tuple[str, ...]
    """Currents of the class; each is drawn on its own."""
    name: str
    """Name of the class."""
    neuron_sd: float
    """Between neurons of a core."""
    core_sd: float
    """Between cores."""
    basis: str
    """'measured' or 'assumed'."""
    source: str
    """Where the number comes from."""


@cache
def spreads() -> tuple[Spread, ...]:
    """The spreads shipped with the package."""
    text = (files("analoop.models") / "data" / "mismatch.csv").read_text(encoding="utf-8")
    return tuple(
        Spread(
            tuple(row["parameters"].split()),
            row["class"],
            float(row["neuron_sd"]),
            float(row["core_sd"]),
            row["basis"],
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def sample_factors(
    seed: int, level: float, cores: int, neurons: int, stream: int = 0
) -> dict[str, np.ndarray]:
    """Draw the factors of one chip.

    Args:
        seed: names the chip; the same seed gives the same chip on any machine.
        level: scales every spread; 1 is the shipped table, 0 is a nominal chip.
        cores, neurons: cores of the chip, neurons of a core.
        stream: which chip of a board.

    Returns:
        For every current (and base weight current i_w0..i_w3), float64 factors [core, neuron].
        Each current has a random stream of its own, so adding one changes no other.
    """
    factors = {}
    for spread in spreads():
        for name in spread.parameters:
            key = np.random.SeedSequence([seed, stream, zlib.crc32(name.encode())])
            normal = np.random.default_rng(key)
            core = normal.standard_normal((cores, 1))
            neuron = normal.standard_normal((cores, neurons))
            logarithm = level * (spread.core_sd * core + spread.neuron_sd * neuron)
            factors[name] = np.exp(logarithm)
    return factors
