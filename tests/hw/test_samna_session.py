"""The driver over a virtual samna, in both clock modes: what it does, and what it does when
something goes wrong. Every wait ends, and no event leaves the books."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from analoop.hw import SimulatedBoard, Trial, parse_board
from analoop.hw.samna_faults import STALE_TAG, Faults, LinkLost, read_faults
from analoop.hw.samna_link import VIRTUAL_PATIENCE, Patience
from analoop.hw.samna_session import Session
from analoop.hw.virtual_samna import virtual_samna
from analoop.models import InputError
from analoop.models.errors import HardwareError

from .boards import events, registers, rows_of, synapse
from .lively import DURATION_US, compile_kernels, lively, stimulus

PATIENCE = replace(VIRTUAL_PATIENCE, answer_s=10.0, lead_s=0.3)
HASTY = replace(VIRTUAL_PATIENCE, answer_s=1.0, lead_s=0.3)
"""For boards that never answer. A first run may compile for longer than this."""
WRAP = 2**32

both_clocks = pytest.mark.parametrize("realtime", [False, True], ids=["fast", "realtime"])


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_kernels()


@contextmanager
def session(
    faults: Faults = Faults(),  # noqa: B008
    name: str = "sim:nominal",
    realtime: bool = False,
    patience: Patience = PATIENCE,
) -> Iterator[Session]:
    """A started session on a virtual board of four chips."""
    with virtual_samna([name], 4, realtime, faults) as samna:
        board = samna.device.open_device(samna.device.get_unopened_devices()[0])
        made = Session(samna, board, patience)
        made.start("any.bit")
        yield made


def played(some: Session, trial: int = 0):
    """What a programmed session answers to a trial: events in the run, and the books."""
    some.program(lively())
    came, books = some.link.run(stimulus(trial), DURATION_US, lambda part: None)
    return [row for row in rows_of(came) if row[0] < DURATION_US], books


def meant(name: str = "sim:nominal", trial: int = 0) -> list:
    """What the simulated board answers without any driver."""
    board = SimulatedBoard(parse_board(name))
    board.program(lively())
    return rows_of(board.run_trials([Trial(stimulus(trial), DURATION_US)])[0])


N = len(stimulus(0))


@both_clocks
@pytest.mark.parametrize("name", ["sim:nominal", "sim:seed=4"])
def test_the_driver_answers_as_the_simulated_board_behind_it(name: str, realtime: bool):
    with session(name=name, realtime=realtime) as driven:
        came, books = played(driven)
        again, _ = driven.link.run(stimulus(1), DURATION_US, lambda part: None)
        driven.discharge()
        third, _ = driven.link.run(stimulus(0), DURATION_US, lambda part: None)
    assert came == meant(name) and len(came) > 10
    assert [row for row in rows_of(third) if row[0] < DURATION_US] == came
    assert (books.echoed, books.late_in, books.lost_in, books.repeated) == (N, 0, 0, 0)


@both_clocks
def test_every_event_that_is_read_is_a_spike_of_the_run_control_or_stale(realtime: bool):
    with session(Faults(stale=40, repeated_markers=2), realtime=realtime) as driven:
        flushed = driven.program(lively())
        came, books = driven.link.run(stimulus(0), DURATION_US, lambda part: None)
        after = driven.discharge()
    assert flushed.stale >= 40 and flushed.received == flushed.stale + flushed.control
    assert books.received == len(came) + books.stale + books.control
    assert after.received == after.stale + after.control > 0


@both_clocks
@pytest.mark.parametrize(
    "fault",
    [
        "lost_markers=2",
        "lost_markers=3",
        "lost_markers=5",
        "lost_probes=2",
        "repeated_markers=31",
        "stale_markers=32",
    ],
)
def test_lost_and_repeated_control_words_change_nothing(fault: str, realtime: bool):
    patience = replace(PATIENCE, answer_s=4.0)
    with session(read_faults([fault]), realtime=realtime, patience=patience) as driven:
        came, books = played(driven)
    assert came == meant() and books.echoed == N and books.balanced


@both_clocks
@pytest.mark.parametrize("before_us", [0, DURATION_US // 2, DURATION_US])
def test_the_clock_may_wrap_before_in_and_behind_a_run(before_us: int, realtime: bool):
    """The board's clock is set so that the run, which starts a lead ahead, meets the wrap."""
    lead_us = int(PATIENCE.lead_s * 1e6)
    with virtual_samna(["sim:nominal"], 4, realtime, Faults(start_us=WRAP - 60_000_000)) as samna:
        board = samna.device.open_device(samna.device.get_unopened_devices()[0])
        driven = Session(samna, board, PATIENCE)
        driven.start("any.bit")
        driven.program(lively())
        now = driven.link.now_us() % WRAP
        ahead = (WRAP - lead_us - before_us - now) // 1000 * 1000
        board._clock.set_to(board.now_us + ahead)
        board._simulated_us += ahead
        first, last = driven.link.now_us(), driven.link._reader
        came, books = driven.link.run(stimulus(0), DURATION_US, lambda part: None)
    assert first % WRAP > WRAP - 10_000_000 and last.last_us % WRAP < 10_000_000
    assert 0 < last.last_us - first < 10_000_000
    assert [row for row in rows_of(came) if row[0] < DURATION_US] == meant()
    assert (books.echoed, books.late_in, books.lost_in) == (N, 0, 0)


def test_a_run_may_be_longer_than_timestamps_can_look_ahead():
    """36 minutes of chip time; more than half a wrap ahead means the past (nobody is monitored)."""
    end_us = 36 * 60_000_000
    with session(Faults(start_us=WRAP // 2)) as driven:
        driven.program(registers([synapse()]))
        came, books = driven.link.run(events([0, end_us - 1]), end_us, lambda part: None)
    assert (books.echoed, books.late_in, books.lost_in, len(came)) == (2, 0, 0, 0)


@both_clocks
def test_leftovers_of_an_earlier_run_are_counted_and_kept_out(realtime: bool):
    with session(Faults(stale=40), realtime=realtime) as driven:
        flushed = driven.program(lively())
        came, _ = played(driven)
    assert came == meant() and flushed.stale >= 40
    assert not any(row[1] == STALE_TAG for row in came)


@both_clocks
def test_words_that_the_link_loses_are_in_the_books(realtime: bool):
    with session(Faults(lost_permille=200), realtime=realtime) as driven:
        _, books = played(driven)
    assert books.echoed + books.late_in + books.lost_in == N
    assert 0.05 * N < books.lost_in < 0.5 * N and books.balanced


@both_clocks
def test_words_that_find_no_room_are_in_the_books(realtime: bool):
    with session(Faults(fifo=100), realtime=realtime) as driven:
        _, books = played(driven)
    assert books.echoed + books.late_in + books.lost_in == N and books.lost_in >= N - 100


@both_clocks
def test_words_that_come_too_late_are_in_the_books(realtime: bool):
    with session(realtime=realtime, patience=replace(PATIENCE, lead_s=-1.0)) as driven:
        _, books = played(driven)
    assert books.late_in > 0 and books.echoed + books.late_in == N and books.lost_in == 0


@both_clocks
def test_a_word_that_comes_back_twice_unbalances_the_books(realtime: bool):
    with session(Faults(repeated_words=1), realtime=realtime) as driven:
        came, books = played(driven)
    assert came == meant() and not books.balanced and books.repeated == N


@both_clocks
@pytest.mark.parametrize("faults", [Faults(refused_applies=1), Faults(error_events=1)], ids=str)
def test_a_configuration_that_is_not_taken_is_an_error(faults: Faults, realtime: bool):
    with pytest.raises(HardwareError) as caught, session(faults, realtime=realtime):
        pass
    assert caught.value.code == "APPLY_FAILED"
    assert ("error 1 of a fault" in str(caught.value)) == bool(faults.error_events)


@both_clocks
def test_a_clock_that_stands_is_an_error(realtime: bool):
    with pytest.raises(HardwareError) as caught, session(Faults(frozen_probe=1), realtime=realtime):
        pass
    assert caught.value.code == "CLOCK_FROZEN"


@both_clocks
def test_a_board_that_never_answers_is_given_up(realtime: bool):
    began = time.monotonic()
    faults = Faults(lost_permille=1000)
    with pytest.raises(HardwareError) as caught, session(faults, realtime=realtime, patience=HASTY):
        pass
    assert caught.value.code == "NO_ANSWER"
    assert time.monotonic() - began < 10.0


@both_clocks
def test_a_board_whose_end_never_comes_is_given_up_although_it_spikes(realtime: bool):
    faults = Faults(lost_markers=10_000)
    with session(faults, realtime=realtime, patience=HASTY) as driven:
        driven.program(lively())
        with pytest.raises(HardwareError) as caught:
            driven.link.run(stimulus(0), DURATION_US, lambda part: None)
    assert caught.value.code == "NO_ANSWER"


@both_clocks
def test_a_board_that_vanishes_stops_the_run_with_what_samna_says(realtime: bool):
    faults = Faults(vanishes_us=900_000)
    with session(faults, realtime=realtime) as driven, pytest.raises(LinkLost):
        for trial in range(100):
            played(driven, trial)


def test_a_board_that_is_gone_when_it_is_opened_says_so():
    with pytest.raises(LinkLost), session(Faults(start_us=1, vanishes_us=1)):
        pass


def test_what_came_so_far_is_told_while_a_run_lasts():
    told = []
    with session(realtime=True) as driven:
        driven.program(lively())
        came, _ = driven.link.run(stimulus(0, 1_500_000), 1_500_000, told.append)
    assert len(told) >= 2
    parts = sorted(row for part in told for row in rows_of(part))
    assert set(parts) < set(rows_of(came)) and len(parts) > 10


def test_a_program_for_more_chips_than_there_are_is_refused():
    with virtual_samna(["sim:nominal"], 1) as samna:
        board = samna.device.open_device(samna.device.get_unopened_devices()[0])
        small = Session(samna, board, PATIENCE)
        small.start("any.bit")
        with pytest.raises(HardwareError) as caught:
            small.program(lively())
    assert caught.value.code == "CHIPS"


@pytest.mark.parametrize("word", ["lost=1", "lost_markers", "lost_markers=-1", "lost_markers=x"])
def test_faults_that_do_not_exist_are_refused(word: str):
    with pytest.raises(InputError) as caught:
        read_faults([word])
    assert caught.value.code == "FAULT" and "lost_markers" in str(caught.value)
