"""The numbers behind mismatch and defects: complete, sourced, and readable."""

from collections import Counter

import pytest

from analoop.models.mismatch_table import numbers, numbers_of
from analoop.models.parameters import CURRENTS, DENDRITES, WEIGHT_BITS

PARAMETERS = [
    *CURRENTS, *(f"i_w{bit}" for bit in range(WEIGHT_BITS)), *(f"weight_{d}" for d in DENDRITES),
    *(f"i_delay_{k}" for k in range(3)),
]  # fmt: skip


def test_every_number_has_a_unit_a_basis_and_a_source():
    for number in numbers():
        assert number.unit and number.source, number
        assert number.basis in ("measured", "literature", "assumed"), number
        assert number.sampler in ("measured", "rockpool", "paper", "defects"), number


def test_no_number_stands_there_twice():
    keys = Counter((n.sampler, p, n.number) for n in numbers() for p in n.parameters)
    assert set(keys.values()) == {1}


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_parameter_has_a_spread_as_measured(parameter: str):
    assert 0 <= numbers_of("measured", parameter)["cv"] < 0.5


def test_the_table_is_about_parameters_that_exist():
    named = {p for n in numbers() if n.sampler == "measured" for p in n.parameters}
    assert named == {*PARAMETERS, "every"}


def test_a_number_of_a_parameter_goes_before_that_of_every_parameter():
    assert numbers_of("measured", "i_threshold")["setting_share"] == 0.13
    assert numbers_of("measured", "weight_ampa")["setting_share"] == 0.21
    assert numbers_of("measured", "i_w0")["core_sd"] == 0.05


def test_what_was_never_measured_is_called_assumed():
    basis = {(p, n.number): n.basis for n in numbers() for p in n.parameters}
    for never in ("i_threshold", "i_refractory", "weight_gaba", "i_tau_ampa"):
        assert basis[never, "cv"] == "assumed"
    assert basis["every", "core_sd"] == basis["every", "chip_sd"] == "assumed"
    for measured in ("i_tau_mem", "weight_nmda", "weight_ampa"):
        assert basis[measured, "cv"] == "measured"
