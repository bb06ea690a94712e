"""The trained network that ships with the package, and its program as compiled at release."""

from __future__ import annotations

from importlib.resources import as_file, files

from ..models.network import Network
from .program import Program


def shipped_network() -> Network:
    """The Japanese Vowels network; its provenance says how to train it again.

    Raises:
        FileError: the installation is damaged.
    """
    with as_file(files("analoop.deploy") / "data" / "japanese_vowels.npz") as path:
        return Network.load(path)


def shipped_program() -> Program:
    """That network compiled, with the known answer of the machine it was released on.

    Raises:
        FileError: the installation is damaged.
    """
    with as_file(files("analoop.deploy") / "data" / "japanese_vowels_program.npz") as path:
        return Program.load(path)
