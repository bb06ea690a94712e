"""Which boards a samna offers, and how one is opened; by features, not by version numbers.

From samna 0.14 on there is `samna.device`; before, boards are opened through nodes (chip.md 2.1 and
2.7), which tell no serial numbers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

from ..models.errors import BoardError

FAMILY = "DYNAP-SE2"
"""What the type names of these boards contain."""


@dataclass(frozen=True)
class Offer:
    """A board that samna sees."""

    serial: str
    """Its serial number."""
    device_type: str
    """Kind of board."""
    firmware: str
    """Version of the FPGA's logic, as samna says."""
    opened: bool
    """Whether this process opened it already."""

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def offers(samna: ModuleType) -> list[Offer]:
    """The DYNAP-SE2 boards that samna sees.

    Raises:
        BoardError: API_UNKNOWN.
    """
    unopened = {_serial(info) for info in _device(samna).get_unopened_devices()}
    return [
        Offer(
            _serial(info),
            str(info.device_type_name),
            str(getattr(info, "logic_version", "unknown")),
            _serial(info) not in unopened,
        )
        for info in _device(samna).get_all_devices()
        if FAMILY in str(info.device_type_name)
    ]


def open_by_serial(samna: ModuleType, serial: str) -> Any:
    """Open a board.

    Raises:
        BoardError: NO_BOARD, saying which there are; API_UNKNOWN.
    """
    found = [info for info in _device(samna).get_all_devices() if _serial(info) == serial]
    if not found:
        there = ", ".join(offer.serial for offer in offers(samna)) or "none"
        raise BoardError(
            f"samna sees no board {serial}; it sees: {there}. Connect it, or power-cycle it",
            code="NO_BOARD",
        )
    return _device(samna).open_device(found[0])


def chips_of(board: Any) -> int:
    """Chips of a board, as far as samna tells; 1 otherwise."""
    return int(board.get_number_of_chips()) if hasattr(board, "get_number_of_chips") else 1


def close(samna: ModuleType, board: Any) -> None:
    """Let go of a board."""
    _device(samna).close_device(board)


def _serial(info: Any) -> str:
    return str(info.serial_number)


def _device(samna: ModuleType) -> Any:
    if not hasattr(getattr(samna, "device", None), "open_device"):
        raise BoardError(
            "this samna has no samna.device.open_device: install samna 0.14 or newer",
            code="API_UNKNOWN",
        )
    return samna.device
