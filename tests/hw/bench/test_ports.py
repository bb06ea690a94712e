"""Which port is meant: a USB serial number, vendor and product, a path or a URL."""

from pathlib import Path

import pytest

from analoop.hw.bench.link import reserve
from analoop.hw.bench.ports import Port, find_port, is_there, key_of
from analoop.models import BoardError

THERE = [
    Port("/dev/ttyUSB0", "A9X7K2", "0403:6001", "FT232R"),
    Port("/dev/ttyUSB1", "MCU42", "2341:0043", "Arduino"),
    Port("/dev/ttyUSB2", "MCU43", "2341:0043", "Arduino"),
    Port("/dev/ttyS0"),
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("serial:A9X7K2", "/dev/ttyUSB0"),
        ("serial:MCU43", "/dev/ttyUSB2"),
        ("usb:0403:6001", "/dev/ttyUSB0"),
        ("usb:0403:6001".upper().replace("USB", "usb"), "/dev/ttyUSB0"),
        ("/dev/ttyS0", "/dev/ttyS0"),
        ("socket://10.0.0.7:5025", "socket://10.0.0.7:5025"),
        ("visa:TCPIP::10.0.0.7::INSTR", "visa:TCPIP::10.0.0.7::INSTR"),
        ("COM3", "COM3"),
    ],
)
def test_a_port_is_found_by_every_kind_of_name(name: str, path: str):
    assert find_port(name, THERE) == path


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("serial:NOBODY", "NO_PORT"),
        ("usb:2341:0043", "PORT_AMBIGUOUS"),
        ("ttyUSB0", "PORT_NAME"),
        ("serial:", "PORT_NAME"),
        ("", "PORT_NAME"),
    ],
)
def test_a_name_that_fits_no_port_or_several_says_which_there_are(name: str, code: str):
    with pytest.raises(BoardError) as caught:
        find_port(name, THERE)
    assert caught.value.code == code
    if code == "PORT_AMBIGUOUS":
        assert "serial:MCU42" in str(caught.value) and "serial:MCU43" in str(caught.value)


def test_a_path_that_does_not_exist_is_seen_without_opening_it(tmp_path: Path):
    with pytest.raises(BoardError) as caught:
        is_there(str(tmp_path / "ttyUSB9"))
    assert caught.value.code == "NO_PORT"


def test_links_to_one_port_are_one_port_and_its_holder_is_named(tmp_path: Path):
    port = tmp_path / "tty"
    port.touch()
    (tmp_path / "by-id").symlink_to(port)
    assert key_of(str(tmp_path / "by-id")) == key_of(str(port))
    with reserve(str(tmp_path / "by-id")):
        with pytest.raises(BoardError) as caught:
            reserve(str(port))
        assert caught.value.code == "PORT_HELD" and "pid" in str(caught.value)
    reserve(str(port)).release()
