"""What a neuron is made of: times become currents, nonsense cannot be constructed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.models.errors import NetworkError
from analoop.models.parameters import CONSTANTS, CURRENTS, DENDRITES, NeuronParameters

times = st.floats(1e-6, 10.0)


def time_constant(current: float, capacitance: float) -> float:
    """tau = C U_T / (kappa I), chip.md 4.1 [s]."""
    return capacitance * 25e-3 / (0.705 * current)


@given(times, times, st.dictionaries(st.sampled_from(DENDRITES), times))
def test_times_become_the_currents_that_give_them(tau_mem: float, t_refractory: float, tau_syn):
    p = NeuronParameters.from_times(tau_mem=tau_mem, t_refractory=t_refractory, tau_syn=tau_syn)
    assert time_constant(p.i_tau_mem, 3e-12) == pytest.approx(tau_mem)
    assert 0.7 * 1.5e-12 / p.i_refractory == pytest.approx(t_refractory)
    for dendrite in DENDRITES:
        tau = time_constant(getattr(p, f"i_tau_{dendrite}"), getattr(CONSTANTS, f"c_{dendrite}"))
        assert tau == pytest.approx(tau_syn.get(dendrite, 10e-3))


def test_one_synaptic_time_constant_holds_for_all_dendrites():
    one = NeuronParameters.from_times(tau_syn=5e-3)
    assert one == NeuronParameters.from_times(tau_syn=dict.fromkeys(DENDRITES, 5e-3))


def test_the_gains_are_rockpools_ratios_to_the_leaks():
    p = NeuronParameters.from_times()
    assert p.i_gain_mem / p.i_tau_mem == pytest.approx(4)
    for dendrite in DENDRITES:
        ratio = getattr(p, f"i_gain_{dendrite}") / getattr(p, f"i_tau_{dendrite}")
        assert ratio == pytest.approx(100)


def test_any_field_can_be_changed_by_name():
    p = NeuronParameters.from_times(soma="exponential", i_dc=3e-10, dc=True)
    assert (p.soma, p.i_dc, p.dc) == ("exponential", 3e-10, True)
    assert p.switches() == {
        "exponential": True, "nmda_gate": False, "adaptation": False, "dc": True
    }  # fmt: skip


@pytest.mark.parametrize("bad", [0.0, -1e-12, math.nan, math.inf])
@pytest.mark.parametrize("name", CURRENTS)
def test_a_current_that_is_not_positive_and_finite_is_refused_by_name(name: str, bad: float):
    with pytest.raises(NetworkError) as caught:
        NeuronParameters.from_times(**{name: bad})
    (violation,) = caught.value.violations
    assert violation.code == "PARAMETER_NOT_POSITIVE"
    assert name in violation.object


def test_all_bad_parameters_are_named_at_once():
    with pytest.raises(NetworkError) as caught:
        NeuronParameters.from_times(threshold=-1.0, i_pulse=math.nan, soma="leaky")
    assert [v.code for v in caught.value.violations] == [
        "PARAMETER_NOT_POSITIVE", "PARAMETER_NOT_POSITIVE", "SOMA_UNKNOWN"
    ]  # fmt: skip
    assert "i_threshold" in str(caught.value) and "i_pulse" in str(caught.value)


def test_a_time_of_zero_is_refused_and_so_is_a_dendrite_that_does_not_exist():
    for bad in ({"tau_mem": 0.0}, {"tau_syn": 0.0}, {"t_refractory": 0.0}, {"tau_mem": -1.0}):
        with pytest.raises(NetworkError) as caught:
            NeuronParameters.from_times(**bad)
        assert {v.code for v in caught.value.violations} == {"PARAMETER_NOT_POSITIVE"}
    with pytest.raises(NetworkError) as caught:
        NeuronParameters.from_times(tau_syn={"ampa": 5e-3, "gabba": 5e-3})
    assert caught.value.code == "UNKNOWN_DENDRITE" and "gabba" in str(caught.value)
