"""What is fitted of a neuron, which currents it stands for, and how wide it is beforehand.

All are factors over nominal. Spikes show some products only, so one can stand for several currents:

    tau_mem, tau_<dendrite>, tau_ahp, refractory    1 / factor of the current behind the time
    gain_<dendrite>     current into the soma per event: weight currents, their generators, gain
                        current and pulse width of the dendrite together
    threshold           threshold over the gain current of the soma: their ratio makes spikes
    scale               both of these together; hardly shows, and is fitted so as not to disturb
    w_ahp               adaptation per own spike: weight, gain current and pulse width together
    dc, gate            the current of that circuit; as w_ahp, where a neuron has it

In a twin the gain is in the factor `weight_<dendrite>`; the other currents it contains, and those
of no effect on their own, have factors of exactly 1 (`CONTAINED`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...hw.circuits import WEIGHT_TO_REGISTER
from ...hw.decoding import Circuits
from ...models.mismatch import numbers_of, spread
from ...models.parameters import DENDRITES

ALWAYS = ("tau_mem", "threshold", "scale", "refractory")
"""Fitted for every neuron."""

SWITCHED = {"adaptation": ("tau_ahp", "w_ahp"), "dc": ("dc",), "nmda_gate": ("gate",)}
"""Fitted where a neuron has the circuit."""

CONTAINED = (
    *WEIGHT_TO_REGISTER,
    "i_pulse",
    *(f"i_gain_{d}" for d in DENDRITES),
    "i_gain_ahp",
    "i_pulse_ahp",
)
"""What is contained in a gain or in w_ahp; 1 in a twin."""

_CURRENTS = {"refractory": "i_refractory", "w_ahp": "i_w_ahp", "dc": "i_dc", "gate": "i_nmda_gate"}


def fitted_names(circuits: Circuits) -> tuple[str, ...]:
    """Names of what these circuits let us fit, in a fixed order."""
    names = list(ALWAYS)
    for dendrite in circuits.dendrites:
        names += [f"tau_{dendrite}", f"gain_{dendrite}"]
    for switch, more in SWITCHED.items():
        if circuits.switches[switch].any():
            names += more
    return tuple(names)


def current_factors(factors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Factors of currents, as models/mismatch.py names them, of what was fitted."""
    found = {}
    for name, value in factors.items():
        kind, _, what = name.partition("_")
        if kind == "gain":
            found[f"weight_{what}"] = value
        elif kind == "tau":
            found[f"i_{name}"] = 1.0 / value
        elif name == "threshold":
            found["i_threshold"] = value * factors["scale"]
        elif name == "scale":
            found["i_gain_mem"] = value
        else:
            found[_CURRENTS[name]] = 1.0 / value if name == "refractory" else value
    return found


def fitted_factors(currents: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inverse of `current_factors`; 'weight_<dendrite>' holds the whole gain, and what is not
    known of the scale is 1."""
    scale = np.nan_to_num(currents.get("i_gain_mem", np.ones(1)), nan=1.0)
    found = {}
    back = {current: name for name, current in _CURRENTS.items()}
    for name, value in currents.items():
        if name.startswith("weight_"):
            found[name.replace("weight", "gain")] = value
        elif name.startswith("i_tau_"):
            found[name.removeprefix("i_")] = 1.0 / value
        elif name == "i_threshold":
            found["threshold"] = value / scale
        elif name == "i_gain_mem":
            found["scale"] = value
        elif name in back:
            found[back[name]] = 1.0 / value if name == "i_refractory" else value
    return found


def shown_by(current: str) -> str:
    """What is fitted that tells this current."""
    return next(iter(fitted_factors({current: np.ones(1)})))


def prior_sd(circuits: Circuits, names: tuple[str, ...]) -> np.ndarray:
    """Standard deviation of the logarithm of every factor beforehand, [name, circuit row].

    From models/data/mismatch.csv: the spreads of chips, cores and neurons, at the currents set.
    """
    return np.sqrt(np.stack([_variance(circuits, name) for name in names]))


def _variance(circuits: Circuits, name: str) -> np.ndarray:
    kind, _, what = name.partition("_")
    at = circuits.currents
    if kind == "gain":
        typical = _typical(circuits, what)
        own = _of(f"weight_{what}", typical) + _of("i_w0", typical)
        return own + _of(f"i_gain_{what}", typical) + _of("i_pulse", typical)
    if kind == "tau":
        return _of(f"i_{name}", at[f"i_{name}"])
    scale = _of("i_gain_mem", at["i_gain_mem"])
    if name == "threshold":
        return scale + _of("i_threshold", at["i_threshold"])
    if name == "scale":
        return scale
    contained = ("i_gain_ahp", "i_pulse_ahp") if name == "w_ahp" else ()
    currents = (_CURRENTS[name], *contained)
    return np.sum([_of(current, at[current]) for current in currents], axis=0)


def _typical(circuits: Circuits, dendrite: str) -> np.ndarray:
    """Mean of the base currents behind the synapses of a dendrite, weighted by themselves [A],
    [row]; the largest base current where there are none."""
    mine = circuits.dendrite == circuits.dendrites.index(dendrite)
    target = circuits.target[mine]
    bits = circuits.mask[mine, None] >> np.arange(circuits.base_currents.shape[1]) & 1
    amps = bits * circuits.base_currents[target]
    rows = len(circuits.address)
    once = np.bincount(target, amps.sum(axis=1), rows)
    twice = np.bincount(target, (amps**2).sum(axis=1), rows)
    largest = circuits.base_currents.max(axis=1)
    return np.where(once > 0, twice / np.where(once > 0, once, 1.0), largest)


def _of(name: str, amps: np.ndarray) -> np.ndarray:
    law = numbers_of("measured", name)
    local = np.log1p(spread(name, amps) ** 2) if law["cv"] else np.zeros(len(amps))
    return law["chip_sd"] ** 2 + law["core_sd"] ** 2 + local


def setting_sd(circuits: Circuits, name: str) -> np.ndarray:
    """Standard deviation of the logarithm of a gain between some words of a neuron and all, [row].

    The spread that belongs to a setting, and that of the generators, in models/data/mismatch.csv:
    other words have other weight bits.
    """
    dendrite = name.removeprefix("gain_")
    weight, amps = f"weight_{dendrite}", _typical(circuits, dendrite)
    local = np.log1p(spread(weight, amps) ** 2)
    return np.sqrt(numbers_of("measured", weight)["setting_share"] * local + _of("i_w0", amps))
