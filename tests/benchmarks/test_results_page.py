"""The page of results: made of the rows that are kept, and of nothing else."""

import csv
import json
import re
import shlex
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from analoop.deploy.learning import settings_of
from analoop.deploy.perturbations import cells_of, protocol_of
from analoop.models.learning.methods import METHODS

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "benchmarks" / "results"
FAIR = KEPT / "temporal_xor_fair"
PAPER = {"name": "paper", "compensated": True, "teacher_counts": True}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch):
    """The page of a folder, and of what fifty chips are said to do."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    studies, page = import_module("kept_studies"), import_module("results_page")
    return lambda folder, fifty="": page.page(studies.kept_studies(folder), fifty)


def keep(folder: Path, name: str, cells: dict[str, list[float]], **changed: Any) -> Path:
    """A study with rows of two networks in turn, by default with usual settings; `columns` more for
    all of them."""
    columns = changed.pop("columns", {})
    record = json.loads((FAIR / "study.json").read_text(encoding="utf-8"))
    method = changed.pop("method", "ads")
    usual_settings = asdict(settings_of(method, changed.get("task", record["task"]), []))
    record |= {"cells": list(cells), "methods": {method: usual_settings}} | changed
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
    made = {file.name for file in (tmp_path / "images").iterdir()}
    assert made == set(re.findall(r"\]\(images/(.+?)\)", kept))


def test_a_number_is_that_of_its_rows(made):
    found = line(
        made(KEPT), "## temporal XOR, 10 networks: ads", "### Mismatch", "| `ads` | [fair]"
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
    assert line(page, "## Does the seed work", "| `ads`, nominal")[2].startswith("`ads` .910, met")
    assert "### Chip" in page, "a kind of cell that is new has tables too"


def test_a_legal_network_is_compared_with_dense_ones_that_are_no_rivals(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.88], "bits 3": [0.85, 0.85]}
    keep(tmp_path, "legal", cells, task="synth-snips", method="chip")
    assert line(made(tmp_path), "## Goals beyond", "| fan-in")[3] == "not measured"
    dense = {"nominal 0": [0.92, 0.92], "bits 3": [0.95, 0.95]}
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


def test_balance_is_compared_under_silence_by_both_rules(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "silenced 0.4": [0.75, 0.75]}
    other = {"nominal 0": [0.9, 0.9], "silenced 0.4": [0.6, 0.6]}
    for rules, low in (({}, 0.1), ({"protocol": PAPER}, 0.0)):
        less = {k: [v - low for v in values] for k, values in cells.items()}
        name = "paper" if rules else "fair"
        keep(tmp_path, f"a_{name}", less, task="synth-snips", **rules)
        keep(tmp_path, f"b_{name}", other, task="synth-snips", method="ads-no-ebn", **rules)
    page = made(tmp_path)
    paper, fair = (
        line(page, f"| 40 % silent: `ads` above `ads-no-ebn`, rules `{rules}`")[2]
        for rules in ("paper", "fair")
    )
    assert paper.startswith("`ads` .150, met") and fair.startswith("`ads` .050, **missed**")
    order = line(page, "### Which method stands", "| silenced 0.4")
    assert order[2] == "`ads` .750, `ads-no-ebn` .600: 1 of 1 pair, met"
    assert line(page, "### Which method stands", "| bits 6")[2] == "not measured"


def test_an_order_that_is_not_the_authors_is_named(made, tmp_path: Path):
    """Theirs with 4 bits: bptt .868, ads .805, force .693, ads-no-ebn .655, reservoir .562."""
    for method, value in (("ads", 0.9), ("bptt", 0.89), ("force", 0.6), ("reservoir", 0.5)):
        cells = {"nominal 0": [0.9, 0.9], "bits 4": [value, value]}
        keep(tmp_path, method, cells, task="synth-snips", method=method)
    order = line(made(tmp_path), "### Which method stands", "| bits 4")
    assert order[3].endswith(
        ": 4 of 6 pairs, **missed**: not `bptt` > `ads`; not `force` > `reservoir`; not measured: "
        "`ads-no-ebn`"
    )


def test_tuned_studies_and_other_tasks_meet_no_goal(made, tmp_path: Path):
    cells = {"nominal 0": [1.0, 1.0], "mismatch 0.1": [1.0, 1.0]}
    keep(tmp_path, "snips", cells, task="synth-snips", protocol=PAPER)
    page = made(keep(tmp_path, "xor", cells))
    assert line(page, "## Goals beyond", "| 10 %")[3:5] == ["not measured"] * 2
    assert line(page, "## Goals beyond", "| 10 %")[5].startswith("`ads` 1.000, 1.000 (")


def test_growth_of_errors_is_compared_with_the_authors_under_their_rules(made, tmp_path: Path):
    """Medians of .0058 become .0066, .0097 and .0185: here the last is three times that."""
    cells = {"nominal 0": [0.9, 0.9]} | {f"mismatch {m}": [0.8, 0.8] for m in (0.05, 0.1, 0.2)}
    keep(tmp_path, "snips", cells, task="synth-snips", protocol=PAPER,
         columns={"mse_dynamics": 0.0058})  # fmt: skip
    rows = tmp_path / "snips" / "rows.csv"
    lines = rows.read_text(encoding="utf-8").splitlines()
    grown = {"0.05": "0.0066", "0.1": "0.0097", "0.2": "0.0555"}
    for k, text in enumerate(lines):
        level = text.split(",")[2].partition("mismatch ")[2]
        lines[k] = text.replace("0.0058", grown.get(level, "0.0058"))
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = line(made(tmp_path), "## Growth of", "| `mse_dynamics` | `ads`")
    assert found[2] == "×1.14, ×1.67, ×3.19"
    assert found[3] == "×1.14, ×1.67, ×9.57 (no) ([rows][snips])"
    assert line(made(tmp_path), "## Growth of", "| `mse_dynamics` | `force`")[3] == "not measured"


def test_growth_begins_where_the_gain_is_fitted_too(made, tmp_path: Path):
    levels = {f"mismatch {m}": [0.8, 0.8] for m in (0, 0.05, 0.1, 0.2)}
    keep(tmp_path, "snips", {"nominal 0": [0.9, 0.9]} | levels, task="synth-snips", protocol=PAPER)
    rows = tmp_path / "snips" / "rows.csv"
    text = rows.read_text(encoding="utf-8").splitlines()
    text = [x.replace("0.02", "0.01") if "nominal" in x else x for x in text]
    rows.write_text("\n".join(text) + "\n", encoding="utf-8")
    found = line(made(tmp_path), "## Growth of", "| `mse_target` | `ads`")
    assert found[3].startswith("×1, ×1, ×1 (no) (")


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


def test_networks_that_are_in_two_studies_have_the_same_settings_there():
    """Of settings that were not there yet, the default."""
    seen: dict[str, tuple[str, dict[str, Any]]] = {}
    shared = 0
    for file in sorted(KEPT.glob("*/study.json")):
        methods = json.loads(file.read_text(encoding="utf-8"))["methods"]
        with (file.parent / "rows.csv").open(encoding="utf-8") as table:
            found = {row["network_hash"]: row["method"] for row in csv.DictReader(table)}
        for network, method in found.items():
            default = json.loads(json.dumps(asdict(METHODS[method].settings())))
            study, settings = seen.setdefault(
                network, (file.parent.name, default | methods[method])
            )
            shared += study != file.parent.name
            assert settings == default | methods[method], (network, study, file.parent.name)
    assert shared > 10


def test_methods_are_compared_over_studies_that_judged_by_the_same_samples(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.9, 0.8, 0.85]}
    keep(tmp_path, "mine", cells, method="chip", test_samples="a")
    keep(tmp_path, "rival", cells, method="bptt", test_samples="a", draws=2)
    page = made(keep(tmp_path, "stranger", cells, method="robust", test_samples="b"))
    start = page.index("## Which differences")
    page = page[start : page.index("\n## ", start)]
    assert "Rows: [mine][mine], [rival][rival]." in page and "| `bptt`, `chip` |" in page
    assert "`robust`" not in page, "it has nothing to be compared with"


def test_a_figure_shows_methods_of_the_same_samples_and_no_others(made, tmp_path: Path):
    cells = {"nominal 0": [0.9, 0.9], "mismatch 0.1": [0.8, 0.8], "mismatch 0.2": [0.6, 0.7]}
    keep(tmp_path, "alone", cells, method="robust", test_samples="b", draws=9)
    keep(tmp_path, "mine", cells, method="chip", test_samples="a")
    assert "![" not in made(tmp_path), "nothing stands beside another"
    page = made(keep(tmp_path, "rival", cells, method="bptt", test_samples="a"))
    assert "temporal_xor_mismatch.png)" in page
    assert "500 test samples: `bptt` ([rival]), `chip` ([mine]).\n" in page

    figures, kept = import_module("results_figures"), import_module("kept_studies")
    lines = figures.drawn(kept.kept_studies(tmp_path), "temporal-xor")
    image = matplotlib.image.imread(BytesIO(figures.png_of(lines)))
    for colour in ("C0", "C1"):  # as many as there are methods
        assert (abs(image[..., :3] - to_rgb(colour)).max(axis=-1) < 0.01).sum() > 100
    assert not (abs(image[..., :3] - to_rgb("C2")).max(axis=-1) < 0.01).any()


def test_what_a_command_does_not_make_again_is_said_below_it(made, tmp_path: Path):
    keep(tmp_path, "old", {"nominal 0": [0.9, 0.9]})
    (tmp_path / "old" / "remarks.md").write_text("Other rows of two kinds.\n", encoding="utf-8")
    page = made(tmp_path)
    assert page.index("-o runs/old") < page.index("\nOther rows of two kinds.\n")


def test_fifty_chips_name_their_network_and_are_held_against_the_goal(made, tmp_path: Path):
    text = """SIMULATED: three lines of a kept text
synth-snips, student h                                           88.0  86.2        1.8   71.0        17.0         4.8 Hz
synth-snips, student 0123, defects, screened                     88.0  88.5       -0.5   84.0         4.0         4.8 Hz
japanese-vowels, network 776258dee34f, defects                   97.3  66.0       31.3    0.0        97.3        30.3 Hz
"""  # noqa: E501
    keep(tmp_path, "snips", {"nominal 0": [0.9]}, task="synth-snips", method="chip")
    page = made(tmp_path, text)
    own = line(page, "### Fifty chips", "| SynthSnips | `chip`, network [0][snips]")
    assert own[3:] == [".880", ".862", ".710", ".018", ".170", "met, **missed**"]
    other = line(page, "| SynthSnips | 0123, of no study here")
    assert other[2] == "defects, screened" and other[6] == "-.005" and other[-1] == "met, met"
    assert line(page, "| japanese-vowels")[-1] == "another task"


def test_the_page_begins_with_an_answer_and_leads_to_every_part(made):
    page = made(KEPT)
    assert page.index("## In short") < page.index("## Contents") < page.index("## How to read")
    parts = re.findall(r"^## (.+)$", page, re.M)[2:]
    assert re.findall(r"^- \[(.+)\]\(#", page, re.M) == parts and len({*parts}) == len(parts)
    assert not re.search(r"^\|[^|]+\|[^|]+\|( – \|)+$", page, re.M), "no line without a number"
    tables = [x for x in page.split("\n\n") if x.startswith("| mse_teacher")]
    assert tables and not re.search("`(bptt|chip|robust|reservoir)", "".join(tables))
