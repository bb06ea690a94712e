"""Goals against rows: whose rows count, and what is said of them."""

import re
from dataclasses import asdict
from pathlib import Path

from analoop.deploy.learning import settings_of

from .pages import PAPER, keep, line


def test_what_has_no_rows_is_not_measured_and_what_has_is_judged(made, tmp_path: Path):
    cells = {"nominal 0": [0.92, 0.9], "mismatch 0.1": [0.9, 0.88], "mismatch 0.2": [0.8, 0.9],
             "chip 1": [0.9, 0.85]}  # fmt: skip
    empty = made(tmp_path / "none")
    assert empty.count("not measured") > 15 and not re.findall(r", (?:met|\*\*missed)", empty)
    assert "Nothing is known of Hey Snips and SynthSnips" in empty
    page = made(keep(tmp_path / "kept", "snips", cells, task="synth-snips"))
    assert "Nothing is known of Hey Snips:" in page
    goals = {k: line(page, "## Goals beyond", f"| {k}") for k in
             ("10 %", "20 %", "30 %", "mismatch as measured", "3 bits")}  # fmt: skip
    assert goals["10 %"][3].startswith("`ads` .890, .882, met")
    assert goals["20 %"][3].startswith("`ads` .850, .810, **missed**")
    assert goals["mismatch as measured"][3].startswith("`ads` .035, .050, **missed**")
    assert goals["30 %"][3] == goals["3 bits"][3] == "not measured"
    assert all(cells[4] == "not measured" for cells in goals.values()), "chip"
    assert line(page, "## Does the seed work", "| `ads`, nominal")[3].startswith("`ads` .910, met")
    assert "### Chip" in page, "a kind of cell that is new has tables too"


def test_a_legal_network_is_compared_with_dense_ones_that_are_no_rivals(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.88], "bits 3": [0.85, 0.85]}
    keep(tmp_path, "legal", cells, task="synth-snips", method="chip")
    dense = {"nominal 0": [0.92, 0.92], "bits 3": [0.95, 0.95]}
    few = {"chip-dense": asdict(settings_of("chip-dense", "synth-snips", ["groups=1"]))}
    keep(tmp_path, "few", dense, task="synth-snips", method="chip-dense", methods=few)
    assert line(made(tmp_path), "## Goals beyond", "| fan-in")[3] == "not measured"
    page = made(keep(tmp_path, "dense", dense, task="synth-snips", method="chip-dense"))
    assert line(page, "## Goals beyond", "| fan-in")[3].startswith("`chip` .030, **missed**")
    assert line(page, "## Goals beyond", "| 3 bits")[3].startswith("`chip` .850, **missed**")


def test_what_a_method_loses_is_measured_in_its_own_study(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "chip 1": [0.89, 0.89]}
    keep(tmp_path, "good", cells, task="synth-snips", method="chip")
    worse = {"nominal 0": [0.7, 0.7], "chip 1": [0.6, 0.6]}
    page = made(keep(tmp_path, "worse", worse, task="synth-snips", method="chip"))
    assert line(page, "## Goals beyond", "| mismatch as")[3].startswith(
        "`chip (good)` .010, .010, met"
    )


def test_the_method_of_ours_stands_beside_the_best_with_its_usual_settings_only(
    made, tmp_path: Path
):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.9, 0.92], "noise 0.1": [0.9, 0.9]}
    keep(tmp_path, "rival", cells, task="synth-snips", method="bptt")
    before = {"chip": asdict(settings_of("chip", "synth-snips", ["groups=1"]))}
    page = made(
        keep(tmp_path, "before", cells | {"noise 0.1": [0.95, 0.95]}, task="synth-snips",
             method="chip", methods=before)
    )  # fmt: skip
    noise = line(page, "## Goals beyond", "| noise .1")
    assert noise[3].startswith("`chip` (groups=1) .950, met") and noise[4] == "not measured"
    now = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.7, 0.86]}
    page = made(keep(tmp_path, "now", now, task="synth-snips", method="chip"))
    level = line(page, "## Goals beyond", "| 10 %")
    assert level[3].startswith("`bptt` .910, .902, met")
    assert level[4].startswith("`chip (now)` .780, .716, **missed**")
    assert "- `chip` as it is trained now meets 0 of 14. Missed: 10 % mismatch" in page


def test_single_networks_are_counted_by_themselves(made, tmp_path: Path):
    """Each meets one of two goals; the two of them together meet none."""
    cells = {"nominal 0": [0.9, 0.9], "noise 0.1": [0.9, 0.7], "silenced 0.4": [0.6, 0.85]}
    keep(tmp_path, "snips", cells, task="synth-snips", method="bptt")
    rows = tmp_path / "snips" / "rows.csv"
    lines = rows.read_text(encoding="utf-8").splitlines()
    named = [lines[0], *(f"{x[:-1]}{x.split(',')[1]}" for x in lines[1:])]
    rows.write_text("\n".join(named) + "\n", encoding="utf-8")
    page = made(tmp_path)
    assert "- Met by no method: noise .1; 40 % silent." in page
    assert "[network 0][snips] of `bptt` meets most: 1 of 14." in page
    assert "- Met by no single network of any method: 10 % mismatch" in page
    never = line(page, "- Met by no single network")[0]
    assert "noise" not in never and "silent" not in never


def test_rates_are_judged_where_the_mismatch_is(made, tmp_path: Path):
    """A quiet method that decides wrongly does not come before one that decides rightly."""
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.2": [0.9, 0.9]}
    loud = {"columns": {"rate_hz": 9.0}}
    keep(tmp_path, "right", cells, task="synth-snips", method="bptt", **loud)
    wrong = {"nominal 0": [0.9, 0.9], "mismatch 0.2": [0.8, 0.8]}
    page = made(keep(tmp_path, "wrong", wrong, task="synth-snips", method="robust"))
    rate = line(page, "## Goals beyond", "| rate with 20 %")
    assert rate[3].startswith("`bptt` .900, 9.0 Hz, **missed**")


def test_tuned_studies_and_other_tasks_meet_no_goal(made, tmp_path: Path):
    cells = {"nominal 0": [1.0, 1.0], "mismatch 0.1": [1.0, 1.0]}
    keep(tmp_path, "snips", cells, task="synth-snips", protocol=PAPER)
    page = made(keep(tmp_path, "xor", cells))
    assert line(page, "## Goals beyond", "| 10 %")[3:5] == ["not measured"] * 2
    assert line(page, "## Goals beyond", "| 10 %")[5].startswith("`ads` 1.000, 1.000 (")


def test_the_largest_study_decides(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.95, 0.95]}
    keep(tmp_path, "a_small", cells, task="synth-snips", networks=2)
    worse = cells | {"mismatch 0.1": [0.5, 0.6]}
    page = made(keep(tmp_path, "b_large", worse, task="synth-snips", networks=10))
    assert "[10 networks][b_large]" in line(page, "## Goals beyond", "| 10 %")[3]
    assert page.index("## SynthSnips, 10 networks") < page.index("## SynthSnips, 2 networks")


def test_settings_of_before_decide_only_where_there_are_no_others(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.95, 0.95]}
    usual = {"ads": asdict(settings_of("ads", "synth-snips", []))}
    before = {"ads": usual["ads"] | {"rate": 1e-5}}
    page = made(keep(tmp_path, "before", cells, task="synth-snips", networks=9, methods=before))
    assert "[9 networks][before]" in line(page, "## Goals beyond", "| 10 %")[3]
    page = made(keep(tmp_path, "now", cells, task="synth-snips", networks=2, methods=usual))
    assert "[2 networks][now]" in line(page, "## Goals beyond", "| 10 %")[3]
