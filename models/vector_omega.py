"""Wright's omega function, as models/omega.py has it, in loops that LLVM can vectorise."""

from __future__ import annotations

import numpy as np

from .vector_math import (
    exponent,
    inlined,
    is_single,
    larger,
    lit,
    log_within,
    magic,
    mantissa,
    scale,
    smaller,
)


@inlined
def omega(z):
    """x > 0 with x + ln x = z.

    A guess within 7 % (a Pade approximant of Lambert's W below z = 1, an asymptotic form above),
    then the iteration of Fritsch, Shafer and Crowley (1973), of fourth order: once in single
    precision, twice in double.
    """
    x = _improved(_rough_omega(z), z, True)
    return x if is_single(z) else _improved(x, z, False)


@inlined
def omegas(z, x, first, last):
    """x[first:last] = omega(z[first:last]).

    In several loops: a processor looks some hundred instructions ahead, and so overlaps many
    elements of a short loop where one long one would leave it waiting for each result.
    """
    for n in range(np.uint64(first), np.uint64(last)):
        x[n] = _rough_omega(z[n])
    for n in range(np.uint64(first), np.uint64(last)):
        x[n] = _improved(x[n], z[n], True)
    if not is_single(x):
        for n in range(np.uint64(first), np.uint64(last)):
            x[n] = _improved(x[n], z[n], False)


@inlined
def _rough_omega(z):
    """omega(z) within 7 %."""
    one = lit(z, 1)
    small = z < one
    y = _rough_exp(smaller(z, one))
    above = larger(z, one)
    num, den = above * (one + above - _rough_log(above)), one + above
    if small:
        num = y * (one + lit(z, 4 / 3) * y)
        den = one + y * (lit(z, 7 / 3) + lit(z, 5 / 6) * y)
    return num / den


@inlined
def _improved(x, z, short):
    r = z - x - log_within(x, short)
    one = lit(z, 1) + x
    q = lit(z, 2) * one * (one + lit(z, 2 / 3) * r)
    return x + x * r * (q - r) / (one * (q - lit(z, 2) * r))


@inlined
def _rough_exp(x):
    """e**x within 0.02 %."""
    v = x * lit(x, 1.4426950408889634)
    q = v + magic(x)
    f = v - (q - magic(x))
    p = lit(x, 0.0553) * f + lit(x, 0.2402)
    p = p * f + lit(x, 0.69315)
    return scale(p * f + lit(x, 1), q)


@inlined
def _rough_log(x):
    """Natural logarithm within 0.005."""
    m = mantissa(x) - lit(x, 1)
    p = lit(x, 1) - m * (lit(x, 0.5) - m * lit(x, 0.36))
    return exponent(x) * lit(x, 0.69314718) + m * p
