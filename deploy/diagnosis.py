"""Is this installation in order? Every check says what it found and how to mend it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import Literal

from ..hw.board import open_board
from ..models.errors import AnaloopError
from .compilation import compile
from .execution import verify
from .shipped import shipped_network


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """What was looked at."""
    status: Literal["ok", "missing", "broken"]
    """'missing' is an optional part that is not there; only 'broken' fails."""
    found: str
    """What was found."""
    remedy: str = ""
    """What to do, if anything."""


def doctor() -> list[Finding]:
    """Look at Python, packages, the vendor's driver and the simulator.

    The vendor's module is never imported: the package on PyPI runs pip when it is.
    """
    return [_python(), *_packages(), _samna(), _simulator()]


def _python() -> Finding:
    return Finding("python", "ok", sys.version.split()[0])  # pip refuses older ones than we run on


def _packages() -> list[Finding]:
    findings = []
    for name, extra in (
        ("numpy", ""), ("torch", ""), ("rockpool", ""), ("pyserial", ""), ("typer", ""),
        ("rich", ""), ("aeon", "demo"), ("matplotlib", "demo"),
    ):  # fmt: skip
        try:
            findings.append(Finding(name, "ok", version(name)))
        except PackageNotFoundError:
            if extra:
                remedy = f"pip install 'analoop[{extra}]'"
                findings.append(Finding(name, "missing", "not installed", remedy))
            else:
                findings.append(Finding(name, "broken", "not installed", "pip install analoop"))
    return findings


def _samna() -> Finding:
    """Tell the stub from the real driver by its files, without importing either."""
    try:
        samna = distribution("samna")
    except PackageNotFoundError:
        return Finding(
            "samna", "missing", "not installed; needed only for real boards, which this release "
            "does not drive yet",
        )  # fmt: skip
    compiled = any(str(file).endswith((".so", ".pyd")) for file in samna.files or ())
    if compiled:
        return Finding("samna", "ok", f"{samna.version}; not used by this release")
    return Finding(
        "samna", "missing", f"{samna.version} is the stub from PyPI: importing it runs pip",
        "pip uninstall samna, then install the vendor's build from the vendor's index",
    )  # fmt: skip


def _simulator() -> Finding:
    """Compile the shipped network and ask the nominal board its known question."""
    try:
        program = compile(shipped_network())
        with open_board("sim:nominal") as board:
            result = verify(program, board)
    except AnaloopError as error:
        return Finding("simulator", "broken", str(error), "reinstall analoop")
    found = f"known answer of the shipped program: {result['received']} spikes"
    if result["passed"]:
        return Finding("simulator", "ok", f"{found}, as expected")
    return Finding("simulator", "broken", f"{found}, {result['expected']} expected", "reinstall")
