"""Products inside compiled loops, against NumPy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analoop.models.learning.products import add_product, rows_of

SIZES = st.integers(1, 11)


@given(SIZES, SIZES, SIZES, st.integers(0, 2**32 - 1))
def test_a_product_is_added(rows: int, terms: int, columns: int, seed: int) -> None:
    g = np.random.default_rng(seed)
    total, factors = g.standard_normal((rows, columns)), g.standard_normal((rows, terms))
    matrix = g.standard_normal((terms, columns))
    expected = total + factors @ matrix
    add_product(total, factors, matrix)
    np.testing.assert_allclose(total, expected, rtol=1e-12, atol=1e-12)


@given(SIZES, SIZES, st.integers(0, 2**32 - 1))
def test_a_row_comes_out_the_same_alone_and_among_others(rows: int, terms: int, seed: int) -> None:
    g = np.random.default_rng(seed)
    factors = g.standard_normal((rows, terms)).astype(np.float32)
    matrix = g.standard_normal((terms, 5)).astype(np.float32)
    together = np.zeros((rows, 5), np.float32)
    add_product(together, factors, matrix)
    for row in range(rows):
        alone = np.zeros((1, 5), np.float32)
        add_product(alone, factors[row : row + 1], matrix)
        np.testing.assert_array_equal(alone[0], together[row])


@given(SIZES, SIZES, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_rows_keep_every_weight(rows: int, columns: int, density: float, seed: int) -> None:
    g = np.random.default_rng(seed)
    drawn = g.standard_normal((rows, columns)).astype(np.float32)
    matrix = drawn * (g.random((rows, columns)) < density)
    kept, made = rows_of(matrix), np.zeros_like(matrix)
    for row in range(rows):
        part = slice(kept.start[row], kept.start[row + 1])
        made[row, kept.column[part]] = kept.weight[part]
    np.testing.assert_array_equal(made, matrix)
