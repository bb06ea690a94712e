"""A network that breaks limits is made to fit by stated rules; one that fits is left alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile
from analoop.deploy.ladder.fitting import (
    fit,
    limit_fan_in,
    reachable_parameters,
    reachable_weights,
    share_parameters,
)
from analoop.deploy.placement import alike
from analoop.hw import DYNAPSE2
from analoop.hw.bias import legal_currents
from analoop.models import INPUT, ConstraintError, Network, NeuronParameters, Population, Projection

from ..networks import BOARD, PATIENT, legal_networks, network, ring, wanted_weights


def by_target(net: Network) -> dict[int, list[float]]:
    """Weights of every neuron, largest first."""
    found: dict[int, list[float]] = {}
    for (_, target, _), weight in wanted_weights(net).items():
        found.setdefault(target, []).append(weight)
    return {target: sorted(weights, reverse=True) for target, weights in found.items()}


@settings(PATIENT, max_examples=25)
@given(legal_networks(), st.integers(1, 6))
def test_every_neuron_keeps_its_largest_weights(net: Network, words: int):
    kept = wanted_weights(limit_fan_in(net, words))
    assert kept.items() <= wanted_weights(net).items()
    limited = by_target(limit_fan_in(net, words))
    assert limited == {target: w[:words] for target, w in by_target(net).items()}


@settings(PATIENT, max_examples=25)
@given(legal_networks())
def test_a_network_that_fits_is_returned_as_it_is(net: Network):
    assert fit(net, BOARD) is net


def sets(thresholds: list[float], sizes: list[int], **changes) -> Network:
    """Populations with thresholds of their own [nA]."""
    populations = [
        Population(f"p{k}", size, NeuronParameters.from_times(threshold=t * 1e-9, **changes))
        for k, (t, size) in enumerate(zip(thresholds, sizes, strict=True))
    ]
    return network(1, populations)


def test_the_nearest_sets_are_merged_until_the_cores_are_enough():
    net = sets([1.0, 2.0, 100.0, 110.0, 5000.0], [1, 1, 3, 1, 1])
    shared = share_parameters(net, DYNAPSE2, 1)
    thresholds = [p.parameters.i_threshold * 1e9 for p in shared.populations]
    assert thresholds[:2] + thresholds[4:] == pytest.approx([1.0, 2.0, 5000.0])
    assert thresholds[2] == thresholds[3] == pytest.approx((100.0**3 * 110.0) ** 0.25)
    compile(reachable_parameters(shared), n_chips=1)


def test_sets_with_other_switches_are_merged_last():
    net = sets([1.0, 50.0, 2000.0, 2100.0], [1, 1, 1, 1])
    first = net.populations[0]
    adaptive = replace(first.parameters, adaptation=True)
    net = replace(
        net, populations=(*net.populations, Population("adaptive", 1, adaptive))
    )  # fmt: skip
    shared = share_parameters(net, DYNAPSE2, 1)
    assert shared.population("adaptive").parameters == adaptive
    assert shared.populations[2].parameters == shared.populations[3].parameters


@settings(PATIENT, max_examples=20)
@given(legal_networks())
def test_sharing_never_leaves_more_sets_than_cores(net: Network):
    shared = share_parameters(net, BOARD, 1)
    needed = sum(-(-sum(p.size for p in g) // BOARD.neurons_per_core) for g in alike(shared))
    assert needed <= BOARD.cores or shared is net


def test_a_network_too_large_for_any_board_is_left_for_compile_to_refuse():
    net = ring(BOARD.max_chips * BOARD.neurons + 1)
    assert fit(net, BOARD) is net
    with pytest.raises(ConstraintError, match="CORES"):
        compile(net, BOARD)


def test_what_no_bias_makes_is_put_at_the_end_of_its_range_and_then_compiles():
    wild = replace(NeuronParameters.from_times(), i_threshold=1e-4, i_gain_mem=1e-16)
    into = Projection(INPUT, "out", "ampa", np.array([[1e-3, 1e-8]]))
    net = network(1, [Population("out", 2, wild)], into)
    with pytest.raises(ConstraintError):
        compile(net)
    fitted = fit(net)
    made = fitted.populations[0].parameters
    assert made.i_threshold == legal_currents("SOIF_SPKTHR_P").amps[-1]
    assert made.i_gain_mem >= 5e-13
    assert replace(made, i_threshold=1e-4, i_gain_mem=1e-16) == wild
    assert fitted.provenance["fitted_from"] == net.hash
    assert compile(fitted).network_hash == fitted.hash


def test_weights_within_reach_are_untouched():
    net = ring(3)
    assert reachable_weights(net) is net
    strong = replace(
        net, projections=tuple(replace(p, weights=p.weights * 1e4) for p in net.projections)
    )
    reach = sum(float(legal_currents(f"SYAM_W{k}_P").amps[-1]) for k in range(4))
    assert max(p.weights.max() for p in reachable_weights(strong).projections) == reach
