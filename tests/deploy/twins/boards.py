"""A small network whose neurons differ only by their board, and recordings of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from analoop.deploy import Program, compile, run_virtual
from analoop.deploy.twins.characterization import Characterization, plan
from analoop.deploy.twins.sessions import Session
from analoop.hw import VirtualBoard
from analoop.models import INPUT, Network, NeuronParameters, Population, Projection, Stimulus

BOARD = VirtualBoard(3)
OTHER = VirtualBoard(4)
WEIGHT = 4e-9


def network(parameters: NeuronParameters, dendrites: Sequence[str] = ("ampa", "gaba")) -> Network:
    """Inputs on every dendrite, and neurons that excite the next one; one weight per dendrite."""
    share = {"ampa": 1.0, "nmda": 1.0, "gaba": 0.25, "shunt": 0.01}
    ring = np.roll(np.eye(8), 1, axis=1) * WEIGHT
    into = [
        Projection(INPUT, "cells", d, np.kron(np.eye(4), np.ones((1, 2))) * WEIGHT * share[d])
        for d in dendrites
    ]
    around = Projection("cells", "cells", dendrites[0], ring)
    return Network(4, (Population("cells", 8, parameters),), (*into, around), "cells")


def trains(trials: int, rate_hz: float = 400.0, seed: int = 0) -> Stimulus:
    """Poisson events on four channels, 200 ms."""
    random = np.random.default_rng(seed)
    count = random.poisson(rate_hz * 0.2, (trials, 4))
    trial, channel = (np.repeat(x.ravel(), count.ravel()) for x in np.indices(count.shape))
    time = random.integers(0, 200_000, len(trial))
    return Stimulus(4, np.full(trials, 200_000), trial, time, channel)


def recorded(program: Program, stimulus: Stimulus, *boards: VirtualBoard) -> Session:
    """One recording per board."""
    return Session(program, stimulus, tuple(run_virtual(program, boards, stimulus)))


@cache
def program() -> Program:
    return compile(network(NeuronParameters.from_times()))


@dataclass(frozen=True)
class Made:
    own: Session
    planned: tuple[Characterization, ...]
    sessions: tuple[Session, ...]


@cache
def made(board: VirtualBoard = BOARD) -> Made:
    """The program's own session and those of its characterization, on one board."""
    planned = plan(program(), trials=3)
    sessions = tuple(recorded(one.program, one.stimulus, board) for one in planned)
    return Made(recorded(program(), trains(20), board), planned, sessions)
