"""A made-up /sys/bus/usb/devices and /dev/bus/usb."""

from pathlib import Path


def plug_in(root: Path, nodes: Path | None, port: str, **attributes: str) -> None:
    """Put a device in the tree, with these files; without nodes, programs cannot open it."""
    folder = root / port
    folder.mkdir(parents=True)
    for name, text in attributes.items():
        (folder / name).write_text(f"{text}\n")
    if nodes is not None:
        bus, device = (int(attributes.get(name, "0")) for name in ("busnum", "devnum"))
        node = nodes / f"{bus:03}" / f"{device:03}"
        node.parent.mkdir(parents=True, exist_ok=True)
        node.touch()
