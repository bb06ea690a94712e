"""Registers into samna's records: what differs from what was written last.

The inverse of samna_translation.py, written only against samna's surface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .bias import Bias
from .chip import ChipSpec, Dendrite
from .configuration import Configuration

_SHARED = {
    "shared01": "shared_parameters01",
    "shared23": "shared_parameters23",
    "global": "global_parameters",
}
_PLACE = ("chip", "core", "neuron")


class Sheets(NamedTuple):
    """The two samna configurations that a board is written with."""

    records: Any
    """A `Dynapse2Configuration` with what was written last; changed in place."""
    blank: Any
    """One with what the board has after a reset."""


def write_registers(
    samna: ModuleType, sheets: Sheets, before: Configuration | None, after: Configuration
) -> None:
    """Change a samna configuration from one register image to another.

    Args:
        before: what `sheets.records` holds; None: what a board has after a reset.
    """
    records = sheets.records
    _clear_biases(sheets, before)
    _write_biases(records, after)
    for kind, write, clear in (
        ("synapses", _write_synapse, _clear_synapse),
        ("destinations", _write_destination, _clear_destination),
        ("latches", _write_latches, _clear_latches),
    ):
        old = _rows(before, kind)
        new = _rows(after, kind)
        for place in old.keys() - new.keys():
            clear(samna, records, place, after.chip)
        for place, row in new.items():
            if old.get(place) != row:
                write(samna, records, place, row, after.chip)


def _rows(configuration: Configuration | None, kind: str) -> dict[tuple, tuple]:
    """Words by (chip, core, neuron[, word])."""
    if configuration is None:
        return {}
    array: np.ndarray = getattr(configuration, kind)
    key = [name for name in (*_PLACE, "word") if name in (array.dtype.names or ())]
    rest = [name for name in array.dtype.names or () if name not in key]
    return dict(zip(array[key].tolist(), array[rest].tolist(), strict=True))


def _clear_biases(sheets: Sheets, before: Configuration | None) -> None:
    """Bring the biases that were set back to what they are after a reset."""
    old: list[tuple[Any, Any, Iterable[str]]] = []
    if before is not None:
        for (chip, core), biases in before.biases.items():
            pair = (sheet.chips[chip].cores[core].parameters for sheet in sheets)
            old.append((*pair, biases))
        for (chip, place), biases in before.shared.items():
            old.append((*(getattr(s.chips[chip], _SHARED[place]) for s in sheets), biases))
    for parameters, blank, names in old:
        for name in names:
            parameters[name].coarse_value = blank[name].coarse_value
            parameters[name].fine_value = blank[name].fine_value


def _write_biases(records: Any, after: Configuration) -> None:
    for (chip, core), biases in after.biases.items():
        set_biases(records.chips[chip].cores[core].parameters, biases)
    for (chip, place), biases in after.shared.items():
        set_biases(getattr(records.chips[chip], _SHARED[place]), biases)


def set_biases(parameters: Any, biases: Mapping[str, Bias]) -> None:
    """Set some of the parameters of a place."""
    for name, bias in biases.items():
        parameter = parameters[name]
        parameter.coarse_value, parameter.fine_value = bias.coarse, bias.fine


def _neuron(records: Any, place: tuple) -> Any:
    chip, core, neuron = place[:3]
    return records.chips[chip].cores[core].neurons[neuron]


def _flags(mask: int, number: int) -> list[bool]:
    return [bool(mask >> bit & 1) for bit in range(number)]


def _write_synapse(
    samna: ModuleType, records: Any, place: tuple, row: tuple, chip: ChipSpec
) -> None:
    word = _neuron(records, place).synapses[place[3]]
    tag, dendrite, weight, stp, precise, mismatched = row
    word.tag, word.weight = tag, _flags(weight, chip.weight_bits)
    word.dendrite = getattr(samna.dynapse2.Dendrite, Dendrite(dendrite).name.lower())
    word.stp, word.precise_delay, word.mismatched_delay = stp, precise, mismatched


def _clear_synapse(samna: ModuleType, records: Any, place: tuple, chip: ChipSpec) -> None:
    row = (0, int(Dendrite.NONE), 0, False, False, False)
    _write_synapse(samna, records, place, row, chip)


def _write_destination(
    samna: ModuleType, records: Any, place: tuple, row: tuple, chip: ChipSpec
) -> None:
    word = _neuron(records, place).destinations[place[3]]
    word.tag, word.x_hop, word.y_hop = row[0], row[2], row[3]
    word.core = _flags(row[1], chip.cores)


def _clear_destination(samna: ModuleType, records: Any, place: tuple, chip: ChipSpec) -> None:
    _write_destination(samna, records, place, (0, 0, 0, 0), chip)


def _write_latches(
    samna: ModuleType, records: Any, place: tuple, row: tuple, chip: ChipSpec
) -> None:
    neuron = _neuron(records, place)
    for bit, latch in enumerate(chip.latches):
        setattr(neuron, latch, bool(row[0] >> bit & 1))


def _clear_latches(samna: ModuleType, records: Any, place: tuple, chip: ChipSpec) -> None:
    _write_latches(samna, records, place, (0,), chip)
