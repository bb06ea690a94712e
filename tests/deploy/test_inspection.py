"""Inspection: one identity per neuron, the same from every side."""

import json

import pytest

from analoop.deploy import compile, inspect, inspect_mismatch, inspect_neuron, inspect_tag
from analoop.models import INPUT, InputError

from .command import Shell
from .networks import LIVELY, network, population, walk, wires

POPULATIONS = [population("a", 3), population("b", 2, tau_mem=30e-3)]
POPULATIONS += [population(f"c{k}", 1, threshold=1e-9 * (k + 3)) for k in range(3)]
NETWORK = network(
    2,
    POPULATIONS,
    wires(INPUT, "a", "ampa", [[LIVELY, 0, LIVELY], [0, LIVELY, 0]]),
    wires("a", "b", "nmda", [[LIVELY, 0], [0, LIVELY], [LIVELY, LIVELY]]),
    wires("b", "c2", "ampa", [[LIVELY], [0]]),
    wires("c2", "a", "gaba", [[LIVELY] * 3]),
)
PROGRAM = compile(NETWORK)
NEURONS = range(NETWORK.n_neurons)


def test_the_program_spans_two_chips():
    assert PROGRAM.configuration.n_chips == 2


@pytest.mark.parametrize("index", NEURONS)
def test_a_neuron_is_found_under_its_tag_and_its_tag_under_the_neuron(index: int):
    found = inspect_neuron(PROGRAM, index)
    to_host = [s for s in inspect_tag(PROGRAM, found["tag"]) if s["to"] == "host"]
    same_chip = [s for s in to_host if PROGRAM.neurons["chip"][s["index"]] == found["chip"]]
    assert [(s["index"], s["sender"]) for s in same_chip] == [(index, NETWORK.neuron_name(index))]
    assert found["column"] == found["index"] == index
    assert PROGRAM.names[index] == found["name"] == NETWORK.neuron_name(index)


@pytest.mark.parametrize("index", NEURONS)
def test_a_neuron_lists_a_cam_word_for_every_synapse_it_hears(index: int):
    heard = sorted(masks[0] for key, masks in walk(PROGRAM).items() if key[1] == index)
    assert sorted(word["weight"] for word in inspect_neuron(PROGRAM, index)["synapses"]) == heard


def test_every_cam_word_hears_a_tag_that_somebody_sends_to_its_core():
    for index in NEURONS:
        neuron = inspect_neuron(PROGRAM, index)
        for word in neuron["synapses"]:
            chip, core = neuron["chip"], neuron["core"]
            reached = [s["to"] for s in inspect_tag(PROGRAM, word["tag"])]
            places = [to.removeprefix(f"chip {chip} core ") for to in reached]
            assert any(str(core) in place.split(", ") for place in places)


def test_the_senders_of_all_tags_are_all_the_words_there_are():
    senders = [s for tag in range(2048) for s in inspect_tag(PROGRAM, tag)]
    words = len(PROGRAM.configuration.destinations) + len(PROGRAM.inputs)
    assert len(senders) == words
    assert {s["sender"] for s in senders} == {
        *(NETWORK.neuron_name(k) for k in NEURONS), "input channel 0", "input channel 1",
    }  # fmt: skip


@pytest.mark.parametrize("index", [-1, 8, 10**9])
def test_an_unknown_neuron_is_refused_with_the_range(index: int):
    with pytest.raises(InputError, match=rf"no neuron {index}: the program has 0\.\.7") as caught:
        inspect_neuron(PROGRAM, index)
    assert caught.value.code == "UNKNOWN_NEURON"


@pytest.mark.parametrize("tag", [-1, 2048])
def test_an_unknown_tag_is_refused_with_the_range(tag: int):
    with pytest.raises(InputError, match=rf"no tag {tag}: tags are 0\.\.2047") as caught:
        inspect_tag(PROGRAM, tag)
    assert caught.value.code == "UNKNOWN_TAG"


def test_a_tag_that_nobody_sends_has_no_senders():
    assert inspect_tag(PROGRAM, 2047) == []


def test_the_whole_program_is_told_in_json_values():
    found = json.loads(json.dumps(inspect(PROGRAM)))
    assert found["program"] == PROGRAM.hash
    assert found["network"] == NETWORK.hash
    assert (found["chips"], found["inputs"], found["output"]) == (2, 2, "c2")
    names = [(p["name"], p["neurons"], p["cores"]) for p in found["populations"]]
    assert names[0] == ("a", 3, ["chip 0 core 0"])
    assert names[4] == ("c2", 1, ["chip 1 core 0"])
    assert found["connections_proved"] == 11
    assert {(b["chip"], b["core"]) for b in found["biases"]} == set(PROGRAM.configuration.biases)


def test_every_number_of_mismatch_is_told_in_json_values_with_its_basis():
    found = json.loads(json.dumps(inspect_mismatch()))
    assert found["mismatch"].startswith("analoop-mismatch-")
    assert found["defects"].startswith("analoop-defects-")
    assert {n["sampler"] for n in found["numbers"]} == {*found["samplers"], "defects"}
    assert {n["basis"] for n in found["numbers"]} == {"measured", "literature", "assumed"}
    assert all(n["unit"] and n["source"] for n in found["numbers"])


def test_the_command_line_prints_every_number_of_mismatch(shell: Shell):
    found = inspect_mismatch()
    assert shell("inspect", "mismatch", "--json").json == found
    lines = shell("inspect", "mismatch").out.splitlines()
    assert found["mismatch"] in lines[0] and found["defects"] in lines[0]
    for n in found["numbers"]:
        said = f"  {n['number']} {n['value']:g} [{n['unit']}], {n['basis']}: {n['source']}"
        assert said in lines


def test_a_file_is_wanted_where_a_neuron_of_mismatch_is_asked_for(shell: Shell):
    assert shell("inspect", "mismatch", "--neuron", 3).code == 2
