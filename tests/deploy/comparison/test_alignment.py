"""Recordings are matched by what their neurons are called, or refused."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.deploy.comparison.alignment import align, named_by_silicon
from analoop.models.errors import InputError
from analoop.models.partial_recording import PartialRecording
from analoop.models.recording import Stimulus

from .recorded import random_recording, shuffled


def test_columns_in_another_order_are_brought_into_the_programs(
    program: Program, stimulus: Stimulus
) -> None:
    a, b = (random_recording(program, stimulus, s, k) for k, s in enumerate("AB"))
    plain = align(program, stimulus, [a, b])
    mixed = align(program, stimulus, [shuffled(a, 1), shuffled(b, 2)])
    for one, two in zip(plain, mixed, strict=True):
        assert np.array_equal(one.counts, two.counts)
        assert one.recordings[0].names == two.recordings[0].names == program.names
        for name in ("trial", "time_us", "neuron"):
            assert np.array_equal(
                getattr(one.recordings[0], name), getattr(two.recordings[0], name)
            )


def test_recordings_of_the_same_silicon_are_repeats_of_one_board(
    program: Program, stimulus: Stimulus
) -> None:
    made = [random_recording(program, stimulus, s, k) for k, s in enumerate("ABA")]
    made[2] = replace(made[2], board=dict(made[2].board) | {"noise_seed": 7, "temperature_C": 30.0})
    boards = align(program, stimulus, made)
    assert [(b.name, len(b.recordings)) for b in boards] == [("dynapse2:A", 2), ("dynapse2:B", 1)]
    assert np.array_equal(boards[0].counts, np.stack([made[0].counts, made[2].counts]))


def test_boards_named_by_the_user_are_told_apart_by_that(
    program: Program, stimulus: Stimulus
) -> None:
    made = [random_recording(program, stimulus, "A", k) for k in range(3)]
    boards = align(program, stimulus, made, ("left", "right", "left"))
    assert [(b.name, len(b.recordings)) for b in boards] == [("left", 2), ("right", 1)]


def test_recordings_of_one_board_alone_are_refused(program: Program, stimulus: Stimulus) -> None:
    made = [random_recording(program, stimulus, "A", k) for k in range(2)]
    with pytest.raises(InputError, match=r"needs two.*which is of which"):
        align(program, stimulus, made)


def test_everything_that_is_wrong_is_said_at_once(program: Program, stimulus: Stimulus) -> None:
    good = random_recording(program, stimulus, "A", 0)
    other_program = replace(good, provenance=dict(good.provenance) | {"program": "f" * 64})
    other_stimulus = replace(good, provenance=dict(good.provenance) | {"stimulus": "e" * 64})
    renamed = replace(good, names=("somebody", *good.names[1:]))
    shorter = replace(good, duration_us=good.duration_us[:-1])
    books = dict.fromkeys(("words", "early_in", "late_in", "lost_in", "repeated", "late"), 0)
    books |= dict.fromkeys(("early", "foreign", "control", "stale"), 0)
    unbalanced = replace(good, books=books | {"received": 9, "in_window": 7, "echoed": 0})
    partial = PartialRecording(good, "the cable was pulled", 6)
    made = [good, other_program, other_stimulus, renamed, shorter, unbalanced, partial]
    with pytest.raises(InputError) as caught:
        align(program, stimulus, made)  # pyright: ignore[reportArgumentType]
    lines = str(caught.value).split("\n")
    wanted = [
        ("recording 1", program.hash[:12], "ffffffffffff", "COMPARE_PROGRAM"),
        ("recording 2", stimulus.hash[:12], "eeeeeeeeeeee", "COMPARE_STIMULUS"),
        ("recording 3", "neuron 0 of 'ring'", "COMPARE_NEURONS"),
        ("recording 4", "6 trials", "it has 5", "COMPARE_TRIALS"),
        ("recording 5", "received 9", "COMPARE_UNBALANCED"),
        ("recording 6", "the cable was pulled", "COMPARE_PARTIAL"),
    ]
    assert caught.value.code == "NOT_COMPARABLE"
    assert len(lines) == len(wanted)
    for line, words in zip(lines, wanted, strict=True):
        assert all(word in line for word in words)


def test_a_name_that_stands_for_two_boards_is_refused_and_says_which(
    program: Program, stimulus: Stimulus
) -> None:
    made = [random_recording(program, stimulus, s, k) for k, s in enumerate("ABC")]
    with pytest.raises(InputError, match=r"dynapse2:any.*they are of 2: A, B.*COMPARE_NAMES"):
        align(program, stimulus, made, ("dynapse2:any", "dynapse2:any", "b"))


def test_names_are_labels_of_silicon(program: Program, stimulus: Stimulus) -> None:
    made = [random_recording(program, stimulus, s, k) for k, s in enumerate("ABA")]
    assert named_by_silicon(made, ("left", "right", "dynapse2:any")) == ["left", "right", "left"]


def test_a_recording_that_is_given_twice_is_refused(program: Program, stimulus: Stimulus) -> None:
    a, b = (random_recording(program, stimulus, s, k) for k, s in enumerate("AB"))
    with pytest.raises(InputError, match=r"recording 2 .*recording 0 once more.*COMPARE_TWICE"):
        align(program, stimulus, [a, b, a])


def test_a_simulation_without_noise_may_repeat_itself(program: Program, stimulus: Stimulus) -> None:
    quiet = {"target": "simulated", "chip": "dynapse2", "level": 1.0, "noise": 0.0}
    made = [
        replace(random_recording(program, stimulus, "A", k), board=quiet | {"name": "s", "seed": k})
        for k in (0, 0, 1)
    ]
    assert [len(b.recordings) for b in align(program, stimulus, made)] == [2, 1]
    noisy = [replace(r, board=dict(r.board) | {"noise": 1.0}) for r in made]
    with pytest.raises(InputError, match="COMPARE_TWICE"):
        align(program, stimulus, noisy)
