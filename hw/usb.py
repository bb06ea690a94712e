"""Which Opal Kelly devices this machine sees, read from the kernel without any vendor's library.

The boards carry Opal Kelly modules (chip.md 1.1), whose vendor number is 151f (public usb.ids). The
product number is shown but not judged: which ones the boards have was found nowhere. So another
Opal Kelly device counts as a board until samna says otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

OPAL_KELLY = "151f"
"""Vendor number on USB, hexadecimal."""
DEVICES = Path("/sys/bus/usb/devices")
"""Where Linux lists what is plugged in."""
NODES = Path("/dev/bus/usb")
"""Where programs open it."""

RULE = f'SUBSYSTEM=="usb", ATTRS{{idVendor}}=="{OPAL_KELLY}", MODE="0666"'
"""Lets every user open the boards."""
RULE_FILE = Path("/etc/udev/rules.d/60-opalkelly.rules")
"""Where the rule belongs."""
RULE_FOLDERS = tuple(map(Path, ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d")))
"""Where udev looks for rules."""
RULE_REMEDY = (
    f"echo '{RULE}' | sudo tee {RULE_FILE}; "
    "sudo udevadm control --reload && sudo udevadm trigger; then replug the board"
)
"""Commands that put the rule in place."""


@dataclass(frozen=True)
class UsbDevice:
    """One Opal Kelly device as the kernel sees it."""

    serial: str
    """As the device says it; empty if it says none."""
    bus: int
    """Number of the bus."""
    device: int
    """Number on the bus; another after each replugging."""
    product: str
    """What it calls itself."""
    product_id: str
    """Number of the product, hexadecimal."""
    node: Path
    """What programs open."""
    problem: str
    """Why we cannot open it; empty if we can."""

    @property
    def openable(self) -> bool:
        """Whether this user may open it."""
        return not self.problem


def opal_kelly_devices(root: Path = DEVICES, nodes: Path = NODES) -> list[UsbDevice]:
    """Every Opal Kelly device, in the order of bus and number; none where there is no USB."""
    try:
        folders = list(root.iterdir())
    except OSError:
        return []
    found = [
        _device(folder, nodes) for folder in folders if _says(folder, "idVendor") == OPAL_KELLY
    ]
    return sorted(found, key=lambda device: (device.bus, device.device))


def rule_file(folders: Iterable[Path] = RULE_FOLDERS) -> Path | None:
    """The first file of udev rules that speaks of Opal Kelly; None if there is none."""
    for path in (path for folder in folders for path in sorted(folder.glob("*.rules"))):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        if any(OPAL_KELLY in line.lower() and not line.lstrip().startswith("#") for line in lines):
            return path
    return None


def _device(folder: Path, nodes: Path) -> UsbDevice:
    bus, device = _number(folder, "busnum"), _number(folder, "devnum")
    node = nodes / f"{bus:03}" / f"{device:03}"
    return UsbDevice(
        _says(folder, "serial"), bus, device, _says(folder, "product"),
        _says(folder, "idProduct"), node, _problem(node),
    )  # fmt: skip


def _problem(node: Path) -> str:
    if not node.exists():
        return f"{node} is not there (in a container: pass /dev/bus/usb in)"
    if not os.access(node, os.R_OK | os.W_OK):
        return f"this user may not write {node} (udev rule?)"
    return ""


def _says(folder: Path, name: str) -> str:
    """One attribute; empty if the device, gone perhaps while we look, does not have it."""
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(folder: Path, name: str) -> int:
    text = _says(folder, name)
    return int(text) if text.isdecimal() else 0
