"""Every way a register image can be illegal, read from the chip's description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..models.errors import InputError, Violation
from .chip import Dendrite

if TYPE_CHECKING:
    from .configuration import Configuration

SHARED_PLACES = {"shared01": "shared", "shared23": "shared", "global": "global"}


def violations(configuration: Configuration) -> Iterator[Violation]:
    """Yield every illegal register: out of range, addressed twice, or not of this chip."""
    c = configuration
    if not 1 <= c.n_chips <= c.chip.max_chips:
        yield Violation(
            "CHIPS", "the configuration", f"{c.n_chips} chips",
            f"a board of {c.chip.name} has 1..{c.chip.max_chips}", "use fewer chips",
        )  # fmt: skip
        return
    yield from _bias_violations(c)
    for kind in ("synapses", "destinations", "latches"):
        yield from _address_violations(c, kind)
    s, d = c.synapses, c.destinations
    tags = c.chip.tags - 1
    masks = c.chip.weight_masks - 1
    legal = [int(x) for x in Dendrite if x]
    far = c.chip.max_hop
    yield from _range(s, "synapse", "tag", (s["tag"] < 0) | (s["tag"] > tags), f"0..{tags}")
    yield from _range(s, "synapse", "weight", s["weight"] > masks, f"0..{masks}")
    yield from _range(s, "synapse", "dendrite", ~np.isin(s["dendrite"], legal), f"one of {legal}")
    yield from _range(d, "destination", "tag", (d["tag"] < 0) | (d["tag"] > tags), f"0..{tags}")
    yield from _range(
        d,
        "destination",
        "cores",
        d["cores"] >= 1 << c.chip.cores,
        f"a mask of {c.chip.cores} cores",
    )
    for hop in ("x_hop", "y_hop"):
        yield from _range(d, "destination", hop, (d[hop] < -far) | (d[hop] > far), f"-{far}..{far}")
    lost = (d["x_hop"] != c.chip.host_hop) & (
        (d["y_hop"] != 0) | (d["chip"] + d["x_hop"] < 0) | (d["chip"] + d["x_hop"] >= c.n_chips)
    )
    yield from _range(
        d, "destination", "x_hop", lost,
        f"a chip of this board (0..{c.n_chips - 1}) or the host ({c.chip.host_hop})",
    )  # fmt: skip
    bits = 1 << len(c.chip.latches)
    latches = c.latches
    yield from _range(latches, "latches", "bits", latches["bits"] >= bits, f"below {bits}")


def _bias_violations(c: Configuration) -> Iterator[Violation]:
    places = [(f"chip {n} core {core}", n, 0 <= core < c.chip.cores, "core", b)
              for (n, core), b in c.biases.items()]  # fmt: skip
    places += [(f"chip {n} {place}", n, place in SHARED_PLACES, SHARED_PLACES.get(place), b)
               for (n, place), b in c.shared.items()]  # fmt: skip
    for where, chip, known, scope, biases in places:
        if not known or not 0 <= chip < c.n_chips:
            yield Violation(
                "ADDRESS", f"biases of {where}", "a place on the board",
                f"there are chips 0..{c.n_chips - 1}, cores 0..{c.chip.cores - 1} and "
                f"{', '.join(SHARED_PLACES)}", "correct the address",
            )  # fmt: skip
            continue
        for name, bias in biases.items():
            try:
                parameter = c.chip.parameter(name)
            except InputError as error:
                yield Violation(
                    "UNKNOWN_PARAMETER", f"{where} {name}", "a parameter of the chip",
                    "there is none of that name", str(error).split(": ", 1)[1],
                )  # fmt: skip
                continue
            if parameter.scope != scope:
                yield Violation(
                    "SCOPE", f"{where} {name}", f"a place of scope '{parameter.scope}'",
                    f"this place holds '{scope}' parameters", "set it in its own place",
                )  # fmt: skip
            if bias.coarse >= c.chip.coarse_codes or bias.fine >= c.chip.fine_codes:
                yield Violation(
                    "CODE", f"{where} {name}", f"code {bias.coarse},{bias.fine}",
                    f"coarse is 0..{c.chip.coarse_codes - 1}, fine 0..{c.chip.fine_codes - 1}",
                    "use hw.nearest to find a code",
                )  # fmt: skip


def _address_violations(c: Configuration, kind: str) -> Iterator[Violation]:
    array = getattr(c, kind)
    limits = {"chip": c.n_chips, "core": c.chip.cores, "neuron": c.chip.neurons_per_core}
    if kind == "synapses":
        limits["word"] = c.chip.cam_words
    if kind == "destinations":
        limits["word"] = c.chip.destination_words
    for name, limit in limits.items():
        bad = (array[name] < 0) | (array[name] >= limit)
        yield from _range(array, kind.removesuffix("s"), name, bad, f"0..{limit - 1}")
    keys = array[list(limits)]
    same = keys[1:] == keys[:-1]
    if same.any():
        first = keys[1:][same][0]
        yield Violation(
            "ADDRESS_TWICE", f"{kind.removesuffix('s')} at {_where(first)}",
            "an address of its own", f"{int(same.sum())} addresses are used twice",
            "give every word one address",
        )  # fmt: skip


def _range(array: np.ndarray, what: str, name: str, bad: np.ndarray, limit: str):
    if bad.any():
        first = array[bad][0]
        yield Violation(
            name.upper(), f"{what} at {_where(first)}", f"{name} = {first[name]}",
            f"the board takes {limit} ({int(bad.sum())} such)", f"correct its {name}",
        )  # fmt: skip


def _where(row: np.void) -> str:
    names = [n for n in ("chip", "core", "neuron", "word") if n in (row.dtype.names or ())]
    return " ".join(f"{n} {row[n]}" for n in names)
