"""Converted networks of other libraries on twenty virtual chips: do they stay like their sources?

    python benchmarks/converted_on_chips.py > benchmarks/results/converted_on_chips.txt

The networks and the task of tests/models/conversion, needs Rockpool and nir (extras of `test`).
Each is converted twice with the default `Tuning`, for the nominal chip and with `mismatch=1`,
compiled and played on simulated boards: the nominal one and seeds 1..20, mismatch as measured.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from analoop.deploy.compilation import compile  # noqa: E402
from analoop.deploy.conversion import convert  # noqa: E402
from analoop.deploy.execution import run_virtual  # noqa: E402
from analoop.hw.virtual_board import VirtualBoard  # noqa: E402
from analoop.models.conversion.conversion import Conversion  # noqa: E402
from analoop.models.conversion.fidelity import fidelity  # noqa: E402
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
    print(f"{'':40} {'nominal board':>17} {'mean of chips':>17} {'worst chip':>17}")
    for name, source, period in sources():
        for level in (0.0, 1.0):
            tuning = Tuning(bias_period=period, mismatch=level)
            made = convert(source, task_stimulus(*TUNED_ON), task_stimulus(*HELD_OUT), tuning)
            nominal, *chips = on_boards(source, made)
            rows = np.array(chips)
            title = f"{name}, tuned " + ("with mismatch" if level else "nominal")
            cells = (np.array(nominal), rows.mean(0), rows.min(0))
            print(f"{title:40} " + " ".join(f"{r:9.4f} {100 * a:5.1f} %" for r, a in cells))
            sys.stdout.flush()


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
    return [(one.rate_correlation, one.label_agreement) for one in found]


if __name__ == "__main__":
    main()
