"""Train a task for the chip: models/training.py with the chip's legal codes put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from ..hw.bias import current
from ..hw.circuits import CURRENT_TO_REGISTER
from ..models import training
from ..models.bookmark import NO_BOOKMARK, Bookmark, beside
from ..models.errors import named
from ..models.japanese_vowels import Task, japanese_vowels
from ..models.network import Network
from ..models.parameters import NeuronParameters
from ..models.simulation import simulate
from ..models.versions import versions
from .encoding import neuron_biases
from .metrics import accuracy
from .quantization import fit_weight_currents, subset_sums

TASKS: dict[str, Callable[[], Task]] = {"japanese-vowels": japanese_vowels}
"""Tasks by their name on the command line."""


DEFAULTS = training.Settings()


def load_task(name: str) -> Task:
    """The task of that name.

    Raises:
        InputError: UNKNOWN_TASK, DATA_MISSING.
    """
    return named(TASKS, "task", name, "UNKNOWN_TASK")()


def train(
    task: Task,
    settings: training.Settings = DEFAULTS,
    progress: Callable[[int, float, float], None] = lambda epoch, loss, accuracy: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Network:
    """Train a two-layer network for a task, with legal biases and the 4-bit code in the loop.

    Args:
        bookmark: where the training stands, if it is to go on after a kill (`network_bookmark`);
            the caller removes it when the network is safe.

    Raises:
        InputError: OTHER_TRAINING.
        FileError: FILE_NOT_WRITABLE: the bookmark.

    The network's provenance holds what reproduces it: command, seed, settings, versions, and the
    test accuracy of the software model.
    """
    parameters = legal_parameters(NeuronParameters.from_times())
    network = training.train(
        task.train, task.labels, parameters, settings, chip_levels, progress, bookmark
    )
    recording = simulate(network, task.test)
    right = accuracy(recording, network.readout, task.test.target)
    return replace(
        network,
        provenance={
            "command": f"analoop train {task.name} --epochs {settings.epochs} "
            f"--hidden {settings.hidden} --copies {settings.copies} "
            f"--mismatch {settings.mismatch:g} --seed {settings.seed}",
            "task": task.name,
            "settings": asdict(settings),
            "stimulus": {"train": task.train.hash, "test": task.test.hash},
            "test_accuracy_software": right,
            "versions": versions(),
        },
    )


def network_bookmark(path: Path, task: Task, settings: training.Settings) -> Bookmark:
    """Of the training of a network that becomes that file."""
    of = {"task": task.name, "samples": task.train.hash, "versions": versions()}
    return Bookmark(beside(path), of | asdict(settings))


def legal_parameters(parameters: NeuronParameters) -> NeuronParameters:
    """The same parameters at the nearest currents the bias generator really has."""
    biases = neuron_biases(parameters)
    return replace(
        parameters,
        **{
            name: float(current(register, biases[register].coarse, biases[register].fine))
            for name, register in CURRENT_TO_REGISTER.items()
        },
    )


def chip_levels(magnitudes: np.ndarray) -> np.ndarray:
    """Levels at which a core would hold these weights [A]: 0 and the sums of its four currents."""
    return np.unique(subset_sums(fit_weight_currents(magnitudes).currents))
