"""Running: every event ends up in a column or in a book, and columns never move."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy import Program, compile, decoded_network, run, run_virtual
from analoop.deploy.execution import verify
from analoop.deploy.shipped import shipped_program
from analoop.hw import (
    DYNAPSE2,
    BoardIdentity,
    ChipSpec,
    Configuration,
    Events,
    Trial,
    VirtualBoard,
    open_board,
    parse_board,
)
from analoop.models import INPUT, InputError, Recording, Stimulus, simulate
from analoop.models.runner import Runner

from .networks import LIVELY, network, population, ring, spike_trains, wires

PROGRAM = compile(ring(4, n_inputs=2))
HOME = DYNAPSE2.host_hop + 1
"""What is left of the host hop of an event from chip 0."""


class FakeBoard:
    """A board that answers every trial with the same events, whatever it is asked."""

    def __init__(self, answer: Events):
        self.answer = answer
        self.programmed: list[str] = []
        self.asked: list[Trial] = []

    @property
    def identity(self) -> BoardIdentity:
        return BoardIdentity("fake", "measured", DYNAPSE2.name)

    @property
    def chip(self) -> ChipSpec:
        return DYNAPSE2

    @property
    def books(self) -> dict[str, int]:
        return {}

    def program(self, configuration: Configuration) -> None:
        self.programmed.append(configuration.hash)

    def settle(self) -> None:
        pass

    def run(self, events: Events, duration_us: int) -> Events:
        return self.run_trials([Trial(events, duration_us)])[0]

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        self.asked += trials
        return [self.answer for _ in trials]

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def answer(*events: tuple[int, int, int, int]) -> Events:
    """Events from (time in us, tag, x hop, y hop)."""
    time, tag, x_hop, y_hop = np.array(events, np.int64).reshape(-1, 4).T
    return Events(time, tag, np.full(len(time), 15), x_hop, y_hop)


def stimulus(*times: int, trials: int = 1, duration_us: int = 10_000) -> Stimulus:
    """Events of channel 0 at these times in trial 0."""
    none = np.zeros(len(times), np.int64)
    return Stimulus(2, np.full(trials, duration_us), none, np.array(times, np.int64), none)


def played(*events: tuple[int, int, int, int], duration_us: int = 10_000) -> Recording:
    return run(PROGRAM, FakeBoard(answer(*events)), stimulus(duration_us=duration_us))


def test_rockpool_defect_events_before_start_go_into_bin_0():
    """Rockpool moves what came before the start into the first bin, where it looks like data."""
    recording = played((-5, 0, HOME, 0), (-1, 1, HOME, 0), (0, 2, HOME, 0))
    assert recording.books["early"] == 2
    assert recording.raster(0, 1000)[0].tolist() == [0, 0, 1, 0]


def test_rockpool_defect_binning_is_one_bin_late():
    """Rockpool puts what came 10.5 ms after the start into bin 11."""
    recording = played((10_500, 3, HOME, 0), duration_us=20_000)
    raster = recording.raster(0, 1000)
    assert raster.shape == (20, 4)
    assert np.argwhere(raster).tolist() == [[10, 3]]


def test_events_at_or_after_the_end_are_late():
    recording = played((9_999, 0, HOME, 0), (10_000, 0, HOME, 0), (90_000, 0, HOME, 0))
    assert (recording.books["in_window"], recording.books["late"]) == (1, 2)
    assert recording.time_us.tolist() == [9_999]


def test_a_tag_or_chip_that_no_neuron_has_is_foreign():
    recording = played((1, 4, HOME, 0), (2, 2047, HOME, 0), (3, 0, HOME + 1, 0), (4, 0, 0, 0))
    assert recording.books["foreign"] == 4
    assert len(recording.time_us) == 0


def test_words_of_the_board_itself_are_control_and_no_spikes():
    recording = played((1, 2047, HOME, -7), (2, 0, HOME, -7), (3, 0, HOME, 0))
    assert (recording.books["control"], recording.books["in_window"]) == (2, 1)


MESSY = st.lists(
    st.tuples(
        st.integers(-20_000, 40_000),
        st.integers(0, 2047) | st.integers(0, 5),
        st.sampled_from([HOME, HOME, HOME + 1, 0]),
        st.sampled_from([0, 0, -7]),
    ),
    max_size=30,
)


@given(MESSY)
def test_whatever_a_board_sends_the_books_balance(events: list[tuple[int, int, int, int]]):
    recording = played(*events)
    books = recording.books
    received = ("in_window", "early", "late", "foreign", "control")
    assert sum(books[name] for name in received) == len(events)
    spikes = [(t, tag) for t, tag, x, y in events if tag < 4 and (x, y) == (HOME, 0)]
    good = sorted((t, tag) for t, tag in spikes if 0 <= t < 10_000)
    assert sorted(zip(recording.time_us, recording.neuron, strict=True)) == good
    assert books["in_window"] == len(good) == recording.counts.sum()


def test_rockpool_defect_output_has_one_column_per_tag_that_spiked():
    """Rockpool: 32 neurons of which 2 fire give 2 columns, other 2 give other columns."""
    for events in ([], [(1, 3, HOME, 0)], [(1, 0, HOME, 0), (2, 2, HOME, 0)]):
        recording = played(*events)
        assert recording.counts.shape == (1, 4)
        assert recording.names == tuple(f"neuron {k} of 'ring'" for k in range(4))
    assert played((1, 3, HOME, 0)).counts.tolist() == [[0, 0, 0, 1]]


def test_rockpool_defect_spike_counts_above_one_per_bin_are_sent_once():
    """Rockpool sends 38 spikes as 34 events; three events at one microsecond are three here."""
    board = FakeBoard(answer())
    recording = run(PROGRAM, board, stimulus(500, 500, 500, 501))
    assert board.asked[0].events.time_us.tolist() == [500, 500, 500, 501]
    assert recording.books["sent"] == 4
    three = played((700, 1, HOME, 0), (700, 1, HOME, 0), (700, 1, HOME, 0))
    assert three.raster(0, 1000)[0].tolist() == [0, 3, 0, 0]


def two_chips() -> Program:
    """One channel that is heard on two chips."""
    populations = [population(f"p{k}", 1, threshold=1e-9 * (k + 1)) for k in range(5)]
    into = [wires(INPUT, p.name, "ampa", [[LIVELY]]) for p in populations]
    return compile(network(1, populations, *into))


def test_sent_counts_words_one_per_chip_that_an_event_goes_to():
    three = Stimulus(1, np.array([10_000]), np.zeros(3), np.arange(3), np.zeros(3))
    (recording,) = run_virtual(two_chips(), [VirtualBoard()], three)
    assert recording.books["words"] == 6
    assert recording.books["sent"] == 3
    assert recording.books["unconnected"] == 0


def test_events_on_a_channel_without_synapses_are_booked_and_not_lost():
    one = population("one", 1)
    program = compile(network(2, [one], wires(INPUT, "one", "ampa", [[LIVELY], [0.0]])))
    events = Stimulus(2, np.array([10_000]), np.zeros(4), np.arange(4), np.array([0, 1, 1, 0]))
    (recording,) = run_virtual(program, [VirtualBoard()], events)
    software = simulate(decoded_network(program), events)
    for books in (recording.books, software.books):
        assert (books["sent"], books["unconnected"]) == (2, 2)


def test_trials_keep_their_number_and_their_duration():
    board = FakeBoard(answer((5, 1, HOME, 0)))
    three = stimulus(trials=3)
    recording = run(PROGRAM, board, replace(three, duration_us=np.array([3, 6, 10_000])))
    assert [t.duration_us for t in board.asked] == [3, 6, 10_000]
    assert recording.trial.tolist() == [1, 2]
    assert recording.books["late"] == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_a_stimulus_with_another_number_of_channels_is_refused_before_the_board_is_touched(
    channels: int,
):
    board = FakeBoard(answer())
    with pytest.raises(InputError, match=f"has {channels} channels, the program takes 2") as caught:
        run(PROGRAM, board, spike_trains(channels, 1, seed=0))
    assert caught.value.code == "INPUT_CHANNELS"
    assert board.programmed == []


def test_the_recording_says_which_board_program_and_stimulus_made_it():
    board, given_stimulus = FakeBoard(answer()), stimulus(1, 2)
    recording = run(PROGRAM, board, given_stimulus)
    assert board.programmed == [PROGRAM.configuration.hash]
    assert recording.board["name"] == "fake"
    assert recording.board["target"] == "measured"
    assert recording.provenance["program"] == PROGRAM.hash
    assert recording.provenance["stimulus"] == given_stimulus.hash


def test_a_board_opened_by_name_and_the_same_board_in_a_fleet_record_the_same():
    boards = [VirtualBoard(), VirtualBoard(seed=3), VirtualBoard(seed=4, level=0.5)]
    trains = spike_trains(2, trials=5, seed=2)
    fleet = run_virtual(PROGRAM, boards, trains)
    for virtual, recording in zip(boards, fleet, strict=True):
        with open_board(virtual.name) as board:
            assert run(PROGRAM, board, trains).hash == recording.hash
    assert len({r.hash for r in fleet}) == 3
    assert all(r.counts.sum() > 0 for r in fleet)


def test_what_a_simulated_bus_loses_is_in_the_books_of_a_board_and_of_a_fleet():
    rough = parse_board("sim:loss=0.1,jitter_us=5000")
    trains = spike_trains(2, trials=5, seed=2)
    recording, nominal = run_virtual(PROGRAM, [rough, VirtualBoard()], trains)
    with open_board(rough.name) as board:
        assert run(PROGRAM, board, trains).hash == recording.hash
    books = recording.books
    assert min(books["lost_in"], books["lost_out"], books["undelivered"], books["late"]) > 0
    assert books["words"] == nominal.books["words"]
    assert "lost_in" not in nominal.books
    assert (recording.board["loss"], recording.board["jitter_us"]) == (0.1, 5000)


def test_every_spike_of_a_simulated_board_is_in_the_window():
    (recording,) = run_virtual(PROGRAM, [VirtualBoard()], spike_trains(2, trials=4, seed=3))
    books = dict(recording.books)
    assert books.pop("in_window") == len(recording.time_us) > 0
    assert books.pop("sent") == books.pop("words") > 0
    assert not any(books.values())


def test_a_trial_without_events_and_a_stimulus_without_trials_are_played():
    assert run(PROGRAM, FakeBoard(answer()), stimulus()).counts.tolist() == [[0, 0, 0, 0]]
    (nothing,) = run_virtual(PROGRAM, [VirtualBoard()], stimulus(trials=0))
    assert nothing.counts.shape == (0, 4)


def test_every_sound_chip_answers_the_known_question_plausibly():
    program = shipped_program()
    for seed in range(40):
        with open_board(f"sim:seed={seed}") as board:
            assert verify(program, board)["passed"], seed


def test_a_program_whose_known_answer_is_silence_verifies_no_board():
    """A board that is dead, or took no register, would pass."""
    hushed = compile(
        network(1, [population("hushed", 3)], wires(INPUT, "hushed", "gaba", np.full((1, 3), 1e-8)))
    )
    board = FakeBoard(answer())
    with pytest.raises(InputError, match="--verify=none") as caught:
        verify(hushed, board)
    assert caught.value.code == "SILENT_ANSWER" and board.programmed == []
    with pytest.raises(InputError), open_board("sim:nominal") as sound:
        verify(hushed, sound)


def test_a_recording_names_the_runner_that_computed_it():
    program, stimulus = shipped_program(), shipped_program().known_answer.stimulus
    runners = (None, Runner("single"), Runner(compiled=False))
    names = [
        run_virtual(program, [VirtualBoard()], stimulus, r)[0].board["runner"] for r in runners
    ]
    assert names == ["numba double", "numba single", "torch float64"]
