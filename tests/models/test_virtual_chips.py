"""Virtual chips: fresh for every batch, the same for a seed and a number, one under all layers."""

# Rockpool's Sequential is annotated as what it is not:
# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from rockpool.nn.combinators import Sequential
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from analoop.models import ChipLayer, InputError, NeuronParameters, VirtualChips
from analoop.models.mismatch import lumped_factors
from analoop.models.neuron import rest, step
from analoop.models.parameters import CURRENTS
from analoop.models.rockpool_layer import NeuronsTorch, SynapsesTorch
from analoop.models.virtual_chips import Circuits

N_IN, STEPS = 8, 120


def data(trials: int = 6) -> Tensor:
    """The same spikes in every trial: what differs between trials is the chip."""
    generator = torch.Generator().manual_seed(1)
    one = (torch.rand(1, STEPS, N_IN, generator=generator) < 0.2).float()
    return one.expand(trials, -1, -1)


def layer(n_in: int = N_IN, n: int = 12, seed: int = 0) -> ChipLayer:
    made = ChipLayer(n_in, n, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        made.w_in.add_(3.0)
    return made


def rockpool_stack() -> Sequential:
    torch.manual_seed(0)
    synapses = SynapsesTorch((N_IN, 12))
    with torch.no_grad():
        synapses.weight += 3.0
    return Sequential(synapses, NeuronsTorch(12))


def test_trial_k_plays_chip_k_mod_n():
    net = layer()
    with VirtualChips(n=4, seed=0):
        spikes = net(data(6))
    assert torch.equal(spikes[4:], spikes[:2])
    rasters = {spikes[k].detach().numpy().tobytes() for k in range(6)}
    assert len(rasters) == 4


def test_the_chips_of_a_batch_do_not_depend_on_its_size():
    net = layer()
    with VirtualChips(n=5, seed=0):
        many = net(data(9))
    with VirtualChips(n=5, seed=0):
        few = net(data(2))
    assert torch.equal(many[:2], few)


def test_every_batch_is_on_other_chips_and_another_seed_too():
    net = layer()
    found = []
    for seed in (0, 1):
        with VirtualChips(n=2, seed=seed) as chips:
            for number in range(3):
                found.append(net(data(2)).detach().numpy().tobytes())
                assert chips.batch == number
    assert len(set(found)) == 6


def test_the_seed_and_the_number_alone_say_which_chips():
    net, other = layer(), layer(seed=5)
    with VirtualChips(n=3, seed=7):
        batches = [net(data(3)) for _ in range(4)]
    with VirtualChips(n=3, seed=7, first=2) as chips:
        assert torch.equal(net(data(3)), batches[2])
        assert torch.equal(net(data(3)), batches[3])
        assert chips.batch == 3
    with VirtualChips(n=3, seed=7, first=1):
        other(data(3))  # a batch of its own
        other(data(3))
        torch.manual_seed(3)
        assert torch.equal(NeuronsTorch(1)(torch.zeros(1, 1, 2))[0], torch.zeros(1, 1, 1))
    with VirtualChips(n=3, seed=7, first=3):
        assert torch.equal(net(data(3)), batches[3])


def test_entered_again_the_same_object_goes_on_with_other_chips():
    net, chips = layer(), VirtualChips(n=2, seed=0)
    with chips:
        first = net(data(2))
    with chips:
        second = net(data(2))
    with VirtualChips(n=2, seed=0, first=1):
        assert torch.equal(net(data(2)), second)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("rockpool", [False, True])
def test_outside_and_at_level_0_the_chip_is_nominal(rockpool: bool):
    net = rockpool_stack() if rockpool else layer()

    def play() -> Tensor:
        return net(data())[0] if rockpool else net(data())

    nominal = play()
    with VirtualChips(n=3, seed=0, level=0.0):
        assert torch.equal(play(), nominal)
    with VirtualChips(n=3, seed=0):
        assert not torch.equal(play(), nominal)
    assert torch.equal(play(), nominal)


def test_a_layer_of_rockpool_plays_the_same_chips_as_our_own():
    net = rockpool_stack()
    own = ChipLayer(N_IN, 12)
    with torch.no_grad():
        own.w_in.copy_(net[0].weight)
    for _ in range(2):
        with VirtualChips(n=3, seed=4):
            theirs = [net(data())[0] for _ in range(2)]
        with VirtualChips(n=3, seed=4):
            ours = [own(data()) for _ in range(2)]
        assert all(torch.equal(a, b) for a, b in zip(theirs, ours, strict=True))


def factors(part: int, chips: VirtualChips, layers: list[ChipLayer]) -> np.ndarray:
    """Logarithm of the factors of a threshold [chip, neuron], for the layer of this place."""
    draws = [chips.draw(one, one.circuits.neurons) for one in layers]
    nominal = NeuronParameters.from_times().currents()
    return np.log(lumped_factors(draws[part], nominal)["i_threshold"][:, 0])


def test_layers_of_a_batch_share_what_a_chip_has_in_common_and_nothing_else():
    layers = [layer(n=4000), layer(n=4000)]
    first, second = (factors(part, VirtualChips(20, seed=0), layers) for part in (0, 1))
    within = [f - f.mean(1, keepdims=True) for f in (first, second)]
    assert abs(np.corrcoef(within[0].ravel(), within[1].ravel())[0, 1]) < 0.02
    means = np.stack([f.mean(1) for f in (first, second)])
    assert np.corrcoef(means)[0, 1] > 0.3, "the part of the chip"
    assert not np.allclose(*means, rtol=1e-3), "the part of the core"


def test_the_chips_are_none_of_the_boards_with_the_same_seed():
    from analoop.models.mismatch import Draw

    nominal = NeuronParameters.from_times().currents()
    board = lumped_factors(Draw(0, 1.0, (20, 1, 12)), nominal)["i_threshold"][:, 0]
    mine = factors(0, VirtualChips(20, seed=0), [layer()])
    assert not np.isclose(np.log(board), mine).any()


def test_a_context_within_a_context_counts_and_the_outer_one_goes_on_after_it():
    net = layer()
    with VirtualChips(n=2, seed=0):
        outer = [net(data(2)), net(data(2))]
    with VirtualChips(n=2, seed=1):
        inner = net(data(2))
    with VirtualChips(n=2, seed=0):
        assert torch.equal(net(data(2)), outer[0])
        with VirtualChips(n=2, seed=1):
            assert torch.equal(net(data(2)), inner)
        assert torch.equal(net(data(2)), outer[1])


def test_it_ends_with_an_error_too_and_does_not_reach_other_threads():
    net = layer()
    nominal, seen = net(data(2)), []
    with pytest.raises(RuntimeError, match="stop"), VirtualChips(n=2, seed=0):
        thread = threading.Thread(target=lambda: seen.append(net(data(2))))
        thread.start()
        thread.join()
        raise RuntimeError("stop")
    assert torch.equal(net(data(2)), nominal) and torch.equal(seen[0], nominal)


def test_a_layer_called_again_begins_a_batch_for_the_layers_behind_it():
    first, second = layer(), layer(12)
    with VirtualChips(n=2, seed=0), torch.no_grad():
        plain = [second(first(data(2))) for _ in range(2)]
    with VirtualChips(n=2, seed=0, first=0) as chips, torch.no_grad():
        first(data(2))
        assert torch.equal(second(first(data(2))), plain[1])
        assert chips.batch == 1


def through_checkpoint(net: ChipLayer, reentrant: bool) -> None:
    given = data().clone().requires_grad_()
    checkpoint(net, given, use_reentrant=reentrant).sum().backward()  # pyright: ignore


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_checkpoint_of_ones_own_is_refused_as_it_would_play_other_chips_on_the_way_back(
    reentrant: bool,
):
    for one in (layer(), ChipLayer(N_IN, 4, learned=("i_tau_mem",))):
        chips = VirtualChips(n=2, seed=0)
        with chips, pytest.raises(InputError, match="leave it out") as caught:
            through_checkpoint(one, reentrant)
        assert caught.value.code == "CHECKPOINT" and chips.batch == 1
        with chips:
            spikes = checkpoint(one, data().clone().requires_grad_(), use_reentrant=reentrant)
        with pytest.raises(InputError, match="leave it out"):
            spikes.sum().backward()  # pyright: ignore
        through_checkpoint(one, reentrant)  # on the nominal chip it does no harm


@pytest.mark.parametrize("sampler", ["measured", "rockpool", "paper"])
def test_every_kind_of_mismatch_can_be_played(sampler: str):
    net = nn.Sequential(layer(), layer(12, 3))
    with VirtualChips(n=2, seed=0, sampler=sampler):
        spikes = net(data(2))
        assert spikes.requires_grad and not torch.equal(spikes[0], spikes[1])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"n": 0, "seed": 0}, "CHIPS"),
        ({"n": 1, "seed": 0, "first": -1}, "CHIPS"),
        ({"n": 2.5, "seed": 0}, "CHIPS"),
        ({"n": 1, "seed": 0, "first": 0.5}, "CHIPS"),
        ({"n": 1, "seed": -1}, "SEED"),
        ({"n": 1, "seed": 1.5}, "SEED"),
        ({"n": 1, "seed": 0, "level": -1.0}, "MISMATCH_LEVEL"),
        ({"n": 1, "seed": 0, "sampler": "other"}, "MISMATCH_SAMPLER"),
    ],
)
def test_chips_that_cannot_be_are_refused(arguments: dict, code: str):
    with pytest.raises(InputError) as caught:
        VirtualChips(**arguments)
    assert caught.value.code == code


@pytest.mark.parametrize("dendrites", [("ampa", "nmda"), ("gaba", "ampa")], ids="-".join)
@pytest.mark.parametrize(
    "on", [{}, {"dc": True}, {"nmda_gate": True}, {"adaptation": True}], ids=str
)
def test_mismatch_is_felt_of_acting_currents_and_of_no_others(
    on: dict[str, bool], dendrites: tuple[str, str]
):
    """So that nobody draws what changes nothing."""
    nominal = NeuronParameters.from_times()
    parameters = replace(nominal, i_dc=1e-12, i_nmda_gate=1e-12, i_w_ahp=1e-7, **on)
    circuits = Circuits(parameters, 1, dendrites, 1e-3)
    drive = torch.full((1, 1), 5e-9, dtype=torch.float64)
    every = dict(zip(dendrites, (53, 5), strict=True))

    def course(*doubled: str) -> Tensor:
        """Of the soma and its refractory periods."""
        factors = {name: np.array([1.0 + (name in doubled)]) for name in CURRENTS}
        c = circuits.coefficients(torch.float64, factors)
        state, seen = rest(c, (1, 1)), []
        for k in range(120):
            state, _ = step(c, state, {d: drive * (k % n == 0) for d, n in every.items()})
            seen.append(torch.stack([state.z, state.wait]))
        return torch.stack(seen)

    alone = course()
    assert (alone[:, 1] > 0).any(), "it spikes, so refractory periods and adaptation count"
    felt = {name for name in CURRENTS if not torch.equal(course(name), alone)}
    assert felt == set(circuits.acting())
