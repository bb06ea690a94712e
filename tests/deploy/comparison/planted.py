"""Four virtual boards of the same silicon: two sound ones, one weak core, one with dead words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analoop.deploy import Program, run_virtual
from analoop.deploy.shipped import shipped_program
from analoop.deploy.training import load_task
from analoop.hw.board import Trial
from analoop.hw.chip import DYNAPSE2
from analoop.hw.events import Events
from analoop.hw.fleet import build_fleet
from analoop.hw.simulated_board import identify
from analoop.hw.simulator import play
from analoop.hw.snapshot import Snapshot
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.recording import Recording, Stimulus

BOARDS = ("sound", "equal", "weak core", "dead words")
"""Names of the four, in this order."""
CORE = (0, 0)
"""The chip and core whose gain is lower."""
GAIN = 0.85
"""What is left of it."""
DEAD = 30
"""Words that do not hear."""


@dataclass(frozen=True, eq=False)
class Planted:
    """Recordings of the four boards, and what is wrong with them."""

    recordings: list[Recording]
    """Board after board, repeat after repeat."""
    boards: list[str]
    """Of each recording."""
    dead: set[tuple[int, int]]
    """(recording column, CAM word) of the words that do not hear."""


@cache
def shipped() -> tuple[Program, Stimulus]:
    """The shipped program and every tenth utterance of its task."""
    stimulus = load_task("japanese-vowels").test
    return shipped_program(), stimulus.select(np.arange(0, stimulus.n_trials, 10))


def plant(
    folder: Path, seed: int, repeats: int, noise: float = 1.0, silicon: int | None = 3
) -> Planted:
    """Play the four boards; `seed` draws which words are dead, and the noise."""
    program, stimulus = shipped()
    dead = _draw(program, seed)
    file = _snapshot(program, dead).save(folder / "dead.npz")
    recordings: list[Recording] = []
    for k, name in enumerate(BOARDS):
        own = str(file) if name == "dead words" else None
        numbers = [(seed * len(BOARDS) + k) * repeats + r for r in range(repeats)]
        boards = [
            VirtualBoard(seed=silicon, snapshot=own, noise=noise, noise_seed=n) for n in numbers
        ]
        record = weakened if name == "weak core" else run_virtual
        recordings += record(program, boards, stimulus)
    return Planted(recordings, [b for b in BOARDS for _ in range(repeats)], dead)


def weakened(
    program: Program, boards: Sequence[VirtualBoard], stimulus: Stimulus
) -> list[Recording]:
    """As `run_virtual`, all weights of the neurons of one core scaled: its input gain is lower."""
    fleet = build_fleet(program.configuration, boards)
    there = fleet.circuits.address[fleet.circuits.target][:, :2]
    scale = np.where((there == CORE).all(axis=1), GAIN, 1.0)
    return scaled(program, boards, stimulus, scale)


def scaled(
    program: Program, boards: Sequence[VirtualBoard], stimulus: Stimulus, scale: np.ndarray
) -> list[Recording]:
    """As `run_virtual`, the weight of each synapse of the circuits scaled [synapse]."""
    fleet = build_fleet(program.configuration, boards)
    trials = [
        Trial(program.to_events(stimulus, k), int(duration))
        for k, duration in enumerate(stimulus.duration_us)
    ]
    played = play(replace(fleet, weights=fleet.weights * scale), trials)
    records = [identify(board, program.configuration.chip).record() for board in boards]
    return [
        _recording(program, stimulus, came, record)
        for came, record in zip(played.events, records, strict=True)
    ]


def _recording(
    program: Program, stimulus: Stimulus, came: Sequence[Events], record: dict[str, Any]
) -> Recording:
    """Events of an ideal bus as a recording."""
    return Recording(
        program.names,
        stimulus.duration_us,
        np.repeat(np.arange(len(came)), [len(events) for events in came]),
        np.concatenate([events.time_us for events in came]),
        np.concatenate([program.columns_of(events) for events in came]),
        {"in_window": sum(len(events) for events in came)},
        record,
        {"program": program.hash, "stimulus": stimulus.hash},
    )


def _draw(program: Program, seed: int) -> set[tuple[int, int]]:
    """Words in use that are dead, each as (recording column, word)."""
    synapses = program.configuration.synapses
    chosen = np.random.default_rng(seed).choice(len(synapses), DEAD, replace=False)
    column = {tuple(a): k for k, a in enumerate(program.address.tolist())}
    return {
        (column[int(w["chip"]), int(w["core"]), int(w["neuron"])], int(w["word"]))
        for w in synapses[chosen]
    }


def _snapshot(program: Program, dead: set[tuple[int, int]]) -> Snapshot:
    """A screening that found these words deaf, all others good."""
    shape = (1, DYNAPSE2.cores, DYNAPSE2.neurons_per_core)
    tried = np.full((*shape, DYNAPSE2.cam_words, 2), 10, np.uint8)
    failed = np.zeros_like(tried)
    for neuron, word in dead:
        failed[(*program.address[neuron], word)] = 10
    board = {"target": "simulated", "name": "planted"}
    stuck = np.zeros(shape, bool)
    return Snapshot(board, "2026-01-01", "planted", tried, failed, stuck)
