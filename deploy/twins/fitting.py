"""From recordings of a board to its twin: a snapshot with the factors of its neurons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...hw.snapshot import Snapshot, silicon, unscreened
from ...hw.twin import HeldOut, Twin
from ...models.errors import InputError
from ...models.recording import Recording, Stimulus
from ..labelled import check_channels
from ..program import Program
from .estimation import Estimate, Prior, estimate
from .factors import (
    CONTAINED,
    current_factors,
    fitted_names,
    prior_sd,
    setting_sd,
    shown_by,
)
from .fidelity import fidelity
from .forcing import Forced, force
from .sessions import Session, split

METHOD = "teacher-forced threshold crossings, maximum a posteriori, version 1"
"""Recorded in every twin; changes whenever the same recordings would give another one."""

HOLD_OUT = 0.3
"""Share of the trials of a session that is held out."""
TOLD = 0.7
"""A factor is identified if no more than this of its uncertainty is left [1]."""
POOR = 0.2
"""Error of a spike from which on a neuron is not described by the equations, as a share of the way
to the threshold [1]."""


@dataclass(frozen=True)
class FitOptions:
    """How to fit a twin.

    Raises:
        InputError: HELD_OUT.
    """

    date: str
    """When, ISO 8601."""
    hold_out: float = HOLD_OUT
    """Share of the trials of the program's own session that the fit does not see, above 0 and
    below 1 [1]."""
    screening: Snapshot | None = None
    """Screening of the same board, to be in the same file."""

    def __post_init__(self) -> None:
        if not 0 < self.hold_out < 1:
            raise InputError(
                f"a share of {self.hold_out:g} of the trials cannot be held out: give one above 0 "
                f"and below 1, as in --hold-out {HOLD_OUT:g}",
                code="HELD_OUT",
            )


def fit_twin(
    session: Session,
    characterization: Sequence[Session],
    options: FitOptions,
    tell: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Fit the neurons of a program on one board; the snapshot holds what was held out, and a score.

    With a characterization (characterization.py) all factors come from it, and the program's own
    recordings only move the gains from the weights of the characterization to its own. Without
    one all comes from the program's own recordings, and what they do not tell is left nominal.

    Args:
        session: the program's own, of which some trials are held out.
        tell: called with the rounds done and all rounds.

    Raises:
        InputError: TWIN_RECORDINGS, sessions of different boards or of neurons at other places;
            TWIN_CIRCUITS; HELD_OUT; of the screening SNAPSHOT_MIXED, SNAPSHOT_INVALID,
            OTHER_SCREENING.
    """
    _check_same(session, characterization)
    _check_screening(session.program, session.board, options)
    fitted, held = split(session, options.hold_out)
    own = force(fitted)
    names = fitted_names(own.circuits)
    sd = prior_sd(own.circuits, names)[:, own.row]
    prior = Prior(names, np.zeros_like(sd), sd, names)
    found = estimate([force(s) for s in characterization] or [own], prior, tell)
    if characterization:
        found = _own_gains(found, own, tell)
    factors, left = _laid_out(found, sd, session)
    twin = Twin(
        session.board, options.date, METHOD, factors, left,
        tuple(s.record() for s in (*characterization, fitted)),
        held_out=HeldOut(held.stimulus, held.recordings),
    )  # fmt: skip
    snapshot = _joined(twin, session.program, options)
    score = fidelity(snapshot, session.program)
    return replace(snapshot, twin=replace(twin, fidelity=score))


def check_ahead(
    program: Program, stimulus: Stimulus, board: Mapping[str, Any], options: FitOptions
) -> None:
    """Refuse before a board plays what `fit_twin` would refuse once it has played: everything that
    is wrong already with recordings in which no neuron spikes.

    Args:
        board: identity record of the board.

    Raises:
        InputError: INPUT_CHANNELS; HELD_OUT; TWIN_CIRCUITS; of the screening as `fit_twin`.
    """
    check_channels(program, stimulus)
    _check_screening(program, board, options)
    none = np.zeros(0, np.int64)
    made = {"program": program.hash, "stimulus": stimulus.hash}
    silent = Recording(program.names, stimulus.duration_us, none, none, none, {}, dict(board), made)
    fitted, held = split(Session(program, stimulus, (silent,)), options.hold_out)
    HeldOut(held.stimulus, held.recordings)
    force(fitted)


def _check_screening(program: Program, board: Mapping[str, Any], options: FitOptions) -> None:
    """Refuse a screening that no twin of the board for this program can be in one file with."""
    c = program.configuration
    unknown = np.full((c.n_chips, c.chip.cores, c.chip.neurons_per_core), np.nan)
    twin = Twin(board, options.date, METHOD, {"i_tau_mem": unknown}, {"tau_mem": unknown})
    made_for, there = program.provenance.get("snapshot"), _joined(twin, program, options).screening
    if made_for is not None and made_for["hash"] != there.hash:
        raise InputError(
            f"the program was compiled for the dead words of {made_for['board']['name']} as of "
            f"screening {made_for['hash'][:12]}, and runs on a twin only where these are in the "
            f"same file; {'there is none' if options.screening is None else 'given is another'}: "
            "give that screening with --snapshot, or compile without one",
            code="OTHER_SCREENING",
        )


def _check_same(session: Session, characterization: Sequence[Session]) -> None:
    """Refuse sessions that do not tell about the same neurons."""
    bad = []
    for k, other in enumerate(characterization):
        if silicon(other.board) != silicon(session.board):
            bad.append(f"characterization {k} is of {other.board.get('name')}")
        if not np.array_equal(other.program.address, session.program.address):
            bad.append(f"characterization {k} has its neurons at other places")
    if bad:
        raise InputError(
            f"the recordings are of {session.board.get('name')}: {'; '.join(bad)}: plan the "
            "characterization for this program and play it on this board",
            code="TWIN_RECORDINGS",
        )


def _own_gains(found: Estimate, own: Forced, tell: Callable[[int, int], None] | None) -> Estimate:
    """The same with gains moved to what the program's own recordings say.

    The words of the characterization have other weight bits than those of the program, and the gain
    of a neuron depends on them somewhat: only that much may it move.
    """
    gains = tuple(name for name in found.names if name.startswith("gain_"))
    sd = found.spread.copy()
    for name in gains:
        k = found.names.index(name)
        sd[k] = np.hypot(sd[k], setting_sd(own.circuits, name)[own.row])
    moved = estimate([own], Prior(found.names, found.logarithm, sd, gains), tell)
    return replace(moved, spikes=found.spikes, error=found.error)


def _laid_out(
    found: Estimate, sd: np.ndarray, session: Session
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Factors of currents, and what is left of the uncertainty, [chip, core, neuron]."""
    configuration = session.program.configuration
    chip = configuration.chip
    shape = (configuration.n_chips, chip.cores, chip.neurons_per_core)
    place = tuple(session.program.address.T)
    described = (found.error < POOR) & (found.spikes > 0)
    left = np.where(described, found.spread / sd, 1.0)
    known = dict(zip(found.names, left <= TOLD, strict=True))
    known["threshold"] = known["threshold"] & described

    def spread_out(values: np.ndarray) -> np.ndarray:
        array = np.full(shape, np.nan)
        array[place] = values
        return array

    logs = zip(found.names, found.logarithm, strict=True)
    factors = {name: np.where(known[name], np.exp(log), 1.0) for name, log in logs}
    currents = {}
    for name, values in current_factors(factors).items():
        currents[name] = np.where(known[shown_by(name)], values, np.nan)
    for name in CONTAINED:
        currents[name] = np.where(described, 1.0, np.nan)
    return (
        {name: spread_out(values) for name, values in currents.items()},
        {name: spread_out(values) for name, values in zip(found.names, left, strict=True)},
    )


def _joined(twin: Twin, program: Program, options: FitOptions) -> Snapshot:
    """The twin and the screening in one. Raises InputError SNAPSHOT_MIXED, SNAPSHOT_INVALID."""
    if options.screening is None:
        return unscreened(twin, program.configuration.chip)
    return replace(options.screening, twin=twin)
