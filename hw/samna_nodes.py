"""The older, node-style way to open a board: a node is made, its store becomes `samna.device_node`.

Boards then stand in the store by their kind, or by the name they were opened with. No TCP port is
opened: there is one process. Scripts of that time list USB devices with `lsusb`, which no module
can stand in for: give them the bus and address that `DeviceInfo` says.
"""

from __future__ import annotations

from enum import IntEnum
from types import ModuleType
from typing import Any, Protocol

from ..models.errors import BoardError

OPAL_KELLY = (0x151F, 0)
"""USB vendor of the boards' FPGA module, and a product number, which is ours."""


class Boards(Protocol):
    """What opens boards, see hw/virtual_samna.py."""

    def get_unopened_devices(self) -> list[Any]:
        """Boards that nobody opened."""
        ...

    def get_all_devices(self) -> list[Any]:
        """All boards."""
        ...

    def open_device(self, device: Any, chips: int | None = None) -> Any:
        """Open one."""
        ...

    def close_device(self, device: Any) -> None:
        """Close one."""
        ...


class LogLevel(IntEnum):
    """How much samna says; accepted, nothing is logged here. The numbers are ours."""

    trace = 0
    debug = 1
    info = 2
    warning = 3
    error = 4
    off = 5


class Store:
    """`samna.device_node`: opened boards as attributes."""

    def __init__(self, boards: Boards):
        self._boards = boards
        self.DeviceController = _Controller(boards, self)

    def get_dynapse2_stack_vid_and_pid(self) -> tuple[int, int]:
        """USB vendor and product of a stack."""
        return OPAL_KELLY

    def get_dynapse2_dev_board_vid_and_pid(self) -> tuple[int, int]:
        """USB vendor and product of a development board."""
        return OPAL_KELLY

    def open_dynapse2_stack(self, bus: int, address: int, chips: int = 1) -> Any:
        """Open the board at a USB address as `Dynapse2Stack`, with so many chips.

        Raises:
            BoardError: UNKNOWN_BOARD.
        """
        self.Dynapse2Stack = self._opened(bus, address, chips)
        return self.Dynapse2Stack

    def open_dynapse2_dev_board(self, bus: int, address: int) -> Any:
        """As `open_dynapse2_stack`, with one chip, as `Dynapse2DevBoard`."""
        self.Dynapse2DevBoard = self._opened(bus, address, 1)
        return self.Dynapse2DevBoard

    def _opened(self, bus: int, address: int, chips: int) -> Any:
        for info in self._boards.get_all_devices():
            if (info.usb_bus_number, info.usb_device_address) == (bus, address):
                return self._boards.open_device(info, chips)
        raise BoardError(
            f"there is no board at USB bus {bus}, address {address}: get_all_devices() lists where "
            "they are",
            code="UNKNOWN_BOARD",
        )


class _Controller:
    """`DeviceController` of a store."""

    def __init__(self, boards: Boards, store: Store):
        self._boards, self._store = boards, store
        self.get_unopened_devices = boards.get_unopened_devices
        self.close_device = boards.close_device

    def open_device(self, device: Any, name: str) -> Any:
        """Open a board; it then stands in the store by this name."""
        setattr(self._store, name, self._boards.open_device(device))
        return getattr(self._store, name)


class SamnaNode:
    """What `samna.SamnaNode(sender, receiver, number)` and `samna.init_samna()` return."""

    def __init__(self, store: Store, sender: str = "", receiver: str = "", number: int = 1):
        self._ends, self.number = (str(sender), str(receiver)), int(number)
        self.get_dynapse2_stack_vid_and_pid = store.get_dynapse2_stack_vid_and_pid
        self.get_dynapse2_dev_board_vid_and_pid = store.get_dynapse2_dev_board_vid_and_pid
        self.open_dynapse2_stack = store.open_dynapse2_stack
        self.open_dynapse2_dev_board = store.open_dynapse2_dev_board

    def get_sender_endpoint(self) -> str:
        """As it was given; nobody sends."""
        return self._ends[0]

    def get_receiver_endpoint(self) -> str:
        """As it was given; nobody listens."""
        return self._ends[1]


class Log:
    """`samna.log`."""

    LogLevel = LogLevel

    def __init__(self) -> None:
        self.level: Any = LogLevel.info

    def set_log_level(self, level: Any) -> None:
        """Stored: nothing is logged here."""
        self.level = level


def offer(samna: ModuleType, boards: Boards) -> None:
    """Put the older way to open boards into a module."""
    store = Store(boards)

    def make_node(sender: str = "", receiver: str = "", number: int = 1) -> SamnaNode:
        return SamnaNode(store, sender, receiver, number)

    def init_samna(
        receiver: str = "", sender: str = "", timeout_milliseconds: int = 0
    ) -> SamnaNode:
        samna.open_remote_node(1, "device_node")
        return make_node(sender, receiver)

    def setup_local_node(receiver: str, sender: str, number: int) -> None:
        """Nothing to set up: there is one process."""

    def open_remote_node(number: int, name: str) -> None:
        setattr(samna, name, store)

    vars(samna).update(
        SamnaNode=make_node,
        init_samna=init_samna,
        setup_local_node=setup_local_node,
        open_remote_node=open_remote_node,
        log=Log(),
    )
