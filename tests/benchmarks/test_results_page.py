"""The page of results: made of the rows that are kept, and of nothing else."""

import csv
import json
import re
import shlex
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analoop.deploy.learning import settings_of
from analoop.deploy.perturbations import cells_of, protocol_of

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "benchmarks" / "results"
FAIR = KEPT / "temporal_xor_fair"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch):
    """The page of a folder."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    studies, page = import_module("kept_studies"), import_module("results_page")
    return lambda folder: page.page(studies.kept_studies(folder))


def keep(folder: Path, name: str, cells: dict[str, list[float]], **changed: Any) -> Path:
    """A study with rows of two networks in turn; `columns` more for all of them."""
    columns = changed.pop("columns", {})
    record = json.loads((FAIR / "study.json").read_text(encoding="utf-8"))
    method = changed.pop("method", "ads")
    record |= {"cells": list(cells), "methods": {method: record["methods"]["ads"]}} | changed
    (folder / name).mkdir(parents=True)
    (folder / name / "study.json").write_text(json.dumps(record), encoding="utf-8")
    usual = {"mse_target": 0.02, "mse_teacher": 0.01, "rate_hz": 4.0, "gain": 1.0,
             "network_hash": "h"}  # fmt: skip
    rows = [
        {"method": method, "network": k % 2, "cell": cell, "draw": k // 2, "accuracy": a}
        | usual | columns
        for cell, values in cells.items() for k, a in enumerate(values)
    ]  # fmt: skip
    with (folder / name / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    return folder


def line(page: str, *starts: str) -> list[str]:
    """Cells of the first line of a table that begins so, behind a heading."""
    text = page
    for start in starts:
        assert start in text, start
        text = text[text.index(start) :]
    return [cell.strip() for cell in text.splitlines()[0].strip("|").split("|")]


def test_the_page_is_what_the_command_makes_of_the_kept_rows(tmp_path: Path):
    command = [sys.executable, "benchmarks/results_page.py", "--out", str(tmp_path / "page.md")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    kept = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == kept, "run: make results"


def test_a_number_is_that_of_its_rows(made):
    found = line(
        made(KEPT), "## temporal-xor: 10 networks of each", "### Mismatch", "| `ads` | [fair]"
    )
    with (FAIR / "rows.csv").open(encoding="utf-8") as file:
        mine = [float(row["accuracy"]) for row in csv.DictReader(file)
                if (row["method"], row["cell"]) == ("ads", "mismatch 0.2")]  # fmt: skip
    mean, median, p10 = np.mean(mine), np.median(mine), np.percentile(mine, 10)
    shown = found[-2]
    assert len(mine) == 100 and shown.startswith(f"**{mean:.3f}**".replace("0.", ".", 1))
    rest = f"; {median:.3f}; {p10:.3f}".replace(" 0.", " .")
    assert shown.endswith(rest), (shown, rest)


@pytest.mark.parametrize("folder", [f.parent.name for f in sorted(KEPT.glob("*/study.json"))])
def test_the_command_of_a_study_asks_for_what_the_study_was(made, folder: str):
    (command,) = re.findall(rf"^    (analoop robustness .* -o runs/{folder} .*)$", made(KEPT), re.M)
    words = shlex.split(command)
    record = json.loads((KEPT / folder / "study.json").read_text(encoding="utf-8"))
    told = dict(zip(words, words[1:], strict=False))
    assert told["robustness"] == record["task"]
    assert told["--protocol"] == record["protocol"]["name"]
    for name in ("networks", "draws", "samples", "seed"):
        assert int(told[f"--{name}"]) == record[name]
    cells = cells_of(protocol_of(told["--protocol"]), told.get("--cells"))
    assert {cell.name for cell in cells} - {"chip 1"} == set(record["cells"]) - {"chip 1"}
    changed = [after for word, after in zip(words, words[1:], strict=False) if word == "--set"]
    for method in told["--method"].split(","):
        own = [word.partition(".")[2] for word in changed if word.startswith(f"{method}.")]
        settings = json.loads(json.dumps(asdict(settings_of(method, record["task"], own))))
        was = record["methods"].pop(method)
        assert {name: settings[name] for name in was} == was
    assert not record["methods"], "every method is asked for"


def test_every_line_leads_to_rows_that_are_there(made):
    page = made(KEPT)
    used = set(re.findall(r"\]\[([\w-]+)\]", page))
    defined = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", page, re.M))
    assert used == defined.keys() and len(used) >= 2
    assert all((ROOT / "docs" / path).is_file() for path in defined.values())


def test_what_has_no_rows_is_not_measured_and_what_has_is_judged(made, tmp_path: Path):
    cells = {"nominal 0": [0.92, 0.9], "mismatch 0.1": [0.9, 0.88], "mismatch 0.2": [0.8, 0.9],
             "chip 1": [0.9, 0.85]}  # fmt: skip
    empty = made(tmp_path / "none")
    assert empty.count("not measured") > 20 and not re.findall(r", (?:met|\*\*missed)", empty)
    page = made(keep(tmp_path / "kept", "snips", cells, task="synth-snips"))
    goals = {k: line(page, "Goals beyond", f"| {k}") for k in
             ("10 %", "20 %", "30 %", "mismatch as measured", "3 bits")}  # fmt: skip
    assert all(cells[3] == "not measured" for cells in goals.values()), "Hey Snips"
    assert goals["10 %"][4].startswith("`ads` .890, .882, met")
    assert goals["20 %"][4].startswith("`ads` .850, .810, **missed**")
    assert goals["mismatch as measured"][4].startswith("`ads` .035, .050, **missed**")
    assert goals["30 %"][4] == goals["3 bits"][4] == "not measured"
    assert line(page, "Does the seed work", "| `ads`, nominal")[3].startswith("`ads` .910, met")
    assert "### Chip" in page, "a kind of cell that is new has tables too"


def test_a_legal_network_is_compared_with_dense_ones_that_are_no_rivals(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.88], "bits 3": [0.85, 0.85]}
    keep(tmp_path, "legal", cells, task="synth-snips", method="chip")
    assert line(made(tmp_path), "Goals beyond", "| fan-in")[4] == "not measured"
    dense = {"nominal 0": [0.92, 0.92], "bits 3": [0.95, 0.95]}
    page = made(keep(tmp_path, "dense", dense, task="synth-snips", method="chip-dense"))
    assert line(page, "Goals beyond", "| fan-in")[4].startswith("`chip` .030, **missed**")
    assert line(page, "Goals beyond", "| 3 bits")[4].startswith("`chip` .850, **missed**")


def test_what_a_method_loses_is_measured_in_its_own_study(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "chip 1": [0.89, 0.89]}
    keep(tmp_path, "good", cells, task="synth-snips", method="chip")
    worse = {"nominal 0": [0.7, 0.7], "chip 1": [0.6, 0.6]}
    page = made(keep(tmp_path, "worse", worse, task="synth-snips", method="chip"))
    assert line(page, "Goals beyond", "| mismatch as")[4].startswith(
        "`chip (good)` .010, .010, met"
    )


def test_tuned_studies_and_other_tasks_meet_no_goal(made, tmp_path: Path):
    cells = {"nominal 0": [1.0, 1.0], "mismatch 0.1": [1.0, 1.0]}
    rules = {"name": "paper", "compensated": True, "teacher_counts": True}
    keep(tmp_path, "snips", cells, task="synth-snips", protocol=rules)
    page = made(keep(tmp_path, "xor", cells))
    assert line(page, "Goals beyond", "| 10 %")[3:5] == ["not measured"] * 2
    assert line(page, "Goals beyond", "| 10 %")[5].startswith("`ads` 1.000, 1.000 (")


def test_growth_of_errors_is_compared_with_the_authors_under_their_rules(made, tmp_path: Path):
    """Medians of .0058 become .0066, .0097 and .0185: here the last is three times that."""
    cells = {"nominal 0": [0.9, 0.9]} | {f"mismatch {m}": [0.8, 0.8] for m in (0.05, 0.1, 0.2)}
    rules = {"name": "paper", "compensated": True, "teacher_counts": True}
    keep(tmp_path, "snips", cells, task="synth-snips", protocol=rules,
         columns={"mse_dynamics": 0.0058})  # fmt: skip
    rows = tmp_path / "snips" / "rows.csv"
    lines = rows.read_text(encoding="utf-8").splitlines()
    grown = {"0.05": "0.0066", "0.1": "0.0097", "0.2": "0.0555"}
    for k, text in enumerate(lines):
        level = text.split(",")[2].partition("mismatch ")[2]
        lines[k] = text.replace("0.0058", grown.get(level, "0.0058"))
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = line(made(tmp_path), "Growth of", "| `mse_dynamics` | `ads`")
    assert found[2] == "×1.14, ×1.67, ×3.19"
    assert found[3] == "not measured", "Hey Snips"
    assert found[4] == "×1.14, ×1.67, ×9.57 (no) ([rows][snips])"
    assert line(made(tmp_path), "Growth of", "| `mse_dynamics` | `force`")[4] == "not measured"


def test_the_largest_study_decides(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.95, 0.95]}
    keep(tmp_path, "a_small", cells, task="synth-snips", networks=2)
    worse = cells | {"mismatch 0.1": [0.5, 0.6]}
    page = made(keep(tmp_path, "b_large", worse, task="synth-snips", networks=10))
    assert "[10 networks][b_large]" in line(page, "Goals beyond", "| 10 %")[4]
    assert page.index("## synth-snips: 10") < page.index("## synth-snips: 2")


def test_settings_of_before_decide_only_where_there_are_no_others(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.95, 0.95]}
    usual = {"ads": asdict(settings_of("ads", "synth-snips", []))}
    before = {"ads": usual["ads"] | {"rate": 1e-5}}
    page = made(keep(tmp_path, "before", cells, task="synth-snips", networks=9, methods=before))
    assert "[9 networks][before]" in line(page, "Goals beyond", "| 10 %")[4]
    page = made(keep(tmp_path, "now", cells, task="synth-snips", networks=2, methods=usual))
    assert "[2 networks][now]" in line(page, "Goals beyond", "| 10 %")[4]


def test_studies_of_before_and_after_a_new_column_stand_side_by_side(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.8, 0.8]}
    keep(tmp_path, "old", cells)
    columns = {"mse_dynamics": 0.005, "nrmse_dynamics": 0.3}
    keep(tmp_path, "new", cells, method="ads-no-ebn", columns=columns)
    page = made(tmp_path)
    accuracy, dynamics = (
        page[page.index(f"| {name} | rules |") :].split("\n\n")[0]
        for name in ("accuracy", "mse_dynamics")
    )
    assert "[fair][old]" in accuracy and "[fair][new]" in accuracy
    assert "[fair][old]" not in dynamics and ".00500; .00500" in dynamics
    both = made(keep(tmp_path, "again", cells))
    assert "`ads (again)`" in both and "`ads (old)`" in both, "no line is there twice"
