"""Code compiled before is used again only while none of its sources has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analoop.models import kernel_loop

STAMP = "from models import kernel_loop as k; print(k.run._cache._cache_file._source_stamp)"


def stamp(folder: Path) -> str:
    """The stamp of the kernels of a copy of the package."""
    command = [sys.executable, "-c", STAMP]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["vector_math.py", "surrogate.py", "noise.py"])
def test_a_change_in_any_source_of_the_kernels_makes_what_was_compiled_stale(name: str, tmp_path):
    """numba looks at the file of a function only; a kernel is made of functions of several."""
    shutil.copytree(
        Path(kernel_loop.__file__).parent,
        tmp_path / "models",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    before = stamp(tmp_path)
    assert stamp(tmp_path) == before
    os.utime(tmp_path / "models" / name, (1, 1))
    assert stamp(tmp_path) != before


def test_where_nothing_can_be_kept_kernels_are_compiled_all_the_same(monkeypatch):
    from analoop.models import compiled

    def nowhere(function, **options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return ("compiled", function)

    monkeypatch.setattr(compiled, "njit", lambda **options: lambda f: nowhere(f, **options))
    assert compiled.compiled(stamp) == ("compiled", stamp)
