"""What people see of a gap ladder: a waterfall from the float model down to the board."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.table import Table

from .console import stdout
from .ladder.ladder import Ladder, Outcome, Rung

WIDTH = 11
"""Characters of the bar of an accuracy of 100 %."""


def print_ladder(ladder: Ladder) -> None:
    """The rungs from the top down, what each of them changes, and the verdict."""
    made, top, foot = ladder.provenance, ladder.known[0][1], ladder.known[-1][1]
    kind = "SIMULATED" if made["simulated"] else "measured"
    print(
        f"Gap ladder to {kind} board {made['board']['name']}; {made['trials']} trials; program "
        f"{made['program'][:12]}, stimulus {made['stimulus'][:12]}"
    )
    table = Table(box=SIMPLE, padding=(0, 1))
    for name in ("rung", ""):
        table.add_column(name, no_wrap=True)
    for name in ("accuracy", "change", "p", "rate (Hz)", "moved", "in all"):
        table.add_column(name, justify="right", no_wrap=True)
    right = top.right
    for rung in ladder.rungs:
        table.add_row(*_row(rung, right, ladder))
        right = rung.outcome.right if rung.outcome else right
    stdout().print(table)
    basis = ""
    for rung in ladder.rungs:
        by = "" if rung.basis in (basis, "not known") else f" [{rung.basis}]"
        basis = rung.basis
        print(f"{rung.name}: {rung.what}{by}")
    total = sum(outcome.cost_trials for _, outcome in ladder.known)
    print(
        f"the rungs cost {total} trials together: {top.right} right at the top, {foot.right} at "
        "the foot\n"
        "moved: SPIKE-distance to the rung above, 0..1; in all: to the top; all neurons in "
        f"{len(made['distance']['trials'])} trials"
    )
    print(ladder.verdict())


def _row(rung: Rung, above: int, ladder: Ladder) -> list[str]:
    name = f"> {rung.name}" if rung.name == ladder.named else f"  {rung.name}"
    found = rung.outcome
    if found is None:
        return [name, "", "not known", "", "", "", "", ""]
    shown = [name, _bar(found, above, ladder.provenance["trials"]), f"{found.accuracy:.1%}"]
    if not rung.changed:
        return [*shown, "-", "", f"{found.rate_hz:.1f}", "-", f"{found.distance_top:.3f}"]
    p = "" if rung.p_corrected is None else f"{rung.p_corrected:.2g}"
    return [
        *shown,
        f"{-found.cost:+.1%}" if found.cost_trials else "0",
        p,
        f"{found.rate_hz:.1f}",
        f"{found.distance_above:.3f}",
        f"{found.distance_top:.3f}",
    ]


def _bar(found: Outcome, above: int, trials: int) -> str:
    """Accuracy as a bar; what was lost to the rung above as dots, what was won as pluses."""
    here, before = (round(WIDTH * right / trials) for right in (found.right, above))
    if here < before:
        return "#" * here + "." * (before - here)
    return "#" * before + "+" * (here - before)
