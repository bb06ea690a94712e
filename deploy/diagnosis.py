"""Is this installation in order? Every check says what it found and how to mend it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import Literal

from ..hw.board import open_board
from ..hw.samna_inert import accepted_without_effect
from ..models.errors import AnaloopError
from .execution import verify
from .shipped import shipped_program

REINSTALL = "install again from the clone: pip install -c constraints.txt -e ."


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
    return [_python(), *_packages(), _samna(), _virtual_samna(), _simulator()]


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
                remedy = f"in the clone: pip install -e '.[{extra}]'"
                findings.append(Finding(name, "missing", "not installed", remedy))
            else:
                findings.append(Finding(name, "broken", "not installed", REINSTALL))
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


def _virtual_samna() -> Finding:
    """List what programs on the virtual samna may set in vain."""
    kinds = accepted_without_effect().items()
    listed = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds)
    return Finding("virtual samna", "ok", f"accepted without effect are {listed}")


def _simulator() -> Finding:
    """Ask the nominal board the question of the shipped program, answered when it was released.

    Another processor may round a logarithm differently and shift a few spikes; that is no fault.
    """
    try:
        with open_board("sim:nominal") as board:
            result = verify(shipped_program(), board)
    except AnaloopError as error:
        return Finding("simulator", "broken", str(error), REINSTALL)
    found = f"shipped answer: {result['received']} spikes, {result['expected']} at release"
    if result["exact"]:
        return Finding("simulator", "ok", f"{found}, each at its microsecond")
    if (result["correlation"] or 0.0) > 0.99:
        return Finding("simulator", "ok", f"{found}, correlation {result['correlation']}")
    return Finding("simulator", "broken", found, REINSTALL)
