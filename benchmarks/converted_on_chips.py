"""Converted networks of other libraries: are they like their sources, and on twenty virtual chips?

    python benchmarks/converted_on_chips.py > benchmarks/results/converted_on_chips.txt

The networks and the task of tests/models/conversion, needs Rockpool and nir (extras of `test`).
Each is converted with the default `Tuning` and continuous weights, and compared as it was matched
and as it was tuned, by the software model; then with the chip's code, for the nominal chip and with
`mismatch=1`, compiled and played on simulated boards: the nominal one and seeds 1..20, mismatch as
measured.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from analoop.deploy.compilation import compile  # noqa: E402
from analoop.deploy.conversion import convert  # noqa: E402
from analoop.deploy.execution import run_virtual  # noqa: E402
from analoop.hw.virtual_board import VirtualBoard  # noqa: E402
from analoop.models.conversion.conversion import Conversion  # noqa: E402
from analoop.models.conversion.fidelity import Fidelity, fidelity  # noqa: E402
from analoop.models.conversion.nir_source import read_nir  # noqa: E402
from analoop.models.conversion.rockpool_source import read_rockpool  # noqa: E402
from analoop.models.conversion.source import SourceNetwork  # noqa: E402
from analoop.models.conversion.tuning import Tuning  # noqa: E402
from analoop.models.mismatch import MISMATCH_VERSION  # noqa: E402
from tests.models.conversion.recordings import DATA, task_stimulus  # noqa: E402
from tests.models.conversion.rockpool_networks import trained_rockpool  # noqa: E402

CHIPS = 20
TUNED_ON, HELD_OUT = (160, 11), (200, 12)
"""Trials and seed of their stimulus, those of the table in docs/conversion.md."""


def main() -> None:
    print(
        f"SIMULATED: {MISMATCH_VERSION}, level 1, seeds 1..{CHIPS}; trials (number, seed): tuned "
        f"on {TUNED_ON}, played {HELD_OUT}; tuning seed 0\n"
        "rate correlation with the source over all neurons and trials; label agreement in percent"
    )
    for name, source, period in sources():
        given = task_stimulus(*TUNED_ON), task_stimulus(*HELD_OUT)
        plain = convert(source, *given, Tuning(bias_period=period), code=False)
        heads = ("matched, no code", "tuned, no code")
        row(name, [cell(plain.before), cell(plain.fidelity)], heads)
        undecided = plain.fidelity.undecided
        print(f"  source: no single winner in {undecided} of {plain.fidelity.trials} trials")
        for level in (0.0, 1.0):
            tuning = Tuning(bias_period=period, mismatch=level)
            made = convert(source, *given, tuning)
            nominal, *chips = on_boards(source, made)
            title = "  code, tuned " + ("with mismatch" if level else "nominal")
            cells = [cell(made.fidelity), nominal, np.mean(chips, 0), np.min(chips, 0)]
            row(title, cells, ("software", "nominal board", "mean of chips", "worst chip"))


def row(
    title: str, cells: Sequence[tuple[float, float] | np.ndarray], heads: Sequence[str]
) -> None:
    """Rate correlation and label agreement under each head."""
    told = [f"{h} {r:.4f} {100 * a:5.1f} %" for h, (r, a) in zip(heads, cells, strict=True)]
    print(f"{title:28} " + ", ".join(told), flush=True)


def cell(found: Fidelity) -> tuple[float, float]:
    """Rate correlation and label agreement."""
    return found.rate_correlation, found.label_agreement


def sources() -> list[tuple[str, SourceNetwork, int]]:
    """Name, network, and steps between the events that stand for its biases."""
    return [
        ("rockpool", read_rockpool(trained_rockpool(False)), 0),
        ("rockpool, recurrent", read_rockpool(trained_rockpool(True)), 0),
        *(
            (name, read_nir(DATA / f"{name}.nir", name), period)
            for name, period in (("snntorch", 3), ("norse", 0), ("sinabs", 3))
        ),
    ]


def on_boards(source: SourceNetwork, made: Conversion) -> list[tuple[float, float]]:
    """Rate correlation and label agreement on the nominal board and on each chip."""
    boards = [VirtualBoard(), *(VirtualBoard(seed + 1) for seed in range(CHIPS))]
    recordings = run_virtual(compile(made.network), boards, made.as_input(made.held_out))
    found = [fidelity(source, recording, made.held_out) for recording in recordings]
    return [cell(one) for one in found]


if __name__ == "__main__":
    main()
