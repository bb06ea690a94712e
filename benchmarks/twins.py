"""Twins of virtual boards with known mismatch: estimated against true factors, and fidelity.

    python benchmarks/twins.py [--seeds 1 2 3] [--variants ",noise=1"] [--own-only] [--screened]

Every board is characterised and plays a quarter of the Japanese Vowels test trials to the shipped
program; 30 % of those are held out. Correlations are over the logarithms of the factors of the
neurons of a core, averaged over cores, so that offsets of cores do not inflate them.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from typing import Any

import numpy as np

from analoop.deploy import Program, compile, load_task, shipped_network
from analoop.deploy.execution import run
from analoop.deploy.twins.fitting import FitOptions, fit_twin
from analoop.deploy.twins.making import make_twin
from analoop.deploy.twins.report import twin_factors
from analoop.deploy.twins.sessions import Session
from analoop.deploy.twins.truth import true_factors
from analoop.hw.board import open_board
from analoop.hw.screening import screen
from analoop.hw.twin import Twin
from analoop.hw.virtual_board import parse_board
from analoop.models import Stimulus

VARIANTS = ("", ",noise=1", ",noise=10", ",step_us=100", ",loss=0.01,jitter_us=300",
            ",mismatch=rockpool", ",defects=1")  # fmt: skip
"""What is put behind sim:seed=K."""


def judged(twin: Twin, program: Program, board: str) -> dict[str, Any]:
    """Correlation and error of every factor, and how many neurons it is identified in."""
    truth = true_factors(program, parse_board(board))
    found, place = twin_factors(twin), tuple(program.address.T)
    cores = program.address[:, 0] * 64 + program.address[:, 1]
    rows = {}
    for name, values in truth.items():
        x, y = np.log(found[name][place]), np.log(values)
        known = np.isfinite(x) & np.isfinite(y)
        r = [np.corrcoef(x[mine], y[mine])[0, 1] for core in np.unique(cores)
             if (mine := known & (cores == core)).sum() > 5]  # fmt: skip
        error = float(np.sqrt(np.mean((x - y)[known] ** 2))) if known.any() else None
        rows[name] = {
            "r": float(np.mean(r)) if r else None, "rms_error": error,
            "identified": int(known.sum()), "of": int(np.isfinite(y).sum()),
        }  # fmt: skip
    return rows


def made(name: str, stimulus: Stimulus, given: argparse.Namespace) -> tuple[Twin, Program]:
    """The twin of a board, and the program it was fitted for."""
    options, screening = FitOptions("benchmark"), None
    if given.screened:
        with open_board(name) as board:
            screening = screen(board, "benchmark", 1, 5)
        options = replace(options, screening=screening)
    program = compile(shipped_network(), snapshot=screening)
    with open_board(name) as board:
        if given.own_only:
            own = Session(program, stimulus, (run(program, board, stimulus),))
            snapshot = fit_twin(own, [], options)
        else:
            snapshot = make_twin(program, stimulus, board, options)
    if snapshot.twin is None:
        raise RuntimeError("fit_twin makes a twin")
    return snapshot.twin, program


def line(row: dict[str, Any]) -> str:
    """A board in one line: ratio of the errors, errors, correlations."""
    score, factors = row["fidelity"], row["factors"]
    error = " -> ".join(f"{score[k]['rms_Hz']:.2f}" for k in ("nominal", "twin"))
    found = "  ".join(
        f"{name} {'-' if f['r'] is None else format(f['r'], '.3f')} ({f['identified']})"
        for name, f in factors.items()
    )
    times = score["times_better"]
    better = "no error to the last digit" if times is None else f"{times:6.1f} times"
    return f"{row['board']:44} {better}  {error} Hz  {row['seconds']:5.1f} s\n    {found}"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--trials", type=int, default=93)
    options.add_argument("--variants", nargs="+", default=list(VARIANTS))
    options.add_argument("--own-only", action="store_true", help="without a characterization")
    options.add_argument("--screened", action="store_true", help="compiled for a screening")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    task = load_task("japanese-vowels").test
    stimulus = task.select(np.linspace(0, task.n_trials - 1, given.trials).astype(int))
    for variant in given.variants:
        for seed in given.seeds:
            name, begun = f"sim:seed={seed}{variant}", time.monotonic()
            twin, program = made(name, stimulus, given)
            row: dict[str, Any] = {"board": name, "seconds": round(time.monotonic() - begun, 1)}
            row |= {"fidelity": twin.fidelity, "factors": judged(twin, program, name)}
            print(json.dumps(row) if given.json else line(row), flush=True)


if __name__ == "__main__":
    main()
