"""Limits: each names its object, need, limit and way out; all that are broken come at once."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy import compile
from analoop.deploy.constraints import check
from analoop.hw import DYNAPSE2, TINY, ChipSpec
from analoop.models import (
    INPUT,
    ConstraintError,
    Network,
    NeuronParameters,
    Population,
    Projection,
    Violation,
)

from .networks import BOARD, KINDS, LIVELY, PATIENT, legal_networks, network, population


def broken(net: Network, chip: ChipSpec = DYNAPSE2, n_chips: int | None = None) -> list[Violation]:
    """What `compile` refuses a network for."""
    with pytest.raises(ConstraintError) as caught:
        compile(net, chip, n_chips)
    return list(caught.value.violations)


def listening(fan_in: int, before: int = 0) -> Network:
    """A population 'hidden' whose last neuron, number `before`, hears `fan_in` inputs."""
    weights = np.zeros((fan_in, before + 1))
    weights[:, before] = LIVELY
    return network(
        fan_in, [population("hidden", before + 1)], Projection(INPUT, "hidden", "ampa", weights)
    )


def test_a_neuron_with_71_inputs_is_told_how_many_to_drop_and_where_to_say_so_in_training():
    (violation,) = broken(listening(71, before=41))
    assert str(violation) == (
        "neuron 41 of 'hidden' needs 71 CAM words, the chip has 64: drop 7 inputs or lower the "
        "fan-in in training with max_fan_in=64 [FAN_IN]"
    )


def test_fan_in_counts_the_synapses_of_all_sources_and_dendrites():
    projections = [
        Projection(source, "hidden", dendrite, np.full((size, 1), LIVELY))
        for source, size, dendrite in (
            (INPUT, 20, "ampa"), (INPUT, 20, "gaba"), ("other", 20, "nmda"), ("hidden", 1, "shunt"),
        )
    ]  # fmt: skip
    populations = [population("other", 20), population("hidden", 1)]
    assert check(network(20, populations, *projections), DYNAPSE2)
    more = Projection("other", "hidden", "gaba", np.full((20, 1), LIVELY))
    (violation,) = broken(network(20, populations, *projections, more))
    assert (violation.code, violation.need) == ("FAN_IN", "81 CAM words")


def test_a_bias_out_of_reach_is_named_with_its_register_and_range():
    parameters = replace(NeuronParameters.from_times(), i_tau_mem=1e-3)
    (violation,) = broken(network(1, [Population("hidden", 3, parameters)]))
    assert violation.code == "BIAS_UNREACHABLE"
    assert violation.object == "i_tau_mem of 'hidden'"
    assert violation.need == "0.001 A"
    assert violation.limit.startswith("SOIF_LEAK_N reaches ")


def test_a_weight_beyond_all_base_currents_together_is_named_with_its_neuron():
    weights = np.full((2, 2), LIVELY)
    weights[1, 1] = 5e-6
    net = network(2, [population("out", 2)], Projection(INPUT, "out", "ampa", weights))
    (violation,) = broken(net)
    assert (violation.code, violation.object) == ("WEIGHT_UNREACHABLE", "neuron 1 of 'out'")
    assert "5e-06 A" in violation.need


def to_chips(chips: int, neurons_first: int = 1) -> Network:
    """A population 'source' whose neurons excite a population on each of `chips` chips."""
    own = [population("source", neurons_first, threshold=9e-9)]
    own += [population(f"p{k}", 1, threshold=1e-9 * (k + 1)) for k in range(4 * chips - 1)]
    weights = np.full((neurons_first, 1), LIVELY)
    return network(1, own, *(Projection("source", p.name, "ampa", weights) for p in own[1:]))


def test_a_neuron_that_projects_to_four_chips_lacks_a_destination_for_the_monitor():
    assert check(to_chips(3), DYNAPSE2).n_chips == 3
    found = broken(to_chips(4, neurons_first=2))
    assert [v.object for v in found] == ["neuron 0 of 'source'", "neuron 1 of 'source'"]
    assert {v.code for v in found} == {"FAN_OUT"}
    assert found[0].need == "5 destination words (4 chips and the monitor)"
    assert found[0].limit == "the chip has 4"


@pytest.mark.parametrize("chips", [0, 5, -1])
def test_a_board_has_one_to_four_chips(chips: int):
    (violation,) = broken(listening(1), n_chips=chips)
    assert (violation.code, violation.need) == ("CHIPS", f"{chips} chips")
    assert violation.limit == "boards have 1..4"


def heard_by_one_core(inputs: int) -> Network:
    """Input channels dealt out over the neurons of one core."""
    weights = np.zeros((inputs, 4))
    weights[np.arange(inputs), np.arange(inputs) % 4] = LIVELY
    return network(inputs, [population("p", 4)], Projection(INPUT, "p", "ampa", weights))


def test_a_core_hears_as_many_sources_as_there_are_tags_and_no_more():
    chip = replace(TINY, tags=8)
    assert len(compile(heard_by_one_core(8), chip).inputs) == 8
    (violation,) = broken(heard_by_one_core(9), chip)
    assert (violation.code, violation.object) == ("TAGS", "input channel 8")
    assert "all 8 tags" in violation.limit


def test_tags_are_reused_on_cores_that_do_not_hear_each_other():
    """Twelve sources through eight tags: six for each of two cores."""
    chip = replace(TINY, tags=8)
    projections = []
    for core, name in enumerate("ab"):
        weights = np.zeros((12, 2))
        weights[6 * core : 6 * core + 3, 0] = weights[6 * core + 3 : 6 * core + 6, 1] = LIVELY
        projections.append(Projection(INPUT, name, "ampa", weights))
    net = network(12, [population("a", 2), population("b", 2, tau_mem=30e-3)], *projections)
    program = compile(net, chip)
    assert len(program.inputs) == program.report["connections_proved"] == 12
    assert program.inputs["tag"].max() < 8


FAULTS = ("FAN_IN", "BIAS_UNREACHABLE", "WEIGHT_UNREACHABLE", "CORES")


def overloaded(net: Network, faults: set[str]) -> Network:
    """The same network with a population 'extra' that breaks these limits of BOARD."""
    bias = {"i_refractory": 1e-3} if "BIAS_UNREACHABLE" in faults else {}
    size = 46 if "CORES" in faults else 1  # nine cores hold 45
    weights = np.zeros((9, size))
    weights[:, 0] = LIVELY if "FAN_IN" in faults else 0.0
    weights[0, 0] = 1e-3 if "WEIGHT_UNREACHABLE" in faults else LIVELY
    old = [
        replace(p, weights=np.pad(p.weights, ((0, 9 - net.n_inputs), (0, 0))))
        if p.source == INPUT
        else p
        for p in net.projections
    ]
    extra = Population("extra", size, replace(KINDS[0], **bias))
    new = Projection(INPUT, "extra", "ampa", weights)
    return network(9, [*net.populations, extra], *old, new)


def cores_needed(net: Network) -> int:
    """Cores of BOARD, five neurons each of one parameter set."""
    neurons = Counter()
    for p in net.populations:
        neurons[p.parameters] += p.size
    return sum(-(-count // 5) for count in neurons.values())


@PATIENT
@given(legal_networks(), st.sets(st.sampled_from(FAULTS), min_size=1))
def test_any_illegal_network_names_every_limit_it_breaks_at_once(net: Network, faults: set[str]):
    net = overloaded(net, faults)
    wanted = faults | ({"CORES"} if cores_needed(net) > 9 else set())
    found = {v.code: v for v in broken(net, BOARD)}
    assert found.keys() == wanted
    named = {"FAN_IN": "neuron 0 of 'extra'", "BIAS_UNREACHABLE": "i_refractory of 'extra'"}
    named |= {"WEIGHT_UNREACHABLE": "neuron 0 of 'extra'"}
    for code, violation in found.items():
        assert violation.object == named.get(code, violation.object)
        assert violation.need and violation.limit and violation.remedy


def test_the_error_carries_every_code_and_prints_one_line_per_violation():
    net = overloaded(network(1, [population("p", 1)]), set(FAULTS))
    with pytest.raises(ConstraintError) as caught:
        compile(net, BOARD)
    assert caught.value.code == "BIAS_UNREACHABLE+CORES+FAN_IN+WEIGHT_UNREACHABLE"
    assert len(str(caught.value).splitlines()) == len(caught.value.violations) == 4


def test_a_time_constant_whose_current_is_below_the_dark_current_is_refused():
    slow = network(1, [population("slow", 1, tau_mem=0.36)])
    with pytest.raises(ConstraintError, match="dark current") as caught:
        compile(slow)
    assert "BIAS_UNREACHABLE" in caught.value.code
