"""The doctor: tells what is there without touching the vendor's driver."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from analoop.deploy import diagnosis, diagnosis_boards, doctor
from analoop.models import FileError

from ..fake_samna import install_samna
from .command import Shell

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without boards and settings: what stands in them is in test_diagnosis_boards."""
    monkeypatch.setattr(diagnosis_boards, "opal_kelly_devices", list)
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    monkeypatch.delenv("ANALOOP_BIT_FILE", raising=False)


def by_name() -> dict[str, Any]:
    return {finding.name: finding for finding in doctor()}


def test_a_working_installation_has_nothing_broken():
    findings = by_name()
    assert {f.status for f in findings.values()} <= {"ok", "missing"}
    for name in (
        "numpy",
        "numba",
        "scipy",
        "jinja2",
        "lazy-loader",
        "torch",
        "rockpool",
        "analoop",
    ):
        assert (findings[name].status, findings[name].found) == ("ok", version(name))
    assert findings["python"].found == ".".join(map(str, sys.version_info[:3]))
    assert findings["simulator"].status == "ok"


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
    for name, extra in (("aeon", "demo"), ("pyspike", "compare"), ("bokeh", "report")):
        without(name, monkeypatch)
        found = by_name()[name]
        assert (found.status, found.remedy) == ("missing", f"pip install 'analoop[{extra}]'")
        assert found.found == f"not installed; needed only for the extra {extra}"


def test_every_package_of_the_metadata_is_looked_at():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = declared["optional-dependencies"]
    asked = [*declared["dependencies"], *(x for k in extras if k != "test" for x in extras[k])]
    assert not any(";" in text for text in asked), "a marker that the doctor does not understand"
    findings = by_name()
    assert {re.split(r"[<>=!~\[ ]", text)[0] for text in asked} <= findings.keys()
    assert "pytest" not in findings and findings["analoop"].found == version("analoop")


def test_a_package_is_optional_only_if_extras_alone_need_it():
    found = diagnosis.packages(
        [
            "numpy>=2.0",
            "nir>=1.0.8; extra == 'nir'",
            'nir>=1.0.8; extra == "export"',
            'numpy; extra == "export"',
            'analoop[nir]; extra == "test"',
            'pytest>=8; extra == "test"',
        ]
    )
    assert found == {"numpy": (), "nir": ("nir", "export")}


def test_an_installation_without_metadata_is_broken(monkeypatch: pytest.MonkeyPatch):
    without("analoop", monkeypatch)
    found = by_name()
    assert (found["analoop"].status, found["analoop"].remedy) == ("broken", diagnosis.REINSTALL)
    assert "numpy" not in found


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
