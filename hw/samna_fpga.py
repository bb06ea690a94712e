"""Of a virtual board, what concerns its FPGA as a machine: raw words, timing options, its size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Any

from ..models.errors import InputError
from .samna_records import NormalGridEvent


class Dynapse2ModuleConfigGroup(IntEnum):
    """Timing options of the FPGA; the numbers are ours."""

    BusFpgaToWest = 0
    BusFpgaToII = 1


class Dynapse2ModuleConfigName(IntEnum):
    """Which of the options of a group; only the numbers are public."""

    Option0 = 0
    Option1 = 1
    Option2 = 2
    Option3 = 3


class FpgaExtras(ABC):
    """Methods of a virtual board that need nothing but what it reads and its number of chips."""

    module_config: dict[tuple[Any, Any], int]
    """What `set_fpga_dynapse2_module_config` stored."""

    @abstractmethod
    def read_events(self) -> list[NormalGridEvent]:
        """See VirtualStack."""

    @abstractmethod
    def get_number_of_chips(self) -> int:
        """See VirtualStack."""

    def output_read(self) -> list[int]:
        """What `read_events` would give, as pairs of words: address, then timestamp [us]."""
        return [word for e in self.read_events() for word in (address_word(e), e.timestamp)]

    def set_fpga_dynapse2_module_config(self, group: Any, name: Any, value: int) -> None:
        """Stored, without effect: no bus has a timing here."""
        options = dict(getattr(self, "module_config", {}))
        self.module_config = options | {(group, name): int(value)}

    def set_number_of_chip(self, number: int) -> None:
        """Say how many chips there are.

        Raises:
            InputError: CHIPS, the board was made with another number.
        """
        there = self.get_number_of_chips()
        if number != there:
            raise InputError(
                f"{number} chips on a virtual board of {there}: run with --chips {number}",
                code="CHIPS",
            )


def address_word(event: NormalGridEvent) -> int:
    """Address word of an event: tag in bits 12-22 (chip.md 2.2), the rest as we like it: mask of
    cores in bits 0-3, x hop in 4-7, y hop in 8-11, hops in two's complement."""
    word = event.event
    hops = (word.x_hop & 15) << 4 | (word.y_hop & 15) << 8
    return word.core.mask | hops | word.tag << 12
