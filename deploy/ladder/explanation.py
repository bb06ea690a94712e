"""`explain`: play the same labelled input on every rung and say which one breaks the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...hw.chip import DYNAPSE2, ChipSpec
from ...hw.simulated_board import identify
from ...hw.virtual_board import VirtualBoard
from ...models.mismatch import MISMATCH_VERSION
from ...models.network import Network
from ...models.recording import Recording, Stimulus
from ...models.runner import Runner
from ...models.simulation import simulate
from ...models.versions import versions
from ..board_check import check_board
from ..comparison.distances import require_pyspike
from ..comparison.multiplicity import holm
from ..compilation import compile
from ..execution import run_virtual
from ..labelled import check_labelled
from ..metrics import accuracy_interval, decisions, mean_rate_hz
from ..program import Program
from ..recorded import need_recording
from .distance import Sample, mean_distance
from .fitting import fit
from .judgement import ALPHA, mcnemar
from .ladder import Ladder, Outcome, Rung
from .steps import Step, Subject, steps_of

Played = list[tuple[Step, Recording | None]]
"""Every step with its recording; None: it cannot be played."""


@dataclass(frozen=True)
class Settings:
    """How a ladder is judged."""

    sample: Sample = Sample()
    """The trains that are compared."""
    alpha: float = ALPHA
    """Chance of blaming any rung that costs nothing [1]."""
    tell: Callable[[int, int, str], None] = lambda done, planned, name: None
    """Called with rungs done, rungs planned and the name of the next."""


def explain(
    program: Program,
    stimulus: Stimulus,
    board: VirtualBoard | Subject,
    network: Network | None = None,
    settings: Settings = Settings(),
) -> Ladder:
    """Play a labelled stimulus on every rung from the float model down to a board.

    Args:
        board: a virtual board; or a `Subject`, with a recording of a real one.
        network: the program was compiled from it, or from `fit(network)`; None: the rungs above
            the registers are not known.

    Raises:
        InputError: NO_TARGETS, TARGETS, INPUT_CHANNELS, NETWORK_MISMATCH, WRONG_BOARD,
            WRONG_RECORDING, UNBALANCED, PYSPIKE_MISSING.
    """
    subject = board if isinstance(board, Subject) else Subject(board)
    steps = _steps(program, stimulus, subject, network)
    _check_subject(program, stimulus, subject)
    played = _play(program, stimulus, steps, subject, settings)
    rungs, total_p = _judge(program, stimulus, played, settings)
    found: dict[str, Any] = {
        "program": program.hash,
        "network": None if network is None else network.hash,
        "stimulus": stimulus.hash,
        "trials": stimulus.n_trials,
        "board": _named(subject),
        "simulated": not subject.measured,
        "mismatch": MISMATCH_VERSION,
        "distance": {
            "kind": "SPIKE-distance (PySpike)",
            "trials": settings.sample.trials(len(program.names), stimulus.n_trials).tolist(),
            "seed": settings.sample.seed,
        },
        "test": "McNemar exact, two-sided, corrected by Holm",
        "versions": versions(),
    }
    return Ladder(tuple(rungs), settings.alpha, total_p, found)


def explain_network(
    network: Network,
    stimulus: Stimulus,
    board: VirtualBoard,
    settings: Settings = Settings(),
    chip: ChipSpec = DYNAPSE2,
) -> tuple[Ladder, Program]:
    """As `explain`, of a network that need not fit the chip: it is fitted and compiled first.

    Returns:
        The ladder, and the program at its foot.

    Raises:
        ConstraintError: limits at which `fit` has no way to give in: TAGS, FAN_OUT, CORES.
    """
    program = compile(fit(network, chip), chip)
    return explain(program, stimulus, board, network, settings), program


def check_ahead(
    program: Program,
    stimulus: Stimulus,
    stand_in: VirtualBoard | None,
    network: Network | None = None,
) -> None:
    """Refuse before a real board plays what `explain` would refuse once it has played.

    Args:
        stand_in: virtual board that stands for it, if there is one.

    Raises:
        InputError, FileError: as `explain`, but for what a recording alone can be wrong in.
    """
    _steps(program, stimulus, Subject(stand_in), network)


def _steps(
    program: Program, stimulus: Stimulus, subject: Subject, network: Network | None
) -> list[Step]:
    require_pyspike()
    check_labelled(program, stimulus)
    return steps_of(program, network, subject)


def _named(subject: Subject) -> dict[str, Any]:
    virtual = None if subject.virtual is None else subject.virtual.name
    if subject.recording is None:
        return {"name": virtual, "target": "simulated"}
    return {**subject.recording.board, "stands_for_it": virtual}


def _check_subject(program: Program, stimulus: Stimulus, subject: Subject) -> None:
    """Whether the board may hold the program, and the recording is of this program and stimulus."""
    recording = subject.recording
    if recording is None:
        check_board(program, identify(subject.model, program.configuration.chip).record())
        return
    need_recording(recording, program, stimulus)


def _play(
    program: Program,
    stimulus: Stimulus,
    steps: list[Step],
    subject: Subject,
    settings: Settings,
) -> Played:
    """Every step and its recording; a step that changes nothing has that of the one above."""
    model = subject.model
    # Parts of a board are other boards than the one whose snapshot the program was compiled with.
    loose = {key: value for key, value in program.provenance.items() if key != "snapshot"}
    bare = replace(program, provenance=loose)
    runner = Runner(model.precision)
    played: Played = []
    last = None
    for number, step in enumerate(steps):
        settings.tell(number, len(steps), step.name)
        if step.network is not None:
            last = simulate(step.network, stimulus, model.step_us, runner)
        elif step.board is not None:
            (last,) = run_virtual(bare, [step.board], stimulus)
        elif step.recording is not None:
            last = step.recording
        played.append((step, last if step.known else None))
    return played


def _judge(
    program: Program, stimulus: Stimulus, played: Played, settings: Settings
) -> tuple[list[Rung], float]:
    """The rungs, and McNemar's p of the last against the first."""
    known = [_Result.of(r, program, stimulus) for _, r in played if r is not None]
    top, above, rungs = known[0], known[0], []
    for step, recording in played:
        outcome, p, basis = None, None, "not known"
        if recording is not None:
            here = known.pop(0)
            outcome = _outcome(here, above, top, rungs, settings.sample)
            basis = _basis(recording)
            if step.changed and here is not top:
                p = mcnemar(above.right, here.right)
            above = here
        rungs.append(Rung(step.name, step.what, basis, step.changed, outcome, p))
    corrected = holm([np.nan if rung.p is None else rung.p for rung in rungs])
    rungs = [
        rung if rung.p is None else replace(rung, p_corrected=float(value))
        for rung, value in zip(rungs, corrected, strict=True)
    ]
    return rungs, mcnemar(top.right, above.right)


@dataclass(frozen=True, eq=False)
class _Result:
    """A recording and how its trials were decided."""

    recording: Recording
    """What was played."""
    right: np.ndarray
    """Whether each trial was decided right, bool [trial]."""

    @staticmethod
    def of(recording: Recording, program: Program, stimulus: Stimulus) -> _Result:
        won = decisions(recording, program.readout)
        return _Result(recording, won == stimulus.target)


def _outcome(
    here: _Result, above: _Result, top: _Result, rungs: list[Rung], sample: Sample
) -> Outcome:
    """What a rung did; `rungs` are those above."""
    recording, trials, correct = here.recording, len(here.right), int(here.right.sum())
    cost = int(above.right.sum()) - correct
    last = next((r.outcome for r in reversed(rungs) if r.outcome is not None), None)
    same = last is not None and above.recording is recording
    return Outcome(
        correct,
        correct / trials,
        accuracy_interval(correct, trials),
        int(recording.counts.sum()),
        mean_rate_hz(recording),
        cost,
        cost / trials,
        mean_distance(above.recording, recording, sample),
        last.distance_top if last and same else mean_distance(top.recording, recording, sample),
        recording.hash,
    )


def _basis(recording: Recording) -> str:
    board = recording.board
    words = {"software": "software model", "simulated": f"SIMULATED {board['name']}"}
    said = words.get(board["target"], f"measured {board['name']}")
    return f"{said}, step {board['step_us']} us" if board["target"] == "software" else said
