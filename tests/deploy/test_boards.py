"""One list of all boards: what opens them, and what stands in the way."""

import os
from functools import partial
from pathlib import Path

import pytest

from analoop.deploy import boards, list_boards
from analoop.deploy.boards import BoardRow, real_rows, virtual_rows
from analoop.hw import open_board
from analoop.hw.lease import acquire
from analoop.hw.samna_installation import SamnaInstallation
from analoop.hw.usb import UsbDevice, opal_kelly_devices

from ..usb_tree import plug_in
from .command import Shell

REAL = SamnaInstallation("real", "0.48.6", "/x/samna")
STUB = SamnaInstallation("stub", "0.48.6", "/x/samna")
NONE = SamnaInstallation("none", None, None)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up machine with the USB devices of a folder, and locks of its own."""
    devices = partial(opal_kelly_devices, tmp_path / "devices", tmp_path / "nodes")
    monkeypatch.setattr(boards, "opal_kelly_devices", devices)
    monkeypatch.setattr(boards, "find_samna", lambda: NONE)
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    return tmp_path


def device(serial: str = "00123", problem: str = "") -> UsbDevice:
    return UsbDevice(serial, 2, 17, "XEM7310", "0125", Path("/dev/bus/usb/002/017"), problem)


def row(samna: SamnaInstallation, one: UsbDevice) -> BoardRow:
    (found,) = real_rows([one], samna)
    return found


def test_a_real_board_is_measured_and_named_by_its_serial():
    found = row(REAL, device())
    assert (found.name, found.kind, found.target) == ("dynapse2:00123", "XEM7310", "measured")
    assert (found.state, found.chips, found.holder) == ("free", "unknown", None)


def test_a_device_without_a_serial_can_be_opened_as_any():
    assert row(REAL, device("")).name == "dynapse2:any"


@pytest.mark.parametrize(("samna", "words"), [(NONE, "not installed"), (STUB, "stub from PyPI")])
def test_without_the_real_samna_a_board_says_so(samna: SamnaInstallation, words: str):
    found = row(samna, device())
    assert (found.state, words in found.note) == ("no samna", True)


def test_a_board_that_may_not_be_opened_says_why():
    found = row(NONE, device(problem="this user may not write X (udev rule?)"))
    assert found.state == "not openable"
    assert found.note.startswith("seen on USB, but this user may not write X (udev rule?)")


def test_a_held_board_says_by_whom_before_anything_else():
    with acquire("00123"):
        found = row(NONE, device(problem="x"))
        other = row(REAL, device("00124"))
    assert (found.state, other.state) == ("held", "free")
    assert found.note.startswith(f"by pid {os.getpid()} (user ")
    assert found.holder is not None
    assert found.holder.pid == os.getpid()


def test_every_virtual_board_that_is_listed_opens():
    for found in virtual_rows():
        name = found.name.replace("=N", "=3")
        with open_board(name) as board:
            assert board.identity.target == found.target == "simulated"


def test_real_boards_come_first(machine: Path):
    plug_in(machine / "devices", machine / "nodes", "2-1", idVendor="151f", serial="00123")
    assert [found.target for found in list_boards()][:2] == ["measured", "simulated"]


def test_the_command_prints_the_function_as_a_table(shell: Shell, machine: Path):
    plug_in(machine / "devices", machine / "nodes", "2-1", idVendor="151f", serial="00123",
            product="XEM7310")  # fmt: skip
    done = shell("boards")
    assert (done.code, done.err) == (0, "")
    (line,) = [line for line in done.out.splitlines() if "dynapse2:00123" in line]
    assert [cell.strip() for cell in line.split("│")[2:5]] == ["XEM7310", "measured", "unknown"]
    assert "sim:seed=N" in done.out
    assert "no real board is seen" not in done.out


def test_a_table_without_real_boards_says_so(shell: Shell):
    assert shell("boards").out.splitlines()[-1].startswith("no real board is seen; ")


def test_the_list_in_json_has_everything(shell: Shell, machine: Path):
    plug_in(machine / "devices", machine / "nodes", "2-1", idVendor="151f", serial="00123")
    with acquire("00123"):
        done = shell("boards", "--json")
    assert done.code == 0
    first = done.json[0]
    assert set(first) == set(BoardRow.__dataclass_fields__)
    assert (first["name"], first["state"]) == ("dynapse2:00123", "held")
    assert first["holder"]["pid"] == os.getpid()
    assert done.json[-1]["holder"] is None
