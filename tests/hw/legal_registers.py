"""Hypothesis strategies: any legal register image, and any single change to one."""

import numpy as np
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, TINY, Bias, ChipSpec, Configuration, Dendrite
from analoop.hw.configuration import DESTINATION, LATCHES, SYNAPSE

DENDRITES = st.sampled_from([int(dendrite) for dendrite in Dendrite if dendrite])


def below(limit: int) -> st.SearchStrategy[int]:
    """0 .. limit - 1."""
    return st.integers(0, limit - 1)


def codes() -> st.SearchStrategy[Bias]:
    """Any bias code."""
    return st.builds(Bias, below(DYNAPSE2.coarse_codes), below(DYNAPSE2.fine_codes))


def named_biases(scope: str) -> st.SearchStrategy[dict[str, Bias]]:
    """Biases of a place of that scope."""
    names = [name for name, p in DYNAPSE2.parameters.items() if p.scope == scope]
    return st.dictionaries(st.sampled_from(names), codes(), min_size=1, max_size=4)


@st.composite
def synapse_rows(draw: st.DrawFn, chip: ChipSpec, address: tuple[int, ...]) -> tuple:
    flags = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    weight = draw(below(chip.weight_masks))
    return (*address, draw(below(chip.tags)), draw(DENDRITES), weight, *flags)


@st.composite
def destination_rows(
    draw: st.DrawFn, chip: ChipSpec, address: tuple[int, ...], n_chips: int
) -> tuple:
    cores = draw(below(1 << chip.cores))
    tag = draw(below(chip.tags))
    if draw(st.booleans()):
        y_hop = draw(st.integers(-chip.max_hop, chip.max_hop))
        return (*address, tag, cores, chip.host_hop, y_hop)
    return (*address, tag, cores, draw(below(n_chips)) - address[0], 0)


@st.composite
def legal(draw: st.DrawFn, chips: tuple[ChipSpec, ...] = (DYNAPSE2, TINY)) -> Configuration:
    """Any legal configuration, of some words."""
    chip = draw(st.sampled_from(chips))
    n_chips = draw(st.integers(1, chip.max_chips))
    core = st.tuples(below(n_chips), below(chip.cores))
    neuron = st.tuples(below(n_chips), below(chip.cores), below(chip.neurons_per_core))

    def words(count: int) -> list[tuple[int, ...]]:
        word = st.tuples(neuron, below(count)).map(lambda pair: (*pair[0], pair[1]))
        return draw(st.lists(word, unique=True, max_size=6))

    synapses = [draw(synapse_rows(chip, a)) for a in words(chip.cam_words)]
    destinations = [draw(destination_rows(chip, a, n_chips)) for a in words(chip.destination_words)]
    latched = draw(st.dictionaries(neuron, st.integers(1, (1 << 14) - 1), max_size=3))
    place = st.tuples(below(n_chips), st.sampled_from(["shared01", "shared23"]))
    everywhere = st.tuples(below(n_chips), st.just("global"))
    shared = draw(st.dictionaries(place, named_biases("shared"), max_size=2))
    shared |= draw(st.dictionaries(everywhere, named_biases("global"), max_size=2))
    return Configuration(
        n_chips,
        draw(st.dictionaries(core, named_biases("core"), max_size=3)),
        np.array(synapses, SYNAPSE),
        np.array(destinations, DESTINATION),
        np.array([(*a, bits) for a, bits in latched.items()], LATCHES),
        shared,
        chip,
    )
