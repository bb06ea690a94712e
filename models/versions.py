"""Versions that produced a result, stored with it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "analoop", "numpy", "scipy", "torch", "numba", "llvmlite", "rockpool", "aeon",
    "espeakng-loader",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Python and every package that can change a number; packages not installed are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
