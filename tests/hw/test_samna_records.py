"""The virtual samna's data classes behave as samna's own do (chip.md 2.4)."""

import json
import re

import numpy as np
import pytest

from analoop.hw.samna_lists import Flags
from analoop.hw.samna_records import (
    Dendrite,
    Dynapse2Configuration,
    Dynapse2Core,
    Dynapse2Destination,
    Dynapse2Neuron,
    Dynapse2Parameter,
    Dynapse2Synapse,
    NormalGridEvent,
)


def test_attributes_are_handed_out_by_reference_and_assignments_copy():
    neuron = Dynapse2Neuron()
    neuron.synapses[3].tag = 7
    assert neuron.synapses[3] is neuron.synapses[3] and neuron.synapses[3].tag == 7
    mine = Dynapse2Synapse()
    mine.weight[2] = True
    neuron.synapses[4] = mine
    mine.tag = 99
    assert neuron.synapses[4].tag == 0 and neuron.synapses[4].weight == [False, False, True, False]
    all_of_them = [Dynapse2Synapse() for _ in range(64)]
    neuron.synapses = all_of_them
    all_of_them[0].tag = 5
    assert neuron.synapses[0].tag == 0
    event = NormalGridEvent()
    event.event.tag = 12
    word = Dynapse2Destination()
    event.event = word
    word.tag = 13
    assert event.event.tag == 0


@pytest.mark.parametrize("wrong", [1.0, np.float64(2), "1", None, -1, 2**33])
def test_whole_numbers_are_taken_and_all_else_refused_with_a_type_error(wrong: object):
    word = Dynapse2Destination()
    word.tag = np.uint16(9)
    with pytest.raises(TypeError, match="Dynapse2Destination.tag"):
        word.tag = wrong
    assert word.tag == 9


def test_a_record_made_fast_is_the_same_record():
    slow = Dynapse2Destination()
    slow.tag, slow.x_hop, slow.core[1] = 9, -6, True
    core = Flags([False, True, False, False])
    fast = Dynapse2Destination.holding(core=core, x_hop=-6, y_hop=0, tag=9)
    assert fast == slow and fast.to_json() == slow.to_json()
    fast.tag = 10
    assert fast.tag == 10


def test_flags_are_set_one_by_one_or_several_at_once():
    weight = Dynapse2Synapse().weight
    weight[0], weight[2:] = True, [False, True]
    assert weight == [True, False, False, True]
    with pytest.raises(TypeError):
        weight[1:] = [True]
    assert weight == [True, False, False, True]


def test_lists_have_their_length_and_kinds_are_members():
    synapse = Dynapse2Synapse()
    with pytest.raises(TypeError):
        synapse.weight = [True] * 3
    with pytest.raises(TypeError):
        synapse.dendrite = 1024
    with pytest.raises(TypeError):
        Dynapse2Neuron().synapses = [Dynapse2Synapse()]
    with pytest.raises(TypeError):
        Dynapse2Neuron().destinations[0] = synapse
    with pytest.raises(AttributeError):
        synapse.wieght = [True] * 4  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        _ = synapse.wieght  # pyright: ignore[reportAttributeAccessIssue]


def test_parameters_are_a_real_dict_whose_values_stick():
    core = Dynapse2Core()
    assert isinstance(core.parameters, dict) and len(core.parameters) > 50
    core.parameters["SOIF_LEAK_N"].fine_value = 4
    core.parameters["SOIF_LEAK_N"].coarse_value = np.int64(2)
    assert core.parameters["SOIF_LEAK_N"].fine_value == 4
    assert core.parameters["SOIF_LEAK_N"].type == "N"


def test_a_parameter_reads_as_lab_scripts_expect():
    parameter = Dynapse2Parameter()
    parameter.coarse_value, parameter.fine_value = 3, 200
    found = re.search(r"\((\d+), *(\d+), *(\w+)", str(parameter))
    assert found and found.groups()[:2] == ("3", "200")


def test_both_spellings_of_the_refractory_monitor_are_one():
    core = Dynapse2Core()
    core.sadc_enables.soif_refractory = True
    assert core.sadc_enables.soif_refectory is True
    core.sadc_enables.soif_refectory = False
    assert core.sadc_enables.soif_refractory is False


def test_a_default_configuration_has_four_chips_of_four_cores():
    config = Dynapse2Configuration()
    assert len(config.chips) == 4 and len(config.chips[3].cores) == 4
    assert len(config.chips[0].cores[1].neurons) == 256
    assert len(config.chips[0].sadc_group_parameters01) == 3
    assert config == Dynapse2Configuration()


def test_json_is_laid_out_as_samna_does_and_comes_back():
    synapse = Dynapse2Synapse()
    synapse.dendrite, synapse.tag, synapse.weight = Dendrite.gaba, 9, [True, False, False, True]
    plain = json.loads(synapse.to_json())
    assert plain == {
        "value0": {
            "tag": 9,
            "weight": {"value0": True, "value1": False, "value2": False, "value3": True},
            "dendrite": 512,
            "stp": False,
            "preciseDelay": False,
            "mismatchedDelay": False,
        }
    }
    back = Dynapse2Synapse()
    back.from_json(synapse.to_json())
    assert back == synapse and back.dendrite is Dendrite.gaba
    with pytest.raises(ValueError, match="no JSON of Dynapse2Synapse"):
        back.from_json('{"value0": {"tag": 1}}')


def test_a_core_goes_through_json():
    core = Dynapse2Core()
    core.parameters["DEAM_ETAU_P"].coarse_value = 3
    core.neurons[255].destinations[1].x_hop = -7
    core.neurons[255].latch_so_dc = True
    core.sadc_enables.soif_mem = True
    plain = json.loads(core.to_json())["value0"]
    assert plain["sadcEnables"]["SoifMem"] is True
    assert {"key", "value"} == set(plain["parameters"][0])
    assert plain["parameters"][0]["value"]["type"] in (ord("N"), ord("P"))
    back = Dynapse2Core()
    back.from_json(core.to_json())
    assert back == core
