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
from .samna_opening import chips_of
from .samna_registers import Sheets, set_biases, write_registers
from .samna_words import RunBooks

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
        self._model: Any = None
        self._sheets = Sheets(None, None)
        self._chips = 0
        self._written: Configuration | None = None
        self.link = Link(samna, board, patience, chip)
        """Time and events of the board."""

    def start(self, bit_file: str) -> int:
        """Load the FPGA, reset the chips, and see that the clock runs; returns how many there are.

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
        # Only now: what a board says of itself before its FPGA is loaded is not known.
        self._model, chips = board.get_model(), chips_of(board)
        self._model.reset(samna.dynapse2.ResetType.PowerCycle, (1 << chips) - 1)
        time.sleep(self._patience.reset_s)
        self._sheets = Sheets(self._model.get_configuration(), self._model.get_configuration())
        self._chips = min(chips, len(self._sheets.records.chips))
        self._written = None
        self._apply()
        self.link.check_clock()
        return self._chips

    def program(self, configuration: Configuration) -> RunBooks:
        """Write what differs from the last configuration, then discharge; returns its books.

        Raises:
            HardwareError: APPLY_FAILED; CHIPS if the board has too few.
        """
        if configuration.n_chips > self._chips:
            raise HardwareError(
                f"the program needs {configuration.n_chips} chips, the board has {self._chips}: "
                f"compile with --board-chips {self._chips}",
                code="CHIPS",
            )
        before, self._written = self._written, None
        write_registers(self._samna, self._sheets, before, configuration)
        self._apply()
        self._written = configuration
        return self.discharge()

    def discharge(self) -> RunBooks:
        """Let every capacitor run empty: largest leaks, wait, then the leaks as they were.

        Returns:
            What came meanwhile, and since the last run, and was forgotten.
        """
        if self._written is None:
            return RunBooks()
        largest = Bias(self._chip.coarse_codes - 1, self._chip.fine_codes - 1)
        for leaks in (dict.fromkeys(LEAKY, largest), None):
            for (chip, core), biases in self._written.biases.items():
                parameters = self._sheets.records.chips[chip].cores[core].parameters
                old = {name: biases[name] for name in LEAKY if name in biases}
                set_biases(parameters, old if leaks is None else dict.fromkeys(old, largest))
            self._apply()
            self.link.wait(int(self._patience.discharge_s * 1e6))
        return self.link.flushed()

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
