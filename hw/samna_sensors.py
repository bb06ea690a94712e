"""What the sADC of a virtual board counts, from what its monitored neurons hold."""

from __future__ import annotations

from typing import Literal

from ..models.errors import InputError
from ..models.parameters import CONSTANTS
from .chip import DYNAPSE2
from .samna_records import Dynapse2Chip, Dynapse2Configuration
from .samna_sadc import CHANNELS, WATCHED, Channel, calibration_amps, frequency_of, gains
from .sensed_board import SensedBoard

Shown = Literal["all", "enabled", "disabled"]
"""Which channels count: all of them, those whose enable is set, or those whose enable is not. What
a chip does is uncertain (chip.md 2.4)."""
SHOWN: tuple[Shown, ...] = ("all", "enabled", "disabled")


def monitored(configuration: Dynapse2Configuration) -> tuple[tuple[int, int, int], ...]:
    """The monitored neuron of every core, (chip, core, neuron); monitoring need not be on."""
    return tuple(
        (number, c, chip.cores[c].monitored_neuron)
        for number, chip in enumerate(configuration.chips)
        for c in range(DYNAPSE2.cores)
    )


def converts(configuration: Dynapse2Configuration) -> bool:
    """Whether a converter has biases."""
    return any(
        parameter.coarse_value or parameter.fine_value
        for chip in configuration.chips
        for groups in (chip.sadc_group_parameters01, chip.sadc_group_parameters23)
        for biases in groups.made.values()
        for parameter in biases.values()
    )


def counts(
    board: SensedBoard, chips: Dynapse2Configuration, number: int, period_ms: int, shown: Shown
) -> list[int]:
    """Pulses of every channel of a chip in the last period; zeros before the first has passed."""
    if not 0 <= number < len(chips.chips):
        raise InputError(f"there is no chip {number} on this board", code="CHIPS")
    if board.readings is None:
        return [0] * len(CHANNELS)
    chip, gain = chips.chips[number], gains(board.board, number)
    return [
        int(1e-3 * period_ms * frequency_of(channel, chip, gain[k] * _amps(board, chip, number, k)))
        if _shows(channel, chip, shown)
        else 0
        for k, channel in enumerate(CHANNELS)
    ]


def _shows(channel: Channel, chip: Dynapse2Chip, shown: Shown) -> bool:
    enables = (chip if channel.core is None else chip.cores[channel.core]).sadc_enables
    return shown == "all" or getattr(enables, channel.enable) == (shown == "enabled")


def _amps(board: SensedBoard, chip: Dynapse2Chip, number: int, k: int) -> float:
    """Current that a channel watches [A]; the dark current where none is simulated."""
    channel = CHANNELS[k]
    if channel.name.startswith("NCCF_CAL"):
        return calibration_amps(channel, chip)
    name = WATCHED.get(channel.name)
    if channel.core is None or name is None or board.readings is None:
        return CONSTANTS.i_0
    return float(board.readings.amps[name][number * DYNAPSE2.cores + channel.core])
