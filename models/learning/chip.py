"""Gradients through time over virtual chips: networks that a chip can hold (paper.md 7.2 i, ii).

Networks of the chip's own neurons (chip_network.py), trained by the adjoint of their physics. Each
sample of each batch is played by a chip of its own: mismatch as measured, within and between its
cores; on top the seed paper's, of time constants and thresholds; silent neurons; dead synapses,
where asked for. The strongest `max_fan_in` inputs of a neuron are kept at every update, and in the
end weights are those of the 4-bit code, or at even steps within it (even_code.py), gradients
passing straight through both.

Several groups of such neurons, where asked for, are not joined: each has samples, chips and a loss
of its own. They have in common how long a step may be (`descend`) and the weight codes.

An attack, where it is asked for, penalises how answers differ from the nominal chip's (after
Büchel et al., paper.md 5). Weights, and the currents that set time constants, gains and thresholds,
are moved along the gradient; or they are searched: of several chips drawn for a sample the one that
differs most is learned from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import torch
from numpy.random import Generator
from torch import Tensor, nn

from ..bookmark import NO_BOOKMARK, Bookmark
from ..errors import InputError
from ..reference import one_thread
from ..tasks.samples import SequenceTask
from . import chip_start
from .bptt_training import REST, TOGETHER, descend
from .chip_network import MISMATCH, NAME, QUANTIZED, SHAPES, made, respond
from .chip_settings import Settings
from .chip_training import Hardware, Model, fit_codes
from .student import Student
from .teacher import Progress, Teacher

__all__ = ["MISMATCH", "NAME", "QUANTIZED", "SHAPES", "Hardware", "Settings", "respond", "train"]

REFIT = REST
"""Updates between fits of the weight code; a training goes on where the code is fitted anew."""


@one_thread()
def train(
    task: SequenceTask,
    teacher: Teacher | None,
    settings: Settings,
    generator: Generator,
    progress: Progress = lambda done, loss: None,
    bookmark: Bookmark = NO_BOOKMARK,
    hardware: Hardware | None = None,
) -> Student:
    """Train a network for a task; same generator, same weights.

    Args:
        teacher: not needed.
        hardware: None: currents and weights may have any value; `coded` needs it.

    Raises:
        InputError: NO_HARDWARE.
    """
    if settings.coded and hardware is None:
        raise InputError(
            "weights of the 4-bit code need the chip's currents: give `hardware`, or coded=False",
            code="NO_HARDWARE",
        )
    groups = [Model(task.channels, settings, generator, hardware) for _ in range(settings.groups)]
    model = nn.ModuleList(groups)
    if any(settings.start_hz):
        for group in groups:
            group.start(task.draw("train", chip_start.SAMPLES, generator))
    steps = [(w, settings.learning_rate * float(w.detach().std())) for w in model.parameters()]
    optimiser = torch.optim.Adam([{"params": [w], "lr": rate} for w, rate in steps])
    first = settings.quantized_from * settings.updates if settings.coded else settings.updates
    grown = settings.grown_at * settings.updates

    def losses(done: int) -> Iterator[Tensor]:
        if done >= first and (done % REFIT == 0 or not groups[0].levels):
            fit_codes(groups)
        for group in groups:
            group.grown = min(1.0, done / grown) if grown else 1.0
            batch = task.draw("train", settings.batch, generator)
            for begin in range(0, len(batch), TOGETHER):
                part = batch.chosen(slice(begin, begin + TOGETHER))
                share = len(part) / len(batch) / settings.groups
                yield group.loss(part, generator) * share

    descend(model, optimiser, settings.updates, losses, progress, (bookmark, generator))
    if settings.coded:
        fit_codes(groups)
    held = [{name: w.detach().numpy() for name, w in g.held().items()} for g in groups]
    provenance = {"settings": asdict(settings)}
    return made(task.name, held, groups[0].neurons, settings.encoding(), provenance)
