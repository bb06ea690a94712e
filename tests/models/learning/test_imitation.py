"""The measure of imitation on cases worked out by hand."""

import numpy as np
import pytest

from analoop.models import InputError
from analoop.models.learning.imitation import DynamicsError, reconstruction_error, spread_of


def test_reconstruction_error_is_one_for_silence_and_ignores_offsets() -> None:
    wanted = np.random.default_rng(0).standard_normal((2, 100, 4))
    assert reconstruction_error(wanted, 0 * wanted) == pytest.approx(1)
    assert reconstruction_error(wanted, wanted + 3) == pytest.approx(0, abs=1e-12)
    assert reconstruction_error(wanted, 0.5 * wanted) == pytest.approx(0.25)


def test_the_error_of_dynamics_in_portions_is_that_of_all_samples() -> None:
    rng = np.random.default_rng(0)
    wanted, decoded = rng.standard_normal((2, 5, 100, 4)).astype(np.float32)
    error = DynamicsError()
    for part in (slice(0, 2), slice(2, 3), slice(3, 5)):
        error.add(wanted[part], decoded[part], spread_of(wanted[part]))
    assert error.mse == pytest.approx(np.square(decoded - wanted).mean(), rel=1e-5)
    assert error.nrmse == pytest.approx((error.mse / wanted.var(axis=1).mean()) ** 0.5, rel=1e-5)


def test_the_mean_of_a_teacher_has_an_nrmse_of_one_and_an_offset_counts() -> None:
    wanted = np.random.default_rng(0).standard_normal((3, 100, 4)) + 2
    for decoded, nrmse in (
        (wanted, 0.0),
        (np.broadcast_to(wanted.mean(axis=1, keepdims=True), wanted.shape), 1.0),
        (wanted + wanted.std(axis=1, keepdims=True), 1.0),
    ):
        error = DynamicsError()
        error.add(wanted, decoded, spread_of(wanted))
        assert error.nrmse == pytest.approx(nrmse, abs=1e-9)


def test_what_runs_away_counts_up_to_a_limit_and_no_number_as_nothing() -> None:
    wanted = np.ones((1, 2, 2), np.float32)
    decoded = np.array([[[np.nan, np.inf], [-np.inf, 1.0]]], np.float32)
    error = DynamicsError()
    error.add(wanted, decoded, spread_of(wanted), limit=10.0)
    assert error.mse == (1 + 81 + 121 + 0) / 4


def test_a_network_of_another_teacher_is_not_judged() -> None:
    wanted = np.ones((2, 5, 4), np.float32)
    with pytest.raises(InputError, match="decodes 3 units and its teacher has 4") as caught:
        DynamicsError().add(wanted, wanted[..., :3], 0.0)
    assert caught.value.code == "OTHER_TEACHER"
