"""The robustness table of a network of one's own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy.metrics import accuracy, mean_rate_hz
from analoop.deploy.network_robustness import OwnStudy
from analoop.deploy.perturbations import CELLS, Cell
from analoop.deploy.study import study_own
from analoop.deploy.study_files import Row, read_rows
from analoop.models import InputError
from analoop.models.simulation import simulate

from .own_networks import network, stimulus

FEW = (CELLS[0], Cell("mismatch", 0.2), Cell("noise", 0.1), Cell("bits", 3), Cell("silenced", 0.4))


def rows(folder: Path, study: OwnStudy) -> list[Row]:
    study_own(folder, study, 2, lambda *news: None)
    return sorted(read_rows(folder / "rows.csv"), key=lambda row: row.place)


def test_the_nominal_row_is_what_simulate_plays(tmp_path: Path):
    mine, played = network(), stimulus()
    (row,) = rows(tmp_path, OwnStudy({"mine": mine}, played, cells=CELLS[:1]))
    recording = simulate(mine, played)
    expected = accuracy(recording, mine.readout, played.target)
    assert row.accuracy == pytest.approx(expected, abs=0.051)  # single precision: one trial
    assert row.rate_hz == pytest.approx(mean_rate_hz(recording), rel=0.01)
    assert (row.place, row.mse_target) == (("mine", 0, "nominal 0", 0), None)
    assert row.network_hash == mine.hash and 0.3 < expected < 1


def test_every_cell_has_its_rows_and_a_page(tmp_path: Path):
    study = OwnStudy({"mine": network(), "same": network()}, stimulus(), draws=3, cells=FEW)
    found = study_own(tmp_path, study, 2, lambda *news: None)
    made = read_rows(tmp_path / "rows.csv")
    assert len(made) == found["rows"] == 2 * (3 + 4)
    assert {s["method"] for s in found["summaries"]} == {"mine", "same"}
    assert all(not s["errors"] for s in found["summaries"])
    assert all(d["mse_p"] is None for d in found["differences"]) and found["differences"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Simulated" in page and study.stimulus.hash[:12] in page
    nominal = [row.accuracy for row in made if row.cell == "nominal 0"]
    assert nominal[0] == nominal[1], "one network under two names"


def test_a_study_goes_on_and_is_the_same_in_whatever_order(tmp_path: Path):
    study = OwnStudy({"mine": network()}, stimulus(), draws=3, cells=FEW)
    whole = rows(tmp_path / "a", study)
    table = tmp_path / "a" / "rows.csv"
    text = table.read_text()
    table.write_text("\n".join(text.splitlines()[:3]) + "\n", encoding="utf-8")
    assert rows(tmp_path / "a", study) == whole
    errors = {row.rate_hz for row in whole if row.cell == "mismatch 0.2"}
    assert len(errors) == 3, "draws differ"


def test_another_stimulus_is_another_study(tmp_path: Path):
    study = OwnStudy({"mine": network()}, stimulus(), cells=CELLS[:1])
    rows(tmp_path, study)
    with pytest.raises(InputError) as caught:
        rows(tmp_path, replace(study, stimulus=stimulus(seed=1)))
    assert caught.value.code == "OTHER_STUDY"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"target": np.zeros(0, np.int64)}, "NO_TARGETS"),
        ({"target": np.full(20, 4)}, "TARGETS"),
        ({"n_channels": 5}, "INPUT_CHANNELS"),
    ],
)
def test_a_stimulus_that_cannot_judge_is_refused(changed: dict, code: str):
    with pytest.raises(InputError) as caught:
        OwnStudy({"mine": network()}, replace(stimulus(), **changed))
    assert caught.value.code == code
