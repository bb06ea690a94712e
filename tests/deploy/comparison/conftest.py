"""A small program and stimulus for comparisons."""

import pytest

from analoop.deploy import Program, compile
from analoop.models.recording import Stimulus

from ..networks import ring, spike_trains


@pytest.fixture(scope="package")
def program() -> Program:
    """Four neurons in a ring, two input channels."""
    return compile(ring(4, n_inputs=2))


@pytest.fixture(scope="package")
def stimulus() -> Stimulus:
    """Six trials."""
    return spike_trains(2, trials=6, seed=3, rate_hz=300.0)
