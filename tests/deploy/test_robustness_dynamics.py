"""The error of the dynamics in the rows of a study."""

from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import robustness
from analoop.deploy.robustness import Bench
from analoop.models.learning import methods
from analoop.models.learning.ads import respond
from analoop.models.learning.student import Student
from analoop.models.tasks.samples import Samples

from .students import rows, some_teacher, student, study


def test_the_dynamics_are_those_of_the_chip_against_the_teachers_in_whatever_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = study(samples=5, networks=1)
    bench = Bench.of(asked).taught_by(some_teacher())
    wanted = some_teacher().activations(bench.test).astype(float)
    decoded = respond(student(0), bench.test.input).dynamics
    assert decoded is not None
    nominal = next(r for r in rows(tmp_path / "a", asked) if r.place[:3] == ("ads", 0, "nominal 0"))
    assert nominal.mse_dynamics == pytest.approx(np.square(decoded - wanted).mean(), rel=1e-5)
    spread = wanted.var(axis=1).mean()
    assert nominal.nrmse_dynamics == pytest.approx((nominal.mse_dynamics / spread) ** 0.5, rel=1e-5)
    whole = {row.place: row for row in rows(tmp_path / "b", asked)}
    bad = [row.mse_dynamics for row in whole.values() if row.cell == "mismatch 0.1"]
    assert len(set(bad)) == 6 and all(value != nominal.mse_dynamics for value in bad)
    monkeypatch.setattr(robustness, "KEPT_BYTES", 0)
    assert {row.place: row for row in rows(tmp_path / "c", asked)} == whole
    for module in (methods, robustness):
        monkeypatch.setattr(module, "PORTION", 2)
    pieces = {r.place: r for r in rows(tmp_path / "d", asked)}["ads", 0, "nominal 0", 0]
    assert pieces.mse_dynamics == pytest.approx(nominal.mse_dynamics)


def test_a_network_that_decodes_nothing_has_no_error_of_dynamics(tmp_path: Path, monkeypatch):
    """Students whose answer is the target."""

    def told(net: Student, samples: Samples, conditions=None, seen=None):
        return samples.target, np.ones(len(samples))

    monkeypatch.setattr(robustness, "answer", told)
    assert all(row.mse_dynamics is row.nrmse_dynamics is None for row in rows(tmp_path, study()))
