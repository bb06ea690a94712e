"""The doctor: tells what is there without touching the vendor's driver."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from analoop.deploy import diagnosis, doctor
from analoop.models import FileError

from .command import Shell


def by_name() -> dict[str, Any]:
    return {finding.name: finding for finding in doctor()}


def install_samna(folder: Path, monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    """Put a package named samna on the path whose import cannot go unnoticed."""
    package, info = folder / "samna", folder / "samna-0.48.6.dist-info"
    for path in (package, info):
        path.mkdir()
    (package / "__init__.py").write_text("raise BaseException('samna was imported')")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: samna\nVersion: 0.48.6\n")
    record = ["samna/__init__.py", "samna-0.48.6.dist-info/METADATA", *files]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in record))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


def test_a_working_installation_has_nothing_broken():
    findings = by_name()
    assert {f.status for f in findings.values()} <= {"ok", "missing"}
    for name in ("numpy", "torch", "rockpool", "pyserial", "typer", "rich"):
        assert (findings[name].status, findings[name].found) == ("ok", version(name))
    assert findings["python"].found == ".".join(map(str, sys.version_info[:3]))
    assert findings["simulator"].status == "ok"


def test_the_stub_from_pypi_is_told_from_the_driver_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(tmp_path, monkeypatch)
    found = by_name()["samna"]
    assert found.status == "missing"
    assert "0.48.6 is the stub from PyPI: importing it runs pip" in found.found
    assert found.remedy.startswith("pip uninstall samna")
    assert "samna" not in sys.modules


def test_the_driver_is_known_by_its_compiled_file_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(tmp_path, monkeypatch, "samna/samna.cpython-311-x86_64-linux-gnu.so")
    found = by_name()["samna"]
    assert found.status == "ok"
    assert found.found.startswith("0.48.6")
    assert "samna" not in sys.modules


def without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(asked: str) -> str:
        if asked == name:
            raise PackageNotFoundError(asked)
        return version(asked)

    monkeypatch.setattr(diagnosis, "version", missing)


def test_what_the_virtual_samna_accepts_in_vain_is_listed():
    found = by_name()["virtual samna"]
    assert found.status == "ok" and found.remedy == ""
    for name in ("latch_de_conductance", "dvs_if", "neuron_monitoring_on", "SOHO_VB_P"):
        assert name in found.found
    assert "latch_so_dc" not in found.found and "SOIF_LEAK_N" not in found.found


def test_a_missing_optional_package_comes_with_its_extra(monkeypatch: pytest.MonkeyPatch):
    without("aeon", monkeypatch)
    found = by_name()["aeon"]
    assert (found.status, found.remedy) == ("missing", "in the clone: pip install -e '.[demo]'")


def test_a_missing_required_package_is_broken_and_fails_the_command(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    without("rockpool", monkeypatch)
    done = shell("doctor", "--json")
    assert done.code == 1
    (broken,) = [f for f in done.json if f["status"] == "broken"]
    assert (broken["name"], broken["remedy"]) == ("rockpool", diagnosis.REINSTALL)


def test_a_damaged_network_file_breaks_the_simulator_finding(monkeypatch: pytest.MonkeyPatch):
    def damaged() -> None:
        raise FileError("japanese_vowels.npz is corrupt", code="FILE_CORRUPT")

    monkeypatch.setattr(diagnosis, "shipped_program", damaged)
    found = by_name()["simulator"]
    assert (found.status, found.found) == ("broken", "japanese_vowels.npz is corrupt")


def test_a_wrong_answer_breaks_the_simulator_finding(monkeypatch: pytest.MonkeyPatch):
    wrong = {"exact": False, "correlation": 0.4, "received": 3, "expected": 99}
    monkeypatch.setattr(diagnosis, "verify", lambda program, board: wrong)
    found = by_name()["simulator"]
    assert found.status == "broken"
    assert "3 spikes, 99 at release" in found.found


def test_every_finding_is_printed_with_its_remedy(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(tmp_path, monkeypatch)
    done = shell("doctor")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    (at,) = [k for k, line in enumerate(lines) if line.startswith("missing  samna")]
    assert lines[at + 1].lstrip().startswith("-> pip uninstall samna")
