"""A thermometer's reading counts if it is as its family writes them, in every character."""

from typing import Any

import pytest

from analoop.hw.bench.scpi_thermometer import SHAPES, ScpiThermometer
from analoop.models.errors import HardwareError

WRITTEN = {
    "exact": ("+2.43600000E+01", 24.36),
    "+000.000": ("-012.500", -12.5),
    "+00.000": ("+24.000", 24.0),
}


class Wire:
    """Answers one line to everything."""

    def __init__(self, line: str):
        self.line = line

    def ask(self, question: str, read: Any) -> float:
        return read(self.line)


def thermometer(line: str, shape: str) -> ScpiThermometer:
    link: Any = Wire(line)
    return ScpiThermometer(link, {"question": "MEAS:TEMP?", "shape": shape})


@pytest.mark.parametrize("shape", WRITTEN)
def test_a_temperature_with_a_character_lost_or_added_is_no_reading(shape: str):
    line, value = WRITTEN[shape]
    assert thermometer(line, shape).read("temperature") == value
    bent = [line[:k] + line[k + 1 :] for k in range(len(line))]
    bent += [line[:k] + added + line[k:] for k in range(len(line) + 1) for added in "0+.E"]
    for one in bent:
        with pytest.raises(HardwareError) as caught:
            thermometer(one, shape).read("temperature")
        assert caught.value.code == "GARBLED", one


def test_any_shape_is_taken_where_it_is_asked_for_and_no_bench_is_that_hot():
    assert SHAPES.keys() == {*WRITTEN, "any"}
    assert thermometer("4.0", "any").read("temperature") == 4.0
    for line, shape in [("+2.43600000E+02", "exact"), ("+243.600", "+000.000"), ("243.6", "any")]:
        with pytest.raises(HardwareError):
            thermometer(line, shape).read("temperature")
