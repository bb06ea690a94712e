"""Studies as people see them."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from .console import stdout


def print_study(found: dict[str, Any]) -> None:
    """One table: a row for each method and cell."""
    protocol = found["protocol"]["name"]
    print(f"SIMULATED: {found['task']}, protocol {protocol}, seed {found['seed']}, "
          f"{found['samples']} samples in each run")  # fmt: skip
    table = Table("method", "cell")
    for name in ("runs", "median", "mean", "95 %", "P10", "MSE", "rate (Hz)"):
        table.add_column(name, justify="right")
    last = None
    for s in found["summaries"]:
        interval = f"{s['accuracy_mean_low']:.3f}-{s['accuracy_mean_high']:.3f}"
        numbers = (f"{s[f'accuracy_{name}']:.3f}" for name in ("median", "mean"))
        table.add_row(
            s["method"] if s["method"] != last else "", s["cell"], str(s["rows"]), *numbers,
            interval, f"{s['accuracy_p10']:.3f}", f"{s['mse_target_median']:.4f}",
            f"{s['rate_hz_median']:.1f}",
        )  # fmt: skip
        last = s["method"]
    stdout().print(table)
    for file in found["files"]:
        print(f"wrote {file}")
