"""Run a program written for samna on virtual boards."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from ..hw.samna_faults import Faults
from ..hw.virtual_samna import virtual_samna
from ..models.errors import FileError


def run_script(
    script: Path,
    arguments: Sequence[str] = (),
    boards: Sequence[str] = ("sim:nominal",),
    chips: int = 1,
    realtime: bool = False,
    faults: Faults = Faults(),  # noqa: B008 - frozen
) -> None:
    """Run a script as `python SCRIPT ARGUMENTS` would, with a virtual `samna` in place.

    A script that fails is shown where it failed, and ends in SystemExit(1), as it would in Python.

    Raises:
        FileError: FILE_MISSING.
        BoardError, InputError: as `hw.virtual_samna.virtual_samna`.
    """
    if not script.is_file():
        raise FileError(f"there is no script {script}", code="FILE_MISSING")
    before = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        with virtual_samna(boards, chips, realtime, faults):
            _run(script)
    finally:
        sys.argv, sys.path[:] = before


def _run(script: Path) -> None:
    try:
        runpy.run_path(str(script), run_name="__main__")
    except Exception as error:
        # From the script on: how it came to be run is of no interest.
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != str(script):
            frames = frames.tb_next
        traceback.print_exception(error.with_traceback(frames or error.__traceback__))
        sys.exit(1)
