"""Random numbers for what varies in time, counted instead of drawn in turn.

A number is the SplitMix64 hash (Steele, Lea and Flood 2014) of a key and a counter: it depends on
nothing else, so not on threads, chunks, batches or the order in which things are computed.
"""

from __future__ import annotations

import zlib

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Distance between the states of neighbouring counters: 2^64 over the golden ratio."""
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32 = (np.uint64(n) for n in (30, 27, 31, 32))
_LOW = np.uint64(0xFFFFFFFF)


def mixed(x):
    """64 bits in which every bit of x counts; uint64, elementwise on arrays."""
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    return x ^ (x >> _31)


def hashed(key, counter):
    """64 random bits for each counter of a key; uint64, elementwise on arrays."""
    return mixed(key + (counter + np.uint64(1)) * GOLDEN)


def trial_keys(purpose: str, seeds: list[int], trials: np.ndarray) -> np.ndarray:
    """Keys of the trials with these numbers, uint64 [trial].

    Args:
        purpose: what the numbers are for; another purpose has other numbers.
        seeds: whose numbers they are, each 0 or more.
    """
    sequence = np.random.SeedSequence([zlib.crc32(purpose.encode()), *seeds])
    return hashed(sequence.generate_state(1, np.uint64), trials.astype(np.uint64))


def uniforms(key: np.ndarray, counter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform numbers in (0, 1) for each counter, in steps of 2^-32."""
    bits = hashed(key, counter.astype(np.uint64))
    return ((bits >> _32) + 0.5) * 2.0**-32, ((bits & _LOW) + 0.5) * 2.0**-32
