"""Is this installation in order? Every check says what it found and how to mend it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from ..hw.board import open_board
from ..hw.samna_inert import accepted_without_effect
from ..models.errors import AnaloopError
from .diagnosis_boards import board_findings
from .execution import verify
from .findings import Finding
from .shipped import shipped_program

REINSTALL = "install again from the clone: pip install -c constraints.txt -e ."
DEVELOPERS = "test"
"""The extra that no user needs."""
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)")


def doctor() -> list[Finding]:
    """Look at Python, packages, what a real board needs, and the simulator.

    The vendor's module is never imported: the package on PyPI runs pip when it is.
    """
    return [_python(), *_packages(), *board_findings(), _virtual_samna(), _simulator()]


def _python() -> Finding:
    return Finding("python", "ok", sys.version.split()[0])  # pip refuses older ones than we run on


def _packages() -> list[Finding]:
    """Analoop itself, and every package that its own metadata asks for."""
    try:
        findings = [Finding("analoop", "ok", version("analoop"))]
        needed = packages(requires("analoop") or ())
    except PackageNotFoundError:
        return [Finding("analoop", "broken", "not installed", REINSTALL)]
    for name, extras in needed.items():
        try:
            findings.append(Finding(name, "ok", version(name)))
        except PackageNotFoundError:
            if extras:
                found = f"not installed; needed only for the extra {', '.join(extras)}"
                remedy = f"pip install 'analoop[{extras[0]}]'"
                findings.append(Finding(name, "missing", found, remedy))
            else:
                findings.append(Finding(name, "broken", "not installed", REINSTALL))
    return findings


def packages(requirements: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Packages by name, and the extras that need them; none: Analoop does not run without.

    Args:
        requirements: as the metadata has them: 'nir>=1.0.8; extra == "export"'.
    """
    always, found = set(), dict[str, tuple[str, ...]]()
    for requirement in requirements:
        what, _, marker = requirement.partition(";")
        (name,) = re.findall(r"^[\w.-]+", what)
        extras = tuple(_EXTRA.findall(marker))
        if name == "analoop" or DEVELOPERS in extras:
            continue
        found[name] = (*found.get(name, ()), *extras)
        if not extras:
            always.add(name)
    return {name: () if name in always else extras for name, extras in found.items()}


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
