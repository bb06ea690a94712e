"""Code compiled before is used again only while none of its sources has changed."""

import os
import subprocess
import sys
from pathlib import Path

from analoop.models import kernel_loop

PLAY = "from analoop.models import kernel_loop as k; print(k.run._cache._cache_file._source_stamp)"


def stamp() -> str:
    ran = subprocess.run([sys.executable, "-c", PLAY], capture_output=True, text=True, check=True)
    return ran.stdout


def test_a_change_in_any_source_of_the_kernels_makes_what_was_compiled_stale():
    """numba looks at the file of a function only; a kernel is made of functions of several."""
    source = Path(kernel_loop.__file__).with_name("vector_math.py")
    before, times = stamp(), source.stat()
    assert stamp() == before
    try:
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns + 1_000_000_000))
        assert stamp() != before
    finally:
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert stamp() == before
