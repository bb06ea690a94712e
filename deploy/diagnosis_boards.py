"""Could this machine drive a real board? Looks at files only: nothing of samna is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..hw.lease import holders, lock_folder
from ..hw.samna_installation import (
    ANY,
    INSTALL_SAMNA,
    SETTINGS,
    bit_file,
    bit_paths,
    find_samna,
    read_bit_file,
)
from ..hw.usb import DEVICES, RULE_REMEDY, UsbDevice, opal_kelly_devices, rule_file
from ..models.errors import AnaloopError
from .findings import Finding

SETTINGS_REMEDY = f"name the file that came with the board in {SETTINGS}"
CONTAINER_REMEDY = (
    "in a container: start it with /dev/bus/usb, for docker -v /dev/bus/usb:/dev/bus/usb"
)


def board_findings() -> list[Finding]:
    """The driver, the devices on USB and who may open them, the bit file, the locks."""
    devices = opal_kelly_devices()
    return [_samna(), _usb(devices), _udev(devices), _bit_file(), _locks()]


def _samna() -> Finding:
    """Tell the stub from the real driver."""
    samna = find_samna()
    if samna.kind == "none":
        found = "not installed; needed only for real boards"
        return Finding("samna", "missing", found, INSTALL_SAMNA)
    version = samna.version or "a version that it does not say"
    if samna.kind == "real":
        return Finding("samna", "ok", f"{version} in {samna.where}, not loaded")
    return Finding(
        "samna", "missing", f"{version} is the stub from PyPI: importing it runs pip",
        f"pip uninstall samna, then {INSTALL_SAMNA}",
    )  # fmt: skip


def _usb(devices: Sequence[UsbDevice]) -> Finding:
    """A board that is plugged in and cannot be opened fails; none is no fault."""
    if not devices:
        if not DEVICES.is_dir():
            found = f"this machine shows no USB: {DEVICES} is not there"
            return Finding("usb", "missing", found, CONTAINER_REMEDY)
        found = "no Opal Kelly device, as the boards have one; needed only for real boards"
        return Finding("usb", "missing", found, "plug the board in and switch it on")
    found = "; ".join(
        f"{d.product or 'device'} serial {d.serial or 'none'} on bus {d.bus} device {d.device}"
        + (f": {d.problem}" if d.problem else "")
        for d in devices
    )
    if all(device.openable for device in devices):
        return Finding("usb", "ok", found)
    forbidden = any(device.node.exists() and not device.openable for device in devices)
    return Finding("usb", "broken", found, RULE_REMEDY if forbidden else CONTAINER_REMEDY)


def _udev(devices: Sequence[UsbDevice]) -> Finding:
    """The rule that lets users open a board; not needed where they can."""
    path = rule_file()
    if path is not None:
        return Finding("udev rule", "ok", str(path))
    if devices and all(device.openable for device in devices):
        return Finding("udev rule", "ok", "none, nor needed: this user may open every device")
    return Finding("udev rule", "missing", "none for Opal Kelly; for real boards only", RULE_REMEDY)


def _bit_file() -> Finding:
    """Every bit file that is set, each for the kind of board it is set for."""
    try:
        found = [
            (kind, read_bit_file(path) if kind == ANY else bit_file(kind, str(path)))
            for kind, path in bit_paths().items()
        ]
    except AnaloopError as error:
        return Finding("bit file", "broken", str(error), SETTINGS_REMEDY)
    if not found:
        text = "none is set; needed only for real boards"
        return Finding("bit file", "missing", text, SETTINGS_REMEDY)
    shown = [
        f"{file.path} for {file.board or kind or 'a board that its name does not tell'}, "
        f"sha256 {file.sha256[:12]}"
        for kind, file in found
    ]
    return Finding("bit file", "ok", "; ".join(shown))


def _locks() -> Finding:
    """Who holds which board."""
    folder = lock_folder()
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        remedy = f"sudo chmod 1777 {folder}, or name another folder for all in ANALOOP_LOCKS"
        return Finding("locks", "broken", f"{folder} is no folder that we may write", remedy)
    held = [f"board {serial} is held by {by}" for serial, by in holders().items()]
    if held:
        remedy = "wait for it or end that process"
        return Finding("locks", "ok", f"{folder}: {'; '.join(held)}", remedy)
    return Finding("locks", "ok", f"{folder}: nobody holds a board")
