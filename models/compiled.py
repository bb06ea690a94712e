"""How the kernels are compiled, and when what was compiled before may be used again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit


def compiled(function: Callable) -> Callable:
    """Compile with numba, without the interpreter's lock, and keep the machine code on disk.

    numba looks only at the file a function stands in to see whether kept code is stale; these
    kernels are built from several files and their constants, so the whole folder is looked at.
    Where no folder can be written to, nothing is kept.
    """
    options = {"error_model": "numpy", "fastmath": {"contract"}, "nogil": True}
    try:
        kernel: Any = njit(cache=True, **options)(function)
        kernel._cache._cache_file._source_stamp = _stamp()  # private: numba has no public name
    except (RuntimeError, AttributeError):  # no folder for a cache, or another numba's cache
        return njit(**options)(function)
    return kernel


@cache
def _stamp() -> tuple[tuple[str, float, int], ...]:
    """Time and size of every module of this folder and those inside it."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return tuple((f.name, f.stat().st_mtime, f.stat().st_size) for f in files)
