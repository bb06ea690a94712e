"""The table of a study in a terminal: every number whole, every method named."""

import numpy as np
import pytest

from analoop.deploy.console_study import print_study
from analoop.deploy.perturbations import PROTOCOLS, applies, cells_of
from analoop.deploy.study_files import Row
from analoop.deploy.study_statistics import tables

from .students import study


def test_errors_that_rise_a_thousandfold_leave_no_interval_and_no_method_out(
    capsys: pytest.CaptureFixture[str],
):
    """A column of its own for methods was squeezed away, intervals lost their upper bound."""
    methods, cells = ("ads", "ads-no-ebn", "reservoir"), cells_of(PROTOCOLS["paper"])
    accuracy = np.linspace(0.2, 0.6, 4)
    rows = [
        Row(m, 0, c.name, k, a, 0.001 if c.kind == "nominal" else 223.0, None, 20.0, 1.0, "hash")
        for m in methods for c in cells if applies(c, m) for k, a in enumerate(accuracy)
    ]  # fmt: skip
    record = study("paper", cells=cells).record()
    found = tables(rows, record["cells"], record["samples"], record["seed"])
    print_study(record | found | {"files": []})
    shown = capsys.readouterr().out
    assert all(f"│ {method} " in shown for method in methods)
    for s in found["summaries"]:
        assert f"{s['accuracy_mean_low']:.3f}-{s['accuracy_mean_high']:.3f}" in shown
    assert "×223000" in shown and "…" not in shown
