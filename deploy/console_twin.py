"""Twins as text."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from .console import stdout

if TYPE_CHECKING:
    from ..hw.snapshot import Snapshot
    from .twins.characterization import Characterization


def twin_record(snapshot: Snapshot) -> dict[str, Any]:
    """A twin in numbers, as JSON values."""
    from .twins.report import factor_rows

    twin = snapshot.twin
    if twin is None:
        return {"snapshot": snapshot.hash, "twin": None}
    return {
        "snapshot": snapshot.hash,
        "twin": twin.hash,
        "board": dict(twin.board),
        "date": twin.date,
        "method": twin.method,
        "neurons": int(twin.known.sum()),
        "factors": factor_rows(twin),
        "recordings": [dict(r) for r in twin.recordings],
        "fidelity": None if twin.fidelity is None else dict(twin.fidelity),
    }


def print_twin(found: dict[str, Any]) -> None:
    """What was fitted, a row per factor, and the score."""
    board = found["board"]
    print(f"twin of {board['name']} ({board['target']}), {found['date']}, {found['method']}")
    table = Table("factor over nominal")
    for name in ("neurons", "identified", "median", "spread", "uncertainty left"):
        table.add_column(name, justify="right")
    for row in found["factors"]:
        table.add_row(
            row["name"],
            str(row["neurons"]),
            str(row["identified"]),
            *("-" if row[k] is None else f"{row[k]:.3f}" for k in ("median", "spread", "left")),
        )
    stdout().print(table)
    if found["fidelity"] is not None:
        print_fidelity(found["fidelity"])


def print_fidelity(score: dict[str, Any]) -> None:
    """How well a twin predicts what was held out; where nothing spiked a silent one would, too."""
    if not score["spikes"]:
        print("fidelity: undecided, the board sent no spike in the trials that were held out: play "
              "a stimulus at which it spikes")  # fmt: skip
        return
    print(f"held out: {score['trials']} trials, {score['repeats']} repeat(s), {score['spikes']} "
          f"spikes of {score['neurons']} neurons; error of the rate of a neuron")  # fmt: skip
    for name in ("twin", "nominal"):
        error = score[name]
        print(f"  {name:8}rms {error['rms_Hz']:.3f} Hz, mean absolute "
              f"{error['mean_absolute_Hz']:.3f} Hz (simulated)")  # fmt: skip
    better = score["times_better"]
    print("fidelity: " + ("exact" if better is None else f"{better:.1f} times better than nominal"))


def print_plan(planned: Sequence[Characterization], folder: Path) -> None:
    """What was planned, and how to play it."""
    print("These programs have no known answer: how far a sound chip is from a nominal one is what "
          "they measure.\nSo they are played with --verify=none; verify the board by your own "
          "program.")  # fmt: skip
    for one in planned:
        seconds = float(np.sum(one.stimulus.duration_us)) * 1e-6
        print(f"{one.kind}: {one.stimulus.n_trials} trials, {len(one.stimulus.trial)} events, "
              f"{seconds:.1f} s; play it by")  # fmt: skip
        program, stimulus, recording = (
            shlex.quote(str(folder / f"{one.kind}.{what}.npz"))
            for what in ("program", "stimulus", "recording")
        )
        print(f"  analoop run {program} --board BOARD --verify=none --input {stimulus} "
              f"-o {recording}")  # fmt: skip
