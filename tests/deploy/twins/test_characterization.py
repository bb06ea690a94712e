"""What is played to tell factors apart."""

import numpy as np
import pytest

from analoop.deploy import compile, run_virtual
from analoop.deploy.twins.characterization import KINDS, STEEP, plan
from analoop.hw import VirtualBoard
from analoop.hw.decoding import decode
from analoop.models import InputError, NeuronParameters

from .boards import network, program


@pytest.fixture(scope="module")
def planned():
    return plan(program(), trials=3)


def test_neurons_biases_and_latches_stay_where_they_are_but_for_the_gain_of_the_steep_soma(planned):
    user = program().configuration
    assert [one.kind for one in planned] == list(KINDS)
    own, steep = (one.program.configuration for one in planned)
    assert own.biases == user.biases
    changed = {
        name for core in user.biases for name, bias in user.biases[core].items()
        if steep.biases[core][name] != bias
    }  # fmt: skip
    assert changed == {"SOIF_GAIN_N"}
    at = decode(steep).currents
    np.testing.assert_allclose(at["i_gain_mem"], STEEP * at["i_threshold"], rtol=0.05)
    for one in planned:
        np.testing.assert_array_equal(one.program.address, program().address)
        np.testing.assert_array_equal(one.program.configuration.latches, user.latches)


def test_no_neuron_hears_another_and_every_word_is_one_of_the_users(planned):
    user = program().configuration
    place = ["chip", "core", "neuron", "word"]
    known = {tuple(w[n] for n in [*place, "dendrite", "weight"]) for w in user.synapses}
    for one in planned:
        configuration = one.program.configuration
        assert all(len(r) == 0 for r in decode(configuration).fan_out(configuration.chip.host_hop))
        for word in configuration.synapses:
            assert tuple(word[n] for n in [*place, "dendrite", "weight"]) in known
            half = configuration.chip.tags // 2
            before = user.synapses[(user.synapses[place] == word[place])]
            assert before["tag"][0] // half == word["tag"] // half


def test_every_neuron_hears_every_dendrite_of_the_program_and_spikes(planned):
    for one in planned:
        circuits = decode(one.program.configuration)
        heard = set(zip(circuits.target.tolist(), circuits.dendrite.tolist(), strict=True))
        assert heard == {(n, d) for n in range(8) for d in range(2)}
        counts = run_virtual(one.program, [VirtualBoard()], one.stimulus)[0].counts
        assert (counts.sum(axis=0) > 10).all()


def test_the_same_seed_plans_the_same(planned):
    again, other = plan(program(), trials=3), plan(program(), seed=1, trials=3)
    for a, b, c in zip(planned, again, other, strict=True):
        assert (a.program.hash, a.stimulus.hash) == (b.program.hash, b.stimulus.hash)
        assert a.stimulus.hash != c.stimulus.hash


def test_a_high_threshold_gets_the_largest_gain_current_there_is():
    high = compile(network(NeuronParameters.from_times(threshold=8e-7)))
    steep = plan(high, trials=1)[1].program
    amps = decode(steep.configuration).currents["i_gain_mem"]
    assert (amps > 1e-6).all()


def test_a_program_that_nothing_can_excite_is_refused():
    idle = compile(network(NeuronParameters.from_times(), ("gaba",)))
    with pytest.raises(InputError) as refused:
        plan(idle)
    assert refused.value.code == "TWIN_CIRCUITS"
