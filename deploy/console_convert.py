"""What `analoop convert` prints."""

from __future__ import annotations

import math

from rich.table import Table

from ..models.conversion.conversion import Conversion
from ..models.conversion.fidelity import LABEL_AGREEMENT, RATE_CORRELATION
from .console import stdout


def print_conversion(made: Conversion, origin: str) -> None:
    """Fidelity before and after tuning, and everything that is not as it was.

    Args:
        origin: what it was measured on, in words.
    """
    found, before = made.fidelity, made.before
    seed = made.network.provenance["tuning"]["seed"]
    print(
        f"SIMULATED (software model of the chip); {found.trials} held-out trials of {origin}, "
        f"seed {seed}"
    )
    table = Table("held-out input")
    for name in ("matched", "tuned", "needed"):
        table.add_column(name, justify="right")
    table.add_row(
        "rate correlation", _shown(before.rate_correlation, ".4f"),
        _shown(found.rate_correlation, ".4f"), f"{RATE_CORRELATION}",
    )  # fmt: skip
    table.add_row(
        "label agreement", _shown(before.label_agreement, ".1%"),
        _shown(found.label_agreement, ".1%"), f"{LABEL_AGREEMENT:.0%}",
    )  # fmt: skip
    for name, (told, ours) in found.rates_hz.items():
        table.add_row(
            f"rate of {name} (source: {told:.1f} Hz)", f"{before.rates_hz[name][1]:.1f} Hz",
            f"{ours:.1f} Hz", "",
        )  # fmt: skip
    stdout().print(table)
    unjudged = math.isnan(found.label_agreement)
    if found.undecided and not unjudged:
        print(
            f"labels were compared in {found.trials - found.undecided} of {found.trials} trials; "
            "in the others the source itself has no single winner"
        )
    print("not as in the source:")
    for change in made.changes:
        print(f"  {change}")
    if unjudged:
        print(
            "fidelity is not judged, as the source has no single winner in any trial: give --input "
            "like the network's own"
        )
    elif not found.passed:
        print("fidelity is below what is needed: give --input like the network's own, or --epochs")


def _shown(value: float, form: str) -> str:
    """A number; what could not be judged is a dash."""
    return "–" if math.isnan(value) else format(value, form)
