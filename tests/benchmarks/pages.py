"""Kept studies as tests make them up, and what is read on the page of them."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analoop.deploy.learning import settings_of

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "benchmarks" / "results"
FAIR = KEPT / "temporal_xor_fair"
PAPER = {"name": "paper", "compensated": True, "teacher_counts": True}


def keep(folder: Path, name: str, cells: dict[str, list[float]], **changed: Any) -> Path:
    """A study with rows of two networks in turn (`turn`), by default with usual settings; `columns`
    more for all of them."""
    columns, turn = changed.pop("columns", {}), changed.pop("turn", 2)
    record = json.loads((FAIR / "study.json").read_text(encoding="utf-8"))
    method = changed.pop("method", "ads")
    usual_settings = asdict(settings_of(method, changed.get("task", record["task"]), []))
    record |= {"cells": list(cells), "methods": {method: usual_settings}} | changed
    (folder / name).mkdir(parents=True)
    (folder / name / "study.json").write_text(json.dumps(record), encoding="utf-8")
    usual = {"mse_target": 0.02, "mse_teacher": 0.01, "rate_hz": 4.0, "gain": 1.0,
             "network_hash": "h"}  # fmt: skip
    rows = [
        {"method": method, "network": k % turn, "cell": cell, "draw": k // turn,
         "accuracy": a}
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
