"""The trained network that ships with the package."""

from __future__ import annotations

from importlib.resources import as_file, files

from ..models.network import Network


def shipped_network() -> Network:
    """The Japanese Vowels network; its provenance says how to train it again.

    Raises:
        FileError: the installation is damaged.
    """
    with as_file(files("analoop.deploy") / "data" / "japanese_vowels.npz") as path:
        return Network.load(path)
