"""The bias generator: codes (coarse, fine) to nominal currents and back.

The generator is a current splitter. Fine bit b switches a current c_b, and each bit carries a
little less than twice the one below it; so the sum of all lower bits exceeds the next bit, and the
current DROPS at fine 32, 64, 96, 128, 160, 192 and 224 (and it is not monotone elsewhere either
in some rows). Coarse ranges overlap about eightfold. A search must therefore walk the currents
in their own order, `legal_currents`, never the codes.

    c_b     = bit_ratio^b * bit_ratio_drift^(b(b-1)/2)                    b = 0 .. 7
    x       = sum_b bit_b(fine) c_b / sum_b c_b                           0 .. 1
    I(fine) = sqrt(floor^2 + (full_scale^2 - floor^2) * x^(2 + 2 bend))   [A]
    current of a parameter = I(coarse, fine) * its scale factor           [A]

The five numbers of each row stand in data/bias_generator.csv. Full scales and floors are the
published circuit-simulation values (Rockpool 3.1.0 `lookup/paramgen.py`, itself from the vendor's
documentation), the other three describe the published shape. No chip was measured: an individual
chip departs from these nominal currents by its mismatch.
"""

from __future__ import annotations

import csv
import operator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..models.errors import InputError
from .chip import DYNAPSE2, Transistor

OVERREACH = 0.10
"""How far outside its range a wanted current may lie and still be given the range's end [1]."""


@dataclass(frozen=True, order=True)
class Bias:
    """One setting of the generator."""

    coarse: int
    """Which of the six ranges, each about eight times the one below [code 0..5]."""
    fine: int
    """Where in the range [code 0..255]."""

    def __post_init__(self) -> None:
        limits = {"coarse": DYNAPSE2.coarse_codes, "fine": DYNAPSE2.fine_codes}
        for field, codes in limits.items():
            object.__setattr__(self, field, _code(field, getattr(self, field), codes))


@dataclass(frozen=True, eq=False)
class LegalCurrents:
    """Every current that one parameter can have, ascending, with the code that gives it."""

    amps: NDArray[np.float64]
    """Currents, ascending; shape (codes,) [A]."""
    coarse: NDArray[np.int64]
    """Coarse code of each current; shape (codes,)."""
    fine: NDArray[np.int64]
    """Fine code of each current; shape (codes,)."""

    def bias(self, index: int) -> Bias:
        """The setting that gives `amps[index]`."""
        return Bias(int(self.coarse[index]), int(self.fine[index]))


def current(parameter: str, coarse: ArrayLike, fine: ArrayLike) -> NDArray[np.float64]:
    """Nominal current of a parameter at these codes [A]; the codes broadcast."""
    table = _parameter_table(parameter)
    codes = np.broadcast_arrays(np.asarray(coarse), np.asarray(fine))
    for field, values, limit in zip(("coarse", "fine"), codes, table.shape, strict=True):
        integer = np.issubdtype(values.dtype, np.integer)
        if not integer or np.any((values < 0) | (values >= limit)):
            message = f"{parameter}: {field} codes are whole numbers 0..{limit - 1}, got {values}"
            raise InputError(message, code="BIAS_CODE")
    return table[codes[0], codes[1]]


def generated(parameter: str, transistor: Transistor, coarse: int, fine: int) -> float:
    """As `current`, of a parameter that says itself which transistor it uses (names in _V) [A]."""
    scale = DYNAPSE2.parameter(parameter).scale
    if scale is None:
        return float(_parameter_table(parameter)[coarse, fine])  # says what is missing
    return float(_generator()[transistor][Bias(coarse, fine).coarse, fine] * scale)


def legal_currents(parameter: str) -> LegalCurrents:
    """Every current that the parameter can have, ascending, with its codes (read-only arrays)."""
    return _legal_currents(parameter)


def nearest(parameter: str, amps: float, *, overreach: float = OVERREACH) -> Bias:
    """The setting whose nominal current is nearest to `amps` [A]."""
    coarse, fine = nearest_codes(parameter, amps, overreach=overreach)
    return Bias(int(coarse), int(fine))


def nearest_codes(
    parameter: str, amps: ArrayLike, *, overreach: float = OVERREACH
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Coarse and fine codes of the nearest nominal currents, each of the shape of `amps` [A].

    Nearest over all 6 x 256 codes; of two equally near, the lower current. `InputError`
    BIAS_UNREACHABLE if a current lies outside the range by more than `overreach` (relative), or
    is no current at all (NaN, negative). Inside the range the error is half the spacing: median
    0.3 %, below 1.8 % above 10 pA times the scale factor, up to 16 % near the floor.
    """
    legal = _legal_currents(parameter)
    wanted = np.asarray(amps, dtype=np.float64)
    low, high = legal.amps[0] * (1 - overreach), legal.amps[-1] * (1 + overreach)
    reachable = (wanted >= low) & (wanted <= high)  # False for NaN
    if not reachable.all():
        raise _unreachable(parameter, float(wanted[~reachable][0]), legal)
    middles = (legal.amps[1:] + legal.amps[:-1]) / 2
    index = np.searchsorted(middles, wanted)
    return legal.coarse[index], legal.fine[index]


def _unreachable(parameter: str, amps: float, legal: LegalCurrents) -> InputError:
    if not amps >= 0:
        remedy = "give a positive current"
    elif amps < legal.amps[0]:
        remedy = (
            "a bias has no zero: use the lowest current, or switch the circuit off by its latch"
        )
    else:
        remedy = "use less current, or scale the network's currents down"
    message = (
        f"{parameter} cannot be set to {amps:.4g} A: the generator reaches "
        f"{legal.amps[0]:.3g} A to {legal.amps[-1]:.3g} A; {remedy}"
    )
    return InputError(message, code="BIAS_UNREACHABLE")


def _code(field: str, value: object, codes: int) -> int:
    try:
        number = operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        number = -1
    if not 0 <= number < codes:
        message = f"{field} bias codes are whole numbers 0..{codes - 1}, got {value!r}"
        raise InputError(message, code="BIAS_CODE")
    return number


def _parameter_table(name: str) -> NDArray[np.float64]:
    """Nominal current of every code; shape (coarse, fine) [A]."""
    parameter = DYNAPSE2.parameter(name)
    if parameter.scale is None or parameter.transistor is None:
        missing = "scale factor" if parameter.scale is None else "transistor type"
        message = f"{name}: {missing} not published, so only its codes can be set, not a current"
        raise InputError(message, code="BIAS_NOT_COMPUTABLE")
    return _generator()[parameter.transistor] * parameter.scale


@cache
def _legal_currents(parameter: str) -> LegalCurrents:
    table = _parameter_table(parameter)
    order = np.argsort(table, axis=None, kind="stable")
    coarse, fine = np.unravel_index(order, table.shape)
    columns = (table.ravel()[order], coarse.astype(np.int64), fine.astype(np.int64))
    for column in columns:
        column.setflags(write=False)
    return LegalCurrents(*columns)


@cache
def _generator() -> dict[Transistor, NDArray[np.float64]]:
    """Current of every code before the scale factor; shape (coarse, fine) [A]."""
    text = (files("analoop.hw") / "data" / "bias_generator.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    return {
        transistor: np.stack([_row(row) for row in rows if row["type"] == transistor])
        for transistor in ("N", "P")
    }


def _row(row: dict[str, str]) -> NDArray[np.float64]:
    """Currents of one coarse range by fine code: the formula in the file's docstring [A]."""
    full_scale, floor = float(row["full_scale_A"]), float(row["floor_A"])
    bit = np.arange(8)
    weight = float(row["bit_ratio"]) ** bit * float(row["bit_ratio_drift"]) ** (bit * (bit - 1) / 2)
    fine = np.arange(DYNAPSE2.fine_codes)
    share = ((fine[:, None] >> bit) & 1) @ weight / weight.sum()
    signal = np.sqrt(full_scale**2 - floor**2) * share ** (1 + float(row["bend"]))
    return np.hypot(floor, signal)
