"""What the doctor says about real boards: what is wrong, and the command that mends it."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from analoop.deploy import diagnosis_boards
from analoop.deploy.diagnosis_boards import CONTAINER_REMEDY, SETTINGS_REMEDY, board_findings
from analoop.hw import usb
from analoop.hw.lease import acquire
from analoop.hw.samna_installation import INSTALL_SAMNA, STACK
from analoop.hw.usb import RULE_REMEDY, opal_kelly_devices, rule_file

from ..fake_samna import NATIVE, install_samna, was_imported
from ..usb_tree import plug_in


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up machine in a folder: devices/, nodes/, rules/, locks/; no samna, no settings."""
    devices = partial(opal_kelly_devices, tmp_path / "devices", tmp_path / "nodes")
    (tmp_path / "devices").mkdir()
    monkeypatch.setattr(diagnosis_boards, "opal_kelly_devices", devices)
    monkeypatch.setattr(diagnosis_boards, "rule_file", partial(rule_file, [tmp_path / "rules"]))
    monkeypatch.setattr(diagnosis_boards, "DEVICES", tmp_path / "devices")
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    monkeypatch.delenv("ANALOOP_BIT_FILE", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_name() -> dict[str, Any]:
    return {finding.name: finding for finding in board_findings()}


def board(machine: Path, nodes: bool = True) -> None:
    plug_in(machine / "devices", machine / "nodes" if nodes else None, "2-1", idVendor="151f",
            busnum="2", devnum="17", serial="00123", product="XEM7310")  # fmt: skip


def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that this user may not write; root may write anything."""
    monkeypatch.setattr(usb.os, "access", lambda node, mode: "nodes" not in str(node))


def test_a_machine_without_anything_misses_all_and_breaks_nothing():
    findings = by_name()
    assert list(findings) == ["samna", "usb", "udev rule", "bit file", "locks"]
    assert {f.status for f in findings.values()} == {"missing", "ok"}
    assert findings["samna"].remedy == INSTALL_SAMNA
    assert findings["usb"].found.startswith("no Opal Kelly device")
    assert findings["udev rule"].remedy == RULE_REMEDY
    assert findings["bit file"].remedy == SETTINGS_REMEDY
    assert findings["locks"].found.endswith("nobody holds a board")


def test_a_machine_ready_for_a_board_has_nothing_to_mend(
    machine: Path, monkeypatch: pytest.MonkeyPatch
):
    board(machine)
    install_samna(machine, monkeypatch, NATIVE)
    (machine / "rules").mkdir()
    (machine / "rules" / "60-opalkelly.rules").write_text(usb.RULE)
    (machine / "Dynapse2Stack.bit").write_bytes(b"content")
    (machine / "analoop.toml").write_text('bit_file = "Dynapse2Stack.bit"')
    findings = by_name()
    assert {(f.status, f.remedy) for f in findings.values()} == {("ok", "")}
    assert findings["usb"].found == "XEM7310 serial 00123 on bus 2 device 17"
    assert findings["bit file"].found.startswith(f"Dynapse2Stack.bit for {STACK}, sha256 ")
    assert findings["udev rule"].found == str(machine / "rules" / "60-opalkelly.rules")


def test_the_stub_from_pypi_is_told_from_the_driver_and_not_imported(
    machine: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(machine, monkeypatch)
    found = by_name()["samna"]
    assert found.status == "missing"
    assert "0.48.6 is the stub from PyPI: importing it runs pip" in found.found
    assert found.remedy == f"pip uninstall samna, then {INSTALL_SAMNA}"
    assert not was_imported(machine)


def test_the_driver_is_known_by_its_compiled_file_and_not_imported(
    machine: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(machine, monkeypatch, NATIVE)
    found = by_name()["samna"]
    assert (found.status, found.found) == ("ok", f"0.48.6 in {machine / 'samna'}, not loaded")
    assert not was_imported(machine)


def test_a_board_that_may_not_be_opened_breaks_with_the_commands_that_mend_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
):
    board(machine)
    forbidden(monkeypatch)
    findings = by_name()
    assert (findings["usb"].status, findings["usb"].remedy) == ("broken", RULE_REMEDY)
    assert "this user may not write" in findings["usb"].found
    assert findings["udev rule"].status == "missing"


def test_a_board_without_a_node_speaks_of_containers(machine: Path):
    board(machine, nodes=False)
    found = by_name()["usb"]
    assert (found.status, found.remedy) == ("broken", CONTAINER_REMEDY)


def test_a_machine_without_usb_speaks_of_containers(machine: Path):
    (machine / "devices").rmdir()
    found = by_name()["usb"]
    assert (found.status, found.remedy) == ("missing", CONTAINER_REMEDY)


def test_no_rule_is_needed_where_every_device_can_be_opened(machine: Path):
    board(machine)
    assert by_name()["udev rule"].status == "ok"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('bit_file = "nowhere.bit"', "cannot be read"),
        (f'[bit_file]\n"{STACK}" = "Dynapse2DacTestboard.bit"', "is for a DYNAP-SE2 DevBoard"),
        ("bit_file = 3", "give a path"),
        ('bit_file = "analoop.toml"', "no Xilinx bit file"),
    ],
)
def test_a_bit_file_that_cannot_be_used_is_broken(text: str, words: str, machine: Path):
    (machine / "Dynapse2DacTestboard.bit").write_bytes(b"content")
    (machine / "analoop.toml").write_text(text)
    found = by_name()["bit file"]
    assert (found.status, words in found.found) == ("broken", True)
    assert found.remedy == SETTINGS_REMEDY


def test_a_bit_file_for_any_board_is_not_held_against_one_kind(machine: Path):
    (machine / "Dynapse2DacTestboard.bit").write_bytes(b"content")
    (machine / "analoop.toml").write_text('bit_file = "Dynapse2DacTestboard.bit"')
    assert by_name()["bit file"].status == "ok"


def test_a_held_board_comes_with_its_holder():
    with acquire("00123"):
        found = by_name()["locks"]
    assert f"board 00123 is held by pid {os.getpid()} (user " in found.found
    assert (found.status, found.remedy) == ("ok", "wait for it or end that process")


def test_a_folder_of_locks_that_is_none_is_broken(machine: Path):
    (machine / "locks").touch()
    found = by_name()["locks"]
    assert (found.status, "chmod 1777" in found.remedy) == ("broken", True)


@pytest.mark.parametrize("verb", ["doctor", "boards"])
@pytest.mark.parametrize("files", [(), (NATIVE,)], ids=["stub", "real"])
def test_a_shell_never_imports_samna(
    verb: str, files: tuple[str, ...], machine: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(machine, monkeypatch, *files)
    paths = [str(machine), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "analoop.deploy", verb],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("0.48.6" in done.stdout) == (verb == "doctor")
    assert not was_imported(machine)
