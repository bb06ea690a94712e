"""What is read from a wire is what was asked for in every character, or it is refused."""

import math
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.bench import line as reset_line
from analoop.hw.bench import rigol_supply
from analoop.hw.bench.replies import (
    ANY,
    EXACT,
    decoded,
    read_error,
    read_identity,
    read_number,
    read_switch,
    read_whole,
)
from analoop.hw.bench.scpi_meter import ScpiMeter
from analoop.hw.bench.transport import LONGEST, SerialTransport, Wiring
from analoop.hw.bench.wire_log import WireLog
from analoop.models.errors import HardwareError

EXPECTED = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?\r? *", re.ASCII)
"""IEEE 488.2, written down again: what a number may look like on the wire."""
LINK: Any = None
"""A parser needs none."""
PARSERS = {
    "number": lambda line: read_number(line, ANY),
    "reading": lambda line: read_number(line, EXACT),
    "all": rigol_supply.read_all,
    "meter": ScpiMeter(LINK, {"shape": "any", "quantity": "current"})._parsed,
    "ok": reset_line.read_ok,
    "identity": read_identity,
    "error": read_error,
    "switch": read_switch,
    "whole": lambda line: read_whole(line, 255),
}


def noise(seed: int) -> bytes:
    """Bytes of every kind, near to replies and far from them."""
    chance = random.Random(seed)
    alphabets = [
        bytes(range(256)),
        b"0123456789+-.eE,",
        b'+0,"No error"\r\n\0 ',
        b"+1.80000000E+00",
        b"nanNANinfINF_0x",
        b'"CURR";+1.8E-3\n',
        "٣１²½".encode(),
    ]
    alphabet = chance.choice(alphabets)
    return bytes(chance.choice(alphabet) for _ in range(chance.randrange(40)))


@pytest.mark.parametrize("name", PARSERS)
def test_a_thousand_random_streams_give_a_number_only_where_one_is_written(name: str):
    parse, accepted = PARSERS[name], 0
    for seed in range(1000):
        content = noise(seed)
        try:
            found = parse(decoded(content))
        except HardwareError as error:
            assert error.code in ("GARBLED", "OVERLOAD", "NOT_A_NUMBER", "INSTRUMENT_ERROR")
            continue
        accepted += 1
        if name in ("number", "reading"):
            assert EXPECTED.fullmatch(content), content
            assert found == float(content) and math.isfinite(found)
        elif name == "all":
            assert len(content.split(b",")) == 3
    assert name != "number" or accepted > 20, "the noise has to come near"


@given(st.floats(-9.9, 9.9).filter(lambda x: x == 0 or abs(x) > 1e-90), st.data())
def test_a_reading_with_a_character_lost_added_or_moved_is_no_reading(value: float, data):
    sent = f"{value:+.8E}"
    where = data.draw(st.integers(0, len(sent) - 1))
    added = data.draw(st.characters(codec="ascii", exclude_characters=" \r"))
    for bent in (
        sent[:where] + sent[where + 1 :],
        sent[:where] + added + sent[where:],
        sent[where:] + sent[:where] if where else sent + sent,
        sent[: where + 1] if where < len(sent) - 1 else "",
    ):
        with pytest.raises(HardwareError):
            read_number(decoded(bent.encode()), EXACT)
    assert read_number(sent, EXACT) == float(sent)


def test_a_thousand_random_streams_over_a_port_are_lines_or_refused():
    transport = SerialTransport(Wiring("it", "loop://", 4_000_000, 0.05), WireLog())
    transport.port.timeout = 0.0005
    lines = 0
    for seed in range(1000):
        transport.port.write(
            (noise(seed) + noise(seed + 1000) * (1 + 50 * (seed % 50 == 0)))[:2000]
        )
        with pytest.raises(HardwareError) as caught:
            while True:
                line = transport.read(0.001)
                assert b"\n" not in line and len(line) <= LONGEST
                lines += 1
        assert caught.value.code in ("GARBLED", "NO_ANSWER")
    transport.close()
    assert lines > 100


def test_overload_and_no_number_are_said_and_are_no_numbers():
    for line, code in [
        ("+9.90000000E+37", "OVERLOAD"),
        ("-9.9E37", "OVERLOAD"),
        ("9.91E37", "NOT_A_NUMBER"),
        ("NAN", "GARBLED"),
        ("inf", "GARBLED"),
        ("1_0", "GARBLED"),
        ("٣", "GARBLED"),
        ("1e400", "GARBLED"),
        ("+9.8E37", "GARBLED"),
    ]:
        with pytest.raises(HardwareError) as caught:
            read_number(line)
        assert caught.value.code == code, line


@pytest.mark.parametrize(
    ("line", "volts", "amperes"),
    [("5.0114,0.0000,0.000", 5.0114, 0.0), ("1.8000,0.2501,0.450", 1.8, 0.2501)],
)
def test_voltage_current_and_power_have_to_agree(line: str, volts: float, amperes: float):
    assert rigol_supply.read_all(line) == (volts, amperes)
    for bent in (
        "5.0114,1.0000,0.000",
        "1.8000,0.2501,0.850",
        "1.8000,0.2501",
        line[1:],
        line[:-1],
    ):
        with pytest.raises(HardwareError):
            rigol_supply.read_all(bent)


def test_an_identity_has_a_maker_and_a_model():
    who = read_identity("Keysight Technologies,E36312A,MY1,1.0")
    assert (who.maker, who.model, who.serial, who.simulated) == (
        "Keysight Technologies", "E36312A", "MY1", False,
    )  # fmt: skip
    for line in ("", ",,,", "A,B,C", "A,B,C,D,E", "1.80000000E+00"):
        with pytest.raises(HardwareError):
            read_identity(line)
