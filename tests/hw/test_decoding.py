"""Decoding: the circuits a register image makes, against the registers read one by one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, Bias, Circuits, Configuration, Dendrite, current, decode
from analoop.hw.circuits import (
    CURRENT_TO_REGISTER,
    SIMULATED_LATCHES,
    SWITCH_TO_LATCH,
    WEIGHT_TO_REGISTER,
)
from analoop.models import CONSTANTS, RegisterError

from .boards import (
    ORIGIN,
    Place,
    biases,
    destination,
    latches,
    monitor,
    monitored,
    registers,
    synapse,
    unhurried,
)

DENDRITES = [Dendrite.AMPA, Dendrite.NMDA, Dendrite.GABA, Dendrite.SHUNT]
places = st.builds(Place, st.integers(0, 1), st.integers(0, 3), st.integers(0, 2))
few_tags = st.integers(0, 3)


@st.composite
def wired(draw: st.DrawFn) -> Configuration:
    """Two chips of a few neurons whose tags often coincide; every neuron is monitored."""
    neurons = draw(st.lists(places, unique=True, min_size=1, max_size=5))
    synapses, destinations = [], []
    for place in neurons:
        destinations.append(monitor(place))
        for word in range(draw(st.integers(0, 3))):
            dendrite, weight = draw(st.sampled_from(DENDRITES)), draw(st.integers(0, 15))
            synapses.append(synapse(place, draw(few_tags), dendrite, weight, word))
        for word in range(1, draw(st.integers(1, 4))):
            hop, cores = draw(st.integers(0, 1)) - place.chip, draw(st.integers(0, 15))
            destinations.append(destination(place, draw(few_tags), cores, hop, word))
    return registers(synapses, destinations, n_chips=2)


def heard_by_reading(c: Configuration, chip: int, cores: int, tag: int) -> list[tuple]:
    """(chip, core, neuron, dendrite, weight) of every CAM word that hears a broadcast."""
    return sorted(
        (*place, dendrite, weight)
        for *place, _, word_tag, dendrite, weight, _, _, _ in c.synapses.tolist()
        if place[0] == chip and cores & (1 << place[1]) and word_tag == tag
    )


def heard_by_circuits(circuits: Circuits, synapses: np.ndarray) -> list[tuple]:
    """The same of decoded synapses."""
    return sorted(
        (
            *circuits.address[circuits.target[s]].tolist(),
            int(Dendrite[circuits.dendrites[circuits.dendrite[s]].upper()]),
            int(circuits.mask[s]),
        )
        for s in synapses
    )


@given(wired(), st.integers(0, 1), st.integers(0, 15), few_tags)
@unhurried
def test_a_broadcast_reaches_the_synapses_whose_chip_core_and_tag_match(c, chip, cores, tag):
    circuits = decode(c)
    reached = circuits.reached(chip, cores, tag)
    assert heard_by_circuits(circuits, reached) == heard_by_reading(c, chip, cores, tag)


@given(wired())
@unhurried
def test_a_neuron_fans_out_to_the_sum_of_what_its_destination_words_reach(c: Configuration):
    circuits = decode(c)
    for place, reached in zip(circuits.address.tolist(), circuits.fan_out(-7), strict=True):
        expected = []
        for chip, core, neuron, _, tag, cores, x_hop, _ in c.destinations.tolist():
            if [chip, core, neuron] == place and x_hop != -7:
                expected += heard_by_reading(c, chip + x_hop, cores, tag)
        assert heard_by_circuits(circuits, reached) == sorted(expected)


@pytest.mark.parametrize("name", CURRENT_TO_REGISTER)
def test_every_current_is_that_of_its_code(name: str):
    register = CURRENT_TO_REGISTER[name]
    core = biases() | {register: Bias(3, 77)}
    circuits = decode(registers([synapse()], [monitor()], core=core))
    assert circuits.currents[name] == current(register, 3, 77)


@pytest.mark.parametrize(("bit", "register"), list(enumerate(WEIGHT_TO_REGISTER.values())))
def test_every_base_current_is_that_of_its_code(bit: int, register: str):
    core = biases() | {register: Bias(2, 200)}
    circuits = decode(registers([synapse()], [monitor()], core=core))
    assert circuits.base_currents[0, bit] == current(register, 2, 200)
    others = np.delete(circuits.base_currents[0], bit)
    assert (others != circuits.base_currents[0, bit]).all()


def test_neurons_of_every_core_of_every_chip_have_the_currents_of_their_own_core():
    leaks = {(0, 0): Bias(1, 10), (0, 2): Bias(2, 20), (1, 0): Bias(3, 30), (1, 2): Bias(4, 40)}
    c = registers([], [monitor(Place(*place)) for place in leaks], n_chips=2)
    cores = {place: biases() | {"SOIF_LEAK_N": leak} for place, leak in leaks.items()}
    circuits = decode(replace(c, biases=cores))
    expected = [current("SOIF_LEAK_N", leak.coarse, leak.fine) for leak in leaks.values()]
    assert circuits.currents["i_tau_mem"].tolist() == expected
    assert circuits.address.tolist() == [[chip, core, 0] for chip, core in leaks]


@pytest.mark.parametrize("switch", [*SWITCH_TO_LATCH, "killed"])
def test_every_switch_is_its_latch_and_no_other(switch: str):
    latch = (SWITCH_TO_LATCH | {"killed": "latch_soif_kill"})[switch]
    other = Place(neuron=1)
    c = registers([], [monitor(), monitor(other)], [latches(other, latch)])
    for name, values in decode(c).switches.items():
        assert values.tolist() == [False, name == switch], name


def test_only_neurons_with_a_destination_are_decoded():
    hidden = Place(neuron=1)
    c = registers(
        [synapse(), synapse(hidden, tag=5)], [monitor()], [latches(hidden, "latch_so_dc")]
    )
    circuits = decode(c)
    assert circuits.address.tolist() == [[0, 0, 0]]
    assert len(circuits.target) == 1
    assert len(circuits.reached(0, 0b1111, 5)) == 0


def test_registers_without_a_destination_make_no_circuits():
    circuits = decode(registers([synapse()]))
    assert len(circuits.address) == len(circuits.target) == 0


def test_a_current_that_is_not_set_and_not_needed_is_the_dark_current():
    core = {name: bias for name, bias in biases().items() if name != "SOIF_DC_P"}
    circuits = decode(registers([synapse()], [monitor()], core=core))
    assert circuits.currents["i_dc"].tolist() == [CONSTANTS.i_0]


def unset(c: Configuration) -> set[str]:
    """The biases that decoding misses."""
    with pytest.raises(RegisterError) as caught:
        decode(c)
    assert {v.code for v in caught.value.violations} == {"BIAS_UNSET"}
    needs = [v.need.removeprefix("biases ").split(", ") for v in caught.value.violations]
    return {f"{v.object}: {n}" for v, names in zip(caught.value.violations, needs, strict=True)
            for n in names}  # fmt: skip


SOMA = ["SOIF_LEAK_N", "SOIF_GAIN_N", "SOIF_SPKTHR_P", "SOIF_REFR_N"]
WEIGHTS = ["SYPD_EXT_N", "SYAM_W0_P", "SYAM_W1_P", "SYAM_W2_P", "SYAM_W3_P"]
NEEDED = {
    "latch_so_dc": ["SOIF_DC_P"],
    "latch_denm_nmda": ["DENM_NMREV_N"],
    "latch_so_adaptation": ["SOAD_TAU_P", "SOAD_GAIN_P", "SOAD_W_N", "SOAD_PWTAU_N"],
    "latch_ho_enable": ["SOCA_TAU_P", "SOCA_GAIN_P", "SOCA_W_N", "SOAD_PWTAU_N", "SOHO_VREF_P"]
    + [f"SOHO_VREF_{x}_P" for x in "LMH"],
}
INTEGRATOR = {
    Dendrite.AMPA: ["DEAM_ETAU_P", "DEAM_EGAIN_P"],
    Dendrite.NMDA: ["DENM_ETAU_P", "DENM_EGAIN_P"],
    Dendrite.GABA: ["DEGA_ITAU_P", "DEGA_IGAIN_P"],
    Dendrite.SHUNT: ["DESC_ITAU_P", "DESC_IGAIN_P"],
}


def test_a_core_in_use_without_biases_is_refused_naming_all_it_needs_on_every_core():
    c = registers([synapse(Place(core=2))], [monitor(), monitor(Place(core=2))], core={})
    missing = {f"chip 0 core 0: {n}" for n in SOMA}
    missing |= {f"chip 0 core 2: {n}" for n in SOMA + WEIGHTS + INTEGRATOR[Dendrite.AMPA]}
    assert unset(c) == missing


@pytest.mark.parametrize("dendrite", DENDRITES)
def test_a_dendrite_in_use_needs_its_own_biases_and_no_others(dendrite: Dendrite):
    c = registers([synapse(dendrite=dendrite)], [monitor()], core={})
    assert unset(c) == {f"chip 0 core 0: {n}" for n in SOMA + WEIGHTS + INTEGRATOR[dendrite]}


@pytest.mark.parametrize("latch", NEEDED)
def test_a_latch_needs_the_biases_of_its_circuit(latch: str):
    c = registers([], [monitor()], [latches(ORIGIN, latch)], core={})
    assert unset(c) == {f"chip 0 core 0: {n}" for n in SOMA + NEEDED[latch]}


def test_short_term_plasticity_needs_its_biases():
    c = monitored([synapse()])
    rows = c.synapses.copy()
    rows["stp"] = True
    with pytest.raises(RegisterError, match="SYAM_STDW_N") as caught:
        decode(replace(c, synapses=rows))
    assert caught.value.code == "BIAS_UNSET" and len(caught.value.violations) == 2


@pytest.mark.parametrize(
    "latch", [name for name in DYNAPSE2.latches if name not in SIMULATED_LATCHES]
)
def test_a_latch_whose_circuit_is_not_simulated_is_refused_by_name(latch: str):
    with pytest.raises(RegisterError, match=latch) as caught:
        decode(monitored([], latch))
    assert caught.value.code == "NOT_SIMULATED"


def test_everything_that_cannot_be_simulated_comes_together():
    switches = [latches(ORIGIN, "latch_de_mux", "latch_deam_alpha")]
    with pytest.raises(RegisterError) as caught:
        decode(registers([synapse()], [monitor()], switches, core={}))
    assert caught.value.code == "BIAS_UNSET+NOT_SIMULATED"
    assert len(caught.value.violations) == 3
