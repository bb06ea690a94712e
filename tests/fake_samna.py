"""A package named samna whose import cannot go unnoticed."""

import sys
from pathlib import Path

import pytest

NATIVE = "samna/samna.cpython-311-x86_64-linux-gnu.so"
"""What tells the vendor's driver from the stub."""


def install_samna(folder: Path, monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    """Put it on the path of this process, as pip would, with these files in its record."""
    package, info = folder / "samna", folder / "samna-0.48.6.dist-info"
    for path in (package, info):
        path.mkdir()
    imported = str(folder / "imported")
    (package / "__init__.py").write_text(
        f"open({imported!r}, 'w').close()\nraise BaseException('samna was imported')"
    )
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: samna\nVersion: 0.48.6\n")
    for name in files:  # importlib_metadata, once imported, hides entries that have no file
        (folder / name).touch()
    record = ["samna/__init__.py", "samna-0.48.6.dist-info/METADATA", *files]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in record))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


def was_imported(folder: Path) -> bool:
    """Whether anything imported it, in this process or in a child."""
    return "samna" in sys.modules or (folder / "imported").exists()
