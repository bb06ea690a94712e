"""Instructions on rows of numbers that LLVM does not find by itself; inside numba kernels only."""

# pyright: reportPrivateImportUsage=false
from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError

from .vector_math import instruction


def _mask(which: list[int]) -> ir.Constant:
    """Which elements of two vectors a vector is made of."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(which)), which)


@instruction
def fetch(_context, array, index):
    """Ask for element `index` of a contiguous array, counted flat, to be brought near: for what is
    read soon and lies where a processor does not guess it. The index is not checked."""
    if array.layout != "C":
        raise TypingError("fetch: the array must be contiguous")

    def build(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        byte = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [byte], form)
        place = builder.bitcast(builder.gep(data, [args[1]]), byte)
        builder.call(ask, [place, *(word(flag) for flag in (0, 2, 1))])  # read; second level; data
        return context.get_dummy_value()

    return types.none(array, index), build


@instruction(prefer_literal=True)
def add_rows(_context, out, at, lanes, rows, chosen, weight, first, last):
    """out[at : at + lanes] += sum of weight[e] * rows[chosen[e] * lanes ..] over first <= e < last.

    One vector instruction per entry, the sum of every other one in a register of its own, so that
    they need not wait for each other; `lanes` is a literal. Indices are not
    checked; arrays that are not one-dimensional and contiguous are refused when compiling.
    """
    if any(a.layout != "C" or a.ndim != 1 for a in (out, rows, chosen, weight)):
        raise TypingError("add_rows: arrays must be one-dimensional and contiguous")
    width = lanes.literal_value

    def build(context, builder, signature, args):
        kind = context.get_value_type(out.dtype)
        vector = ir.VectorType(kind, width)

        def data(k):
            return context.make_array(signature.args[k])(context, builder, args[k]).data

        def lanes_at(base, index):
            return builder.bitcast(builder.gep(base, [index]), vector.as_pointer())

        size = out.dtype.bitwidth // 8
        totals = [cgutils.alloca_once(builder, vector) for _ in range(2)]
        target = lanes_at(data(0), args[1])
        builder.store(builder.load(target, align=size), totals[0])
        builder.store(ir.Constant(vector, [0.0] * width), totals[1])
        rows_at, chosen_at, weight_at = data(3), data(4), data(5)

        def add(entry, total):
            row = builder.mul(
                builder.load(builder.gep(chosen_at, [entry])), ir.Constant(args[6].type, width)
            )
            w = builder.load(builder.gep(weight_at, [entry]))
            nothing = ir.Constant(vector, ir.Undefined)
            spread = builder.insert_element(nothing, w, ir.Constant(ir.IntType(32), 0))
            spread = builder.shuffle_vector(spread, nothing, _mask([0] * width))
            here = builder.load(lanes_at(rows_at, row), align=size)
            product = builder.fmul(here, spread, flags=["contract"])
            builder.store(builder.fadd(builder.load(total), product, flags=["contract"]), total)

        one = ir.Constant(args[6].type, 1)
        odd = builder.and_(builder.sub(args[7], args[6]), one)
        even = builder.sub(args[7], odd)
        with cgutils.for_range_slice(
            builder, args[6], even, ir.Constant(args[6].type, 2), inc=True
        ) as (entry, _):
            add(entry, totals[0])
            add(builder.add(entry, one), totals[1])
        with cgutils.for_range_slice(builder, even, args[7], one, inc=True) as (entry, _):
            add(entry, totals[0])
        total = builder.fadd(*(builder.load(t) for t in totals))
        builder.store(total, target, align=size)
        return context.get_dummy_value()

    return types.none(out, at, lanes, rows, chosen, weight, first, last), build


@instruction(prefer_literal=True)
def turn(_context, out, first, lanes, rows):
    """out[lane, first : first + lanes] = rows[(first + k) * lanes + lane] for all k < lanes.

    A square block turned over in registers; `lanes` is a literal and a power of 2. Indices are not
    checked; arrays that are not contiguous are refused when compiling.
    """
    if any(a.layout != "C" for a in (out, rows)) or rows.ndim != 1 or out.ndim != 2:
        raise TypingError("turn: rows in one dimension, out in two, both contiguous")
    width = lanes.literal_value

    def build(context, builder, signature, args):
        kind, index = context.get_value_type(out.dtype), args[1].type
        vector = ir.VectorType(kind, width)
        size = out.dtype.bitwidth // 8
        to = context.make_array(out)(context, builder, args[0])
        length = builder.extract_value(to.shape, 1)

        def at(base, place):
            return builder.bitcast(builder.gep(base, [place]), vector.as_pointer())

        def taken(a, b, which):
            return builder.shuffle_vector(a, b, _mask(which))

        source = context.make_array(rows)(context, builder, args[3]).data
        block = []
        for k in range(width):
            place = builder.mul(
                builder.add(args[1], ir.Constant(index, k)), ir.Constant(index, width)
            )
            block.append(builder.load(at(source, place), align=size))
        half = width // 2
        while half:  # numbers `half` apart change places between rows `half` apart
            keep = [(k & half) == 0 for k in range(width)]
            low = [k if keep[k] else width + k - half for k in range(width)]
            high = [k + half if keep[k] else width + k for k in range(width)]
            for k in range(width):
                if not k & half:
                    a, b = block[k], block[k + half]
                    block[k], block[k + half] = taken(a, b, low), taken(a, b, high)
            half //= 2
        for k in range(width):
            row = builder.mul(length, ir.Constant(index, k))
            builder.store(block[k], at(to.data, builder.add(row, args[1])), align=size)
        return context.get_dummy_value()

    return types.none(out, first, lanes, rows), build
