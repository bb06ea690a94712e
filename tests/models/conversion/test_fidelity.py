"""Labels are compared where the source has one, and only an answer agrees with it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from analoop.models import Stimulus
from analoop.models.conversion.fidelity import Fidelity, fidelity, winners
from analoop.models.conversion.source import SourceConnection, SourceNetwork, SourcePopulation
from analoop.models.conversion.source_simulation import respond
from analoop.models.recording import Recording

TRIALS = 40
Answers = Literal["as the source", "none", "tied", "of the next"]


def relay() -> SourceNetwork:
    """Three cells that repeat their channel, and three that repeat the cells."""
    one, names = np.ones(3), ("cells", "answer")
    cells = [
        SourcePopulation(name, 0.5 * one, 0 * one, one, one, 0 * one, 0 * one, one)
        for name in names
    ]
    ways = zip(("input", "cells"), names, strict=True)
    connections = [SourceConnection(source, target, np.eye(3)) for source, target in ways]
    return SourceNetwork(3, 1e-3, tuple(cells), tuple(connections), "answer")


def stimulus(decided: int) -> Stimulus:
    """Three spikes on every channel; one more on channel k mod 3 in the first `decided` trials."""
    rows = [(k, 10_000 * (j + 1), c) for k in range(TRIALS) for j in range(3) for c in range(3)]
    rows += [(k, 50_000, k % 3) for k in range(decided)]
    trial, time, channel = np.array(rows).T
    return Stimulus(3, np.full(TRIALS, 100_000), trial, time, channel)


def judged(decided: int, answers: Answers) -> Fidelity:
    """A chip whose cells do what the source's do, and that answers so."""
    source, given = relay(), stimulus(decided)
    told = respond(source, given.counts(1000))
    answer = {
        "as the source": told["answer"],
        "none": 0 * told["answer"],
        "tied": told["answer"].max(2, keepdims=True) * np.ones(3),
        "of the next": np.roll(told["answer"], 1, axis=2),
    }[answers]
    trial, step, neuron = np.nonzero(np.concatenate([told["cells"], answer], 2))
    names = tuple(f"neuron {k % 3}" for k in range(6))
    board = {"target": "software"}
    recording = Recording(names, given.duration_us, trial, step * 1000, neuron, {}, board, {})
    return fidelity(source, recording, given)


def test_a_chip_that_answers_as_the_source_agrees_in_all_decided_trials() -> None:
    found = judged(30, "as the source")
    assert (found.label_agreement, found.undecided, found.passed) == (1.0, TRIALS - 30, True)


@pytest.mark.parametrize("answers", ["none", "tied", "of the next"])
@pytest.mark.parametrize("decided", [1, 20, TRIALS])
def test_silence_a_tie_and_another_answer_are_no_agreement(answers: Answers, decided: int) -> None:
    """Also where nearly all trials are undecided, which a silent output once passed."""
    found = judged(decided, answers)
    assert found.label_agreement == 0.0 and not found.passed


def test_without_a_decided_trial_labels_are_not_judged() -> None:
    found = judged(0, "as the source")
    assert np.isnan(found.label_agreement) and not found.passed
    assert found.undecided == TRIALS


def test_a_winner_fires_more_than_all_others() -> None:
    counts = np.array([[0, 0, 0], [1, 3, 2], [2, 2, 0], [0, 0, 1]])
    assert winners(counts).tolist() == [-1, 1, -1, 2]
