"""Mismatch as it was measured on a DYNAP-SE1, with what was not measured filled in.

A factor is log-normal in the current, with median 1:

    ln f = level (chip + core + sd(s) local [- outlier])
    local = sqrt(g) gradient + sqrt(1 - g - e) frozen + sqrt(e) at_setting,  variance 1 in a core
    sd(s) = sqrt(ln(1 + cv(s)^2)),   cv(s) = cv s^cv_exponent,  s clipped to what was measured

`frozen` is the neuron's own; `at_setting` is drawn anew for every value the bias can be set to, so
that a neuron's rank mostly, not fully, survives another setting. `gradient` is linear along the
neuron index of a core with a sign per core. The set value s is the time constant [ms] of a leak
current and the EPSP [mV] of a weight current; the other currents have no law and need none.
Numbers, and which of them are assumed: data/mismatch.csv.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .mismatch_draw import Draw
from .mismatch_table import numbers_of
from .parameters import CONSTANTS


def measured_factor(draw: Draw, name: str, nominal: ArrayLike) -> np.ndarray:
    """Factors of one parameter, float64 [chip, core, neuron]; see `mismatch.sample_factor`."""
    law, random = numbers_of("measured", name), draw.random(name)
    chips, cores, _ = draw.shape
    random.standard_normal((chips, 1, 1))  # those of part 0 are the chip's
    logarithm = law["chip_sd"] * draw.of_chip(name)
    logarithm = logarithm + law["core_sd"] * random.standard_normal((chips, cores, 1))
    if law["cv"]:
        amps = np.broadcast_to(np.asarray(nominal, np.float64), (chips, cores))
        sd = np.sqrt(np.log1p(spread(name, amps) ** 2))[..., None]
        logarithm = logarithm + sd * _local(draw, name, amps, random)
    if "outlier_share" in law:
        logarithm = logarithm - _outliers(law, random, draw.shape)
    factor = np.exp(draw.level * logarithm)
    return np.broadcast_to(factor, draw.shape)


def spread(name: str, amps: np.ndarray) -> np.ndarray:
    """Coefficient of variation of a parameter within a core at nominal currents [A]."""
    law = numbers_of("measured", name)
    if "cv_exponent" not in law:
        return np.full(np.shape(amps), law["cv"])
    value = np.clip(_set_value(name, amps, law), law["set_low"], law["set_high"])
    return law["cv"] * value ** law["cv_exponent"]


def doubled_weights(draw: Draw, dendrite: str) -> np.ndarray:
    """1, or 2 for the neurons whose weights are doubled, [chip, core, neuron]; whatever the level.

    Measured for fast excitation (AMPA) only; 1 everywhere for other dendrites.
    """
    law = numbers_of("measured", f"weight_{dendrite}")
    share = law.get("doubled_share", 0.0)
    hit = draw.random(f"doubled_{dendrite}").random(draw.shape) < share
    return np.where(hit, law.get("doubled_factor", 1.0), 1.0)


def _set_value(name: str, amps: np.ndarray, law: Mapping[str, float]) -> np.ndarray:
    """What the measurement set: a time constant [ms] or an EPSP [mV]."""
    kind, _, circuit = name.rpartition("_")
    if kind == "i_tau":
        capacitance = getattr(CONSTANTS, f"c_{circuit}")
        return 1e3 * capacitance * CONSTANTS.u_t / (CONSTANTS.kappa * amps)
    return law["anchor_set"] * amps / law["anchor_current"]


def _local(draw: Draw, name: str, amps: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Standard deviations from the mean of the core, [chip, core, neuron]."""
    law = numbers_of("measured", name)
    gradient, setting = law["gradient_share"], law["setting_share"]
    frozen = random.standard_normal(draw.shape)
    sign = 2 * random.integers(0, 2, (*draw.shape[:2], 1)) - 1
    slope = np.sqrt(gradient) * sign * _ramp(draw.shape[2])
    own = np.sqrt(1 - gradient - setting) * frozen
    return slope + own + np.sqrt(setting) * _at_setting(draw, name, amps)


def _ramp(neurons: int) -> np.ndarray:
    """Linear along the neuron index, with mean 0 and variance 1."""
    index = np.arange(neurons) - (neurons - 1) / 2
    return index / max(index.std(), 1e-12)


def _at_setting(draw: Draw, name: str, amps: np.ndarray) -> np.ndarray:
    """Standard normal numbers that belong to the value a bias is set to, [chip, core, neuron].

    Six digits name the value: legal currents lie further apart, machines agree to more.
    """
    normal = np.zeros(draw.shape)
    for value in np.unique(amps):
        there = (amps == value)[..., None]
        normal = np.where(there, draw.normal(f"{name} at {value:.5e} A"), normal)
    return normal


def _outliers(law: Mapping[str, float], random: np.random.Generator, shape) -> np.ndarray:
    """Logarithm by which a time constant is longer, 0 for most neurons, [chip, core, neuron]."""
    hit = random.random(shape) < law["outlier_share"]
    low, high = np.log(law["outlier_least"]), np.log(law["outlier_most"])
    return np.where(hit, low + (high - low) * random.random(shape), 0.0)
