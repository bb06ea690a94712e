"""Every illegal register is found, all at once, before anything reaches a board."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, TINY, Bias, Configuration
from analoop.hw.configuration import DESTINATION, LATCHES, SYNAPSE
from analoop.models import RegisterError

from .boards import HOST, ORIGIN, destination, latches, monitor, registers, synapse, unhurried
from .legal_registers import legal

DTYPES = {"synapses": SYNAPSE, "destinations": DESTINATION, "latches": LATCHES}
ROWS = {
    "synapses": synapse(),
    "destinations": destination(ORIGIN, 5),
    "latches": latches(ORIGIN, "latch_so_dc"),
}
WRONG = [
    ("synapses", "tag", -1),
    ("synapses", "tag", 2048),
    ("synapses", "tag", 2**31 - 1),
    ("synapses", "dendrite", 0),
    ("synapses", "dendrite", 1),
    ("synapses", "dendrite", 2048),
    ("synapses", "weight", 16),
    ("synapses", "word", 64),
    ("synapses", "word", -1),
    ("synapses", "neuron", 256),
    ("synapses", "neuron", -1),
    ("synapses", "core", 4),
    ("synapses", "chip", 2),
    ("synapses", "chip", -1),
    ("destinations", "tag", -1),
    ("destinations", "tag", 2048),
    ("destinations", "cores", 16),
    ("destinations", "word", 4),
    ("destinations", "neuron", 256),
    ("destinations", "core", -1),
    ("destinations", "chip", 2),
    ("destinations", "x_hop", 2),
    ("destinations", "x_hop", -1),
    ("destinations", "x_hop", 8),
    ("destinations", "x_hop", -8),
    ("destinations", "x_hop", -(2**15)),
    ("destinations", "y_hop", 1),
    ("destinations", "y_hop", -1),
    ("latches", "bits", 1 << 14),
    ("latches", "neuron", 256),
    ("latches", "core", 4),
    ("latches", "chip", 2),
]


def table(kind: str, **changes: int) -> np.ndarray:
    """The legal row of a kind, with some fields changed."""
    array = np.array([ROWS[kind]], DTYPES[kind])
    for field, value in changes.items():
        array[field] = value
    return array


def two_chips(**changes: Any) -> Configuration:
    """A legal image of two chips, with whole parts replaced."""
    synapses, destinations, switches = ([ROWS[kind]] for kind in DTYPES)
    return replace(registers(synapses, destinations, switches, n_chips=2), **changes)


def codes_of(error: RegisterError) -> set[str]:
    return {violation.code for violation in error.violations}


@pytest.mark.parametrize(("kind", "field", "value"), WRONG)
def test_a_register_out_of_range_is_refused_with_its_address_and_value(kind, field, value):
    with pytest.raises(RegisterError) as caught:
        two_chips(**{kind: table(kind, **{field: value})})
    # A hop off the board is an x_hop without a chip, whichever of the two hops is wrong.
    expected = "X_HOP" if field == "y_hop" else field.upper()
    codes = codes_of(caught.value)
    assert codes == {expected} or (codes, expected) == ({"CHIP", "X_HOP"}, "CHIP")
    violation = next(v for v in caught.value.violations if v.code == expected)
    assert f"chip {value if field == 'chip' else 0} core" in violation.object
    if field != "y_hop":
        assert f"{field} = {value}" in violation.need
    assert violation.limit and violation.remedy


@pytest.mark.parametrize("y_hop", [8, -8, -(2**15), 2**15 - 1])
def test_a_word_to_the_host_may_not_go_further_than_the_mesh_along_y(y_hop: int):
    with pytest.raises(RegisterError) as caught:
        two_chips(destinations=table("destinations", x_hop=HOST, y_hop=y_hop))
    assert codes_of(caught.value) == {"Y_HOP"}


@pytest.mark.parametrize(("chip", "x_hop", "legal"), [(0, 2, True), (1, 2, False), (2, -3, False)])
def test_a_hop_is_counted_from_the_chip_that_sends(chip: int, x_hop: int, legal: bool):
    rows = table("destinations", chip=chip, x_hop=x_hop)
    if legal:
        assert replace(registers(n_chips=3), destinations=rows).destinations["x_hop"] == x_hop
        return
    with pytest.raises(RegisterError) as caught:
        replace(registers(n_chips=3), destinations=rows)
    assert codes_of(caught.value) == {"X_HOP"}


@pytest.mark.parametrize("kind", DTYPES)
def test_an_address_used_twice_is_refused_even_with_equal_content(kind: str):
    with pytest.raises(RegisterError) as caught:
        two_chips(**{kind: np.repeat(table(kind), 2)})
    assert codes_of(caught.value) == {"ADDRESS_TWICE"}
    assert "1 addresses are used twice" in str(caught.value)


def test_equal_words_at_different_addresses_are_legal():
    rows = np.repeat(table("synapses"), 64)
    rows["word"] = np.arange(64)
    assert len(two_chips(synapses=rows).synapses) == 64


@pytest.mark.parametrize("n_chips", [-1, 0, 5])
def test_a_board_has_one_to_four_chips(n_chips: int):
    with pytest.raises(RegisterError) as caught:
        registers(n_chips=n_chips)
    assert codes_of(caught.value) == {"CHIPS"}


@pytest.mark.parametrize("n_chips", [1, 2, 3, 4])
def test_boards_of_one_to_four_chips_are_legal(n_chips: int):
    last = table("synapses", chip=n_chips - 1, core=3, neuron=255, word=63, tag=2047)
    assert replace(registers(n_chips=n_chips), synapses=last).n_chips == n_chips


def test_an_unknown_parameter_is_answered_with_the_similar_ones():
    with pytest.raises(RegisterError, match="SYPD_DLY0_P") as caught:
        two_chips(biases={(1, 2): {"SYPD_DYL0_P": Bias(1, 1)}})
    assert codes_of(caught.value) == {"UNKNOWN_PARAMETER"}
    assert caught.value.violations[0].object == "chip 1 core 2 SYPD_DYL0_P"


@pytest.mark.parametrize(
    ("part", "place", "name"),
    [
        ("biases", (0, 0), "LBWR_VB_P"),
        ("biases", (0, 0), "R2R_BUFFER_AMPB"),
        ("biases", (0, 0), "NCCF_PWLK_P"),
        ("shared", (0, "shared01"), "SOIF_LEAK_N"),
        ("shared", (0, "shared23"), "R2R_BUFFER_AMPB"),
        ("shared", (0, "global"), "LBWR_VB_P"),
    ],
)
def test_a_parameter_in_a_place_of_another_scope_is_refused(part: str, place: tuple, name: str):
    with pytest.raises(RegisterError) as caught:
        two_chips(**{part: {place: {name: Bias(1, 1)}}})
    assert codes_of(caught.value) == {"SCOPE"}
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("biases", (2, 0)),
        ("biases", (-1, 0)),
        ("biases", (0, 4)),
        ("biases", (0, -1)),
        ("shared", (2, "global")),
        ("shared", (0, "shared12")),
    ],
)
def test_biases_of_a_place_that_is_not_on_the_board_are_refused(part: str, place: tuple):
    name = "SOIF_LEAK_N" if part == "biases" else "LBWR_VB_P"
    with pytest.raises(RegisterError, match=f"chip {place[0]}") as caught:
        two_chips(**{part: {place: {name: Bias(1, 1)}}})
    assert codes_of(caught.value) == {"ADDRESS"}


def test_all_violations_of_an_image_come_together():
    parts: dict[str, Any] = {
        kind: np.concatenate(
            [table(k, word=n, **{field: value}) if k != "latches" else table(k, **{field: value})
             for n, (k, field, value) in enumerate(WRONG)
             if k == kind and field not in ("word", "neuron", "core", "chip")]
        )
        for kind in DTYPES
    }  # fmt: skip
    parts["biases"] = {(0, 0): {"NONE": Bias(0, 0), "LBWR_VB_P": Bias(0, 0)}, (0, 9): {}}
    with pytest.raises(RegisterError) as caught:
        two_chips(**parts)
    expected = "TAG DENDRITE WEIGHT CORES X_HOP BITS UNKNOWN_PARAMETER SCOPE ADDRESS"
    assert codes_of(caught.value) >= set(expected.split())
    assert caught.value.code == "+".join(sorted(codes_of(caught.value)))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.violations)
    assert any("tag = -1" in line and "(3 such)" in line for line in lines)


@given(legal(chips=(DYNAPSE2,)), st.sampled_from(WRONG))
@unhurried
def test_one_illegal_word_among_legal_ones_is_always_found(base: Configuration, wrong):
    kind, field, value = wrong
    if field == "chip" and value > 0:
        value = base.n_chips
    if field == "x_hop" and value == 2:
        value = base.n_chips
    row = table(kind, **{field: value})
    parts = {name: getattr(base, name) for name in DTYPES}
    same = np.all([parts[kind][f] == row[f] for f in ("chip", "core", "neuron")], axis=0)
    parts[kind] = np.concatenate([parts[kind][~same], row])
    with pytest.raises(RegisterError) as caught:
        Configuration(base.n_chips, base.biases, **parts, shared=base.shared)
    expected = "X_HOP" if field == "y_hop" else field.upper()
    assert {expected} <= codes_of(caught.value) <= {expected, "X_HOP"}


def test_limits_are_those_of_the_chip_that_is_named():
    far = synapse(tag=16)
    assert registers([far], core={}).synapses["tag"] == 16
    with pytest.raises(RegisterError) as caught:
        registers([far], core={}, chip=TINY)
    assert codes_of(caught.value) == {"TAG"}
    with pytest.raises(RegisterError) as caught:
        registers([], [monitor()], core={}, chip=TINY)
    assert codes_of(caught.value) == {"X_HOP", "CORES"}
