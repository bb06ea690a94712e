"""Did the board change, or the code? A short fixed question, and what was answered before.

The question is the known answer's of the shipped network: 100 ms in which every input fires, asked
some times over. The code is judged without the board: the shipped network is compiled again and
must give the program of the board's reference, and the nominal simulated board must answer it spike
for spike as then. The board is judged with the program of its reference, whatever the compiler does
now, by the limits of control_limits.py. Nothing is kept before the board answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...hw import board as boards
from ...hw.board import Board, simulated
from ...models.errors import InputError
from ...models.recording import Recording, Stimulus
from ...models.versions import versions
from ..compilation import compile
from ..execution import run
from ..metrics import mean_rate_hz
from ..program import Program
from ..shipped import shipped_network
from .control_limits import FEWEST, Limits, control_limits
from .fingerprint_history import ChartPoint, History, Reference
from .plan import name_in_repeat

_DRIVING = ("driver", "samna", "bit_file_sha256", "firmware", "runner", "step_us")
"""Parts of a board's identity record that are code, and not the chips."""


@dataclass(frozen=True)
class Fingerprint:
    """What came of a fingerprint."""

    point: ChartPoint
    """On the chart of the board, verdicts included."""
    code: tuple[str, ...]
    """How the code differs from the reference's; empty: in nothing."""
    board: dict[str, Any]
    """Identity record."""
    provenance: dict[str, Any]
    """Hashes and versions."""
    replaced: int | None = None
    """Number of the reference that this one takes the place of; None: it takes none."""

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        p = self.point
        if self.replaced is not None:
            return (
                f"kept as the new REFERENCE of this board: fingerprint {self.replaced} is none any "
                "more, what comes is held against this one; other boards keep theirs"
            )
        if p.reference == p.number:
            return "kept as the REFERENCE of this board: nothing to compare with yet"
        code = "the CODE CHANGED" if p.code_changed else "the code is unchanged"
        if p.board_changed is None:
            return f"{code}; the board is not judged: it is simulated by that code"
        return (
            f"the BOARD CHANGED, {code}" if p.board_changed else f"the board is unchanged, {code}"
        )


def question(program: Program, repeats: int) -> Stimulus:
    """The stimulus of the program's known answer, as often."""
    one = program.known_answer.stimulus
    return Stimulus(
        one.n_channels,
        np.repeat(one.duration_us, repeats),
        np.repeat(np.arange(repeats), len(one.time_us)),
        np.tile(one.time_us, repeats),
        np.tile(one.channel, repeats),
    )


def fingerprint(
    board: str, folder: Path, date: str, repeats: int = 10, renew: bool = False
) -> Fingerprint:
    """Ask a board, compare with its reference, and add the answer to the history.

    The first fingerprint of a board is its reference. A simulated board with noise, losses or
    jitter has them anew each time. Charts and references stay as they are if anything fails.

    Args:
        folder: of the history; made if there is none.
        date: of today, ISO 8601.
        repeats: how often the question is asked.
        renew: take this answer, and the code as it is, as the new reference of this board.

    Raises:
        InputError: FEW_TRIALS, OTHER_HISTORY, HISTORY_HELD.
        BoardError: the board cannot be had.
        IncompleteError: as `run`.
    """
    if repeats < FEWEST:
        raise InputError(
            f"{repeats} trials are too few to tell a change from chance: play {FEWEST} or more",
            code="FEW_TRIALS",
        )
    made = compile(shipped_network())
    with boards.open_board(board) as opened, History(folder) as history:
        before = history.points(opened.identity.record())
        old = history.reference(opened.identity.record())
        base = None if renew else old
        program = base.program if base else made
        nominal = base.nominal if base else answers("sim:nominal", made, 1)
        recording = _play(board, opened, len(before), question(program, repeats), program)
        told = dict(recording.provenance) | {"nominal": nominal.hash}
        recording = replace(recording, provenance=told)
        code, limits, unjudged = [], None, False
        if base:
            code, unjudged = _code(made, base, recording)
            limits = control_limits(base.recording.counts, recording.counts)
        point = _point(recording, len(before), date, limits, base.number if base else len(before))
        changed = None if limits is None or unjudged else limits.changed
        point = replace(point, board_changed=changed, code_changed=bool(code))
        history.add(point, Reference(len(before), recording, program, nominal))
    replaced = old.number if old and renew else None
    return Fingerprint(
        point, tuple(code), dict(recording.board), dict(recording.provenance), replaced
    )


def _play(name: str, opened: Board, number: int, asked: Stimulus, program: Program) -> Recording:
    """The answer of a board: of the open one, or of a simulated one with the noise of this time."""
    if simulated(name) is None:
        return run(program, opened, asked)
    opened.close()
    return answers(name_in_repeat(name, number), program, asked.n_trials)


def answers(board: str, program: Program, repeats: int) -> Recording:
    """What a board answers to the question."""
    with boards.open_board(board, program.configuration.chip) as opened:
        return run(program, opened, question(program, repeats))


def _code(made: Program, base: Reference, recording: Recording) -> tuple[list[str], bool]:
    """How the code differs from the reference's, and whether a simulated board cannot be judged:
    all that such a board does is code."""
    program, nominal, found = base.program, base.nominal, []
    if made.hash != program.hash:
        found.append(
            f"the shipped network compiles to program {made.hash[:12]}, it was {program.hash[:12]}"
        )
    now, then = versions(), nominal.provenance["versions"]
    for name in sorted(k for k in now.keys() | then.keys() if now.get(k) != then.get(k)):
        found.append(f"{name} is {now.get(name, 'missing')}, it was {then.get(name, 'missing')}")
    again = answers("sim:nominal", program, 1)
    same = all(
        np.array_equal(getattr(again, k), getattr(nominal, k)) for k in ("time_us", "neuron")
    )
    if not same:
        found.append(
            f"sim:nominal answers otherwise than recording {nominal.hash[:12]}: "
            f"{len(again.time_us)} spikes, there were {len(nominal.time_us)}"
        )
    found += _driving(base.recording, recording)
    return found, not same and recording.board["target"] == "simulated"


def _driving(reference: Recording, recording: Recording) -> list[str]:
    """How the board is driven or simulated otherwise than it was."""
    then, now = reference.board, recording.board
    return [
        f"{key} of the board is {now.get(key)}, it was {then.get(key)}"
        for key in _DRIVING
        if then.get(key) != now.get(key)
    ]


def _point(
    recording: Recording, number: int, date: str, limits: Limits | None, reference: int
) -> ChartPoint:
    """Without verdicts."""
    hz = 1e6 / float(recording.duration_us.mean())
    board = recording.board
    return ChartPoint(
        number=number,
        date=date,
        board=board["name"],
        target=board["target"],
        recording=recording.hash,
        reference=reference,
        rate_hz=mean_rate_hz(recording),
        rate_low_hz=limits and limits.mean_low * hz,
        rate_high_hz=limits and limits.mean_high * hz,
        correlation=limits and limits.correlation,
        correlation_low=limits and limits.correlation_low,
        spread=float(recording.counts.var(axis=0).mean()),
        spread_low=limits and limits.spread_low,
        spread_high=limits and limits.spread_high,
        board_changed=None,
        code_changed=False,
    )
