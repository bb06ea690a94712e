"""Is a stimulus one that a program can be judged with?"""

from __future__ import annotations

import numpy as np

from ..models.errors import InputError
from ..models.network import Network
from ..models.readout import Readout
from ..models.recording import Stimulus
from .program import Program


def check_channels(played: Program | Network, stimulus: Stimulus) -> None:
    """Refuse a stimulus of another width. Raises InputError INPUT_CHANNELS."""
    if stimulus.n_channels != played.n_inputs:
        what = "program" if isinstance(played, Program) else "network"
        raise InputError(
            f"the stimulus has {stimulus.n_channels} channels, the {what} takes "
            f"{played.n_inputs}: give a stimulus made for this network",
            code="INPUT_CHANNELS",
        )


def check_labelled(program: Program, stimulus: Stimulus) -> None:
    """Refuse a stimulus that a program cannot be judged by.

    Raises:
        InputError: INPUT_CHANNELS, OLD_PROGRAM, NO_TARGETS, TARGETS.
    """
    check_channels(program, stimulus)
    if "student" in program.provenance.get("network", {}) and program.difference is None:
        raise InputError(
            "the program is of a student and does not say how a host decides, as an earlier "
            "Analoop compiled it: compile it again",
            code="OLD_PROGRAM",
        )
    check_answers(program.readout, stimulus)


def answerable_targets(program: Program, stimulus: Stimulus) -> tuple[np.ndarray, str]:
    """What should win each trial, int64 [trial], and why nothing can be judged by it: none are
    left then. No targets at all need no reason.

    Raises:
        InputError: INPUT_CHANNELS.
    """
    try:
        check_labelled(program, stimulus)
    except InputError as error:
        if error.code == "INPUT_CHANNELS":
            raise
        return stimulus.target[:0], str(error) if len(stimulus.target) else ""
    return stimulus.target, ""


def check_answers(readout: Readout, stimulus: Stimulus) -> None:
    """Refuse a stimulus that does not say what should win each trial: a label, an output
    neuron where there are no labels, or 0 or 1 (models/readout.py).

    Raises:
        InputError: NO_TARGETS, TARGETS.
    """
    if not len(stimulus.target):
        raise InputError(
            "the right answers have to be known: give a stimulus with targets", code="NO_TARGETS"
        )
    wrong = (stimulus.target < 0) | (stimulus.target >= readout.n_answers)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} targets are no {readout.kind}, which are "
            f"0..{readout.n_answers - 1}, the first is {stimulus.target[wrong][0]}: give a "
            "stimulus made for this network",
            code="TARGETS",
        )
