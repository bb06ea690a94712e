"""What people see of recording sets and exports on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ..hw.board import simulated
from . import console
from .console_bench import print_surroundings
from .metrics import mean_rate_hz
from .recordings.control_limits import FALSE_ALARMS
from .recordings.fingerprint import Fingerprint
from .recordings.plan import is_noisy
from .recordings.recording_set import RecordingSet, Take, UnfinishedSet
from .surroundings import surroundings

_LOST = ("early", "late", "foreign", "lost_in", "lost_out", "undelivered")
"""Books of words and events that are in no recording; which there are depends on the board."""


def set_record(found: RecordingSet | UnfinishedSet) -> dict[str, Any]:
    """A set in numbers, as JSON values; `finished` says which of the two types it is."""
    whole = isinstance(found, RecordingSet)
    return found.plan.record() | {
        "finished": whole,
        "set": found.hash if whole else None,
        "cause": None if whole else found.cause,
        "program": found.program.hash,
        "stimulus": found.stimulus.hash,
        "takes": [
            take.record() | {"rate_hz": mean_rate_hz(take.recording)} for take in found.takes
        ],
        "failures": [vars(failure) for failure in found.failures],
    }


def print_set(found: RecordingSet | UnfinishedSet, folder: Path) -> None:
    """A row per board; what is simulated is said first."""
    targets = sorted({take.recording.board["target"] for take in found.takes})
    print(f"boards: {', '.join(t.upper() if t == 'simulated' else t for t in targets) or 'none'}; "
          f"program {found.program.hash[:12]}, stimulus {found.stimulus.hash[:12]} of "
          f"{found.stimulus.n_trials} trials; seed of the order {found.plan.seed}")  # fmt: skip
    table = Table("board", "target")
    for name in ("repeats", "mean rate (Hz)", "sd over repeats", "not recorded"):
        table.add_column(name, justify="right")
    for board in found.plan.boards:
        table.add_row(
            *_row(board, [t for t in found.takes if t.board == board], found.plan.repeats)
        )
    console.stdout().print(table)
    around = [surroundings(b, [t.recording for t in found.takes if t.board == b])
              for b in found.plan.boards]  # fmt: skip
    print_surroundings([one for one in around if one is not None])
    alike = [b for b in found.plan.boards if (v := simulated(b)) and not is_noisy(v)]
    if alike and found.plan.repeats > 1:
        print(f"without noise every repeat is the same: {', '.join(alike)}")
    for failure in found.failures:
        print(f"kept what came of board {failure.board}, repeat {failure.repeat}, which failed, "
              f"in {folder / failure.file}")  # fmt: skip
    if isinstance(found, RecordingSet):
        print(f"wrote {folder}: {len(found.takes)} recordings, set {found.hash[:12]}")


def _row(board: str, takes: list[Take], repeats: int) -> list[str]:
    """What a board did, and how much it varied."""
    rates = [mean_rate_hz(take.recording) for take in takes]
    lost = sum(take.recording.books.get(name, 0) for take in takes for name in _LOST)
    target = takes[0].recording.board["target"] if takes else "-"
    spread = f"{np.std(rates, ddof=1):.3f}" if len(rates) > 1 else "-"
    mean = f"{np.mean(rates):.2f}" if rates else "-"
    return [board, target, f"{len(takes)} of {repeats}", mean, spread, str(lost)]


def print_export(made: dict[str, Any]) -> None:
    """What was written, and of what."""
    print(f"wrote {made['file']} ({made['format']}): {made['spikes']} spikes of "
          f"{', '.join(made['boards'])}, {' and '.join(made['targets'])}, {made['of']} "
          f"{made['hash'][:12]}")  # fmt: skip


def print_fingerprint(found: Fingerprint) -> None:
    """Verdict first, then the point on the chart and what it stands on."""
    p = found.point
    target = "SIMULATED" if p.target == "simulated" else p.target
    print(f"{p.board} ({target}): {found.sentence}")
    limits = [
        ("Hz per neuron", p.rate_hz, p.rate_low_hz, p.rate_high_hz),
        ("correlation with the reference", p.correlation, p.correlation_low, 1.0),
        ("variance of counts over trials", p.spread, p.spread_low, p.spread_high),
    ]
    for name, value, low, high in limits:
        if low is not None and high is not None and value is not None:
            print(f"  {value:.5g} {name}, limits {low:.5g} to {high:.5g}")
    if p.rate_low_hz is not None:
        print(f"  limits for at most {FALSE_ALARMS:.2%} false alarms, from the spread over trials")
    for line in found.code:
        print(f"  code: {line}")
    print(f"  fingerprint {p.number} of this board, reference {p.reference}, recording "
          f"{p.recording[:12]}, program {found.provenance['program'][:12]}")  # fmt: skip
