"""The chip's facts: what the documents say, what cannot be constructed, what is not known."""

import ast
from dataclasses import FrozenInstanceError, fields, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from analoop.hw import DYNAPSE2, TINY, Dendrite
from analoop.models import InputError


def published_scale_factors() -> dict[str, float]:
    """Rockpool's table, read as text: importing its package would start pip."""
    spec = find_spec("rockpool")
    assert spec is not None and spec.submodule_search_locations
    root = Path(spec.submodule_search_locations[0])
    source = (root / "devices/dynapse/lookup/scaling.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            return ast.literal_eval(node.value)
    raise AssertionError("no table in rockpool/devices/dynapse/lookup/scaling.py")


def test_a_dynapse2_chip_has_1024_neurons_and_65536_synapses():
    assert DYNAPSE2.neurons == 1024
    assert DYNAPSE2.neurons * DYNAPSE2.cam_words == 65_536


def test_a_weight_of_a_dynapse2_is_one_of_16_sums_of_four_base_currents():
    names = DYNAPSE2.weight_parameters
    assert names == ("SYAM_W0_P", "SYAM_W1_P", "SYAM_W2_P", "SYAM_W3_P")
    assert DYNAPSE2.weight_masks == 2 ** len(names)


def test_scale_factors_are_those_that_rockpool_publishes():
    published = {
        name.replace("DYL", "DLY"): scale for name, scale in published_scale_factors().items()
    }
    ours = {
        name: parameter.scale
        for name, parameter in DYNAPSE2.parameters.items()
        if parameter.scale is not None
    }
    assert ours == published


def test_the_last_letter_of_a_parameter_is_its_transistor():
    for name, parameter in DYNAPSE2.parameters.items():
        letter = name.rsplit("_", 1)[-1]
        assert parameter.transistor == (letter if letter in ("N", "P") else None), name


def test_every_parameter_has_a_known_scope_and_a_meaning():
    for parameter in DYNAPSE2.parameters.values():
        assert parameter.scope in ("core", "shared", "sadc", "global")
        assert parameter.meaning


def test_a_parameter_without_a_published_scale_factor_has_none():
    assert DYNAPSE2.parameter("DEGA_REV_P").scale is None


@pytest.mark.parametrize(
    ("wrong", "right"), [("SYPD_DYL0_P", "SYPD_DLY0_P"), ("soif_leak_n", "SOIF_LEAK_N")]
)
def test_an_unknown_parameter_is_answered_with_the_similar_ones(wrong: str, right: str):
    with pytest.raises(InputError, match=right) as caught:
        DYNAPSE2.parameter(wrong)
    assert caught.value.code == "UNKNOWN_PARAMETER"


def test_the_table_of_parameters_cannot_be_changed():
    with pytest.raises(TypeError):
        DYNAPSE2.parameters["SOIF_LEAK_N"] = DYNAPSE2.parameter("SOIF_GAIN_N")  # pyright: ignore[reportIndexIssue]
    with pytest.raises(FrozenInstanceError):
        DYNAPSE2.parameter("SOIF_LEAK_N").scale = 1.0  # pyright: ignore[reportAttributeAccessIssue]


def test_a_neuron_has_fourteen_different_latches():
    assert len(set(DYNAPSE2.latches)) == len(DYNAPSE2.latches) == 14
    assert all(latch.startswith("latch_") for latch in DYNAPSE2.latches)


def test_dendrites_have_the_values_of_the_vendor_interface():
    values = {dendrite.name.lower(): int(dendrite) for dendrite in Dendrite}
    assert values == {"none": 0, "shunt": 128, "nmda": 256, "gaba": 512, "ampa": 1024}


def test_the_tiny_chip_never_exceeds_the_real_one():
    for field in fields(TINY):
        small, large = getattr(TINY, field.name), getattr(DYNAPSE2, field.name)
        if isinstance(small, int):
            assert abs(small) <= abs(large), field.name
    assert TINY.neurons == 8


@pytest.mark.parametrize("size", ["cores", "cam_words", "tags", "max_hop", "fine_codes"])
def test_a_chip_without_cores_words_tags_or_codes_cannot_be_constructed(size: str):
    with pytest.raises(InputError, match=size) as caught:
        replace(DYNAPSE2, **{size: 0})
    assert caught.value.code == "CHIP_SIZE"
