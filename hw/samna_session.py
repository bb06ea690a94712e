"""One open board behind samna's surface: opened, programmed, discharged, played.

Written only against chip.md 2, with any module that has samna's surface; plain arrays in and out.
Runs in the worker process (hw/samna_worker.py), never in the user's.
"""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

from ..models.errors import HardwareError
from .bias import Bias
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .samna_link import Link, Patience
from .samna_registers import Sheets, set_biases, write_registers

LEAKY = ("SOIF_LEAK_N", "DEAM_ETAU_P", "DEGA_ITAU_P", "DENM_ETAU_P", "DESC_ITAU_P")
"""Biases that empty the capacitors when they are at their largest (chip.md 2.6)."""


class Session:
    """A board from opening to closing.

    Raises everywhere:
        HardwareError: NO_ANSWER when a wait ends; what samna raises is passed on.
    """

    def __init__(
        self, samna: ModuleType, board: Any, patience: Patience, chip: ChipSpec = DYNAPSE2
    ) -> None:
        self._samna, self._board, self._patience, self._chip = samna, board, patience, chip
        self._model = board.get_model()
        self._sheets = Sheets(None, None)
        self._written: Configuration | None = None
        self.link = Link(samna, board, patience, chip)
        """Time and events of the board."""

    def start(self, bit_file: str, chips: int) -> None:
        """Load the FPGA, reset the chips, and see that the clock runs.

        Raises:
            HardwareError: FPGA_FAILED, CLOCK_FROZEN, APPLY_FAILED.
        """
        board, samna = self._board, self._samna
        board.reset_fpga()
        if not board.configure_opal_kelly(bit_file):
            raise HardwareError(
                f"the FPGA did not take the bit file {bit_file}: check that it belongs to this "
                "board, and power-cycle the board",
                code="FPGA_FAILED",
            )
        board.reset_fpga()
        self._model.reset(samna.dynapse2.ResetType.PowerCycle, (1 << chips) - 1)
        time.sleep(self._patience.reset_s)
        self._sheets = Sheets(self._model.get_configuration(), self._model.get_configuration())
        self._written = None
        self._apply()
        self.link.check_clock()

    def program(self, configuration: Configuration) -> None:
        """Write what differs from the last configuration, then discharge.

        Raises:
            HardwareError: APPLY_FAILED; CHIPS if the board has too few.
        """
        if configuration.n_chips > len(self._sheets.records.chips):
            raise HardwareError(
                f"the program needs {configuration.n_chips} chips, the board has "
                f"{len(self._sheets.records.chips)}: compile with --board-chips",
                code="CHIPS",
            )
        before, self._written = self._written, None
        write_registers(self._samna, self._sheets, before, configuration)
        self._apply()
        self._written = configuration
        self.discharge()

    def discharge(self) -> None:
        """Let every capacitor run empty: largest leaks, wait, then the leaks as they were."""
        if self._written is None:
            return
        largest = Bias(self._chip.coarse_codes - 1, self._chip.fine_codes - 1)
        for leaks in (dict.fromkeys(LEAKY, largest), None):
            for (chip, core), biases in self._written.biases.items():
                parameters = self._sheets.records.chips[chip].cores[core].parameters
                old = {name: biases[name] for name in LEAKY if name in biases}
                set_biases(parameters, old if leaks is None else dict.fromkeys(old, largest))
            self._apply()
            self.link.wait(int(self._patience.discharge_s * 1e6))

    def _apply(self) -> None:
        """Write the records, and see that samna took them."""
        if hasattr(self._model, "clear_error_queue"):
            self._model.clear_error_queue()
        answer = self._model.apply_configuration(self._sheets.records)
        time.sleep(self._patience.apply_s)
        errors = self._model.get_error_events() if hasattr(self._model, "get_error_events") else []
        if answer is False or errors:
            self._written = None
            told = f": {errors}" if errors else ""
            raise HardwareError(
                f"samna did not apply the configuration{told}: try again, power-cycle the board",
                code="APPLY_FAILED",
            )
