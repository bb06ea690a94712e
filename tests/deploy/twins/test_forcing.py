"""Neurons driven by their recorded sources."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import compile
from analoop.deploy.twins.factors import current_factors
from analoop.deploy.twins.forcing import force, missed
from analoop.deploy.twins.truth import true_factors
from analoop.hw import VirtualBoard
from analoop.hw.bias import Bias
from analoop.models import InputError, NeuronParameters

from .boards import BOARD, network, program, recorded, trains

BASE = NeuronParameters.from_times()
KINDS = {
    "plain": BASE,
    "adapting": NeuronParameters.from_times(adaptation=True, i_w_ahp=1e-8),
    "gated": NeuronParameters.from_times(tau_syn=15e-3, nmda_gate=True, i_nmda_gate=1e-9),
    "exponential": replace(BASE, soma="exponential", i_threshold=1e-8),
    "injected": NeuronParameters.from_times(dc=True, i_dc=2e-11, soma="exponential"),
}


def ones(names) -> dict[str, np.ndarray]:
    return {name: np.ones((1, 8)) for name in names}


@pytest.mark.parametrize("kind", KINDS)
def test_with_its_true_factors_every_neuron_is_at_its_threshold_when_it_spiked(kind: str):
    made = compile(network(KINDS[kind], ("ampa", "nmda", "gaba", "shunt")))
    session = recorded(made, trains(5), BOARD)
    forced, truth = force(session), true_factors(made, BOARD)
    true = missed(forced, current_factors({n: f[None] for n, f in truth.items()}))[0]
    nominal = missed(forced, current_factors(ones(truth)))[0]
    assert len(session.recordings[0].trial) > 50
    assert np.abs(true).max() < 2e-3
    assert np.abs(nominal[: len(forced.spikes[1])]).mean() > 20 * np.abs(true).mean()


def test_a_nominal_board_needs_no_factors():
    forced = force(recorded(program(), trains(5), VirtualBoard()))
    assert np.abs(missed(forced, current_factors(ones(["tau_mem"])))).max() < 1e-3


def test_a_variant_does_not_depend_on_the_others():
    forced = force(recorded(program(), trains(3), BOARD))
    random = np.random.default_rng(0)
    factors = {"i_tau_mem": random.uniform(0.8, 1.2, (3, 8))}
    together = missed(forced, factors)
    alone = [missed(forced, {"i_tau_mem": factors["i_tau_mem"][k : k + 1]})[0] for k in range(3)]
    np.testing.assert_array_equal(together, alone)


def test_a_larger_gain_lifts_every_soma_above_its_threshold():
    forced = force(recorded(program(), trains(5), VirtualBoard()))
    higher = missed(forced, {"weight_ampa": np.full((1, 8), 1.1)})[0]
    assert (higher >= -1e-4).all() and higher.max() > 0.01


def test_repeats_are_laid_end_to_end():
    session = recorded(program(), trains(4), BOARD, BOARD)
    forced = force(session)
    assert len(forced.duration_us) == 8
    one, two = (np.diff(forced.spikes[0]).reshape(2, 4)[k] for k in range(2))
    np.testing.assert_array_equal(one, two)


def test_synapses_with_a_memory_of_their_own_are_refused():
    whole = program()
    synapses = whole.configuration.synapses.copy()
    synapses["precise_delay"] = True
    delays = {"SYPD_DLY0_P": Bias(0, 100), "SYPD_DLY1_P": Bias(2, 100)}
    biases = {core: dict(own) | delays for core, own in whole.configuration.biases.items()}
    delayed = replace(whole.configuration, synapses=synapses, biases=biases)
    changed = replace(whole, configuration=delayed)
    session = recorded(whole, trains(2), BOARD)
    marked = [
        replace(r, provenance=dict(r.provenance) | {"program": changed.hash})
        for r in session.recordings
    ]
    with pytest.raises(InputError, match="delayed synapses") as refused:
        force(replace(session, program=changed, recordings=tuple(marked)))
    assert refused.value.code == "TWIN_CIRCUITS"
