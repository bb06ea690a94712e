"""The compiler: what the registers hold is what the network says, read with plain loops."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from analoop.deploy import Program, compile, decoded_network
from analoop.deploy.compilation import NO_ANSWER
from analoop.hw import DYNAPSE2, current
from analoop.hw.circuits import CURRENT_TO_REGISTER
from analoop.models import INPUT, Network, NeuronParameters, Population, Projection

from .networks import (
    BOARD,
    KINDS,
    LIVELY,
    PATIENT,
    legal_networks,
    network,
    population,
    ring,
    walk,
    wanted_weights,
    wires,
)


def sums_of_core(program: Program, neuron: int) -> list[float]:
    """The sixteen magnitudes that the core of a neuron can make [A], from its registers."""
    place = program.neurons[neuron]
    biases = program.configuration.biases[int(place["chip"]), int(place["core"])]
    names = [f"SYAM_W{bit}_P" for bit in range(4)]
    base = [float(current(n, biases[n].coarse, biases[n].fine)) for n in names]
    return [sum(chosen) for count in range(5) for chosen in combinations(base, count)]


def nearest_legal(register: str, amps: float) -> float:
    """The generator's current next to this one, found by trying every code [A]."""
    coarse, fine = np.divmod(np.arange(6 * 256), 256)
    reached = current(register, coarse, fine)
    return float(reached[np.argmin(np.abs(reached - amps))])


@settings(PATIENT, max_examples=15)
@given(legal_networks())
def test_any_legal_network_compiles_to_registers_that_carry_each_of_its_synapses_once(net: Network):
    program = compile(net, BOARD)
    found, wanted = walk(program), wanted_weights(net)
    assert all(len(masks) == 1 for masks in found.values())
    assert found.keys() <= wanted.keys()
    for synapse in wanted.keys() - found.keys():
        sums = [s for s in sums_of_core(program, synapse[1]) if s > 0]
        assert wanted[synapse] <= min(sums) / 2 * (1 + 1e-9)  # nothing is nearer than nothing
    cores = program.report["quantization"]
    assert program.report["connections_proved"] == len(found)
    assert sum(core["rounded_to_zero"] for core in cores) == len(wanted) - len(found)


@settings(PATIENT, max_examples=15)
@given(legal_networks())
def test_the_registers_decode_to_the_network_up_to_quantisation(net: Network):
    program = compile(net, BOARD)
    decoded = decoded_network(program)
    sizes = [(p.name, p.size) for p in decoded.populations]
    assert sizes == [(p.name, p.size) for p in net.populations]
    assert (decoded.n_inputs, decoded.output) == (net.n_inputs, net.output)
    got, wanted = wanted_weights(decoded), wanted_weights(net)
    assert got.keys() == walk(program).keys()
    for synapse, weight in got.items():
        sums = np.array(sums_of_core(program, synapse[1]))
        error = abs(weight - wanted[synapse])
        assert error <= np.abs(sums - wanted[synapse]).min() * (1 + 1e-9) + 1e-20


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_every_neuron_current_becomes_the_nearest_that_the_generator_has(kind: int):
    wanted = KINDS[kind]
    net = network(1, [Population("p", 2, wanted)])
    got = decoded_network(compile(net, BOARD)).populations[0].parameters
    for name, amps in wanted.currents().items():
        nearest = nearest_legal(CURRENT_TO_REGISTER[name], amps)
        assert getattr(got, name) == pytest.approx(nearest, rel=1e-9), name
    for name in ("soma", "nmda_gate", "adaptation", "dc"):
        assert getattr(got, name) == getattr(wanted, name)


@settings(PATIENT, max_examples=4)
@given(legal_networks())
def test_the_same_network_compiles_to_the_same_program(net: Network):
    assert compile(net, BOARD).hash == compile(net, BOARD).hash


def two_cores(rng: np.random.Generator) -> Network:
    """The network of rockpool.md 5.5: 2 x 32 neurons, 401 recurrent synapses, 210 across cores."""

    def some(shape: tuple[int, int], count: int) -> np.ndarray:
        weights = np.zeros(shape)
        chosen = rng.choice(weights.size, count, replace=False)
        weights.flat[chosen] = rng.uniform(1e-8, 3e-8, count)
        return weights

    pairs = {("a", "b"): 105, ("b", "a"): 105, ("a", "a"): 95, ("b", "b"): 96}
    recurrent = [Projection(s, t, "ampa", some((32, 32), n)) for (s, t), n in pairs.items()]
    inputs = [
        Projection(INPUT, "a", "ampa", some((16, 32), 125)),
        Projection(INPUT, "b", "ampa", some((16, 32), 124)),
    ]
    populations = [population("a", 32), population("b", 32, tau_mem=30e-3)]
    return network(16, populations, *recurrent, *inputs)


def test_rockpool_defect_cross_core_connections_unroutable():
    """Rockpool: 210 of 210 connections between two cores are lost without a word."""
    program = compile(two_cores(np.random.default_rng(5)))
    core_of = program.neurons["core"]
    recurrent = [s for s in walk(program) if s[0] >= 16]
    across = [s for s in recurrent if core_of[s[0] - 16] != core_of[s[1]]]
    assert len(recurrent) == 401
    assert len(across) == 210


def test_rockpool_defect_input_map_keeps_the_last_cluster_only():
    """Rockpool: 130 of 249 input synapses of this network cannot be reached."""
    net = two_cores(np.random.default_rng(5))
    program = compile(net)
    reached = {s for s in walk(program) if s[0] < 16}
    assert len(reached) == 249
    assert reached == {s for s in wanted_weights(net) if s[0] < 16}
    assert {int(program.neurons["core"][s[1]]) for s in reached} == {0, 1}


def one_to_many(targets: int) -> Network:
    """One neuron that excites `targets` populations of one neuron, each on a core of its own."""
    populations = [population("source", 1, threshold=9e-9)]
    populations += [population(f"p{k}", 1, threshold=1e-9 * (k + 1)) for k in range(targets)]
    out = [wires("source", p.name, "ampa", [[LIVELY]]) for p in populations[1:]]
    return network(1, populations, wires(INPUT, "source", "ampa", [[LIVELY]]), *out)


def test_rockpool_defect_fan_out_to_several_chips_keeps_the_last_one_only():
    """Rockpool writes one destination, for the last chip, and knows no chip 2."""
    program = compile(one_to_many(11))
    words = program.configuration.destinations
    mine = words[(words["chip"] == 0) & (words["core"] == 0) & (words["neuron"] == 0)]
    assert sorted(mine["x_hop"].tolist()) == [DYNAPSE2.host_hop, 0, 1, 2]
    assert {s for s in walk(program) if s[0] == 1} == {(1, k, "ampa") for k in range(1, 12)}


def fan_in(used: int, unused: int = 0) -> Network:
    weights = np.full((used + unused, 1), LIVELY)
    weights[used:] = 0.0
    projection = Projection(INPUT, "hidden", "ampa", weights)
    return network(used + unused, [population("hidden", 1)], projection)


def test_rockpool_defect_fan_in_check_fires_on_64():
    """Rockpool refuses 64 synapses when a 65th input with weight 0 exists."""
    program = compile(fan_in(64, unused=1))
    assert len(walk(program)) == len(program.configuration.synapses) == 64
    assert program.report["resources"]["CAM words of the fullest neuron"] == [64, 64]


def latches_of(net: Network) -> list[int]:
    program = compile(net)
    bits = np.zeros(net.n_neurons, np.int64)
    for word in program.configuration.latches:
        place = tuple(int(word[n]) for n in ("chip", "core", "neuron"))
        bits[program.address.tolist().index(list(place))] = word["bits"]
    return bits.tolist()


def test_rockpool_defect_dc_latch_is_set_everywhere():
    """Rockpool's default current is the dark current, which it takes for a wish: 32 of 32 set."""
    assert latches_of(ring(32)) == [0] * 32


def test_rockpool_defect_adaptation_latch_is_never_set():
    """Rockpool writes the adaptation biases and leaves the circuit off."""
    plain, adapting = NeuronParameters.from_times(), NeuronParameters.from_times(adaptation=True)
    net = network(1, [Population("plain", 2, plain), Population("adapting", 3, adapting)])
    on = 1 << DYNAPSE2.latches.index("latch_so_adaptation")
    assert latches_of(net) == [0, 0, on, on, on]


@pytest.mark.parametrize(
    ("change", "latch"),
    [
        ({"dc": True}, "latch_so_dc"),
        ({"nmda_gate": True}, "latch_denm_nmda"),
        ({"soma": "exponential"}, "latch_soif_type"),
    ],
)
def test_a_switch_of_the_network_sets_its_latch_on_its_own_neurons(change: dict, latch: str):
    parameters = replace(NeuronParameters.from_times(), **change)
    net = network(1, [population("plain", 1), Population("switched", 1, parameters)])
    assert latches_of(net) == [0, 1 << DYNAPSE2.latches.index(latch)]


@settings(PATIENT, max_examples=10)
@given(legal_networks())
def test_rockpool_defect_monitor_tags_of_two_cores_are_the_same(net: Network):
    """Rockpool's host cannot tell neuron 40 of core 0 from neuron 40 of core 1."""
    program = compile(net, BOARD)
    words = program.configuration.destinations
    host = words[words["x_hop"] == BOARD.host_hop]
    seen = {(int(w["chip"]), int(w["tag"])): [int(w["core"]), int(w["neuron"])] for w in host}
    assert len(seen) == len(host) == net.n_neurons
    for identity in program.neurons:
        chip, core, neuron, tag = identity.tolist()
        assert seen[chip, tag] == [core, neuron]


def test_rockpool_defect_different_neurons_of_a_core_are_averaged():
    """Rockpool gives tau_mem 10 and 100 ms on one core one mean value."""
    populations = [population("fast", 4, tau_mem=10e-3), population("slow", 4, tau_mem=100e-3)]
    fast, slow = decoded_network(compile(network(1, populations))).populations
    assert fast.parameters.i_tau_mem == pytest.approx(10 * slow.parameters.i_tau_mem, rel=0.03)


def test_the_report_counts_what_is_used_of_what_there_is():
    resources = compile(two_cores(np.random.default_rng(5))).report["resources"]
    fullest = max(np.bincount([s[1] for s in wanted_weights(two_cores(np.random.default_rng(5)))]))
    assert resources["neurons"] == [64, 1024]
    assert resources["cores"] == [2, 4]
    assert resources["CAM words"] == [650, 65_536]
    assert resources["CAM words of the fullest neuron"] == [fullest, 64]
    assert resources["destination words of the fullest neuron"] == [2, 4]


def test_a_network_without_synapses_or_inputs_compiles():
    program = compile(network(0, [population("lonely", 3)]))
    assert len(program.configuration.synapses) == 0
    assert decoded_network(program).n_neurons == 3
    assert program.report["notes"] == [NO_ANSWER]


def test_the_report_notes_a_known_answer_only_if_it_is_silence():
    assert "notes" not in compile(ring(4)).report
    inhibited = network(
        1, [population("hushed", 3)], wires(INPUT, "hushed", "gaba", np.full((1, 3), LIVELY))
    )
    (note,) = compile(inhibited).report["notes"]
    assert "no neuron fires" in note
