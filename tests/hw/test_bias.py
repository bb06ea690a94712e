"""The bias generator: against the published table, there and back, and at its limits."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analoop.hw import DYNAPSE2, Bias, bias
from analoop.models import InputError

ROWS = [(transistor, coarse) for transistor in "NP" for coarse in range(6)]
ANY_N, ANY_P = "SOIF_GAIN_N", "NCCF_CAL_OFFBIAS_P"
COMPUTABLE = [
    name
    for name, parameter in DYNAPSE2.parameters.items()
    if parameter.scale is not None and parameter.transistor is not None
]
parameters = st.sampled_from(COMPUTABLE)
BOUNDARIES = np.arange(32, 256, 32)


@cache
def published_table() -> dict[str, dict[int, list[float]]]:
    """Rockpool's table, read as text: importing its package would start pip."""
    spec = find_spec("rockpool")
    assert spec is not None and spec.submodule_search_locations
    root = Path(spec.submodule_search_locations[0])
    source = (root / "devices/dynapse/lookup/paramgen.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            return ast.literal_eval(node.value)
    raise AssertionError("no table in rockpool/devices/dynapse/lookup/paramgen.py")


def our_row(transistor: str, coarse: int) -> NDArray[np.float64]:
    """Currents of one coarse range before the scale factor [A]."""
    name = ANY_N if transistor == "N" else ANY_P
    scale = DYNAPSE2.parameter(name).scale
    assert scale is not None
    return bias.current(name, coarse, np.arange(256)) / scale


def scale_of(name: str) -> float:
    scale = DYNAPSE2.parameter(name).scale
    assert scale is not None
    return scale


@pytest.mark.parametrize(("transistor", "coarse"), ROWS)
def test_the_formula_is_the_published_row_within_one_percent_above_10_pa(
    transistor: str, coarse: int
):
    published = np.array(published_table()[transistor][coarse])
    error = np.abs(our_row(transistor, coarse) / published - 1)
    assert error[published > 1e-11].max() < 0.009
    assert np.median(error[published > 1e-11]) < 0.0011
    assert error.max() < 0.10


@pytest.mark.parametrize(("transistor", "coarse"), ROWS)
def test_the_formula_is_the_published_row_within_two_fifths_of_a_step(transistor: str, coarse: int):
    published = np.array(published_table()[transistor][coarse])
    step = np.median(np.diff(published))
    assert np.abs(our_row(transistor, coarse) - published).max() < 0.4 * step


@pytest.mark.parametrize(("transistor", "coarse"), ROWS)
def test_the_current_drops_at_all_seven_boundaries_as_published(transistor: str, coarse: int):
    ours, published = our_row(transistor, coarse), np.array(published_table()[transistor][coarse])
    drops = ours[BOUNDARIES] - ours[BOUNDARIES - 1]
    assert (drops < 0).all()
    step = np.median(np.diff(published))
    assert np.abs(drops - (published[BOUNDARIES] - published[BOUNDARIES - 1])).max() < 0.5 * step


def test_neighbouring_coarse_ranges_differ_about_eightfold():
    for transistor in "NP":
        full_scale = np.array([our_row(transistor, coarse)[-1] for coarse in range(6)])
        ratios = full_scale[1:] / full_scale[:-1]
        assert (ratios > 7.7).all() and (ratios < 8.2).all()


def test_a_parameter_carries_the_generator_current_times_its_scale_factor():
    ratio = bias.current("SYAM_W0_P", 3, 100) / bias.current("DEAM_ETAU_P", 3, 100)
    assert ratio == pytest.approx(0.22 / 0.2)


@given(parameters, st.integers(0, 5), st.integers(0, 255))
def test_the_current_of_a_code_leads_back_to_that_code(name: str, coarse: int, fine: int):
    amps = bias.current(name, coarse, fine)
    assert bias.nearest(name, float(amps)) == Bias(coarse, fine)


@given(parameters, st.floats(0, 1))
def test_the_nearest_code_is_within_1_8_percent_above_10_pa_and_16_below(name: str, place: float):
    legal = bias.legal_currents(name).amps
    wanted = legal[0] * (0.9 * legal[-1] / legal[0]) ** place
    found = bias.nearest(name, wanted)
    error = abs(bias.current(name, found.coarse, found.fine) / wanted - 1)
    assert error < (0.018 if wanted > 1e-11 * scale_of(name) else 0.16)


@pytest.mark.parametrize("name", COMPUTABLE)
def test_the_round_trip_from_1_pa_errs_by_a_third_of_a_percent_in_the_median(name: str):
    legal = bias.legal_currents(name).amps
    wanted = np.geomspace(max(1e-12, legal[0]), 0.9 * legal[-1], 5001)
    error = np.abs(bias.current(name, *bias.nearest_codes(name, wanted)) / wanted - 1)
    assert np.median(error) < 0.0032
    assert error.max() < 0.16


@given(parameters, st.floats(1e-12, 1e-7))
def test_no_code_at_all_is_nearer_than_the_nearest(name: str, wanted: float):
    coarse, fine = np.indices((6, 256))
    everything = bias.current(name, coarse, fine)
    low, high = everything.min(), everything.max()
    wanted = float(np.clip(wanted, low, high))
    found = bias.nearest(name, wanted)
    distance = abs(bias.current(name, found.coarse, found.fine) - wanted)
    assert distance <= np.abs(everything - wanted).min()


def test_legal_currents_ascend_and_hold_every_code_once():
    legal = bias.legal_currents("SYAM_W0_P")
    assert (np.diff(legal.amps) > 0).all()
    assert len(set(zip(legal.coarse.tolist(), legal.fine.tolist(), strict=True))) == 6 * 256
    np.testing.assert_array_equal(bias.current("SYAM_W0_P", legal.coarse, legal.fine), legal.amps)


def test_legal_currents_cannot_be_written_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        bias.legal_currents("SYAM_W0_P").amps[0] = 1.0


@pytest.mark.parametrize(
    ("amps", "remedy"),
    [
        (0.0, "no zero"),
        (-1e-9, "positive"),
        (np.nan, "positive"),
        (np.inf, "less current"),
        (1e-3, "less current"),
        (1e-15, "no zero"),
    ],
)
def test_an_unreachable_current_is_refused_with_the_range_and_a_remedy(amps: float, remedy: str):
    with pytest.raises(InputError, match=remedy) as caught:
        bias.nearest("SYAM_W0_P", amps)
    assert caught.value.code == "BIAS_UNREACHABLE"
    assert "SYAM_W0_P" in str(caught.value) and "4.94e-07" in str(caught.value)


def test_a_current_just_outside_the_range_is_given_the_end_of_the_range():
    legal = bias.legal_currents("SYAM_W0_P").amps
    assert bias.nearest("SYAM_W0_P", 1.09 * legal[-1]) == Bias(5, 255)
    assert bias.nearest("SYAM_W0_P", 0.91 * legal[0]) == Bias(0, 0)
    for amps in (1.11 * legal[-1], 0.89 * legal[0]):
        with pytest.raises(InputError):
            bias.nearest("SYAM_W0_P", amps)
    with pytest.raises(InputError):
        bias.nearest("SYAM_W0_P", 1.01 * legal[-1], overreach=0.0)


@pytest.mark.parametrize("name", ["DEGA_REV_P", "R2R_BUFFER_CCB", "PG_BUF_N"])
def test_a_current_that_no_document_lets_us_compute_is_refused(name: str):
    with pytest.raises(InputError, match="not published") as caught:
        bias.current(name, 1, 1)
    assert caught.value.code == "BIAS_NOT_COMPUTABLE"


@pytest.mark.parametrize("codes", [(6, 0), (0, 256), (-1, 0), (0, -1), (1.5, 0), (0, "7")])
def test_codes_outside_the_generator_cannot_be_constructed(codes: tuple[int, int]):
    with pytest.raises(InputError) as caught:
        Bias(*codes)
    assert caught.value.code == "BIAS_CODE"


@pytest.mark.parametrize(("coarse", "fine"), [(6, 0), (0, 256), (-1, 0), (0.0, 3)])
def test_codes_outside_the_generator_have_no_current(coarse: float, fine: int):
    with pytest.raises(InputError) as caught:
        bias.current("SYAM_W0_P", coarse, fine)
    assert caught.value.code == "BIAS_CODE"


def test_a_bias_holds_plain_integers_whatever_came_in():
    setting = Bias(np.int64(3), np.uint8(7))  # pyright: ignore[reportArgumentType]
    assert setting == Bias(3, 7)
    assert type(setting.coarse) is int and type(setting.fine) is int
