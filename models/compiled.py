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
    kernels are built from functions of several files, so all of them are looked at.
    """
    kernel: Any = njit(error_model="numpy", fastmath={"contract"}, nogil=True, cache=True)(function)
    kernel._cache._cache_file._source_stamp = _stamp()  # a private name: numba has no public one
    return kernel


@cache
def _stamp() -> tuple[tuple[str, float, int], ...]:
    """Time and size of every module of this folder that holds compiled code."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    words = ("numba", "vector_math", "compiled")
    marked = [f for f in files if any(w in f.read_text(encoding="utf-8") for w in words)]
    return tuple((f.name, f.stat().st_mtime, f.stat().st_size) for f in marked)
