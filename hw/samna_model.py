"""The chips of a virtual board behind the methods of chip.md 2.3: registers in, as the host knows
them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..models.errors import BoardError
from .samna_records import Dynapse2Chip, Dynapse2Configuration, ResetType
from .samna_translation import translate

if TYPE_CHECKING:
    from .samna_device import VirtualStack


class VirtualModel:
    """The chips of a virtual board: registers in, as the host knows them."""

    def __init__(self, stack: VirtualStack):
        self._stack = stack
        self._applied = self._default()
        self._period_ms = 100
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
        self._write(new)

    def clear_error_queue(self) -> None:
        """There are never errors here."""

    def get_error_events(self) -> list[Any]:
        """There are never errors here."""
        return []

    def set_sadc_sample_period_ms(self, period_ms: int) -> None:
        """Stored: the sADC is not simulated."""
        self._period_ms = int(period_ms)

    def get_sadc_sample_period_ms(self) -> int:
        """What was stored."""
        return self._period_ms

    def get_sadc_values(self, chip: int) -> list[int]:
        """Raises: the sADC is not simulated."""
        raise BoardError("the spiking ADC is not simulated in this release", code="NOT_SIMULATED")

    def _default(self) -> Dynapse2Configuration:
        new = Dynapse2Configuration()
        new.chips = [Dynapse2Chip() for _ in range(self._stack.get_number_of_chips())]
        for chip in new.chips:
            for k, core in enumerate(chip.cores):
                core._id = k
        return new

    def _write(self, new: Dynapse2Configuration) -> None:
        translated = translate(new)
        self._stack.program(translated)
        self._applied, self.inert = new, translated.inert
        self.awake = len(translated.configuration.destinations) > 0
