"""A network of one's own meets what students meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.network_perturbations import applies, coarse, factors_of, perturbed
from analoop.deploy.perturbations import CELLS, Cell
from analoop.models.learning.chip_network import chip_factors
from analoop.models.learning.perturbation import quantized
from analoop.models.learning.student import Student
from analoop.models.mismatch import Draw
from analoop.models.network import INPUT, Network, Population, Projection
from analoop.models.parameters import NeuronParameters

HIDDEN, OUT = 10, 4


def network(seed: int = 0) -> Network:
    """3 inputs -> 10 hidden neurons, with signed weights -> 4 outputs."""
    rng = np.random.default_rng(seed)
    alike = NeuronParameters.from_times()
    w = rng.normal(0, 1e-9, (3, HIDDEN))
    return Network(
        3,
        (Population("hidden", HIDDEN, alike), Population("output", OUT, alike)),
        (
            Projection(INPUT, "hidden", "ampa", np.maximum(w, 0)),
            Projection(INPUT, "hidden", "gaba", np.maximum(-w, 0)),
            Projection("hidden", "output", "nmda", rng.random((HIDDEN, OUT)) * 1e-8),
        ),
        "output",
    )


def large() -> Network:
    """Enough synapses and neurons for statistics."""
    p = NeuronParameters.from_times()
    weights = np.full((200, 300), 1e-9)
    weights[:, ::2] = 0.0
    return Network(
        200, (Population("output", 300, p),), (Projection(INPUT, "output", "ampa", weights),),
        "output",
    )  # fmt: skip


@given(st.integers(0, 50), st.integers(2, 6))
def test_signed_weights_become_coarse_as_those_of_students_do(seed: int, bits: int):
    mine = network(seed)
    before, after = mine.projections, coarse(mine, bits).projections
    signed = before[0].weights - before[1].weights
    student = quantized(Student("chip", "task", {"w": signed}, {}), bits, ("w",))
    assert after[0].weights - after[1].weights == pytest.approx(student.arrays["w"], abs=1e-18)
    step = before[2].weights.max() / (2**bits - 1)
    assert after[2].weights / step == pytest.approx(np.round(before[2].weights / step))


def test_mismatch_of_the_paper_is_of_every_synapse_and_neuron_by_its_level():
    it = perturbed(large(), Cell("mismatch", 0.2), np.random.default_rng(0))
    weights = it.network.projections[0].weights
    assert (weights[:, ::2] == 0).all() and (weights >= 0).all()
    assert (weights[:, 1::2] / 1e-9).std() == pytest.approx(0.2, rel=0.03)
    assert it.factors["i_threshold"].std() == pytest.approx(0.2, rel=0.15)
    assert (it.factors["i_refractory"] == 1).all() and it.noise == 0


def test_mismatch_as_measured_is_that_of_the_methods_networks():
    """Two populations of the method `chip` lie on two cores."""
    mine = network()
    draw = Draw(5, 1.0, (1, 2, HIDDEN + OUT), "measured")
    expected = chip_factors(draw, mine.populations[0].parameters.currents(), HIDDEN)
    found = factors_of(draw, mine)
    assert found.keys() == expected.keys()
    for name, factor in found.items():
        assert factor == pytest.approx(expected[name][0])


def test_silence_takes_the_first_neurons_of_all_populations_but_the_output():
    threshold = perturbed(network(), Cell("silenced", 0.4), np.random.default_rng(0)).factors
    assert np.isinf(threshold["i_threshold"]).tolist() == [True] * 4 + [False] * (6 + OUT)
    assert not applies(Cell("silenced", 0.4), large())


def test_nothing_is_perturbed_in_the_nominal_cell_and_every_cell_applies():
    mine = network()
    it = perturbed(mine, CELLS[0], np.random.default_rng(0))
    assert it.network is mine and not it.factors and it.noise == 0
    assert all(applies(cell, mine) for cell in CELLS)
