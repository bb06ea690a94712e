"""Temperature moves the constants as stated, and nothing else."""

from dataclasses import asdict

import numpy as np
import pytest

from analoop.models.parameters import CONSTANTS
from analoop.models.temperature import NOMINAL_C, constants_at


def test_the_nominal_temperature_is_exactly_the_constants_and_where_kt_over_q_is_u_t():
    assert constants_at(NOMINAL_C) == CONSTANTS
    k_over_q = 1.380649e-23 / 1.602176634e-19
    assert k_over_q * (NOMINAL_C + 273.15) == pytest.approx(CONSTANTS.u_t, rel=1e-3)


@pytest.mark.parametrize("temperature_C", [-40.0, 7.0, 35.0, 125.0])
def test_u_t_follows_the_absolute_temperature_and_the_dark_current_doubles_every_10_k(
    temperature_C: float,
):
    hot = asdict(constants_at(temperature_C))
    cold = asdict(CONSTANTS)
    ratio = (temperature_C + 273.15) / (NOMINAL_C + 273.15)
    assert hot.pop("u_t") / cold.pop("u_t") == pytest.approx(ratio)
    doublings = np.log2(hot.pop("i_0") / cold.pop("i_0"))
    assert doublings == pytest.approx((temperature_C - NOMINAL_C) / 10)
    assert hot == cold
