"""What was played on a board with one program, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...hw.snapshot import silicon
from ...models.errors import InputError
from ...models.recording import Recording, Stimulus
from ..program import Program
from ..recorded import check_recording


@dataclass(frozen=True, eq=False)
class Session:
    """One program, one stimulus, and the recordings of one or more repeats on one board.

    Raises:
        InputError: TWIN_RECORDINGS, when they do not belong together.
    """

    program: Program
    """The registers."""
    stimulus: Stimulus
    """What was played."""
    recordings: tuple[Recording, ...]
    """What came, one per repeat."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recordings", tuple(self.recordings))
        bad = [
            f"recording {k}: {fault}"
            for k, r in enumerate(self.recordings)
            for fault in check_recording(r, self.program, self.stimulus)
        ]
        boards = [silicon(r.board) for r in self.recordings]
        bad += [
            f"recording {k} is of another board" for k, b in enumerate(boards) if b != boards[0]
        ]
        if bad or not self.recordings:
            raise InputError(
                "recordings of one board, of this program and this stimulus and whole are needed, "
                f"at least one: {'; '.join(bad) or 'none was given'}: give the files that belong "
                "together",
                code="TWIN_RECORDINGS",
            )

    @property
    def board(self) -> Mapping[str, Any]:
        """Identity record of the board."""
        return self.recordings[0].board

    def select(self, trials: np.ndarray) -> Session:
        """Only these trials, of every repeat."""
        stimulus = self.stimulus.select(trials)
        return Session(
            self.program,
            stimulus,
            tuple(_selected(r, trials, stimulus) for r in self.recordings),
        )

    def record(self) -> dict[str, Any]:
        """Hashes of all of it, as JSON values."""
        return {
            "program": self.program.hash,
            "stimulus": self.stimulus.hash,
            "recordings": [r.hash for r in self.recordings],
        }


def _selected(recording: Recording, trials: np.ndarray, stimulus: Stimulus) -> Recording:
    """The given trials of a recording; its books stay those of the whole."""
    number = np.full(recording.n_trials, -1)
    number[trials] = np.arange(len(trials))
    at = number[recording.trial]
    order = np.flatnonzero(at >= 0)
    order = order[np.argsort(at[order], kind="stable")]
    of = {"stimulus": stimulus.hash, "part_of": recording.hash, "trials": [int(t) for t in trials]}
    return replace(
        recording,
        duration_us=recording.duration_us[trials],
        trial=at[order],
        time_us=recording.time_us[order],
        neuron=recording.neuron[order],
        provenance=dict(recording.provenance) | of,
    )


def split(session: Session, share: float) -> tuple[Session, Session]:
    """Trials to fit and trials to hold out, evenly spread over the session.

    Raises:
        InputError: HELD_OUT, when a part would be empty.
    """
    n = session.stimulus.n_trials
    held = int(np.rint(share * n)) if 0 < share < 1 else 0  # not a number is neither
    if not 0 < held < n:
        raise InputError(
            f"holding out {share:g} of {n} trials leaves nothing to fit or nothing to judge by: "
            "hold out a share above 0 and below 1, of a session of some trials",
            code="HELD_OUT",
        )
    out = np.unique(((np.arange(held) + 0.5) * n / held).astype(np.int64))
    return session.select(np.setdiff1d(np.arange(n), out)), session.select(out)
