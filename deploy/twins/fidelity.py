"""How well a twin predicts what its board did, next to a nominal chip: the fidelity score."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from ...hw.snapshot import Snapshot
from ...hw.virtual_board import VirtualBoard
from ...models.errors import InputError
from ...models.recording import Recording
from ..execution import run_virtual
from ..metrics import rates_hz
from ..population.promise import Outcome
from ..program import Program


def fidelity(snapshot: Snapshot, program: Program) -> dict[str, Any]:
    """Play the held-out stimulus to the twin and to a nominal chip; compare rates of neurons.

    Returns:
        JSON values: `twin` and `nominal`, each with `rms_Hz` and `mean_absolute_Hz` of the error
        of the mean rate of each neuron, and the `correlation` of rates; `times_better`, the ratio
        of the rms errors (None if the twin's is 0); `neurons`, `trials`, `repeats`, `spikes` that
        were held out.

    Raises:
        InputError: NO_HELD_OUT, when the snapshot holds no recordings; TWIN_RECORDINGS, when they
            are of another program.
    """
    held = None if snapshot.twin is None else snapshot.twin.held_out
    if held is None:
        raise InputError(
            "the snapshot holds no held-out recordings, so nothing can be predicted: fit a twin "
            "with recordings held out",
            code="NO_HELD_OUT",
        )
    if held.recordings[0].provenance.get("program") != program.hash:
        raise InputError(
            f"the held-out recordings are of program "
            f"{str(held.recordings[0].provenance.get('program'))[:12]}, given {program.hash[:12]}: "
            "give the program of the twin",
            code="TWIN_RECORDINGS",
        )
    with tempfile.TemporaryDirectory() as folder:
        file = str(snapshot.save(Path(folder) / "twin.npz"))
        boards = [VirtualBoard(snapshot=file), VirtualBoard()]
        played = [run_virtual(program, [board], held.stimulus)[0] for board in boards]
    measured = np.mean([rates_hz(r) for r in held.recordings], axis=0)
    away = [rates_hz(r) - measured for r in played]
    twin, nominal = (float(np.sqrt(np.mean(a**2))) for a in away)
    return {
        "twin": _error(played[0], measured),
        "nominal": _error(played[1], measured),
        "times_better": nominal / twin if twin else None,
        "neurons": len(measured),
        "trials": held.stimulus.n_trials,
        "repeats": len(held.recordings),
        "spikes": sum(len(r.trial) for r in held.recordings),
    }


def check_least(least: float) -> None:
    """Refuse what no fidelity can be held against. Raises InputError LEAST."""
    if not (isfinite(least) and least >= 0):
        raise InputError(
            f"a twin cannot be {least:g} times better than a nominal chip: give a number from 0 "
            "on, as in --least 3",
            code="LEAST",
        )


def judge(score: Mapping[str, Any], least: float) -> Outcome:
    """Whether a twin is good enough; undecided if the board sent no spike in what was held out,
    where to say nothing is to be right.

    Args:
        score: of `fidelity`.
        least: how many times better than a nominal chip it has to be [1].

    Raises:
        InputError: LEAST.
    """
    check_least(least)
    if not score["spikes"]:
        return "undecided"
    better = score["times_better"]
    return "pass" if better is None or better >= least else "fail"


def _error(played: Recording, measured: np.ndarray) -> dict[str, float | None]:
    rates = rates_hz(played)
    away = rates - measured
    varied = rates.std() > 0 and measured.std() > 0
    return {
        "rms_Hz": float(np.sqrt(np.mean(away**2))),
        "mean_absolute_Hz": float(np.abs(away).mean()),
        "correlation": float(np.corrcoef(rates, measured)[0, 1]) if varied else None,
    }
