"""Device mismatch: which chip a seed is, whoever says how chips differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models import InputError
from analoop.models.mismatch import (
    MISMATCH_VERSION,
    SAMPLERS,
    Draw,
    lumped_factors,
    sample_entries,
    sample_factor,
)
from analoop.models.parameters import CURRENTS, DENDRITES, WEIGHT_BITS, NeuronParameters

NOMINAL = NeuronParameters.from_times().currents()
BASES = {f"i_w{bit}": 1e-9 * 2**bit for bit in range(WEIGHT_BITS)}
WEIGHTS = {f"weight_{d}": 2e-9 for d in DENDRITES}
ALL = NOMINAL | BASES | WEIGHTS

samplers = st.sampled_from(SAMPLERS)
unhurried = settings(deadline=None, max_examples=30)


def sampled(draw: Draw) -> dict[str, np.ndarray]:
    return {name: sample_factor(draw, name, amps) for name, amps in ALL.items()}


@given(st.integers(0, 2**63), st.integers(0, 40), samplers)
@unhurried
def test_at_level_zero_every_factor_is_exactly_one(seed: int, stream: int, sampler: str):
    draw = Draw(seed, 0.0, (2, 4, 8), sampler, stream)
    for factor in sampled(draw).values():
        assert factor.shape == (2, 4, 8)
        assert (factor == 1.0).all()
    assert sample_entries(draw, 4) is None


@given(st.integers(0, 2**32), st.floats(0, 10), samplers)
@unhurried
def test_no_current_ever_becomes_negative_or_infinite(seed: int, level: float, sampler: str):
    draw = Draw(seed, level, (1, 2, 64), sampler)
    for factor in sampled(draw).values():
        assert (factor > 0).all() and np.isfinite(factor).all()
    entries = sample_entries(draw, 3)
    assert entries is None or (entries >= 0).all()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_tiny_level_is_a_tiny_spread(sampler: str):
    for factor in sampled(Draw(1, 1e-3, (1, 4, 64), sampler)).values():
        assert np.abs(factor - 1).max() < 3e-3


def test_the_level_scales_every_logarithm_of_the_measured_sampler():
    one, half = sampled(Draw(3, 1.0, (1, 4, 64))), sampled(Draw(3, 0.5, (1, 4, 64)))
    for name in ALL:
        assert np.log(half[name]) == pytest.approx(0.5 * np.log(one[name]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sampler", ["measured", "rockpool"])
def test_no_two_currents_vary_together_unless_a_constant_is_in_both(sampler: str):
    shared = ("i_tau", "i_gain", "i_dc", "i_refr", "i_pulse")
    names = [n for n in ALL if sampler == "measured" or not n.startswith(shared)]
    draw = Draw(5, 1.0, (200, 1, 64), sampler)
    logs = {n: np.log(sample_factor(draw, n, ALL[n])) for n in names}
    varying = [n for n in names if logs[n].std(axis=2).max() > 1e-12]
    assert len(varying) >= 3
    centred = np.stack([(logs[n] - logs[n].mean(2, keepdims=True)).ravel() for n in varying])
    ramp = np.broadcast_to(np.arange(64.0) - 31.5, (200, 1, 64)).ravel()
    centred -= np.outer(centred @ ramp / (ramp @ ramp), ramp)
    off_diagonal = np.corrcoef(centred) - np.eye(len(varying))
    assert np.abs(off_diagonal).max() < 0.12, "measured between parameters: .02-.18"
    assert np.abs(off_diagonal).mean() < 0.02


def test_the_same_seed_is_the_same_chip_and_any_other_seed_or_chip_another():
    chip, again = sampled(Draw(7, 1.0, (1, 4, 32))), sampled(Draw(7, 1.0, (1, 4, 32)))
    others = [sampled(Draw(8, 1.0, (1, 4, 32))), sampled(Draw(7, 1.0, (1, 4, 32), stream=1))]
    for name in ALL:
        assert (chip[name] == again[name]).all()
        assert not any((chip[name] == other[name]).any() for other in others)


def test_a_seed_keeps_its_chip_as_long_as_the_sampling_keeps_its_name():
    """If this fails, seeds give other chips than they did: change MISMATCH_VERSION, then this."""
    assert MISMATCH_VERSION == "analoop-mismatch-2"
    draw = Draw(42, 1.0, (1, 4, 256))
    pinned = {
        "i_threshold": 1.2248602895449472,
        "i_w0": 0.907274860573143,
        "weight_nmda": 0.8185664187006538,
        "i_tau_mem": 0.9668856470556944,
    }
    found = {n: sample_factor(draw, n, ALL[n])[0, 3, 255] for n in pinned}
    assert found == pytest.approx(pinned, rel=1e-12)


def test_lumped_factors_have_the_spread_of_the_weights_in_the_gains():
    draw = Draw(9, 1.0, (500, 1, 64))
    factors = lumped_factors(draw, NOMINAL)
    assert factors.keys() == set(CURRENTS)
    for dendrite, cv in (("ampa", 0.087), ("nmda", 0.113)):
        gain = factors[f"i_gain_{dendrite}"]
        within = np.log(gain).std(axis=2, ddof=1)
        assert np.sqrt(np.mean(within**2)) == pytest.approx(cv, rel=0.03)
    assert (factors["i_threshold"] == sample_factor(draw, "i_threshold", 2e-9)).all()


@pytest.mark.parametrize("level", [-0.1, 10.1, 1e300, float("nan"), float("inf")])
def test_a_level_that_no_chip_has_is_refused(level: float):
    with pytest.raises(InputError, match="from 0 to 10") as caught:
        Draw(1, level, (1, 1, 1))
    assert caught.value.code == "MISMATCH_LEVEL"


def test_an_unknown_sampler_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match="measured, rockpool, paper") as caught:
        Draw(1, 1.0, (1, 1, 1), "gaussian")
    assert caught.value.code == "MISMATCH_SAMPLER"
