"""A network of one's own meets what students meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.network_perturbations import applies, coarse, perturbed
from analoop.deploy.perturbations import CELLS, Cell
from analoop.models.learning.perturbation import quantized
from analoop.models.learning.student import Student
from analoop.models.mismatch import Draw, lumped_factors, sample_factor
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


def populations(*sizes: int) -> Network:
    p, last = NeuronParameters.from_times(), f"p{len(sizes) - 1}"
    return Network(
        1, tuple(Population(f"p{k}", size, p) for k, size in enumerate(sizes)),
        (Projection(INPUT, last, "ampa", np.ones((1, sizes[-1])) * 1e-9),), last,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sizes", "chips", "slots"),
    [
        ((HIDDEN, OUT), 1, [*range(HIDDEN), *range(256, 256 + OUT)]),
        ((300, OUT), 1, [*range(300), *range(512, 512 + OUT)]),
        ((700, 400, OUT), 2, [*range(700), *range(768, 1168), *range(1280, 1280 + OUT)]),
        ((10, 10, 10, 10, OUT), 1, [*range(40 + OUT)]),
        ((4097,), 5, [*range(4097)]),
    ],
    ids=["two cores", "300 on two", "two chips", "more populations than cores", "no board"],
)
def test_mismatch_as_measured_is_of_the_neurons_that_compile_would_take(
    sizes: tuple[int, ...], chips: int, slots: list[int]
):
    """Populations fill cores of 256 in order and begin new ones where these suffice."""
    mine, rng = populations(*sizes), np.random.default_rng
    found = perturbed(mine, Cell("chip", 1), rng(0)).factors
    draw = Draw(int(rng(0).integers(2**31)), 1.0, (chips, 4, 256), "measured")
    silicon = lumped_factors(draw, mine.populations[0].parameters.currents())
    assert found.keys() == silicon.keys()
    for name, factor in found.items():
        np.testing.assert_array_equal(factor, silicon[name].ravel()[slots])


def test_the_spread_of_a_core_is_that_of_its_own_currents():
    """Spread depends on what a core is set to."""
    one, other = (NeuronParameters.from_times(tau_mem=tau) for tau in (0.005, 0.05))
    mine = Network(
        1, (Population("a", 256, one), Population("b", 256, other)),
        (Projection(INPUT, "b", "ampa", np.ones((1, 256)) * 1e-9),), "b",
    )  # fmt: skip
    factor = perturbed(mine, Cell("chip", 1), np.random.default_rng(0)).factors["i_tau_mem"]
    silicon = [
        sample_factor(
            Draw(int(np.random.default_rng(0).integers(2**31)), 1.0, (1, 4, 256)),
            "i_tau_mem",
            np.array([[one.i_tau_mem, other.i_tau_mem, one.i_tau_mem, one.i_tau_mem]]),
        )[0, k]
        for k in range(2)
    ]
    np.testing.assert_array_equal(factor, np.concatenate(silicon))


def test_silence_takes_the_first_neurons_of_all_populations_but_the_output():
    threshold = perturbed(network(), Cell("silenced", 0.4), np.random.default_rng(0)).factors
    assert np.isinf(threshold["i_threshold"]).tolist() == [True] * 4 + [False] * (6 + OUT)
    assert not applies(Cell("silenced", 0.4), large())


def test_nothing_is_perturbed_in_the_nominal_cell_and_every_cell_applies():
    mine = network()
    it = perturbed(mine, CELLS[0], np.random.default_rng(0))
    assert it.network is mine and not it.factors and it.noise == 0
    assert all(applies(cell, mine) for cell in CELLS)
