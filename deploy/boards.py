"""Which boards there are, real and virtual, without opening any or importing anything of samna."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..hw.lease import Holder, holder
from ..hw.samna_installation import SamnaInstallation, find_samna
from ..hw.usb import UsbDevice, opal_kelly_devices


@dataclass(frozen=True)
class BoardRow:
    """One board, or one family of virtual boards."""

    name: str
    """The name that opens it."""
    kind: str
    """What it is."""
    target: Literal["simulated", "measured"]
    """Simulated is never passed off as measured."""
    chips: str
    """How many chips, as far as is known before it is opened."""
    state: Literal["free", "held", "not openable", "no samna"]
    """Whether it could be opened now."""
    note: str
    """Why not, or what it is for."""
    holder: Holder | None = None
    """Who holds it."""


_AS_NEEDED = "1 to 4"
VIRTUAL = (
    ("sim:nominal", "every device as designed; sim for short"),
    ("sim:seed=N", "one virtual chip, drawn with measured mismatch; N = 0, 1, ... names it"),
    ("sim:seed=N,level=0.5", "half its spread; level=0..10"),
    ("sim:seed=N,defects=1", "with deaf CAM words"),
    ("sim:nominal,noise=1", "with temporal noise of the soma"),
    ("sim:nominal,step_us=500", "finer integration; all options: docs/command_line.md"),
)
"""Names of virtual boards and what they are for."""


def list_boards() -> list[BoardRow]:
    """Every board that this machine could open: real ones on USB first, then virtual ones.

    An Opal Kelly device that is no DYNAP-SE2 board is listed too: only samna could tell.
    """
    return real_rows(opal_kelly_devices(), find_samna()) + virtual_rows()


def real_rows(devices: Sequence[UsbDevice], samna: SamnaInstallation) -> list[BoardRow]:
    """A row per device, with the first thing that keeps it from being opened."""
    return [_real_row(device, samna) for device in devices]


def virtual_rows() -> list[BoardRow]:
    """A row per family of virtual boards; these are never held."""
    return [
        BoardRow(name, "virtual", "simulated", _AS_NEEDED, "free", note) for name, note in VIRTUAL
    ]


def _real_row(device: UsbDevice, samna: SamnaInstallation) -> BoardRow:
    name = f"dynapse2:{device.serial or 'any'}"
    kind = device.product or f"USB {device.product_id}"
    by = holder(device.serial) if device.serial else None
    if by is not None:
        return BoardRow(name, kind, "measured", "unknown", "held", f"by {by}", by)
    if not device.openable:
        why = f"seen on USB, but {device.problem}: see analoop doctor"
        return BoardRow(name, kind, "measured", "unknown", "not openable", why)
    if samna.kind != "real":
        why = "samna is not installed" if samna.kind == "none" else "samna is the stub from PyPI"
        why += ": see analoop doctor"
        return BoardRow(name, kind, "measured", "unknown", "no samna", why)
    return BoardRow(name, kind, "measured", "unknown", "free", "seen on USB")
