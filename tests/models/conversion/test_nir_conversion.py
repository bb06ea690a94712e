"""Networks that other libraries wrote keep their behaviour on the chip."""

from __future__ import annotations

import pytest

pytest.importorskip("nir")

from analoop.models.conversion.conversion import convert  # noqa: E402
from analoop.models.conversion.nir_source import read_nir  # noqa: E402
from analoop.models.conversion.tuning import Tuning  # noqa: E402

from .recordings import DATA, task_stimulus  # noqa: E402


@pytest.mark.parametrize(("library", "period"), [("snntorch", 3), ("norse", 0), ("sinabs", 3)])
def test_a_network_of_another_library_keeps_its_rates_and_labels(library: str, period: int) -> None:
    source = read_nir(DATA / f"{library}.nir", library)
    tuning = Tuning(epochs=6, together=4, bias_period=period)
    made = convert(source, task_stimulus(96, 11), task_stimulus(100, 12), tuning)
    assert made.fidelity.rate_correlation >= 0.95
    assert made.fidelity.label_agreement >= 0.97
    assert {c.field for c in made.changes} >= {"latency"}
