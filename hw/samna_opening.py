"""Which boards a samna offers, and how one is opened; by features, not by version numbers.

From samna 0.14 on there is `samna.device`; before, boards are opened through nodes (chip.md 2.1 and
2.7). Neither was tried with a real samna.
"""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
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

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


class Opening(ABC):
    """How one generation of samna lists, opens and closes boards. It has to be kept as long as its
    boards: a node that is forgotten may close them."""

    @abstractmethod
    def devices(self) -> list[Any]:
        """What samna sees, boards of other families too."""

    @abstractmethod
    def open(self, info: Any) -> Any:
        """Open one of `devices`."""

    @abstractmethod
    def close(self, board: Any) -> None:
        """Let go of a board."""

    def offers(self) -> list[Offer]:
        """The DYNAP-SE2 boards that samna sees."""
        return [
            Offer(
                _serial(info),
                str(info.device_type_name),
                str(getattr(info, "logic_version", "unknown")),
            )
            for info in self.devices()
            if FAMILY in str(info.device_type_name)
        ]

    def open_by_serial(self, serial: str) -> Any:
        """Open a board.

        Raises:
            BoardError: NO_BOARD, saying which there are.
        """
        found = [info for info in self.devices() if _serial(info) == serial]
        if not found:
            raise no_board(serial, [offer.serial for offer in self.offers()])
        return self.open(found[0])


class _ByDevice(Opening):
    """`samna.device`."""

    def __init__(self, samna: ModuleType):
        self._device = samna.device

    def devices(self) -> list[Any]:
        return self._device.get_all_devices()

    def open(self, info: Any) -> Any:
        return self._device.open_device(info)

    def close(self, board: Any) -> None:
        self._device.close_device(board)


class _ByNode(Opening):
    """`samna.device_node.DeviceController`; the node is in this process."""

    NAME = "analoop_board"

    def __init__(self, samna: ModuleType):
        if not hasattr(samna, "device_node"):
            ends = [f"tcp://127.0.0.1:{_free_port()}" for _ in range(4)]
            self.node = samna.SamnaNode(ends[0], ends[1], 1)
            samna.setup_local_node(ends[2], ends[3], 2)
            samna.open_remote_node(1, "device_node")
        self._store = samna.device_node

    def devices(self) -> list[Any]:
        return self._store.DeviceController.get_unopened_devices()

    def open(self, info: Any) -> Any:
        """It stands in the store by its name afterwards."""
        self._store.DeviceController.open_device(info, self.NAME)
        return getattr(self._store, self.NAME)

    def close(self, board: Any) -> None:
        self._store.DeviceController.close_device(board)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


def opening(samna: ModuleType) -> Opening:
    """The way of this samna.

    Raises:
        BoardError: API_UNKNOWN.
    """
    if hasattr(getattr(samna, "device", None), "open_device"):
        return _ByDevice(samna)
    if hasattr(samna, "open_remote_node"):
        return _ByNode(samna)
    raise BoardError(
        "this samna has neither samna.device nor nodes: install samna 0.14 or newer",
        code="API_UNKNOWN",
    )


def chips_of(board: Any) -> int:
    """Chips of a board, as far as samna tells; 1 otherwise."""
    return int(board.get_number_of_chips()) if hasattr(board, "get_number_of_chips") else 1


def no_board(serial: str, there: list[str]) -> BoardError:
    """The error that a board is not there, and which are."""
    return BoardError(
        f"samna sees no board {serial}; it sees: {', '.join(there) or 'none'}. Connect it, "
        "power-cycle it, or ask `analoop doctor`",
        code="NO_BOARD",
    )


def _serial(info: Any) -> str:
    return str(info.serial_number)
