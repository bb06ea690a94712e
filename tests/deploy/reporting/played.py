"""Recordings as of four boards of 256 neurons; a worst neuron is planted on the worst board."""

from functools import cache

import numpy as np

from analoop.deploy import Program, compile
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet, Take
from analoop.models import Recording, Stimulus

from ..networks import network, population, wires

NEURONS = 256
TRIALS = 10
DURATION_US = 200_000
WORST_BOARD, WORST_NEURON = "sim:seed=3", 77
BOARDS = ("sim:seed=1", "sim:seed=2", WORST_BOARD, "sim:seed=4")


@cache
def large_program() -> Program:
    """256 neurons, most of them without synapses: what matters is how many there are."""
    hidden, out = population("hidden", NEURONS - 4), population("out", 4)
    into = np.zeros((4, NEURONS - 4))
    into[range(4), range(4)] = 3e-8
    down = np.zeros((NEURONS - 4, 4))
    down[range(4), range(4)] = 3e-8
    return compile(
        network(
            4, [hidden, out], wires("input", "hidden", "ampa", into),
            wires("hidden", "out", "ampa", down),
        )
    )  # fmt: skip


@cache
def labelled() -> Stimulus:
    trial = np.repeat(np.arange(TRIALS), 4)
    time, channel = np.tile([1000, 2000, 3000, 4000], TRIALS), np.tile(np.arange(4), TRIALS)
    return Stimulus(4, np.full(TRIALS, DURATION_US), trial, time, channel, np.arange(TRIALS) % 4)


def recording(board: str, seed: int, rate_hz: float = 40.0) -> Recording:
    """Random spikes; the right output neuron fires most, but on the worst board in every fifth
    trial only."""
    rng = np.random.default_rng(seed)
    program, stimulus = large_program(), labelled()
    counts = rng.poisson(rate_hz * DURATION_US * 1e-6, (TRIALS, NEURONS))
    right = (
        stimulus.target
        if board != WORST_BOARD
        else (stimulus.target + (np.arange(TRIALS) % 5 > 0)) % 4
    )
    counts[:, -4:] = 3
    counts[np.arange(TRIALS), NEURONS - 4 + right] = 30
    if board == WORST_BOARD:
        counts[:, WORST_NEURON] = 4 * int(rate_hz * DURATION_US * 1e-6)
    trial, neuron = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    time = rng.integers(0, DURATION_US, len(trial))
    order = np.lexsort((time, trial))
    target = "simulated" if board.startswith("sim") else "measured"
    return Recording(
        program.names, stimulus.duration_us, trial[order], time[order], neuron[order],
        {"in_window": len(trial), "sent": 4 * TRIALS, "words": 4 * TRIALS},
        {"name": board, "target": target, "seed": seed, "chip": "dynapse2"},
        {"program": program.hash, "stimulus": stimulus.hash, "versions": {"analoop": "0.1.0"}},
    )  # fmt: skip


def recorded(boards: tuple[str, ...] = BOARDS, repeats: int = 1) -> RecordingSet:
    plan = Plan(boards, repeats)
    takes = tuple(
        Take(
            play.board,
            play.repeat,
            recording(play.board, 10 * boards.index(play.board) + play.repeat),
        )
        for play in plan.plays()
    )
    return RecordingSet(large_program(), labelled(), takes, plan)
