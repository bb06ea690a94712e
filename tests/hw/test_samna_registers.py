"""Registers into samna's records and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, Configuration
from analoop.hw.circuits import SIMULATED_LATCHES
from analoop.hw.samna_registers import Sheets, write_registers
from analoop.hw.samna_translation import translate
from analoop.hw.virtual_samna import virtual_samna

from .boards import few
from .legal_registers import legal

images = legal((DYNAPSE2,))


@pytest.fixture(scope="module")
def samna():
    with virtual_samna(chips=4) as module:
        yield module


def blank(samna):
    return samna.dynapse2.Dynapse2Configuration()


def written(samna, *images: Configuration):
    """Records after these images, one after another."""
    sheets, before = Sheets(blank(samna), blank(samna)), None
    for image in images:
        write_registers(samna, sheets, before, image)
        before = image
    return sheets.records


@given(st.lists(images, min_size=2, max_size=3))
@few
def test_nothing_of_an_earlier_image_is_left(samna, some):
    assert written(samna, *some) == written(samna, some[-1])


@given(images)
@few
def test_silicon_gets_the_registers_that_were_written(samna, image):
    """Read back by the other direction, which knows what the simulated chip takes."""
    back = translate(written(samna, image)).configuration
    kept = image.synapses.copy()
    kept["stp"] = back.synapses["stp"]
    assert np.array_equal(back.synapses, kept)
    leads = (image.destinations["x_hop"] != 0) | (image.destinations["cores"] > 0)
    leads |= image.destinations["y_hop"] != 0
    assert np.array_equal(back.destinations, image.destinations[leads])
    obeyed = sum(1 << k for k, name in enumerate(DYNAPSE2.latches) if name in SIMULATED_LATCHES)
    bits = {tuple(row)[:3]: row["bits"] & obeyed for row in image.latches}
    read = {tuple(row)[:3]: row["bits"] & obeyed for row in back.latches}
    assert {p: b for p, b in read.items() if b} == {p: b for p, b in bits.items() if b}
    for (chip, core), biases in image.biases.items():
        assert {n: back.biases[chip, core][n] for n in biases} == dict(biases)
