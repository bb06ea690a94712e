"""The chips of a virtual board behind the methods of chip.md 2.3: registers in, as the host knows
them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ..models.errors import InputError
from .samna_inert import ENABLES
from .samna_records import Dynapse2Chip, Dynapse2Configuration, ResetType
from .samna_sadc import get_sadc_description
from .samna_sensors import Shown, converts, counts, monitored
from .samna_translation import translate
from .sensed_board import SensedBoard

if TYPE_CHECKING:
    from .samna_device import VirtualStack


class VirtualModel:
    """The chips of a virtual board: registers in, as the host knows them."""

    def __init__(self, stack: VirtualStack, board: SensedBoard, sadc: Shown):
        self._stack, self._board = stack, board
        self._shown: Shown = sadc
        self._applied = self._default()
        self._period_ms = 100
        self._sensing = False
        self.awake = False
        """Whether any neuron could be seen."""
        self.inert: dict[str, int] = {}
        """What the last configuration asked for that has no effect here."""

    def get_configuration(self) -> Dynapse2Configuration:
        """A copy of what was applied last; silicon cannot be read back."""
        self._stack.check_open()
        return self._applied.copy()

    def apply_configuration(self, configuration: Dynapse2Configuration) -> bool:
        """Write what differs from the last configuration.

        Raises:
            TypeError: no configuration.
            RegisterError: illegal registers; nothing is written.
        """
        self._stack.check_open()
        if type(configuration) is not Dynapse2Configuration:
            raise TypeError("apply_configuration takes a Dynapse2Configuration")
        if configuration == self._applied:
            return True
        new, chips = configuration.copy(), self._stack.get_number_of_chips()
        if len(new.chips) != chips:
            new.chips = [*new.chips, *self._default().chips[len(new.chips) :]][:chips]
        self._write(new)
        return True

    def reset(self, kind: ResetType, chips: int) -> None:
        """Back to the configuration a board starts with, for every kind of reset.

        Args:
            chips: bit k resets chip k; its capacitors are empty afterwards.
        """
        self._stack.check_open()
        if not isinstance(kind, ResetType):
            raise TypeError("reset takes a ResetType")
        new, first = self._applied.copy(), self._default().chips
        new.chips = [first[k] if chips >> k & 1 else chip for k, chip in enumerate(new.chips)]
        sensing, self._sensing = self._sensing, False
        self._write(new)  # charge of a monitored neuron is lost as that of the others
        if sensing:
            self._sense()

    def clear_error_queue(self) -> None:
        """There are never errors here."""

    def get_error_events(self) -> list[Any]:
        """There are never errors here."""
        return []

    def set_sadc_sample_period_ms(self, period_ms: int) -> None:
        """How long the sADC counts; a new period begins.

        Raises:
            InputError: SADC_PERIOD.
        """
        self._stack.check_open()
        period = operator.index(period_ms)
        if period < 1:
            raise InputError(f"a sample period of {period} ms: 1 or more", code="SADC_PERIOD")
        self._period_ms = period
        self._sense()
        self._stack.catch_up()
        self._board.sample(period)

    def get_sadc_sample_period_ms(self) -> int:
        """How long the sADC counts."""
        return self._period_ms

    def get_sadc_values(self, chip: int) -> list[int]:
        """Pulses of the 64 channels of a chip in the last sample period that has passed."""
        self._stack.check_open()
        self._sense()
        self._stack.catch_up()
        return counts(self._board, self._applied, chip, self._period_ms, self._shown)

    def get_sadc_value(self, chip: int, address: int) -> int:
        """Pulses of one channel, by the address that `sadc_lookup_aer_address` gives."""
        get_sadc_description(address)
        return self.get_sadc_values(chip)[address]

    def _default(self) -> Dynapse2Configuration:
        new = Dynapse2Configuration()
        new.chips = [Dynapse2Chip() for _ in range(self._stack.get_number_of_chips())]
        for chip in new.chips:
            for k, core in enumerate(chip.cores):
                core._id = k
        return new

    def _write(self, new: Dynapse2Configuration) -> None:
        translated = translate(new)
        sensing = self._sensing or converts(new)
        self._stack.program(translated, monitored(new) if sensing else ())
        self._applied, self._sensing = new, sensing
        obeyed = "" if self._shown == "all" else ENABLES
        self.inert = {k: n for k, n in translated.inert.items() if not obeyed or obeyed not in k}
        self.awake = sensing or len(translated.configuration.destinations) > 0

    def _sense(self) -> None:
        """Begin to watch the monitored neurons, which nobody may have seen before."""
        if not self._sensing:
            self._sensing = True
            self._write(self._applied)
            self._board.sample(self._period_ms)
