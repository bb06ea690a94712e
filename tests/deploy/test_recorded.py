"""One check of recordings: all that is wrong with one, and nothing with a good one."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import Program, compile, run_virtual
from analoop.deploy.recorded import check_recording, need_recording
from analoop.hw import VirtualBoard
from analoop.hw.balance import RECEIVED, SENT
from analoop.models import InputError, Recording, Stimulus

from .networks import ring, spike_trains

SHORT = dict.fromkeys((*SENT, *RECEIVED, "repeated", "early_in"), 0) | {"words": 0, "received": 9}
Played = tuple[Recording, Program, Stimulus]


@pytest.fixture(scope="module")
def played() -> Played:
    program, stimulus = compile(ring(4, n_inputs=2)), spike_trains(2, trials=3, seed=3)
    return run_virtual(program, [VirtualBoard(1)], stimulus)[0], program, stimulus


def reordered(recording: Recording) -> Recording:
    turn = len(recording.names) - 1 - recording.neuron
    order = np.lexsort((turn, recording.time_us, recording.trial))
    moved = {k: getattr(recording, k)[order] for k in ("trial", "time_us")}
    return replace(recording, names=recording.names[::-1], neuron=turn[order], **moved)


WRONG = {
    "program": lambda r: replace(r, provenance=dict(r.provenance) | {"program": "f" * 64}),
    "stimulus": lambda r: replace(r, provenance={"program": r.provenance["program"]}),
    "neurons": lambda r: replace(r, names=("somebody", *r.names[1:])),
    "order": reordered,
    "trials": lambda r: replace(r, duration_us=r.duration_us + 1),
    "books": lambda r: replace(r, books=SHORT),
}


def test_a_recording_of_this_program_and_stimulus_has_no_fault(played: Played):
    assert check_recording(*played) == []
    need_recording(*played)


@pytest.mark.parametrize("kind", WRONG)
def test_every_fault_is_found_by_itself_and_refused(played: Played, kind: str):
    recording, program, stimulus = played
    wrong = WRONG[kind](recording)
    (fault,) = check_recording(wrong, program, stimulus)
    assert fault.kind == kind and fault.need in str(fault) and fault.found in str(fault)
    with pytest.raises(InputError, match=wrong.hash[:12]) as refused:
        need_recording(wrong, program, stimulus)
    assert refused.value.code == ("UNBALANCED" if kind == "books" else "WRONG_RECORDING")


def test_all_faults_are_said_at_once(played: Played):
    recording, program, stimulus = played
    for kind in ("program", "neurons", "trials", "books"):
        recording = WRONG[kind](recording)
    with pytest.raises(InputError) as refused:
        need_recording(recording, program, stimulus)
    text = str(refused.value)
    assert refused.value.code == "WRONG_RECORDING"
    assert all(
        w in text for w in ("program ffffffffffff", "neuron 0 of 'ring'", "3 trials", "received 9")
    )
