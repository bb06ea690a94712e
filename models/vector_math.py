"""exp, log and phi1 that LLVM can vectorise; for use inside numba kernels only.

Plain `math.exp` is a library call, which keeps a loop scalar. These are a few multiplications on
the bits of the number, in the precision of their argument. Relative errors, checked in the tests
over the arguments the kernels use: 1e-14 (double), 4e-7 (single).
"""

# pyright: reportPrivateImportUsage=false
from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

instruction: Any = intrinsic
"""numba's decorator; what it makes takes the arguments after the context, which types don't say."""

inlined = njit(forceinline=True, _nrt=False, error_model="numpy", fastmath={"contract"})
"""Compiles a helper into its caller: a call inside a loop would keep it scalar. It cannot make
arrays; so none is counted either, which took an eighth of a training step."""


class _Layout:
    """How a floating-point type lies in memory."""

    def __init__(self, kind):
        single = kind == types.float32
        self.bits, self.mantissa, self.bias = (32, 23, 127) if single else (64, 52, 1023)
        self.integer, self.float = (np.uint32, np.float32) if single else (np.uint64, np.float64)
        self.type = ir.IntType(self.bits)

    def pattern(self, value: float) -> int:
        """The bits of a number."""
        return int(np.array(value, self.float).view(self.integer))

    def constant(self, value: int):
        """An integer of the same width."""
        return ir.Constant(self.type, value)

    @property
    def magic(self) -> float:
        """Adding it rounds a small number to an integer that then stands in the low bits."""
        return 1.5 * 2.0**self.mantissa


@instruction
def lit(_context, like, value):
    """The number `value` in the precision of `like`: a bare literal would widen the sum."""

    def build(context, builder, signature, args):
        return context.cast(builder, args[1], signature.args[1], signature.args[0])

    return like(like, value), build


@instruction
def is_single(_context, x):
    """Whether x, a number or an array, is single precision.

    Known when compiling, so the other branch costs nothing.
    """

    def build(context, builder, signature, args):
        return ir.Constant(ir.IntType(1), int(getattr(x, "dtype", x) == types.float32))

    return types.boolean(x), build


def _chosen(name: str, builder, x, y):
    """One of two numbers.

    Written as `x if x < y else y` with y a literal, LLVM moves the choice behind what is computed
    next and so computes that for the x that was to be kept out, too: e**x of a large x then ends
    in subnormal numbers, on which a processor spends a hundred cycles.
    """
    form = ir.FunctionType(x.type, [x.type, x.type])
    chosen = builder.module.declare_intrinsic(name, [x.type], form)
    return builder.call(chosen, [x, y], fastmath=("nnan", "nsz"))


@instruction
def smaller(_context, x, y):
    """The smaller of two numbers, neither of them NaN."""
    return x(x, y), lambda _, builder, __, args: _chosen("llvm.minnum", builder, *args)


@instruction
def larger(_context, x, y):
    """The larger of two numbers, neither of them NaN."""
    return x(x, y), lambda _, builder, __, args: _chosen("llvm.maxnum", builder, *args)


@instruction
def magic(_context, x):
    def build(context, builder, signature, args):
        return ir.Constant(context.get_value_type(x), _Layout(x).magic)

    return x(x), build


@instruction
def scale(_context, p, q):
    """p 2**n for q = magic + n."""

    def build(context, builder, signature, args):
        k = _Layout(p)
        n = builder.sub(builder.bitcast(args[1], k.type), k.constant(k.pattern(k.magic)))
        n = builder.shl(n, k.constant(k.mantissa))
        bits = builder.add(builder.bitcast(args[0], k.type), n)
        return builder.bitcast(bits, context.get_value_type(p))

    return p(p, p), build


def _shifted(k: _Layout, builder, x):
    """The bits of x / sqrt(1/2), so that mantissas lie around 1."""
    shift = k.pattern(1.0) - k.pattern(math.sqrt(0.5))
    return builder.add(builder.bitcast(x, k.type), k.constant(shift))


@instruction
def exponent(_context, x):
    """e with x = m 2**e, m in [sqrt(1/2), sqrt(2)); x positive and normal."""

    def build(context, builder, signature, args):
        k, kind = _Layout(x), context.get_value_type(x)
        e = builder.lshr(_shifted(k, builder, args[0]), k.constant(k.mantissa))
        # Integer to float without a conversion instruction: most processors have none for 64 bits.
        e = builder.or_(e, k.constant(k.pattern(2.0**k.mantissa)))
        offset = ir.Constant(kind, 2.0**k.mantissa + k.bias)
        return builder.fsub(builder.bitcast(e, kind), offset)

    return x(x), build


@instruction
def mantissa(_context, x):
    """m with x = m 2**e, m in [sqrt(1/2), sqrt(2)); x positive and normal."""

    def build(context, builder, signature, args):
        k = _Layout(x)
        m = builder.and_(_shifted(k, builder, args[0]), k.constant((1 << k.mantissa) - 1))
        m = builder.add(m, k.constant(k.pattern(math.sqrt(0.5))))
        return builder.bitcast(m, context.get_value_type(x))

    return x(x), build


@inlined
def _split(x):
    """n (as magic + n) and r with x = n ln 2 + r, |r| <= ln 2 / 2."""
    q = x * lit(x, 1.4426950408889634) + magic(x)
    n = q - magic(x)
    return q, x - n * lit(x, 0.693145751953125) - n * lit(x, 1.42860682030941723212e-6)


@inlined
def _phi1_near_0(r):
    """(e**r - 1) / r for |r| <= ln 2 / 2."""
    p = lit(r, 1 / 5040)
    if not is_single(r):
        p = lit(r, 1 / 479001600)
        p = p * r + lit(r, 1 / 39916800)
        p = p * r + lit(r, 1 / 3628800)
        p = p * r + lit(r, 1 / 362880)
        p = p * r + lit(r, 1 / 40320)
        p = p * r + lit(r, 1 / 5040)
    p = p * r + lit(r, 1 / 720)
    p = p * r + lit(r, 1 / 120)
    p = p * r + lit(r, 1 / 24)
    p = p * r + lit(r, 1 / 6)
    p = p * r + lit(r, 1 / 2)
    return p * r + lit(r, 1)


@inlined
def exp(x):
    """e**x for -87 < x < 88 (single) or -708 < x < 709 (double)."""
    q, r = _split(x)
    return scale(r * _phi1_near_0(r) + lit(x, 1), q)


@inlined
def phi1(a):
    """(e**a - 1) / a for any a < 88 (single) or 709 (double), exact through zero."""
    q, r = _split(larger(a, lit(a, -80)))
    power = scale(lit(a, 1), q)
    rise = power * (r * _phi1_near_0(r)) + (power - lit(a, 1))
    return rise / a if abs(a) > lit(a, 1e-30) else lit(a, 1)


@inlined
def log(x):
    """Natural logarithm of a positive, normal x."""
    return log_within(x, is_single(x))


@inlined
def log_within(x, short):
    """Natural logarithm, within 1e-7 if `short`."""
    e, m = exponent(x), mantissa(x)
    s = (m - lit(x, 1)) / (m + lit(x, 1))
    q = s * s
    p = lit(x, 2 / 9)
    if not short:
        p = lit(x, 2 / 21)
        p = p * q + lit(x, 2 / 19)
        p = p * q + lit(x, 2 / 17)
        p = p * q + lit(x, 2 / 15)
        p = p * q + lit(x, 2 / 13)
        p = p * q + lit(x, 2 / 11)
        p = p * q + lit(x, 2 / 9)
    p = p * q + lit(x, 2 / 7)
    p = p * q + lit(x, 2 / 5)
    p = p * q + lit(x, 2 / 3)
    p = p * q + lit(x, 2)
    return e * lit(x, 0.693145751953125) + (s * p + e * lit(x, 1.42860682030941723212e-6))
