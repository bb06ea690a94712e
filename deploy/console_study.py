"""Studies as people see them."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from .console import stdout


def print_study(found: dict[str, Any]) -> None:
    """One table: the cells of each method below its name."""
    protocol = found["protocol"]["name"]
    noise = f" with noise, {found['noise_snr_db']:g} dB" if "noise_snr_db" in found else ""
    print(f"SIMULATED: {found['task']}{noise}, protocol {protocol}, seed {found['seed']}, "
          f"{found['samples']} samples in each run")  # fmt: skip
    table = Table()
    table.add_column("method, cell", min_width=len("mismatch 0.05"), overflow="fold")
    judged = any("mse_target" in s["errors"] for s in found["summaries"])
    errors = ("MSE", "rise") if judged else ()
    for name in ("runs", "median", "mean", "95 %", "P10", *errors, "rate (Hz)"):
        table.add_column(name, justify="right", no_wrap=True)
    last = None
    for s in found["summaries"]:
        if s["method"] != last:
            table.add_section()
            table.add_row(Text(s["method"], style="bold"))
        interval = f"{s['accuracy_mean_low']:.3f}-{s['accuracy_mean_high']:.3f}"
        error = _error(s["errors"]["mse_target"]) if judged else ()
        numbers = (f"{s[f'accuracy_{name}']:.3f}" for name in ("median", "mean"))
        table.add_row(
            s["cell"], str(s["rows"]), *numbers,
            interval, f"{s['accuracy_p10']:.3f}", *error, f"{s['rate_hz_median']:.1f}",
        )  # fmt: skip
        last = s["method"]
    stdout().print(table)
    if judged:
        print("MSE: of output against target, median, and its rise above nothing perturbed; "
              "teacher and dynamics: report.html, summary.json")  # fmt: skip
    for file in found["files"]:
        print(f"wrote {file}")


def _error(found: dict[str, Any]) -> tuple[str, str]:
    """A median, and its rise: in percent, tenfold and more as a factor."""
    rise, shown = found["rise"], ""
    if rise is not None:
        shown = f"×{1 + rise:.0f}" if rise >= 9 else f"{rise:+.0%}"
    return f"{found['median']:.4f}", shown
