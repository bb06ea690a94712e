"""Which samna is installed, and which bit file a board gets, without importing anything of samna.

The samna on PyPI is a stub whose import runs pip; the real one holds compiled files. The FPGA's bit
file comes with the board from its vendor, and is named in a setting (docs/boards.md).
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Literal

from ..models.errors import BoardError, FileError

VENDOR_INDEX = "https://gitlab.com/api/v4/projects/27423070/packages/pypi/simple"
"""Where the vendor's builds are, according to public lab notes; never fetched from by us."""
INSTALL_SAMNA = f"pip install samna --index-url {VENDOR_INDEX}"
"""Gets the vendor's build, and never the stub of PyPI."""

STACK, DEV_BOARD = "DYNAP-SE2 Stack", "DYNAP-SE2 DevBoard"
"""Kinds of board, as samna spells them (chip.md 1.1)."""
KNOWN_BIT_FILES = {"dynapse2stack": STACK, "dynapse2dactestboard": DEV_BOARD}
"""How the name of a bit file begins, in small letters: the kind of board it is for."""
ANY = ""
"""Stands for any kind of board in a setting."""

SETTINGS = (
    'ANALOOP_BIT_FILE, bit_file = "..." in analoop.toml, or under [tool.analoop] in pyproject.toml'
)
"""Where a bit file is named, first one first."""

_COMPILED = (".so", ".pyd")
_BIT_HEADER = bytes.fromhex("00090ff0")
_BIT_SYNC = bytes.fromhex("aa995566")


@dataclass(frozen=True)
class SamnaInstallation:
    """The samna of this Python."""

    kind: Literal["none", "stub", "real"]
    """'stub' is the package on PyPI: importing it runs pip."""
    version: str | None
    """As its metadata says; None if there are none."""
    where: str | None
    """Its folder or file."""


@dataclass(frozen=True)
class BitFile:
    """What the FPGA of a board is loaded with."""

    path: Path
    """Where it is."""
    sha256: str
    """Which one it is."""
    board: str | None
    """The kind of board that its name speaks of; None if the name is unknown."""


def find_samna() -> SamnaInstallation:
    """Look at the files of samna, importing none of them."""
    where = _found_on_path()
    try:
        installed = distribution("samna")
    except PackageNotFoundError:
        if where is None:
            return SamnaInstallation("none", None, None)
        return SamnaInstallation("real" if _compiled_on_disk(where) else "stub", None, where)
    if where is None:
        real = _compiled_in_record(installed)
    else:  # what an import finds decides; the metadata may be those of another one behind it
        own = where.startswith(str(installed.locate_file("")))
        real = _compiled_on_disk(where) or (own and _compiled_in_record(installed))
    where = where or str(installed.locate_file("samna"))
    return SamnaInstallation("real" if real else "stub", installed.version, where)


def require_samna() -> SamnaInstallation:
    """The real samna, which is still not imported.

    Raises:
        BoardError: NO_SAMNA, SAMNA_STUB, saying how to install the real one.
    """
    found = find_samna()
    if found.kind == "none":
        raise BoardError(
            f"a real board needs samna, and none is installed: {INSTALL_SAMNA}", code="NO_SAMNA"
        )
    if found.kind == "stub":
        raise BoardError(
            f"a real board needs samna, and the one in {found.where} is the stub from PyPI, whose "
            f"import runs pip: pip uninstall samna, then {INSTALL_SAMNA}",
            code="SAMNA_STUB",
        )
    return found


def bit_file(device_type: str, setting: str | None = None) -> BitFile:
    """The bit file for a kind of board: the argument's, or what `bit_paths` finds.

    Raises:
        BoardError: NO_BIT_FILE, BIT_FILE_MISSING, WRONG_BIT_FILE, BIT_FILE_INVALID.
        FileError: SETTINGS_INVALID.
    """
    paths = {ANY: Path(setting).expanduser()} if setting else bit_paths()
    path = paths.get(device_type, paths.get(ANY))
    if path is None:
        raise BoardError(
            f"no bit file is set for a {device_type}: its vendor delivers one with the board; name "
            f"it in {SETTINGS}",
            code="NO_BIT_FILE",
        )
    found = read_bit_file(path)
    if found.board is not None and found.board not in device_type:
        raise BoardError(
            f"{path} is for a {found.board}, and the board is a {device_type}: set the file that "
            "came with this board",
            code="WRONG_BIT_FILE",
        )
    return found


def bit_paths() -> dict[str, Path]:
    """The bit files that are set, by kind of board; `ANY` for one that is set for all.

    The environment comes first, then analoop.toml, then pyproject.toml of the working directory.

    Raises:
        FileError: SETTINGS_INVALID.
    """
    if variable := os.environ.get("ANALOOP_BIT_FILE"):
        return {ANY: Path(variable).expanduser()}
    for name, tables in (("analoop.toml", ()), ("pyproject.toml", ("tool", "analoop"))):
        value = _setting(Path(name), tables)
        if value is not None:
            table = value if isinstance(value, dict) else {ANY: value}
            if not all(isinstance(path, str) and path for path in table.values()):
                raise FileError(
                    f"bit_file in {name} is {value!r}: give a path, or a table of paths by kind of "
                    f'board, such as {{"{STACK}" = "Dynapse2Stack.bit"}}',
                    code="SETTINGS_INVALID",
                )
            return {kind: Path(path).expanduser() for kind, path in table.items()}
    return {}


def read_bit_file(path: Path) -> BitFile:
    """Look at a bit file.

    Raises:
        BoardError: BIT_FILE_MISSING, BIT_FILE_INVALID.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BoardError(
            f"the bit file {path} cannot be read ({error.strerror}): correct the setting, one of "
            f"{SETTINGS}",
            code="BIT_FILE_MISSING",
        ) from error
    name = path.name.lower()
    board = next((b for start, b in KNOWN_BIT_FILES.items() if name.startswith(start)), None)
    known = board is not None and len(content) > 0
    if not known and not content.startswith(_BIT_HEADER) and _BIT_SYNC not in content[:1024]:
        raise BoardError(
            f"{path} is no Xilinx bit file ({len(content)} bytes, neither header nor sync word): "
            "get it again from the vendor of the board",
            code="BIT_FILE_INVALID",
        )
    return BitFile(path, hashlib.sha256(content).hexdigest(), board)


def _setting(path: Path, tables: tuple[str, ...]) -> Any:
    """`bit_file` in a file of settings; None if there is no such file or setting."""
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {error}", code="SETTINGS_INVALID") from error
    for name in (*tables, "bit_file"):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _found_on_path() -> str | None:
    """Where an import would find samna; a mere folder of that name does not count.

    PathFinder, unlike find_spec, does not see a virtual samna that is in place.
    """
    spec = PathFinder.find_spec("samna")
    if spec is None or spec.origin is None:
        return None
    return (spec.submodule_search_locations or [spec.origin])[0]


def _compiled_in_record(installed: Distribution) -> bool:
    return any(str(file).endswith(_COMPILED) for file in installed.files or ())


def _compiled_on_disk(where: str) -> bool:
    path = Path(where)
    files = path.rglob("*") if path.is_dir() else [path]
    return any(file.suffix in _COMPILED for file in files)
