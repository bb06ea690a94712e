"""A word that does not hear is found by what its silence does, trial by trial."""

import numpy as np
import pytest

from analoop.deploy import compile, run_virtual
from analoop.deploy.comparison.alignment import BoardRecordings
from analoop.deploy.comparison.replay import Replay
from analoop.deploy.comparison.words import SuspectWord, suspects, word_losses
from analoop.hw import VirtualBoard
from analoop.models import INPUT, Projection

from ..networks import network, population, spike_trains
from .planted import scaled

CHANNELS, NEURONS = 12, 8


@pytest.fixture(scope="module")
def replayed() -> tuple[Replay, BoardRecordings]:
    """Eight neurons that hear twelve channels and each other, and what the sound board did."""
    rng = np.random.default_rng(1)
    around = rng.uniform(1e-9, 3e-9, (NEURONS, NEURONS)) * (1 - np.eye(NEURONS))
    net = network(
        CHANNELS,
        [population("a", NEURONS)],
        Projection(INPUT, "a", "ampa", rng.uniform(2e-9, 6e-9, (CHANNELS, NEURONS))),
        Projection("a", "a", "gaba", around),
    )
    program, stimulus = compile(net), spike_trains(CHANNELS, trials=24, seed=2, rate_hz=100.0)
    sound = tuple(run_virtual(program, [VirtualBoard()], stimulus))
    replay = Replay(program, stimulus, np.arange(stimulus.n_trials))
    return replay, BoardRecordings("sound", sound)


def found_with(
    replay: Replay, sound: BoardRecordings, dead: np.ndarray
) -> list[tuple[SuspectWord, ...]]:
    """What is suspected of every neuron of a board without these synapses."""
    program, stimulus = replay.program, replay.stimulus
    played = scaled(program, [VirtualBoard()], stimulus, np.where(dead, 0.0, 1.0))
    boards = [sound, BoardRecordings("odd", tuple(played))]
    losses = word_losses(replay, boards, 1, np.zeros((2, NEURONS)))
    return [suspects(replay, losses, k) for k in range(NEURONS)]


def synapse_of(replay: Replay, column: int, source: int) -> int:
    """The synapse by which a source, numbered as in `Replay.reached`, reaches a neuron."""
    (one,) = (k for k in replay.reached[source] if replay.column[k] == column)
    return int(one)


def test_dead_words_of_channels_and_neurons_are_named_with_what_they_listen_to(
    replayed: tuple[Replay, BoardRecordings],
) -> None:
    replay, sound = replayed
    lost = {3: NEURONS + 5, 6: int(replay.place[2])}  # channel 5, neuron 2
    dead = np.zeros(len(replay.circuits.target), bool)
    for column, source in lost.items():
        dead[synapse_of(replay, column, source)] = True
    found = found_with(replay, sound, dead)
    names = {3: "input channel 5", 6: "neuron 2 of 'a'"}
    for column, words in enumerate(found):
        if column in lost:
            wanted = int(replay.circuits.cam_word[synapse_of(replay, column, lost[column])])
            assert words[0].word == wanted
            assert words[0].sources == (names[column],)
            assert words[0].explained > 0.95
        else:
            assert words == ()


def test_two_dead_words_of_one_neuron_are_often_both_named(
    replayed: tuple[Replay, BoardRecordings],
) -> None:
    replay, sound = replayed
    both = {
        column: [synapse_of(replay, column, NEURONS + c) for c in channels]
        for column, channels in ((0, (1, 2)), (1, (6, 8)), (2, (0, 3)), (4, (2, 7)), (5, (4, 11)))
    }
    dead = np.isin(np.arange(len(replay.circuits.target)), sum(both.values(), []))
    found = found_with(replay, sound, dead)
    wanted = {column: set(replay.circuits.cam_word[lost].tolist()) for column, lost in both.items()}
    first = [found[column][0].word in wanted[column] for column in both]
    every = [{w.word for w in found[column]} == wanted[column] for column in both]
    assert sum(first) >= len(both) - 1
    assert sum(every) >= len(both) / 2


def test_a_board_that_answers_as_it_should_has_no_suspects(
    replayed: tuple[Replay, BoardRecordings],
) -> None:
    replay, sound = replayed
    nothing = np.zeros(len(replay.circuits.target), bool)
    assert all(words == () for words in found_with(replay, sound, nothing))
