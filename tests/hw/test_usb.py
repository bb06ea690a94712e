"""What the kernel says about Opal Kelly devices, on made-up trees."""

from pathlib import Path

import pytest

from analoop.hw import usb
from analoop.hw.usb import RULE, opal_kelly_devices, rule_file

from ..usb_tree import plug_in


def test_opal_kelly_devices_are_found_and_others_are_not(tmp_path: Path):
    root, nodes = tmp_path / "devices", tmp_path / "nodes"
    plug_in(root, nodes, "2-1", idVendor="151f", idProduct="0125", busnum="2", devnum="17",
            serial="00123", product="Opal Kelly XEM7310")  # fmt: skip
    plug_in(root, nodes, "1-4", idVendor="151f", idProduct="0120", busnum="1", devnum="3",
            serial="00077", product="XEM7360")  # fmt: skip
    plug_in(root, nodes, "1-1", idVendor="046d", idProduct="c077", busnum="1", devnum="4")
    (root / "1-4:1.0").mkdir()  # an interface: it has no vendor of its own
    first, second = opal_kelly_devices(root, nodes)
    assert (first.serial, first.bus, first.device, first.product) == ("00077", 1, 3, "XEM7360")
    assert (second.serial, second.product_id) == ("00123", "0125")
    assert second.node == nodes / "002" / "017"
    assert (second.openable, second.problem) == (True, "")


def test_a_device_that_says_little_is_still_listed(tmp_path: Path):
    plug_in(tmp_path / "devices", tmp_path / "nodes", "3-1", idVendor="151f", busnum="3")
    (found,) = opal_kelly_devices(tmp_path / "devices", tmp_path / "nodes")
    assert (found.serial, found.product, found.bus, found.device) == ("", "", 3, 0)


def test_a_device_without_a_node_says_so(tmp_path: Path):
    plug_in(tmp_path / "devices", None, "3-1", idVendor="151f", busnum="3", devnum="5")
    (found,) = opal_kelly_devices(tmp_path / "devices", tmp_path / "nodes")
    assert not found.openable
    assert found.problem.startswith(f"{tmp_path}/nodes/003/005 is not there")


def test_a_node_that_we_may_not_write_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plug_in(tmp_path / "devices", tmp_path / "nodes", "3-1", idVendor="151f", busnum="3")
    monkeypatch.setattr(usb.os, "access", lambda node, mode: False)  # root may write anything
    (found,) = opal_kelly_devices(tmp_path / "devices", tmp_path / "nodes")
    assert found.problem == f"this user may not write {found.node} (udev rule?)"


def test_a_machine_without_usb_has_no_devices(tmp_path: Path):
    assert opal_kelly_devices(tmp_path / "nowhere") == []


def test_the_rule_is_the_one_that_doctor_prints(tmp_path: Path):
    assert RULE == 'SUBSYSTEM=="usb", ATTRS{idVendor}=="151f", MODE="0666"'
    assert RULE in usb.RULE_REMEDY
    rules = tmp_path / "60-opalkelly.rules"
    rules.write_text(f"# Opal Kelly\n{RULE}\n")
    assert rule_file([tmp_path / "nowhere", tmp_path]) == rules


@pytest.mark.parametrize("text", ["", f"  # {RULE}\n", 'ATTRS{idVendor}=="046d"\n'])
def test_no_rule_for_opal_kelly_is_no_rule(text: str, tmp_path: Path):
    (tmp_path / "60-other.rules").write_text(text)
    (tmp_path / "60-opalkelly.txt").write_text(RULE)
    assert rule_file([tmp_path]) is None
