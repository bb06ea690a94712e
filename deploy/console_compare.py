"""What `compare` prints: the verdict first, then who, then the tables."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from .comparison.comparison import Comparison
from .comparison.distances import MEASURES
from .comparison.outcome import NOBODY_NAMED, counted
from .console import stdout
from .console_bench import print_surroundings


def print_comparison(found: Comparison) -> None:
    """A comparison for people; its first line says what is simulated."""
    targets = {board.target for board in found.boards}
    kind = "SIMULATED" if targets == {"simulated"} else " and ".join(sorted(targets))
    p = found.provenance
    print(
        f"{len(found.boards)} boards, {kind}; {p['trials']} trials; program {p['program'][:12]}, "
        f"stimulus {p['stimulus'][:12]}"
    )
    print(verdict(found))
    for finding in found.findings:
        print(f"  {finding.sentence}")
    _print_boards(found)
    print_surroundings([b.surroundings for b in found.boards if b.surroundings is not None])
    _print_equivalences(found)
    _print_pairs(found)
    shares = found.variance.shares.items()
    print("spread of counts: " + ", ".join(f"{name} {share:.1%}" for name, share in shares))
    for note in found.notes:
        print(f"note: {note}")


def verdict(found: Comparison) -> str:
    """What came of it in a sentence, the outcome in capitals."""
    who = NOBODY_NAMED
    if found.findings:
        kinds = [f.kind for f in found.findings]
        odd = ", ".join(dict.fromkeys(f.board for f in found.findings))
        who = f"{odd} (cores: {kinds.count('core')}, neurons: {kinds.count('neuron')})"
    pairs = counted([e.outcome for e in found.equivalences])
    return f"{found.outcome.upper()}: {who}; pairs by group: {pairs}"


def _print_boards(found: Comparison) -> None:
    table = Table("board", "kind")
    for name in ("repeats", "mean rate (Hz)", "accuracy", "95 % interval"):
        table.add_column(name, justify="right")
    for b in found.boards:
        share, interval = "", ""
        if b.accuracy is not None:
            share, interval = f"{b.accuracy:.1%}", f"{b.accuracy_low:.1%} to {b.accuracy_high:.1%}"
        table.add_row(b.name, b.target, str(b.repeats), f"{b.rate_hz:.2f}", share, interval)
    stdout().print(table)


def _print_equivalences(found: Comparison) -> None:
    table = Table("boards", "group")
    for name in ("count ratio", "margin", "verdict"):
        table.add_column(name, justify="right")
    for e in found.equivalences:
        margin = f"{np.expm1(e.margin):.1%} ({e.margin_from})"
        ratio = f"{np.expm1(e.log_ratio):+.2%}"
        table.add_row(f"{e.first} | {e.second}", e.group, ratio, margin, e.words)
    stdout().print(table)


def _print_pairs(found: Comparison) -> None:
    """Means over all neurons that have a number; repeats of one board last, as the yardstick."""
    table = Table("boards")
    names = ("correlation", *(MEASURES if found.pairs[0].distances is not None else ()))
    for name in names:
        table.add_column(name, justify="right")
    for pair in found.pairs:
        arrays = [pair.correlation, *(getattr(pair.distances, n) for n in names[1:])]
        who = f"{pair.first} | {pair.second}"
        who = f"{pair.first}, two repeats" if pair.first == pair.second else who
        table.add_row(who, *map(_mean, arrays))
    stdout().print(table)


def _mean(values: np.ndarray) -> str:
    """Of those that are numbers, as people read it."""
    there = values[~np.isnan(values)]
    return f"{there.mean():.4f}" if len(there) else ""
