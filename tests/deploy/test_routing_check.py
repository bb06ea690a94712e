"""The routing check: any single wrong register is found, and named for what it does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analoop.deploy import Program, compile
from analoop.deploy.compilation import quantize
from analoop.deploy.connections import connections
from analoop.deploy.placement import place
from analoop.deploy.routing_check import check_routing
from analoop.hw import TINY, Configuration
from analoop.models import INPUT, RoutingError

from .networks import network, population, wires

_W = np.array([[2e-8, 1e-8], [0.0, 2e-8]])
NETWORK = network(
    2,
    [population("a", 2), population("b", 2, tau_mem=30e-3)],
    wires(INPUT, "a", "ampa", _W),
    wires("a", "b", "nmda", _W),
    wires("b", "a", "gaba", _W.T),
    wires("b", "b", "shunt", [[0.0, 1e-8], [0.0, 0.0]]),
)
"""Ten synapses over two cores, on every dendrite, none rounded to zero."""

PROGRAM = compile(NETWORK, TINY)
TABLE = connections(NETWORK)
MEANT = (TABLE, quantize(TABLE, place(NETWORK, TINY))[1])
REGISTERS = PROGRAM.configuration
SYNAPSES = range(len(REGISTERS.synapses))
ROUTES = np.flatnonzero(REGISTERS.destinations["x_hop"] != TINY.host_hop).tolist()
MONITORS = np.flatnonzero(REGISTERS.destinations["x_hop"] == TINY.host_hop).tolist()


def codes(configuration: Configuration, program: Program = PROGRAM) -> set[str]:
    """What the check has against these registers."""
    try:
        check_routing(NETWORK, configuration, program.neurons, program.inputs, MEANT)
    except RoutingError as error:
        return {v.code for v in error.violations}
    return set()


def altered(kind: str, row: int, **fields: Any) -> Configuration:
    words = getattr(REGISTERS, kind).copy()
    for name, value in fields.items():
        words[name][row] = value
    return replace(REGISTERS, **{kind: words})


def without(kind: str, row: int) -> Configuration:
    return replace(REGISTERS, **{kind: np.delete(getattr(REGISTERS, kind), row)})


def test_the_registers_of_the_compiler_pass():
    assert codes(REGISTERS) == set()
    assert len(SYNAPSES) == PROGRAM.report["connections_proved"] == 10


@pytest.mark.parametrize("row", SYNAPSES)
def test_a_dropped_cam_word_is_a_lost_connection(row: int):
    assert codes(without("synapses", row)) == {"LOST"}


@pytest.mark.parametrize("row", SYNAPSES)
def test_a_cam_word_that_listens_to_an_unused_tag_is_a_lost_connection(row: int):
    assert codes(altered("synapses", row, tag=15)) == {"LOST"}


@pytest.mark.parametrize("row", SYNAPSES)
def test_a_cam_word_on_another_dendrite_is_lost_and_added(row: int):
    for dendrite in {128, 256, 512, 1024} - {int(REGISTERS.synapses["dendrite"][row])}:
        assert codes(altered("synapses", row, dendrite=dendrite)) == {"LOST", "ADDED"}


@pytest.mark.parametrize("row", SYNAPSES)
def test_any_other_mask_is_lost_and_added(row: int):
    for mask in set(range(16)) - {int(REGISTERS.synapses["weight"][row])}:
        assert codes(altered("synapses", row, weight=mask)) == {"LOST", "ADDED"}


@pytest.mark.parametrize("row", ROUTES)
def test_a_dropped_destination_is_a_lost_connection(row: int):
    assert codes(without("destinations", row)) == {"LOST"}


@pytest.mark.parametrize("row", ROUTES)
def test_a_destination_with_another_tag_or_without_a_core_is_a_lost_connection(row: int):
    assert codes(altered("destinations", row, tag=15)) == {"LOST"}
    assert codes(altered("destinations", row, cores=0)) == {"LOST"}


def test_a_destination_heard_by_a_synapse_of_someone_else_is_an_added_connection():
    """Neuron 0 of 'a' also sends the tag of neuron 1, in a word of its own."""
    words = REGISTERS.destinations
    mine = np.flatnonzero((words["core"] == 0) & (words["x_hop"] == 0))
    extra = words[mine[1] : mine[1] + 1].copy()
    extra["neuron"], extra["word"] = words["neuron"][mine[0]], 1
    own = without("destinations", mine[0]).destinations
    assert codes(replace(REGISTERS, destinations=np.concatenate([own, extra]))) == {"LOST", "ADDED"}


@pytest.mark.parametrize("row", SYNAPSES)
def test_a_second_cam_word_for_a_connection_is_an_added_connection(row: int):
    chip = replace(TINY, cam_words=4)
    extra = REGISTERS.synapses[row : row + 1].copy()
    extra["word"] = 3
    words = np.concatenate([REGISTERS.synapses, extra])
    assert codes(replace(REGISTERS, synapses=words, chip=chip)) == {"ADDED"}


def test_two_neurons_of_a_chip_with_one_monitor_tag_are_ambiguous():
    tag = int(REGISTERS.destinations["tag"][MONITORS[0]])
    found = codes(altered("destinations", MONITORS[1], tag=tag))
    assert found == {"MONITOR_AMBIGUOUS", "MONITOR_LOST"}


@pytest.mark.parametrize("row", MONITORS)
def test_a_neuron_that_the_host_does_not_see_under_its_tag_is_lost(row: int):
    assert codes(altered("destinations", row, tag=15)) == {"MONITOR_LOST"}
    assert codes(altered("destinations", row, y_hop=1)) == {"MONITOR_LOST"}
    assert "MONITOR_LOST" in codes(without("destinations", row))


@pytest.mark.parametrize("row", range(len(PROGRAM.inputs)))
def test_a_wrong_word_from_the_host_is_a_lost_connection(row: int):
    for change in ({"tag": 15}, {"cores": 0}):
        words = PROGRAM.inputs.copy()
        for name, value in change.items():
            words[name][row] = value
        assert codes(REGISTERS, replace(PROGRAM, inputs=words)) == {"LOST"}


def test_a_violation_names_the_connection_in_the_words_of_the_user():
    with pytest.raises(RoutingError) as caught:
        words = without("synapses", 0)
        check_routing(NETWORK, words, PROGRAM.neurons, PROGRAM.inputs, MEANT)
    (violation,) = caught.value.violations
    assert violation.object == "input channel 0 -> neuron 0 of 'a'"
    assert violation.need.startswith("its ampa synapse with mask ")
