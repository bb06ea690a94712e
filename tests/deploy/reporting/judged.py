"""A validation and a ladder with made-up numbers of `large_program`."""

from analoop.deploy.ladder.ladder import NAMES, Ladder, Outcome, Rung
from analoop.deploy.population.promise import Promise, judge
from analoop.deploy.population.rows import Row
from analoop.deploy.validation import Report

from .played import large_program

MADE = {
    "program": large_program().hash,
    "network": "n" * 64,
    "stimulus": "s" * 64,
    "trials": 100,
    "mismatch": "analoop-mismatch-2",
    "samplers": ["measured"],
    "levels": [1.0],
    "snapshots": {},
    "versions": {"analoop": "0.1.0"},
}


def validation(accuracies: list[float], promised: float | None = 0.85, kind: str = "simulated"):
    """A report on chips with these accuracies, and on a nominal one."""
    rows = [Row("sim", "simulated", 0.97, 20.0, 1000, "f" * 64)]
    rows += [
        Row(f"chip {k}", kind, value, 20.0 + k, 1000 + k, f"{k:064x}", True)
        for k, value in enumerate(accuracies)
    ]
    verdict = None if promised is None else judge(accuracies, Promise(promised))
    return Report(tuple(rows), MADE, True, len(rows), verdict)


def ladder() -> Ladder:
    """Two rungs cost something, one is not known."""
    right = [95, 95, 95, 94, 94, None, 70, 70, 72]
    rungs, above = [], 95
    for k, (name, here) in enumerate(zip(NAMES, right, strict=True)):
        if here is None:
            rungs.append(Rung(name, "not screened", "not known", True, None))
            continue
        outcome = Outcome(
            here, here / 100, (here / 100 - 0.05, min(1.0, here / 100 + 0.05)), 100, 20.0,
            above - here, (above - here) / 100, 0.1, 0.2, f"{k + 500:064x}",
        )  # fmt: skip
        p = 1e-6 if name == "mismatch" else 1.0
        rungs.append(Rung(name, "something", "SIMULATED sim:seed=3", True, outcome, p, p))
        above = here
    made = MADE | {"board": {"name": "sim:seed=3", "target": "simulated"}, "simulated": True}
    made["test"] = "McNemar exact, two-sided, corrected by Holm"
    return Ladder(tuple(rungs), 0.05, 1e-6, made)
