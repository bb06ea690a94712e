"""The robustness table of networks of one's own: a stimulus with targets in place of a task.

The cells are those of the learning methods' tables; what they do to a network says
network_perturbations.py. It is played in software, as it stands in its file: `validate` plays
compiled programs on simulated boards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..models.dense_play import play
from ..models.network import Network
from ..models.recording import Stimulus
from ..models.simulation import STEP_US
from .labelled import check_answers, check_channels
from .learning import generator_for
from .metrics import answers
from .network_perturbations import applies, perturbed
from .perturbations import CELLS, Cell
from .robustness import Job
from .study_files import Place, Row

PORTION = 50
"""Trials that are played at a time; weights and spikes of all of them would fill the memory."""


@dataclass(frozen=True, eq=False)
class OwnStudy:
    """What is asked.

    Raises:
        InputError: INPUT_CHANNELS, NO_TARGETS, TARGETS, at construction, for any of the networks.
    """

    networks: Mapping[str, Network]
    """By name."""
    stimulus: Stimulus
    """What is played, with targets."""
    draws: int = 10
    """Chips drawn for each network and level of mismatch."""
    seed: int = 0
    cells: Sequence[Cell] = CELLS

    def __post_init__(self) -> None:
        for network in self.networks.values():
            check_channels(network, self.stimulus)
            check_answers(network.readout, self.stimulus)


def jobs(study: OwnStudy) -> Iterator[Job]:
    """Every row of a study, by its place, and how it is made."""
    counts = study.stimulus.counts(STEP_US)
    for name, network in study.networks.items():
        for cell in study.cells:
            if applies(cell, network):
                for draw in range(cell.draws(study.draws)):
                    place = (name, 0, cell.name, draw)
                    yield place, partial(_row, study, network, cell, place, counts)


def _row(study: OwnStudy, network: Network, cell: Cell, place: Place, counts: np.ndarray) -> Row:
    it = perturbed(network, cell, generator_for(study.seed, *place))
    stimulus, fired, right = study.stimulus, 0.0, []
    steps = stimulus.inside(STEP_US).sum(1)
    for first in range(0, stimulus.n_trials, PORTION):
        part = slice(first, first + PORTION)
        played = play(it.network, counts[part], it.factors, it.noise, it.seed + first)
        for one, end, target in zip(played, steps[part], stimulus.target[part], strict=True):
            fired += float(one[:end].sum(dtype=np.float64))
            right.append(answers(one[None, :end], network.readout) == target)
    seconds = float(stimulus.duration_us.sum()) * 1e-6
    return Row(
        *place,
        accuracy=float(np.concatenate(right).mean()),
        mse_target=None,
        mse_teacher=None,
        rate_hz=fired / network.n_neurons / seconds if seconds else 0.0,
        gain=1.0,
        network_hash=network.hash,
    )
