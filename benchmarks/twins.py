"""Twins of virtual boards with known mismatch: estimated against true factors, and fidelity.

    python benchmarks/twins.py [--seeds 1 2 3] [--trials 93] [BOARD OPTIONS ...]

Every board is characterised and plays a quarter of the Japanese Vowels test trials to the shipped
program; 30 % of those are held out. Correlations are over the logarithms of the factors of the
neurons of a core, averaged over cores, so that offsets of cores do not inflate them.
"""

from __future__ import annotations

import argparse
import json
import time
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
from analoop.hw.twin import Twin
from analoop.hw.virtual_board import parse_board

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


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--trials", type=int, default=93)
    options.add_argument("--variants", nargs="+", default=list(VARIANTS))
    options.add_argument("--own-only", action="store_true", help="without a characterization")
    given = options.parse_args()
    program, task = compile(shipped_network()), load_task("japanese-vowels").test
    stimulus = task.select(np.linspace(0, task.n_trials - 1, given.trials).astype(int))
    for variant in given.variants:
        for seed in given.seeds:
            name, begun = f"sim:seed={seed}{variant}", time.monotonic()
            with open_board(name) as board:
                if given.own_only:
                    own = Session(program, stimulus, (run(program, board, stimulus),))
                    made = fit_twin(own, [], FitOptions("benchmark"))
                else:
                    made = make_twin(program, stimulus, board, FitOptions("benchmark"))
            row: dict[str, Any] = {"board": name, "seconds": round(time.monotonic() - begun, 1)}
            if made.twin is not None:
                score = dict(made.twin.fidelity or {})
                row |= score | {"factors": judged(made.twin, program, name)}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
