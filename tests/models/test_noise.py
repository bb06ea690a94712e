"""Counted random numbers: uniform, independent, and the same wherever they are asked for."""

import numpy as np

from analoop.models.noise import hashed, trial_keys, uniforms

TRIALS = np.arange(200)
KEY = trial_keys("test", [0], np.array([7]))


def test_splitmix64_gives_its_published_numbers():
    """The first outputs of the reference implementation seeded with 1234567."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert hashed(np.uint64(1234567), np.arange(3, dtype=np.uint64)).tolist() == expected


def test_a_number_depends_on_its_key_and_counter_only():
    together = uniforms(KEY, np.arange(1000))
    for k in (0, 17, 999):
        (u,), (v,) = uniforms(KEY, np.array([k]))
        assert (u, v) == (together[0][k], together[1][k])


def test_numbers_are_uniform_and_strictly_between_0_and_1():
    u, v = uniforms(KEY, np.arange(200_000))
    for x in (u, v):
        assert x.min() > 0 and x.max() < 1
        share, _ = np.histogram(x, 20, (0, 1))
        assert abs(share - 10_000).max() < 5 * np.sqrt(10_000)
    assert abs(np.corrcoef([u, v, np.roll(u, 1), np.roll(v, 1)]) - np.eye(4)).max() < 0.012


def test_trials_purposes_and_seeds_have_keys_of_their_own():
    keys = [trial_keys(p, s, TRIALS) for p in ("in", "out") for s in ([0, 0], [0, 1], [1, 0])]
    assert len(np.unique(np.concatenate(keys))) == 6 * len(TRIALS)
    assert np.array_equal(trial_keys("in", [0, 0], TRIALS[50:]), keys[0][50:])


def test_numbers_of_neighbouring_trials_are_independent():
    rows = [uniforms(key, np.arange(20_000))[0] for key in trial_keys("in", [0], TRIALS[:6])]
    assert abs(np.corrcoef(rows) - np.eye(6)).max() < 0.04
