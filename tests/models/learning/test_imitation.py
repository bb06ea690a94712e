"""The measure of imitation on cases worked out by hand."""

import numpy as np
import pytest

from analoop.models.learning.imitation import reconstruction_error


def test_reconstruction_error_is_one_for_silence_and_ignores_offsets() -> None:
    wanted = np.random.default_rng(0).standard_normal((2, 100, 4))
    assert reconstruction_error(wanted, 0 * wanted) == pytest.approx(1)
    assert reconstruction_error(wanted, wanted + 3) == pytest.approx(0, abs=1e-12)
    assert reconstruction_error(wanted, 0.5 * wanted) == pytest.approx(0.25)
