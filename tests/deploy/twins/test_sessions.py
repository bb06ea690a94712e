"""Recordings that belong together, and parts of them."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy.twins.sessions import Session, split
from analoop.hw.balance import RECEIVED, SENT
from analoop.models import InputError

from .boards import BOARD, OTHER, program, recorded, trains


def test_recordings_of_another_stimulus_or_board_are_refused_all_at_once():
    session = recorded(program(), trains(3), BOARD)
    foreign = recorded(program(), trains(3, seed=1), OTHER)
    with pytest.raises(InputError) as refused:
        replace(session, recordings=(*session.recordings, *foreign.recordings))
    assert refused.value.code == "TWIN_RECORDINGS"
    assert "recording 1: it was made with stimulus" in str(refused.value)
    assert "recording 1 is of another board" in str(refused.value)


def test_a_recording_whose_books_do_not_balance_is_refused():
    session = recorded(program(), trains(3), BOARD)
    (whole,) = session.recordings
    books = dict.fromkeys((*SENT, *RECEIVED, "repeated", "early_in"), 0)
    short = replace(whole, books=books | {"words": 0, "received": 9})
    with pytest.raises(InputError, match="received 9") as refused:
        replace(session, recordings=(short,))
    assert refused.value.code == "TWIN_RECORDINGS"


def test_a_session_without_recordings_is_refused():
    with pytest.raises(InputError, match="none was given"):
        Session(program(), trains(3), ())


def test_noise_of_another_repeat_is_the_same_board():
    boards = [replace(BOARD, noise=1.0, noise_seed=k) for k in range(2)]
    assert len(recorded(program(), trains(2), *boards).recordings) == 2


def test_selected_trials_keep_their_spikes_and_say_where_they_are_from():
    session = recorded(program(), trains(6), BOARD)
    part, whole = session.select(np.array([4, 1])), session.recordings[0]
    got = part.recordings[0]
    np.testing.assert_array_equal(got.counts, whole.counts[[4, 1]])
    assert got.provenance["part_of"] == whole.hash
    assert got.provenance["trials"] == [4, 1]
    assert (np.diff(got.trial) >= 0).all()


def test_a_split_loses_no_trial_and_spreads_what_is_held_out():
    session = recorded(program(), trains(20), BOARD)
    fitted, held = split(session, 0.3)
    out = held.recordings[0].provenance["trials"]
    assert sorted(out + fitted.recordings[0].provenance["trials"]) == list(range(20))
    assert len(out) == 6 and np.diff(out).max() <= 4


@pytest.mark.parametrize("share", [0.0, 0.01, 1.0, -1.0, float("nan"), float("inf")])
def test_a_split_with_an_empty_part_is_refused(share: float):
    with pytest.raises(InputError) as refused:
        split(recorded(program(), trains(5), BOARD), share)
    assert refused.value.code == "HELD_OUT"
