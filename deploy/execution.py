"""Play a stimulus on a board and bring home what its neurons did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..hw.balance import imbalance
from ..hw.board import Board, Trial
from ..hw.events import Events
from ..hw.fleet import build_fleet
from ..hw.simulated_board import identify
from ..hw.simulator import play
from ..hw.virtual_board import VirtualBoard
from ..models.errors import HardwareError, IncompleteError, InputError
from ..models.partial_recording import PartialRecording
from ..models.recording import Recording, Stimulus
from ..models.runner import Runner
from ..models.versions import versions
from .board_check import check_board
from .labelled import check_channels
from .program import Program

MOST_APART = 5.0
"""Factor by which the spikes of a sound chip may differ from the known answer: 200 seeds of the
shipped program gave 0.26 to 2.6."""

LEAST_CORRELATION = 0.4
"""Of a sound chip's spike counts with the known answer: 200 seeds gave 0.52 to 0.90."""


def run(program: Program, board: Board, stimulus: Stimulus) -> Recording:
    """Program a board and play every trial of a stimulus, each from rest.

    Raises:
        InputError: INPUT_CHANNELS, when the stimulus has another number of channels; WRONG_BOARD,
            when the program was compiled with the snapshot of another board.
        RegisterError: the board cannot make what the program asks for.
        IncompleteError: the board failed (HARDWARE_FAULT) or its books do not balance
            (UNBALANCED); holds what came as a PartialRecording.
    """
    record = board.identity.record()
    check_board(program, record)
    trials = _trials(program, stimulus)
    board.program(program.configuration)
    try:
        came, fault = board.run_trials(trials), None
    except HardwareError as error:
        came, fault = error.received, error
    if fault is not None:
        begun = stimulus.select(np.arange(len(came)))
        content = _recording(program, begun, trials[: len(came)], came, record)
        content = _with_books(content, board.books)  # of the trials that were finished
        cause = f"{fault} ({fault.code}); {len(came)} of {len(trials)} trials were begun"
        raise _incomplete("HARDWARE_FAULT", cause, content, len(trials), fault.exit_code)
    recording = _with_books(_recording(program, stimulus, trials, came, record), board.books)
    wrong = imbalance(recording.books)
    if wrong:
        cause = f"the books do not balance: {wrong}"
        raise _incomplete("UNBALANCED", cause, recording, len(trials), IncompleteError.exit_code)
    return recording


def _incomplete(
    code: str, cause: str, content: Recording, planned: int, exit_code: int
) -> IncompleteError:
    partial = PartialRecording(content, cause, planned)
    return IncompleteError(cause, code=code, partial=partial, exit_code=exit_code)


def run_virtual(
    program: Program,
    boards: Sequence[VirtualBoard],
    stimulus: Stimulus,
    runner: Runner | None = None,
) -> list[Recording]:
    """As `run`, on several virtual boards in one batch; `runner` as in `hw.run_trials`."""
    if not boards:
        return []
    chip = program.configuration.chip
    records = [identify(board, chip).record() for board in boards]
    for record in records:
        check_board(program, record)
    trials = _trials(program, stimulus)
    fleet = build_fleet(program.configuration, boards)
    played = play(fleet, trials, 0, runner)
    recordings = []
    each = zip(boards, records, played.events, played.books, strict=True)
    for board, record, came, books in each:
        made = _recording(program, stimulus, trials, came, record | {"runner": played.runner})
        recordings.append(_with_books(made, books.record(board)))
    return recordings


def _with_books(recording: Recording, more: Mapping[str, int]) -> Recording:
    """Add what only the board knows."""
    books = dict(recording.books)
    control = books["control"] + more.get("control", 0)
    return replace(recording, books=books | dict(more) | {"control": control})


def _trials(program: Program, stimulus: Stimulus) -> list[Trial]:
    check_channels(program, stimulus)
    return [
        Trial(program.to_events(stimulus, k), int(stimulus.duration_us[k]))
        for k in range(stimulus.n_trials)
    ]


def _recording(
    program: Program,
    stimulus: Stimulus,
    trials: Sequence[Trial],
    came: Sequence[Events],
    board: dict[str, Any],
) -> Recording:
    """Put every event into a column or into a book; none is moved, none is dropped."""
    trial = np.repeat(np.arange(len(came)), [len(events) for events in came])
    time = np.concatenate([np.zeros(0, np.int64), *(events.time_us for events in came)])
    column = np.concatenate([np.zeros(0, np.int64), *(program.columns_of(e) for e in came)])
    control = np.concatenate([np.zeros(0, bool), *(events.y_hop != 0 for events in came)])
    foreign = (column < 0) & ~control
    early = (time < 0) & (column >= 0)
    late = (time >= stimulus.duration_us[trial]) & (column >= 0)
    good = (column >= 0) & ~early & ~late
    sent = int(np.isin(stimulus.channel, program.inputs["source"]).sum())
    books = {
        "sent": sent,
        "unconnected": len(stimulus.channel) - sent,
        "words": sum(len(t.events) for t in trials),
        "in_window": int(good.sum()),
        "early": int(early.sum()),
        "late": int(late.sum()),
        "foreign": int(foreign.sum()),
        "control": int(control.sum()),
    }
    trial, time, column = trial[good], time[good], column[good]
    last = int(stimulus.duration_us.max(initial=1))
    # Nearly sorted already, which a stable sort makes use of.
    order = np.argsort((trial * last + time) * len(program.names) + column, kind="stable")
    return Recording(
        program.names,
        stimulus.duration_us,
        trial[order],
        time[order],
        column[order],
        books,
        board,
        {"program": program.hash, "stimulus": stimulus.hash, "versions": versions()},
    )


def verify(program: Program, board: Board) -> dict[str, Any]:
    """Ask a board the program's known question and compare with the nominal answer.

    Returns:
        `passed`; `exact`: every spike at its microsecond (only the board that gave the answer
        must, the nominal simulated one with its default step);
        `correlation` of spike counts over neurons: any other board passes from
        `LEAST_CORRELATION` on, with at most `MOST_APART` times more or fewer spikes (by these
        alone if all neurons should fire alike);
        `expected` and `received` spikes.

    Raises:
        As `run`. InputError: SILENT_ANSWER, the answer is silence, which a dead board gives too;
            the board is not touched.
    """
    answer = program.known_answer
    if not len(answer.neuron):
        raise InputError(
            f"program {program.hash[:12]} cannot be verified by its known answer: that is silence, "
            "as no neuron fires in it, and a board that took no register is silent too. With "
            "--verify=full every word of it is proved; with --verify=none it runs unverified",
            code="SILENT_ANSWER",
        )
    recording = run(program, board, answer.stimulus)
    wanted = np.bincount(answer.neuron, minlength=len(program.neurons))
    got = recording.counts.sum(axis=0)
    exact = np.array_equal(recording.time_us, answer.time_us) and np.array_equal(
        recording.neuron, answer.neuron
    )
    varied = wanted.std() > 0 and got.std() > 0
    correlation = float(np.corrcoef(wanted, got)[0, 1]) if varied else None
    identity = board.identity
    answered = identity.target == "simulated" and identity.name == VirtualBoard().name
    return {
        "passed": exact if answered else _alike(wanted, got, correlation),
        "exact": exact,
        "correlation": None if correlation is None else round(correlation, 4),
        "expected": int(wanted.sum()),
        "received": int(got.sum()),
        "board": identity.record(),
        "program": program.hash,
    }


def _alike(wanted: np.ndarray, got: np.ndarray, correlation: float | None) -> bool:
    """Whether counts of a mismatched board are plausible for this program."""
    near = wanted.sum() <= MOST_APART * got.sum() and got.sum() <= MOST_APART * wanted.sum()
    return bool(near and (correlation is None or correlation >= LEAST_CORRELATION))
