"""Is a recording of this program and this stimulus, and all there? One check for all who take some.

Who takes recordings says in its own words and with its own codes what to do about a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..hw.balance import imbalance
from ..models.errors import InputError
from ..models.recording import Recording, Stimulus
from .program import Program

Kind = Literal["program", "stimulus", "neurons", "order", "trials", "books"]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a recording; as text, both in one line."""

    kind: Kind
    """What does not fit; 'order': the neurons are the program's, its columns are in another."""
    need: str
    """What it ought to be."""
    found: str
    """What it is."""

    def __str__(self) -> str:
        return f"{self.found}, needed: {self.need}"


def check_recording(recording: Recording, program: Program, stimulus: Stimulus) -> list[Fault]:
    """Everything that keeps a recording from being of this program and stimulus, and whole."""
    found: list[Fault] = []
    made_with: dict[Kind, str] = {"program": program.hash, "stimulus": stimulus.hash}
    for kind, wanted in made_with.items():
        got = recording.provenance.get(kind)
        if got != wanted:
            said = f"it was made with {kind} {str(got)[:12]}"
            found.append(Fault(kind, f"{kind} {wanted[:12]}", said))
    strange = sorted(set(recording.names) ^ set(program.names))
    if strange:
        said = f"{len(strange)} names are in one of both only, the first is {strange[0]}"
        found.append(Fault("neurons", f"the program's {len(program.names)} neurons", said))
    elif tuple(recording.names) != tuple(program.names):
        need = "columns in the order of the program's neurons"
        found.append(Fault("order", need, "its columns are in another order"))
    if not np.array_equal(recording.duration_us, stimulus.duration_us):
        said = f"it has {recording.n_trials}, or others"
        found.append(Fault("trials", f"the stimulus's {stimulus.n_trials} trials", said))
    if wrong := imbalance(recording.books):
        found.append(Fault("books", "books that balance", wrong))
    return found


def need_recording(recording: Recording, program: Program, stimulus: Stimulus) -> None:
    """Refuse a recording with any fault.

    Raises:
        InputError: WRONG_RECORDING; UNBALANCED, if nothing but its books is wrong.
    """
    found = check_recording(recording, program, stimulus)
    if not found:
        return
    name = f"recording {recording.hash[:12]} of {recording.board.get('name', 'an unnamed board')}"
    said = "; ".join(map(str, found))
    if all(fault.kind == "books" for fault in found):
        raise InputError(
            f"{name}: its books do not balance ({found[0].found}): record again", code="UNBALANCED"
        )
    raise InputError(
        f"{name} is not of this program and stimulus: {said}: leave it out, give what it was made "
        "with, or record again",
        code="WRONG_RECORDING",
    )
