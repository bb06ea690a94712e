"""Products with weights inside compiled loops over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled


class Rows(NamedTuple):
    """The weights of a matrix that are not zero, row by row."""

    start: np.ndarray
    """Where those of a row start, [row + 1]."""
    column: np.ndarray
    """Of each weight."""
    weight: np.ndarray
    """float32."""


def rows_of(matrix: np.ndarray) -> Rows:
    """Of a matrix that is mostly zero."""
    row, column = np.nonzero(matrix)
    start = np.searchsorted(row, np.arange(len(matrix) + 1))
    return Rows(start, column, matrix[row, column].astype(np.float32))


@compiled
def add_product(total, factors, matrix):  # noqa: ANN001, ANN201 - numba
    """total += factors @ matrix.

    Four rows and four terms at a time, so that what is fetched is used four times; each sum is
    taken in the order of the terms, however many rows there are: a sample comes out the same alone
    and among others.

    Args:
        total: changed, [row, column].
        factors: [row, term].
        matrix: [term, column].
    """
    rows, terms = factors.shape
    fours, whole = rows // 4 * 4, terms // 4 * 4
    for s in range(0, whole, 4):
        for i in range(0, fours, 4):
            _add_to_four(total, factors, matrix, (i, s))
        for i in range(fours, rows):
            _add_to_one(total[i], factors[i], matrix, s)
    for s in range(whole, terms):
        for i in range(rows):
            for j in range(total.shape[1]):
                total[i, j] += factors[i, s] * matrix[s, j]


@compiled
def _add_to_one(total, factors, matrix, s):  # noqa: ANN001, ANN202 - numba
    """Four terms, from the s-th, of one row."""
    f0, f1, f2, f3 = factors[s], factors[s + 1], factors[s + 2], factors[s + 3]
    m0, m1, m2, m3 = matrix[s], matrix[s + 1], matrix[s + 2], matrix[s + 3]
    for j in range(total.size):
        total[j] = total[j] + f0 * m0[j] + f1 * m1[j] + f2 * m2[j] + f3 * m3[j]


@compiled
def _add_to_four(total, factors, matrix, at):  # noqa: ANN001, ANN202 - numba
    """Four terms of four rows, written out: so they stay in registers."""
    i, s = at
    t0, t1, t2, t3 = total[i], total[i + 1], total[i + 2], total[i + 3]
    m0, m1, m2, m3 = matrix[s], matrix[s + 1], matrix[s + 2], matrix[s + 3]
    a, b, c, d = factors[i], factors[i + 1], factors[i + 2], factors[i + 3]
    a0, a1, a2, a3 = a[s], a[s + 1], a[s + 2], a[s + 3]
    b0, b1, b2, b3 = b[s], b[s + 1], b[s + 2], b[s + 3]
    c0, c1, c2, c3 = c[s], c[s + 1], c[s + 2], c[s + 3]
    d0, d1, d2, d3 = d[s], d[s + 1], d[s + 2], d[s + 3]
    for j in range(t0.size):
        x0, x1, x2, x3 = m0[j], m1[j], m2[j], m3[j]
        t0[j] = t0[j] + a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
        t1[j] = t1[j] + b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3
        t2[j] = t2[j] + c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3
        t3[j] = t3[j] + d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3
