"""Did the board change, or the code? A short fixed question, and what was answered before.

The question is the known answer's of the shipped network: 100 ms in which every input fires, asked
some times over. The code is judged without the board: the shipped network is compiled again and
must give the program of the history, and the nominal simulated board must answer that program spike
for spike as before. The board is judged with the program of the history, whatever the compiler does
now, by the limits of control_limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...hw import board as boards
from ...models.recording import Recording, Stimulus
from ...models.versions import versions
from ..compilation import compile
from ..execution import run
from ..metrics import mean_rate_hz
from ..program import Program
from ..shipped import shipped_network
from .control_limits import Limits, control_limits
from .fingerprint_history import ChartPoint, History
from .plan import name_in_repeat

_DRIVING = ("driver", "samna", "bit_file_sha256", "firmware", "runner", "step_us")
"""Parts of a board's identity record that are code, and not the chips."""


@dataclass(frozen=True)
class Fingerprint:
    """What came of a fingerprint."""

    point: ChartPoint
    """On the chart of the board, verdicts included."""
    code: tuple[str, ...]
    """How the code differs from the history's; empty: in nothing."""
    board: dict[str, Any]
    """Identity record."""
    provenance: dict[str, Any]
    """Hashes and versions."""

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        p = self.point
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
    """Ask a board, compare with its history, and add the answer to it.

    The first fingerprint of a board is its reference. A simulated board with noise, losses or
    jitter has them anew each time.

    Args:
        folder: of the history; made if there is none.
        date: of today, ISO 8601.
        repeats: how often the question is asked.
        renew: take this answer, and the code as it is, as the new reference.

    Raises:
        InputError: FEW_TRIALS, OTHER_HISTORY, HISTORY_HELD.
        BoardError: the board cannot be had.
        IncompleteError: as `run`.
    """
    made = compile(shipped_network())
    with History(folder) as history:
        founded = history.founded()
        if founded is None or renew:
            founded = made, answers("sim:nominal", made, 1)
            history.found(*founded)
        program, nominal = founded
        code, other_answer = _code(made, program, nominal)
        with boards.open_board(board) as opened:
            before = history.points(opened.identity.record())
        recording = answers(name_in_repeat(board, len(before)), program, repeats)
        told = dict(recording.provenance) | {"nominal": nominal.hash}
        recording = replace(recording, provenance=told)
        base = None if renew else _reference(history, before, recording)
        if base is not None:
            code += _driving(base[1], recording)
        limits = base and control_limits(base[1].counts, recording.counts)
        point = _point(recording, len(before), date, limits, base[0] if base else len(before))
        unjudged = other_answer and point.target == "simulated"
        changed = None if limits is None or unjudged else limits.changed
        point = replace(point, board_changed=changed, code_changed=bool(code))
        history.add(point, recording)
    return Fingerprint(point, tuple(code), dict(recording.board), dict(recording.provenance))


def answers(board: str, program: Program, repeats: int) -> Recording:
    """What a board answers to the question."""
    with boards.open_board(board, program.configuration.chip) as opened:
        return run(program, opened, question(program, repeats))


def _code(made: Program, program: Program, nominal: Recording) -> tuple[list[str], bool]:
    """How the code differs from the history's, and whether simulated boards answer otherwise."""
    found = []
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
    return found, not same


def _driving(reference: Recording, recording: Recording) -> list[str]:
    """How the board is driven or simulated otherwise than it was."""
    then, now = reference.board, recording.board
    return [
        f"{key} of the board is {now.get(key)}, it was {then.get(key)}"
        for key in _DRIVING
        if then.get(key) != now.get(key)
    ]


def _reference(
    history: History, before: tuple[ChartPoint, ...], recording: Recording
) -> tuple[int, Recording] | None:
    """The latest reference of a board and its number; None: there is none for this program, or a
    simulated board has none since the code was renewed."""
    numbers = [point.number for point in before if point.reference == point.number]
    if not numbers:
        return None
    found = history.load(dict(recording.board), numbers[-1])
    alike = ("program", "nominal") if recording.board["target"] == "simulated" else ("program",)
    same = all(found.provenance[key] == recording.provenance[key] for key in alike)
    return (numbers[-1], found) if same else None


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
