"""Random numbers inside kernels are those of models/noise.py."""

import numpy as np
import pytest
from numba import njit

from analoop.models import noise, vector_noise


@njit
def loop(key, first, bits, normal):
    for n in range(np.uint64(0), np.uint64(bits.size)):
        bits[n] = vector_noise.hashed(key, first + n)
        normal[n] = vector_noise.normal(key, first + n)


def test_a_kernel_has_the_bits_and_normal_numbers_of_the_definition():
    (key,) = noise.trial_keys("test", [3], np.array([5]))
    step_key = noise.hashed(np.array([key]), np.array([41], np.uint64))[0]
    bits, normal = np.empty(100_000, np.uint64), np.empty(100_000)
    loop(step_key, np.uint64(0), bits, normal)
    assert np.array_equal(bits, noise.hashed(step_key, np.arange(100_000, dtype=np.uint64)))
    defined = noise.normals(np.array([key]), np.array([41]), 100_000)[0]
    assert normal == pytest.approx(defined, rel=1e-12, abs=1e-14)
