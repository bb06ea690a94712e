"""Mismatch as others simulate it, for comparison: Rockpool's and the seed paper's.

Both draw independent Gaussian factors 1 + level cv N(0, 1), without chips, cores or gradients.
A chip here has currents only, so a factor of a constant goes to the currents through which it
acts. With q the factor of C_mem U_T / kappa, the soma equation of models/neuron.py divided by q
is the nominal one with leak, dc and every dendrite's output divided by q; with k the factor of
C_d U_T / kappa, a dendrite is the nominal one with leak and gain divided by k. This is exact but
for the dark current and the feedback of the exponential soma, which keep their constants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from .mismatch_draw import Draw
from .mismatch_table import numbers_of
from .parameters import CURRENTS, DENDRITES

KAPPA_N, KAPPA_P = 0.75, 0.66
"""Slope factors that Rockpool draws one by one; the circuits see their mean (chip.md 4.2)."""

Exponents = Mapping[str, int]
"""Which draws a current's factor is the product of, each with its exponent."""


def rockpool_factor(draw: Draw, name: str) -> np.ndarray:
    """Rockpool: every current and constant of a neuron, no weights, [chip, core, neuron].

    A draw below `least` is raised to it: in Rockpool it could become negative.
    """
    law = numbers_of("rockpool", name)

    def factor(what: str) -> np.ndarray:
        if what == "kappa":
            sum_n_p = KAPPA_N * factor("kappa_n") + KAPPA_P * factor("kappa_p")
            return sum_n_p / (KAPPA_N + KAPPA_P)
        return np.maximum(_gaussian(draw, law["cv"], what), law["least"])

    return _product(draw, _ROCKPOOL.get(name, {}), factor)


def paper_factor(draw: Draw, name: str) -> np.ndarray:
    """The seed paper: time constants and threshold of every neuron, [chip, core, neuron].

    The absolute value of a draw counts, as in the paper, and never less than `least`.
    """
    law = numbers_of("paper", name)

    def factor(what: str) -> np.ndarray:
        return np.maximum(np.abs(_gaussian(draw, law["cv"], what)), law["least"])

    return _product(draw, _PAPER.get(name, {}), factor)


def paper_entries(draw: Draw, words: int) -> np.ndarray:
    """The seed paper: every weight entry (CAM word) on its own, [chip, core, neuron, word].

    A negative draw silences the word: no current flips its sign, as a weight of the paper does.
    """
    law = numbers_of("paper", "entry")
    normal = draw.random("entry").standard_normal((*draw.shape, words))
    return np.maximum(1.0 + draw.level * law["cv"] * normal, law["least_weight"])


def _gaussian(draw: Draw, cv: float, name: str) -> np.ndarray:
    return 1.0 + draw.level * cv * draw.normal(name)


def _product(draw: Draw, exponents: Exponents, factor: Callable[[str], np.ndarray]) -> np.ndarray:
    result = np.ones(draw.shape)
    for name, exponent in exponents.items():
        result = result * factor(name) ** exponent
    return result


def _joined(parts: Iterable[Exponents]) -> Exponents:
    """The exponents of a product."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _rockpool() -> dict[str, Exponents]:
    """Each current's own draw, and those of the constants that act through it."""
    soma = {"c_mem": -1, "u_t": -1, "kappa": 1}
    acts: dict[str, list[Exponents]] = {
        "i_tau_mem": [soma],
        "i_dc": [soma],
        "i_refractory": [{"v_th": -1, "c_ref": -1}],
        "i_pulse": [{"v_th": -1, "c_pulse": -1}],
        "i_pulse_ahp": [{"v_th": -1, "c_pulse_ahp": -1}],
    }
    for d in (*DENDRITES, "ahp"):
        dendrite = {f"c_{d}": -1, "u_t": -1, "kappa": 1}
        acts[f"i_tau_{d}"], acts[f"i_gain_{d}"] = [dendrite], [dendrite, soma]
    return {name: _joined([{name: 1}, *acts.get(name, [])]) for name in CURRENTS}


def _paper() -> dict[str, Exponents]:
    """Its time constants change neither the resting drive of a soma nor the jump of a synapse:
    tau_mem acts as the membrane capacitance, the others as the leak of their dendrite."""
    soma = {"tau_mem": -1}
    acts: dict[str, Exponents] = {"i_tau_mem": soma, "i_dc": soma, "i_threshold": {"threshold": 1}}
    for d in (*DENDRITES, "ahp"):
        acts[f"i_tau_{d}"], acts[f"i_gain_{d}"] = {f"tau_{d}": -1}, soma
    return acts


_ROCKPOOL, _PAPER = _rockpool(), _paper()
