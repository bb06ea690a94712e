"""Is this installation in order? Every check says what it found and how to mend it."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from ..hw.board import open_board
from ..hw.samna_inert import accepted_without_effect
from ..models.errors import AnaloopError
from .diagnosis_boards import board_findings
from .execution import verify
from .findings import Finding
from .shipped import shipped_program

REINSTALL = "install again from the clone: pip install -c constraints.txt -e ."


def doctor() -> list[Finding]:
    """Look at Python, packages, what a real board needs, and the simulator.

    The vendor's module is never imported: the package on PyPI runs pip when it is.
    """
    return [_python(), *_packages(), *board_findings(), _virtual_samna(), _simulator()]


def _python() -> Finding:
    return Finding("python", "ok", sys.version.split()[0])  # pip refuses older ones than we run on


def _packages() -> list[Finding]:
    findings = []
    for name, extra in (
        ("numpy", ""), ("torch", ""), ("rockpool", ""), ("pyserial", ""), ("typer", ""),
        ("rich", ""), ("filelock", ""), ("aeon", "demo"), ("matplotlib", "demo"),
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
