"""The random numbers of models/noise.py, the same ones, for use inside numba kernels only."""

# pyright: reportPrivateImportUsage=false, reportOperatorIssue=false
from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from . import noise
from .vector_math import inlined, log

mixed: Any = inlined(noise.mixed)
GOLDEN, ONE = noise.GOLDEN, np.uint64(1)
_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)

SINE = [(-1) ** k / math.factorial(2 * k + 1) for k in range(10)]
"""Taylor series of the sine; to 1e-16 up to a quarter turn."""
_S1, _S3, _S5, _S7, _S9, _S11, _S13, _S15, _S17, _S19 = SINE


@intrinsic
def _as_double(_context, bits):
    """A whole number below 2^52 as float64, without a conversion: few processors have one."""

    def build(context, builder, signature, args):
        kind = context.get_value_type(types.float64)
        magic = ir.Constant(ir.IntType(64), 0x4330000000000000)  # the bits of 2^52
        shifted = builder.bitcast(builder.or_(args[0], magic), kind)
        return builder.fsub(shifted, ir.Constant(kind, 2.0**52))

    return types.float64(types.uint64), build


@inlined
def hashed(key, counter):
    """As `noise.hashed`."""
    return mixed(key + (counter + ONE) * GOLDEN)


@inlined
def normal(key, n):
    """A standard normal number in double precision, as `noise.normals`; n of type uint64."""
    bits: Any = hashed(key, n)
    u = (_as_double(bits >> _32) + 0.5) * 2.0**-32
    turn = (_as_double(bits & _LOW) + 0.5) * 2.0**-32 - 0.5
    a = 2 * math.pi * (0.25 - abs(turn))  # the cosine of a turn as a sine of at most a quarter
    q = a * a
    p = _S19 * q + _S17
    p = p * q + _S15
    p = p * q + _S13
    p = p * q + _S11
    p = p * q + _S9
    p = p * q + _S7
    p = p * q + _S5
    p = p * q + _S3
    return math.sqrt(-2.0 * log(u)) * (a * (p * q + _S1))
