"""Is a stimulus one that a program can be judged with?"""

from __future__ import annotations

from ..models.errors import InputError
from ..models.recording import Stimulus
from .program import Program


def check_channels(program: Program, stimulus: Stimulus) -> None:
    """Refuse a stimulus of another width. Raises InputError INPUT_CHANNELS."""
    if stimulus.n_channels != program.n_inputs:
        raise InputError(
            f"the stimulus has {stimulus.n_channels} channels, the program takes "
            f"{program.n_inputs}: give a stimulus made for this network",
            code="INPUT_CHANNELS",
        )


def check_labelled(program: Program, stimulus: Stimulus) -> None:
    """Refuse a stimulus that does not say which output neuron should win each trial.

    Raises:
        InputError: INPUT_CHANNELS, NO_TARGETS, TARGETS.
    """
    check_channels(program, stimulus)
    if not len(stimulus.target):
        raise InputError(
            "the right answers have to be known: give a stimulus with targets", code="NO_TARGETS"
        )
    outputs = program.output_columns.stop - program.output_columns.start
    wrong = (stimulus.target < 0) | (stimulus.target >= outputs)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} targets are no output neuron (0..{outputs - 1}), the first is "
            f"{stimulus.target[wrong][0]}: give a stimulus made for this network",
            code="TARGETS",
        )
