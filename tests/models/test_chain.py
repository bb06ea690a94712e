"""Layers of weights as a network."""

import numpy as np
import pytest

from analoop.models import NetworkError, NeuronParameters
from analoop.models.chain import Held, chain

PLAIN = NeuronParameters.from_times()
SLOW = NeuronParameters.from_times(tau_mem=50e-3)
PAIR = ("ampa", "gaba")


def test_one_layer_is_the_output_and_signs_become_dendrites():
    network = chain([Held(PLAIN, ("nmda", "shunt"), np.array([[1.0, -2.0]]))])
    found = {(p.source, p.dendrite): p.weights.tolist() for p in network.projections}
    assert found == {("input", "nmda"): [[1.0, 0.0]], ("input", "shunt"): [[0.0, 2.0]]}
    assert (network.n_inputs, network.output) == (1, "output")


def test_hidden_layers_are_numbered_where_there_are_several():
    def names(layers: int) -> list[str]:
        made = chain([Held(PLAIN, PAIR, np.eye(2)) for _ in range(layers)])
        return [p.name for p in made.populations]

    assert names(2) == ["hidden", "output"]
    assert names(3) == ["hidden 1", "hidden 2", "output"]


def test_every_layer_keeps_its_parameters_and_its_recurrent_weights():
    network = chain([Held(PLAIN, PAIR, np.eye(2), -np.eye(2)), Held(SLOW, PAIR, np.ones((2, 3)))])
    assert [p.parameters for p in network.populations] == [PLAIN, SLOW]
    within = [p for p in network.projections if p.source == p.target == "hidden"]
    assert {p.dendrite: p.weights.sum() for p in within} == {"ampa": 0.0, "gaba": 2.0}


def test_layers_that_do_not_fit_and_none_at_all_are_refused():
    with pytest.raises(NetworkError, match="SHAPE"):
        chain([Held(PLAIN, PAIR, np.eye(2)), Held(PLAIN, PAIR, np.eye(3))])
    with pytest.raises(NetworkError, match="EMPTY"):
        chain([])
