"""The score of a twin."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy.twins.fidelity import fidelity
from analoop.hw import VirtualBoard
from analoop.hw.snapshot import unscreened
from analoop.hw.twin import HeldOut, Twin
from analoop.models import InputError

from .boards import BOARD, made, program, recorded, trains

SHAPE = (1, 4, 256)


def twin_of(board: VirtualBoard, held: bool = True) -> Twin:
    """A twin with factors of 1 everywhere."""
    session = recorded(program(), trains(4), board)
    kept = HeldOut(session.stimulus, session.recordings) if held else None
    ones = {"i_tau_mem": np.ones(SHAPE)}
    return Twin(session.board, "now", "by hand", ones, {"tau_mem": np.ones(SHAPE)}, held_out=kept)


def test_a_twin_that_is_nominal_is_exact_for_a_nominal_board():
    score = fidelity(unscreened(twin_of(VirtualBoard())), program())
    assert score["twin"]["rms_Hz"] == score["nominal"]["rms_Hz"] == 0
    assert score["times_better"] is None


def test_a_twin_that_is_nominal_is_no_better_than_nominal():
    score = fidelity(unscreened(twin_of(BOARD)), program())
    assert score["times_better"] == 1
    assert score["spikes"] == len(recorded(program(), trains(4), BOARD).recordings[0].trial)


def test_errors_are_those_of_the_mean_rate_of_each_neuron():
    score = fidelity(unscreened(twin_of(BOARD)), program())
    mine, nominal = (
        recorded(program(), trains(4), b).recordings[0].counts.sum(axis=0) / 0.8
        for b in (BOARD, VirtualBoard())
    )
    assert score["nominal"]["mean_absolute_Hz"] == pytest.approx(np.abs(mine - nominal).mean())


def test_a_twin_without_held_out_recordings_has_no_score():
    with pytest.raises(InputError) as refused:
        fidelity(unscreened(twin_of(BOARD, held=False)), program())
    assert refused.value.code == "NO_HELD_OUT"


def test_another_program_is_refused():
    other = replace(made().planned[0].program)
    with pytest.raises(InputError) as refused:
        fidelity(unscreened(twin_of(BOARD)), other)
    assert refused.value.code == "TWIN_RECORDINGS"
