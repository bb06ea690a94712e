"""The plan of a ladder: which network or board plays each rung, before any is played.

From the top to the legal bias codes the rungs are networks, played in software; below they are
virtual boards that hold the program and have, one after the other, the defects, the mismatch and
the noise of the board in question. The last rung is that board itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...hw.virtual_board import VirtualBoard
from ...models.errors import InputError
from ...models.network import Network
from ...models.recording import Recording
from ..compilation import decoded_network
from ..program import Program
from . import wording
from .fitting import fit, limit_fan_in, share_parameters, without
from .ladder import (
    BIASES,
    CHIP,
    DEFECTS,
    FAN_IN,
    FLOAT,
    MISMATCH,
    SHARED,
    TEMPORAL,
    WEIGHTS,
)
from .registers import dropped, quantise_weights

ALWAYS = ("seed", "step_us", "precision")
"""Options of a board that every rung has: which chips, and how finely they are computed."""

TOGGLES = {
    DEFECTS: ("defects", "stuck", "snapshot"),
    MISMATCH: ("level", "mismatch", "doubled"),
    TEMPORAL: ("noise", "loss", "jitter_us", "noise_seed"),
}
"""Options of a board that a rung switches on; all others come with the last rung."""


@dataclass(frozen=True)
class Subject:
    """The board at the foot of the ladder."""

    virtual: VirtualBoard | None
    """The board itself if it is simulated; else a virtual board that stands for it, as far as it is
    known; None: nothing is known."""
    recording: Recording | None = None
    """What the board did with the stimulus; None: the virtual board plays it."""

    @property
    def measured(self) -> bool:
        """Whether it is no simulated board: what is not known of it is there all the same."""
        return self.recording is not None and self.recording.board["target"] != "simulated"

    @property
    def model(self) -> VirtualBoard:
        """The virtual board, nominal if nothing is known."""
        return self.virtual or VirtualBoard()


@dataclass(frozen=True)
class Step:
    """How a rung is played. Without any of the three it is the rung above once more."""

    name: str
    """The rung."""
    what: str
    """What it changes."""
    network: Network | None = None
    """Played in software."""
    board: VirtualBoard | None = None
    """Plays the program."""
    recording: Recording | None = None
    """Was played before."""
    known: bool = True
    """False: it cannot be played, `what` says why."""

    @property
    def changed(self) -> bool:
        """Whether anything differs from the rung above."""
        return not (self.network is None and self.board is None and self.recording is None)


def steps_of(program: Program, network: Network | None, subject: Subject) -> list[Step]:
    """The plan of all rungs, from the top down.

    Raises:
        InputError: NETWORK_MISMATCH.
    """
    decoded = decoded_network(program)
    above = _not_given(program) if network is None else _of_network(program, network, decoded)
    return [*above[:-1], replace(above[-1], network=decoded), *_of_boards(program, subject)]


def _not_given(program: Program) -> list[Step]:
    why = "not given: the program does not hold the network it was compiled from (--network FILE)"
    rungs = [Step(name, why, known=False) for name in (FLOAT, FAN_IN, SHARED, WEIGHTS)]
    return [*rungs, Step(BIASES, f"as the registers of program {program.hash[:12]} hold it")]


def _of_network(program: Program, network: Network, decoded: Network) -> list[Step]:
    n_chips = _chips_fitted_to(program, network, decoded)
    chip = program.configuration.chip
    limited = limit_fan_in(network, chip.cam_words)
    gone = dropped(limited, program, decoded)
    kept = without(limited, gone)
    shared = share_parameters(kept, chip, n_chips)
    quantised = quantise_weights(shared, decoded)
    return [
        Step(FLOAT, wording.network(network), network),
        _changed(FAN_IN, wording.fan_in(network, kept, chip, len(gone)), network, kept),
        _changed(SHARED, wording.shared(kept, shared), kept, shared),
        _changed(WEIGHTS, wording.weights(shared, quantised), shared, quantised),
        Step(BIASES, wording.biases(quantised, decoded)),
    ]


def _changed(name: str, what: str, above: Network, here: Network) -> Step:
    return Step(name, what, None if here.hash == above.hash else here)


def _chips_fitted_to(program: Program, network: Network, decoded: Network) -> int | None:
    """For how many chips the network had to be fitted to become what the program was compiled from.

    Raises:
        InputError: NETWORK_MISMATCH.
    """
    if network.hash in (program.network_hash, decoded.hash):
        return program.configuration.n_chips
    chip = program.configuration.chip
    for n_chips in range(1, chip.max_chips + 1):
        if fit(network, chip, n_chips).hash == program.network_hash:
            return n_chips
    raise InputError(
        f"the program was compiled from network {program.network_hash[:12]}, this one is "
        f"{network.hash[:12]} and is not it when fitted either: give the network it was compiled "
        "from, or compile fit(network)",
        code="NETWORK_MISMATCH",
    )


def _of_boards(program: Program, subject: Subject) -> Iterator[Step]:
    board, before = subject.model, ideal(subject.model)
    values = {key: getattr(before, key) for key in (*ALWAYS, "level")}
    if wording.twin_of(program, board):
        values["level"] = 0.0  # its defects alone come first
    missing = []
    for name, keys in TOGGLES.items():
        values |= {key: getattr(board, key) for key in keys}
        here = VirtualBoard(**values)
        if here != before:
            yield Step(name, wording.toggled(name, program, here), board=here)
        elif subject.measured:
            missing.append(name)
            yield Step(name, wording.unknown(name), known=False)
        else:
            yield Step(name, f"{board.name} has none")
        before = here
    yield _last(subject, before, missing)


def _last(subject: Subject, before: VirtualBoard, missing: list[str]) -> Step:
    """The board itself; `before` is the virtual board above it."""
    if subject.recording is not None and subject.measured:
        return Step(CHIP, wording.measured(missing), recording=subject.recording)
    what = wording.rest(before, subject.model)
    if subject.recording is not None:
        return Step(CHIP, what, recording=subject.recording)
    return Step(CHIP, what, board=None if subject.model == before else subject.model)


def ideal(board: VirtualBoard) -> VirtualBoard:
    """The same chips without defects, mismatch and noise."""
    values: dict[str, Any] = {key: getattr(board, key) for key in ALWAYS}
    if board.seed is not None:
        values["level"] = 0.0
    return VirtualBoard(**values)
