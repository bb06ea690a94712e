"""What a virtual board makes of registers: each departure from nominal on its own, and in place."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analoop.hw import (
    DYNAPSE2,
    Circuits,
    Configuration,
    Dendrite,
    Events,
    VirtualBoard,
    decode,
    sample_defects,
)
from analoop.hw.virtual_chip import board_circuits
from analoop.models.mismatch import Draw, doubled_weights, sample_entries, sample_factor

from .boards import Place, biases, monitor, played, registers, regular, spike_counts, synapse

TAGS = (3, 1023, 1024, 2047)
PLACES = [
    Place(chip, core, neuron) for chip in (0, 1) for core in (0, 3) for neuron in (0, 17, 255)
]


def everywhere() -> Configuration:
    """Twelve neurons on two chips, each with words of two dendrites and several masks and tags."""
    words = [
        synapse(place, tag, kind, mask, word=9 * k + 4 * n)
        for place in PLACES
        for k, kind in enumerate((Dendrite.AMPA, Dendrite.NMDA))
        for n, (tag, mask) in enumerate(zip(TAGS, (1, 4, 0b1010, 0b1111), strict=False))
        if 9 * k + 4 * n < DYNAPSE2.cam_words
    ]
    return registers(words, [monitor(p, n) for n, p in enumerate(PLACES)], n_chips=2)


CONFIGURATION = everywhere()
CIRCUITS = decode(CONFIGURATION)
NOMINAL = board_circuits(CONFIGURATION, CIRCUITS, [VirtualBoard()])


def made(
    circuits: Circuits = CIRCUITS, **switches: Any
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Currents [neuron] and weights [synapse] of board 5."""
    currents, weights = board_circuits(CONFIGURATION, circuits, [VirtualBoard(5, **switches)])
    return {name: amps[0] for name, amps in currents.items()}, weights[0]


def draws(level: float = 1.0, sampler: str = "measured") -> list[Draw]:
    return [Draw(5, level, (1, 4, 256), sampler, chip) for chip in range(2)]


def test_a_nominal_board_has_exactly_the_nominal_currents():
    currents, weights = NOMINAL
    for name, nominal in CIRCUITS.currents.items():
        assert (currents[name][0] == nominal).all()
    bits = (CIRCUITS.mask[:, None] >> np.arange(4)) & 1
    exact = (bits * CIRCUITS.base_currents[CIRCUITS.target]).sum(axis=1)
    assert weights[0] == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("mismatch", ["measured", "rockpool", "paper"])
def test_level_0_is_exactly_nominal_whoever_samples(mismatch: str):
    currents, weights = made(level=0.0, mismatch=mismatch)
    assert all((currents[name] == amps[0]).all() for name, amps in NOMINAL[0].items())
    assert (weights == NOMINAL[1][0]).all()


@pytest.mark.parametrize("mismatch", ["measured", "rockpool", "paper"])
def test_every_current_has_the_factor_of_its_chip_core_and_neuron(mismatch: str):
    currents, _ = made(mismatch=mismatch, level=2.0)
    for name, nominal in CIRCUITS.currents.items():
        drawn = [sample_factor(d, name, nominal[0]) for d in draws(2.0, mismatch)]
        expected = [drawn[p.chip][0, p.core, p.neuron] for p in PLACES]
        assert currents[name] / nominal == pytest.approx(np.array(expected), rel=1e-12)


def test_a_weight_is_its_base_currents_each_with_the_factors_of_branch_and_neuron():
    _, weights = made()
    for s, (target, mask) in enumerate(zip(CIRCUITS.target, CIRCUITS.mask, strict=True)):
        place, base = PLACES[target], CIRCUITS.base_currents[target]
        draw = draws()[place.chip]
        kind = f"weight_{CIRCUITS.dendrites[CIRCUITS.dendrite[s]]}"
        expected = sum(
            base[bit]
            * sample_factor(draw, f"i_w{bit}", base[bit])[0, place.core, place.neuron]
            * sample_factor(draw, kind, base[bit])[0, place.core, place.neuron]
            for bit in range(4)
            if mask >> bit & 1
        )
        assert weights[s] == pytest.approx(expected, rel=1e-6)


def test_the_papers_words_each_have_a_factor_of_their_own():
    _, weights = made(mismatch="paper")
    entries = [sample_entries(d, 64) for d in draws(sampler="paper")]
    at = [PLACES[t] for t in CIRCUITS.target]
    expected = [
        entry[0, p.core, p.neuron, word]
        for p, word in zip(at, CIRCUITS.cam_word, strict=True)
        if (entry := entries[p.chip]) is not None
    ]
    assert weights / NOMINAL[1][0] == pytest.approx(np.array(expected), rel=1e-6)


def test_doubled_neurons_have_twice_the_fast_weights_and_nothing_else():
    currents, weights = made(level=0.0, doubled=True)
    assert all((currents[name] == amps[0]).all() for name, amps in NOMINAL[0].items())
    fast = CIRCUITS.dendrite == CIRCUITS.dendrites.index("ampa")
    twice = [doubled_weights(draws()[p.chip], "ampa")[0, p.core, p.neuron] for p in PLACES]
    assert (weights == NOMINAL[1][0] * np.where(fast, np.array(twice)[CIRCUITS.target], 1)).all()
    assert 1 <= twice.count(2.0) < len(twice)


def test_deaf_words_hear_nothing_and_the_others_are_as_before():
    currents, weights = made(level=0.0, defects=True)
    assert all((currents[name] == amps[0]).all() for name, amps in NOMINAL[0].items())
    deaf = [sample_defects(5, chip, DYNAPSE2).deaf for chip in range(2)]
    lost = [
        deaf[PLACES[t].chip][PLACES[t].core, PLACES[t].neuron, word, int(tag >= 1024)]
        for t, word, tag in zip(CIRCUITS.target, CIRCUITS.cam_word, CIRCUITS.tag, strict=True)
    ]
    assert 0 < sum(lost) < len(lost)
    assert (weights == np.where(lost, 0.0, NOMINAL[1][0])).all()


def test_a_board_is_the_same_whichever_neurons_are_in_use():
    some = replace(CONFIGURATION, destinations=CONFIGURATION.destinations[[1, 8]])
    switches: dict[str, Any] = {"defects": True, "doubled": True, "mismatch": "paper"}
    fewer = board_circuits(some, decode(some), [VirtualBoard(5, **switches)])[0]
    whole = made(**switches)[0]
    for name, amps in fewer.items():
        assert (amps[0] == whole[name][[1, 8]]).all()


def test_a_board_does_not_depend_on_those_beside_it():
    boards = [VirtualBoard(1), VirtualBoard(), VirtualBoard(5, defects=True)]
    currents, weights = board_circuits(CONFIGURATION, CIRCUITS, boards)
    alone, heard = made(defects=True)
    assert (weights[2] == heard).all() and (weights[1] == NOMINAL[1][0]).all()
    assert all((amps[2] == alone[name]).all() for name, amps in currents.items())


@pytest.mark.parametrize("half", [0, 1])
def test_events_to_a_deaf_word_are_not_heard_by_the_neuron(half: int):
    """On the board, through registers and events: the words of a neuron, one at a time."""
    deaf = sample_defects(2, 0, DYNAPSE2).deaf[:, :, :, half]
    core, neuron = map(int, np.argwhere(deaf.any(2) & ~deaf.all(2))[0])
    place, tag = Place(0, core, neuron), (7, 1900)[half]
    for hears in (False, True):
        word = int(np.flatnonzero(deaf[core, neuron] == (not hears))[0])
        c = registers([synapse(place, tag, word=word)], [monitor(place, 1)], (), biases())
        drive = regular(400, 60_000, tag, cores=1 << core)
        answer: Events = played(c, drive, 60_000, "sim:seed=2,level=0,defects=1")
        assert bool(spike_counts(answer)) == hears


def test_chips_without_synapses_can_be_doubled_and_have_defects():
    board = VirtualBoard(seed=3, doubled=True, defects=True)
    c = registers([], [monitor()], [], biases())
    assert board_circuits(c, decode(c), [board])[1].shape == (1, 0)
