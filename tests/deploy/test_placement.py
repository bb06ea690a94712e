"""Placement: every neuron exactly once, cores of one parameter set, the smallest board."""

from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given

from analoop.deploy import compile
from analoop.deploy.placement import Placement, place
from analoop.hw import DYNAPSE2
from analoop.models import ConstraintError, Network

from .networks import BOARD, KINDS, PATIENT, legal_networks, network, population, ring

LIMITS = [1, 255, 256, 257, 512, 1023, 1024]


def addresses(placement: Placement) -> list[tuple[int, int, int]]:
    columns = (placement.chip, placement.core, placement.neuron)
    return list(zip(*(c.tolist() for c in columns), strict=True))


@pytest.mark.parametrize("size", LIMITS)
def test_rockpool_defect_cluster_arithmetic_places_every_neuron_once_on_as_few_cores_as_hold_it(
    size: int,
):
    """Rockpool: 256 neurons take two cores, 257 leave one without a core, 1024 take five."""
    placed = addresses(place(network(0, [population("all", size)]), DYNAPSE2))
    assert len(set(placed)) == size
    assert all(chip == 0 and core < 4 and neuron < 256 for chip, core, neuron in placed)
    assert len({core for _, core, _ in placed}) == -(-size // 256)


@pytest.mark.parametrize("size", LIMITS)
def test_every_neuron_of_a_whole_chip_is_biased_and_seen_under_a_tag_of_its_own(size: int):
    registers = compile(ring(size)).configuration
    words = registers.destinations
    host = words[words["x_hop"] == DYNAPSE2.host_hop]
    assert len(host) == len(set(host["tag"].tolist())) == size
    assert {(int(w["chip"]), int(w["core"])) for w in host} == set(registers.biases)


def test_4096_neurons_fill_four_chips():
    placed = addresses(place(network(0, [population("all", 4096)]), DYNAPSE2))
    assert len(set(placed)) == 4096
    assert Counter(chip for chip, _, _ in placed) == {0: 1024, 1: 1024, 2: 1024, 3: 1024}


def test_4097_neurons_are_refused_with_what_they_need_and_what_there_is():
    with pytest.raises(ConstraintError) as caught:
        place(network(0, [population("all", 4097)]), DYNAPSE2)
    assert caught.value.code == "CORES"
    assert str(caught.value) == (
        "the network of 4097 neurons in 1 parameter set(s) needs 17 cores of 256 neurons, "
        "a board of 4 chip(s) has 16: use at most 4096 neurons, let populations share their "
        "parameters, or use more chips (at most 4) [CORES]"
    )


def test_a_network_too_large_for_the_board_asked_for_is_refused_though_a_larger_board_exists():
    net = network(0, [population("all", 1025)])
    with pytest.raises(ConstraintError, match=r"a board of 1 chip\(s\) has 4"):
        place(net, DYNAPSE2, n_chips=1)
    assert place(net, DYNAPSE2).n_chips == 2
    assert place(net, DYNAPSE2, n_chips=3).n_chips == 3


def test_seventeen_parameter_sets_do_not_fit_sixteen_cores():
    populations = [population(f"p{k}", 1, threshold=1e-9 * (k + 1)) for k in range(17)]
    assert place(network(0, populations[:16]), DYNAPSE2).n_chips == 4
    with pytest.raises(
        ConstraintError, match=r"17 neurons in 17 parameter set\(s\) needs 17 cores"
    ):
        place(network(0, populations), DYNAPSE2)


def test_populations_of_equal_parameters_share_a_core_only_when_cores_are_short():
    def cores(count: int) -> list[set[tuple[int, int]]]:
        populations = [population(f"p{k}", 2) for k in range(count)]
        placement = place(network(0, populations), BOARD, n_chips=1)
        pairs = list(zip(placement.chip.tolist(), placement.core.tolist(), strict=True))
        return [{*pairs[k : k + 2]} for k in range(0, 2 * count, 2)]

    assert cores(3) == [{(0, 0)}, {(0, 1)}, {(0, 2)}]
    shared = cores(4)  # eight neurons, five to a core
    assert shared == [{(0, 0)}, {(0, 0)}, {(0, 0), (0, 1)}, {(0, 1)}]


def test_the_smallest_board_wins_over_separate_cores():
    populations = [population(f"p{k}", 1) for k in range(BOARD.cores + 1)]
    assert place(network(0, populations), BOARD).n_chips == 1


@PATIENT
@given(legal_networks(len(KINDS)))
def test_every_neuron_has_one_address_on_the_board_and_cores_hold_one_parameter_set(net: Network):
    placement = place(net, BOARD)
    placed = addresses(placement)
    assert len(placed) == len(set(placed)) == net.n_neurons
    for chip, core, neuron in placed:
        assert 0 <= chip < placement.n_chips and 0 <= core < 3 and 0 <= neuron < 5
    wanted = [p.parameters for p in net.populations for _ in range(p.size)]
    on_core = defaultdict(set)
    for (chip, core, _), parameters in zip(placed, wanted, strict=True):
        on_core[chip, core].add(parameters)
    assert {core: {biased} for core, biased in placement.parameters.items()} == on_core


@PATIENT
@given(legal_networks(len(KINDS)))
def test_the_board_is_the_smallest_that_holds_the_parameter_sets(net: Network):
    neurons = Counter()
    for p in net.populations:
        neurons[p.parameters] += p.size
    cores = sum(-(-count // 5) for count in neurons.values())
    assert place(net, BOARD).n_chips == -(-cores // 3)


def test_populations_of_different_parameters_never_share_a_core_even_with_one_neuron_each():
    populations = [replace(population(f"p{k}", 1), parameters=p) for k, p in enumerate(KINDS)]
    placement = place(network(0, populations), BOARD)
    assert len({(c, k) for c, k, _ in addresses(placement)}) == len(KINDS)
