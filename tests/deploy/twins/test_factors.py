"""What is fitted, and what it stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy import compile
from analoop.deploy.twins.factors import (
    CONTAINED,
    current_factors,
    fitted_factors,
    fitted_names,
    prior_sd,
    shown_by,
)
from analoop.deploy.twins.truth import true_factors
from analoop.hw import VirtualBoard
from analoop.hw.decoding import decode
from analoop.models import DENDRITES, NeuronParameters
from analoop.models.parameters import CURRENTS

from .boards import network, program

EVERYTHING = compile(
    network(NeuronParameters.from_times(adaptation=True, dc=True, nmda_gate=True), DENDRITES)
)
NAMES = fitted_names(decode(EVERYTHING.configuration))


@given(st.lists(st.floats(0.2, 5.0), min_size=len(NAMES), max_size=len(NAMES)))
def test_currents_and_fitted_factors_say_the_same(values: list[float]):
    factors = {name: np.array([v]) for name, v in zip(NAMES, values, strict=True)}
    again = fitted_factors(current_factors(factors))
    assert set(again) == set(factors)
    for name, value in factors.items():
        np.testing.assert_allclose(again[name], value)


def test_every_current_of_a_neuron_is_fitted_or_contained_in_what_is():
    currents = current_factors({name: np.ones(1) for name in NAMES})
    named = {*currents, *CONTAINED}
    assert set(CURRENTS) <= named
    assert {f"weight_{d}" for d in DENDRITES} <= named
    assert not set(currents) & set(CONTAINED)


def test_a_threshold_is_told_even_where_the_scale_is_not():
    assert shown_by("i_threshold") == "threshold"
    currents = {"i_threshold": np.array([1.2]), "i_gain_mem": np.array([np.nan])}
    assert fitted_factors(currents)["threshold"][0] == pytest.approx(1.2)


def test_the_spread_beforehand_is_that_of_sampled_boards():
    circuits = decode(program().configuration)
    names = fitted_names(circuits)
    truth = [true_factors(program(), VirtualBoard(seed)) for seed in range(60)]
    for name, sd in zip(names, prior_sd(circuits, names)[:, 0], strict=True):
        drawn = np.log([t[name] for t in truth])
        centre = np.median(drawn)  # some time constants are outliers
        spread = 1.4826 * np.median(np.abs(drawn - centre))
        assert 0.7 * sd < spread < 1.3 * sd, name


def test_a_nominal_board_has_factors_of_one():
    for values in true_factors(EVERYTHING, VirtualBoard()).values():
        np.testing.assert_allclose(values, 1.0)
