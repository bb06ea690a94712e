"""Which port is meant: a serial number, a vendor and product number, a path, or a URL.

A port by its serial number is found again wherever the kernel puts it: /dev/ttyUSB0 today,
/dev/ttyUSB1 after somebody pulled the cable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...models.errors import BoardError, HardwareError

VISA = "visa:"
"""Beginning of a port that is a VISA resource."""
FORMS = "serial:A9X7K2, usb:0403:6001, /dev/ttyUSB1, socket://host:port, visa:RESOURCE"
"""How a port can be named."""


@dataclass(frozen=True)
class Port:
    """A serial port of this machine."""

    path: str
    """Its device file."""
    serial: str | None = None
    """Serial number of the USB device behind it."""
    usb: str | None = None
    """Vendor and product number, '0403:6001'."""
    description: str = ""
    """What the device says it is."""

    def __str__(self) -> str:
        more = [f"serial:{self.serial}" if self.serial else "", f"usb:{self.usb or '-'}"]
        return f"{self.path} ({', '.join(x for x in more if x)})"


def list_ports() -> list[Port]:
    """Serial ports of this machine, as the kernel tells."""
    from serial.tools import list_ports as listed

    return [
        Port(
            str(found.device),
            found.serial_number,
            None if found.vid is None else f"{found.vid:04x}:{found.pid:04x}",
            found.description or "",
        )
        for found in listed.comports()
    ]


def find_port(name: str, there: Sequence[Port] | None = None) -> str:
    """The path or URL to open for a name; a path is not looked for here.

    Raises:
        BoardError: PORT_NAME, a name of no known form; NO_PORT; PORT_AMBIGUOUS.
    """
    if "://" in name or name.startswith(VISA) or name.startswith("/"):
        return name
    kind, _, wanted = name.partition(":")
    if kind not in ("serial", "usb") or not wanted:
        if re.fullmatch(r"COM\d+", name):
            return name
        raise BoardError(f"'{name}' names no port: give {FORMS}", code="PORT_NAME")
    ports = list_ports() if there is None else there
    found = [p for p in ports if (p.serial if kind == "serial" else p.usb) == _normal(kind, wanted)]
    if len(found) == 1:
        return found[0].path
    seen = ", ".join(map(str, found or ports)) or "none"
    if found:
        raise BoardError(
            f"'{name}' fits {len(found)} ports: {seen}; name one by its serial number or path",
            code="PORT_AMBIGUOUS",
        )
    raise BoardError(
        f"there is no port '{name}'; there are: {seen}. Plug it in, or correct the name",
        code="NO_PORT",
    )


def is_there(name: str) -> None:
    """Look for a port without opening it.

    Raises:
        BoardError: as `find_port`; NO_PORT too for a path that does not exist.
    """
    path = find_port(name)
    if path.startswith("/") and not Path(path).exists():
        raise BoardError(f"there is no port {path}: plug it in, or correct it", code="NO_PORT")


def key_of(path: str) -> str:
    """One text for one port, whatever link leads to it, a VISA resource too; what a lock is named
    after."""
    if found := re.fullmatch(rf"{VISA}ASRL(/.+?)(::.*)?", path, re.IGNORECASE):
        path = found[1]
    return os.path.realpath(path) if path.startswith("/") else path


def key_of_name(name: str) -> str:
    """`key_of` a port by any of its names; one that is not there has its name alone."""
    try:
        return key_of(find_port(name))
    except BoardError:
        return name


def gone(name: str, cause: object) -> HardwareError:
    """The error for a port that was there and is not any more."""
    return HardwareError(
        f"{name}: the port is gone ({cause}): plug it in again, and look at its cable",
        code="UNPLUGGED",
    )


def _normal(kind: str, wanted: str) -> str:
    return wanted.lower() if kind == "usb" else wanted
