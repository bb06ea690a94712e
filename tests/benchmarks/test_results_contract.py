"""Whether studies are as large as the contract wants, counted by their rows."""

from pathlib import Path
from typing import Any

from .pages import PAPER, keep, line

PART = "### Which studies are as large"


def keep_levels(folder: Path, name: str, rows: int = 100, last: int = 100, **changed: Any) -> Path:
    """Ten networks in turn with rows at each level, at 20 % the `last`."""
    cells = {"nominal 0": 10, "mismatch 0.05": rows, "mismatch 0.1": rows, "mismatch 0.2": last}
    mine = {cell: [0.9] * count for cell, count in cells.items()}
    return keep(folder, name, mine, turn=10, task="synth-snips", **changed)


def test_ten_networks_ten_draws_and_500_samples_by_both_rules_are_enough(made, tmp_path: Path):
    keep_levels(tmp_path, "fair")
    page = made(tmp_path)
    assert line(page, PART, "| SynthSnips | `ads` |")[2] == "not measured"
    assert (
        "- SynthSnips: as large by both rules: none. No such rows by rules `paper`: `ads`" in page
    )
    page = made(keep_levels(tmp_path, "paper", protocol=PAPER))
    assert line(page, PART, "| SynthSnips | `ads` |")[2:] == [
        "10 × 10, 500, without 30 %, met ([rows][paper])",
        "10 × 10, 500, without 30 %, met ([rows][fair])",
    ]
    assert (
        "- SynthSnips: as large by both rules: `ads`. No such rows by rules `paper`: "
        "`ads-no-ebn`, `force`, `bptt`, `reservoir`." in page
    )


def test_rows_are_counted_and_not_what_was_asked_for(made, tmp_path: Path):
    """A study of ten networks and ten draws that is not finished: the last network lacks a draw at
    20 %, then all networks but one lack that level."""
    keep_levels(tmp_path / "a", "mine", last=99, networks=10, draws=10)
    assert line(made(tmp_path / "a"), PART, "| SynthSnips | `ads` |")[3].startswith("10 × 9, 500")
    keep_levels(tmp_path / "b", "mine", last=1, networks=10, draws=10)
    shown = line(made(tmp_path / "b"), PART, "| SynthSnips | `ads` |")[3]
    assert shown == "1 × 1, 500, without 30 %, **missed** ([rows][mine])"


def test_the_largest_that_is_enough_stands_there_with_its_settings(made, tmp_path: Path):
    """Many draws do not make up for test samples."""
    keep_levels(tmp_path, "many", rows=400, last=400, samples=200)
    shown = line(made(tmp_path), PART, "| SynthSnips | `ads` |")[3]
    assert shown == "10 × 40, 200, without 30 %, **missed** ([rows][many])"
    settings = {"ads": {"rate": 1e-5}}
    page = made(keep_levels(tmp_path, "wanted", methods=settings))
    shown = line(page, PART, "| SynthSnips | `ads` |")[3]
    assert shown.startswith("10 × 10, 500, without 30 %, met ([rows][wanted]; ")
    assert "rate=1e-05" in shown


def test_thirty_percent_is_in_brackets(made, tmp_path: Path):
    cells = {f"mismatch {m}": [0.9, 0.9] for m in (0.05, 0.1, 0.2, 0.3)}
    page = made(keep(tmp_path, "snips", cells, task="synth-snips"))
    assert line(page, PART, "| SynthSnips | `ads` |")[3].startswith("2 × 1, 500, **missed**")
