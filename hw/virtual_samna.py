"""A module named `samna` that offers virtual boards, for this process and no longer than asked.

Nothing on disk changes, and the real samna, if one is installed, is neither imported nor touched.
Programs written for samna run unmodified on it; what it offers and what it does not is in
docs/virtual_samna.md. All its boards are simulated, which it says on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType

from ..models.errors import BoardError, InputError
from . import samna_fpga, samna_nodes, samna_records, samna_sadc
from .board import VirtualBoard, parse_board
from .chip import DYNAPSE2
from .samna_device import VirtualStack
from .samna_faults import Faults, FaultyStack
from .samna_fields import Record
from .samna_sensors import SHOWN, Shown

API_VERSION = "0.48.6"
"""The samna whose surface is offered, as `samna.__version__` says."""


SADC_FUNCTIONS = (
    "get_sadc_description",
    "sadc_lookup_aer_address",
    "sadc_lookup_aer_address_nccf",
)
"""Free functions of samna.dynapse2."""


@dataclass(frozen=True)
class DeviceInfo:
    """What `samna.device` says about a board before it is opened."""

    serial_number: str
    """Of a virtual board, the name that opens it here."""
    usb_device_address: int
    """Counts the boards."""
    device_type_name: str = "DYNAP-SE2 Stack"
    """Kind of board."""
    usb_bus_number: int = 0
    """No bus is involved."""
    logic_version: int = 0
    """No FPGA is involved."""
    daughter_board_num: int = 1
    """Chips of the board."""


class Shelf:
    """The virtual boards of one virtual samna, opened and not."""

    def __init__(
        self,
        boards: Sequence[VirtualBoard],
        chips: int,
        realtime: bool = False,
        faults: Faults = Faults(),  # noqa: B008 - frozen
        sadc: Shown = "all",
    ) -> None:
        self._boards, self._realtime, self._faults = boards, realtime, faults
        self._sadc: Shown = sadc
        self._infos = [
            DeviceInfo(board.name, k + 1, daughter_board_num=chips)
            for k, board in enumerate(boards)
        ]
        self._open: dict[DeviceInfo, VirtualStack | FaultyStack] = {}

    def get_all_devices(self) -> list[DeviceInfo]:
        """All boards."""
        return list(self._infos)

    def get_unopened_devices(self) -> list[DeviceInfo]:
        """Boards that nobody opened."""
        return [info for info in self._infos if info not in self._open]

    def get_opened_devices(self) -> list[DeviceInfo]:
        """Boards that were opened and not closed."""
        return list(self._open)

    def open_device(
        self, device: DeviceInfo | str, chips: int | None = None
    ) -> VirtualStack | FaultyStack:
        """Open a board, by its DeviceInfo or as 'DYNAP-SE2 Stack:0'; again: the same board.

        Args:
            chips: how many it has; None: as its DeviceInfo says.

        Raises:
            BoardError: UNKNOWN_BOARD.
        """
        info = self._named(device) if isinstance(device, str) else device
        if info not in self._infos:
            raise BoardError(
                f"there is no device {device!r}: get_all_devices() lists {len(self._infos)}",
                code="UNKNOWN_BOARD",
            )
        if info not in self._open:
            board = self._boards[self._infos.index(info)]
            number, start_us = chips or info.daughter_board_num, self._faults.start_us
            stack = VirtualStack(board, _checked(number), self._realtime, start_us, self._sadc)
            fine = self._faults == Faults(start_us=start_us)
            self._open[info] = stack if fine else FaultyStack(stack, self._faults)
        return self._open[info]

    def close_device(self, device: VirtualStack | FaultyStack) -> None:
        """Close a board; its handle cannot be used any more."""
        device.closed = True
        self._open = {info: stack for info, stack in self._open.items() if stack is not device}

    def close(self) -> None:
        """Close every board."""
        for stack in list(self._open.values()):
            self.close_device(stack)

    def _named(self, name: str) -> DeviceInfo | None:
        kind, _, number = name.partition(":")
        alike = [info for info in self._infos if info.device_type_name == kind]
        place = int(number) if number.isdecimal() else 0
        return alike[place] if place < len(alike) else None


def _checked(chips: int) -> int:
    if not 1 <= chips <= DYNAPSE2.max_chips:
        raise InputError(f"{chips} chips: a board has 1..{DYNAPSE2.max_chips}", code="CHIPS")
    return chips


@contextmanager
def virtual_samna(
    boards: Sequence[str] = ("sim:nominal",),
    chips: int = 1,
    realtime: bool = False,
    faults: Faults = Faults(),  # noqa: B008 - frozen
    sadc: Shown = "all",
) -> Iterator[ModuleType]:
    """Put a virtual `samna` in place, and take it away again.

    Args:
        boards: names of virtual boards, as `open_board` takes them.
        chips: chips of each board.
        realtime: keep chip time and the host's clock together; otherwise the chips hurry while
            input waits.
        faults: of every board.
        sadc: which channels of the spiking ADC count: 'all', or those whose enable is set
            ('enabled') or not ('disabled'); which of them real chips do is uncertain.

    Raises:
        BoardError: UNKNOWN_BOARD.
        InputError: SAMNA_LOADED if the real samna is in use in this process; CHIPS; SADC.
    """
    if sadc not in SHOWN:
        raise InputError(f"sadc is one of {', '.join(SHOWN)}, not {sadc!r}", code="SADC")
    _checked(chips)
    if "samna" in sys.modules:
        raise InputError("a samna is already loaded in this process", code="SAMNA_LOADED")
    shelf = Shelf([parse_board(name) for name in boards], chips, realtime, faults, sadc)
    modules = modules_of(shelf)
    sys.modules.update(modules)
    names = ", ".join(info.serial_number for info in shelf.get_all_devices())
    print(f"analoop: samna is virtual, its boards are SIMULATED: {names}", file=sys.stderr)
    try:
        yield modules["samna"]
    finally:
        shelf.close()
        for name in modules:
            sys.modules.pop(name, None)


def modules_of(shelf: Shelf) -> dict[str, ModuleType]:
    """The modules of a virtual samna, by name."""
    samna, device, dynapse2 = (
        ModuleType(name, "Virtual: see analoop.hw.virtual_samna.")
        for name in ("samna", "samna.device", "samna.dynapse2")
    )
    for module in (samna, device, dynapse2):
        # Programs ask importlib whether there is a samna; without a spec it knows of none.
        module.__spec__ = ModuleSpec(module.__name__, None, is_package=module is samna)
    samna.__path__ = []
    vars(samna).update(__version__=API_VERSION, device=device, dynapse2=dynapse2)
    vars(device)["DeviceInfo"] = DeviceInfo
    samna_nodes.offer(samna, shelf)
    for name in dir(Shelf):
        if name.endswith(("_device", "_devices")):
            vars(device)[name] = getattr(shelf, name)
    for name, value in vars(samna_records).items():
        public = isinstance(value, type) and value.__module__ == samna_records.__name__
        if public and not name.startswith("_") and value is not Record:
            vars(dynapse2)[name] = value
    for kind in (samna_fpga.Dynapse2ModuleConfigGroup, samna_fpga.Dynapse2ModuleConfigName):
        vars(dynapse2)[kind.__name__] = kind
    for name in SADC_FUNCTIONS:
        vars(dynapse2)[name] = getattr(samna_sadc, name)
    return {module.__name__: module for module in (samna, device, dynapse2)}
