"""Does a program keep its accuracy on chips nobody has seen? Software, nominal chip, many chips."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from ..hw.virtual_board import VirtualBoard
from ..models.errors import InputError
from ..models.mismatch import MISMATCH_VERSION
from ..models.network import Network
from ..models.recording import Recording, Stimulus
from ..models.runner import Runner, has_kernel
from ..models.simulation import simulate
from ..models.versions import versions
from .compilation import decoded_network
from .execution import run_virtual
from .metrics import accuracy, mean_rate_hz
from .program import Program

CHUNK = 4
"""Boards in one batch: small enough to show progress and to lose little on Ctrl-C."""


@dataclass(frozen=True)
class Row:
    """What one target did with the whole stimulus."""

    name: str
    """Board name, or 'software model'."""
    target: str
    """'software', 'simulated' or 'measured'."""
    accuracy: float
    """Share of trials decided right [1]."""
    rate_hz: float
    """Mean rate over all neurons [Hz]."""
    spikes: int
    """Spikes of all neurons."""
    recording: str
    """Hash of the recording behind the row."""


@dataclass(frozen=True)
class Report:
    """Rows of targets, and what produced them."""

    rows: tuple[Row, ...]
    """One per target, in the order they were run."""
    provenance: dict[str, Any]
    """Program, stimulus, mismatch level and version, seeds."""
    complete: bool = True
    """False when the run was interrupted: the rows that are there are finished ones."""
    planned: int = field(default=0)
    """Rows that were asked for."""

    def summary(self) -> dict[str, float] | None:
        """Mean, worst and best accuracy of the mismatched chips, or None without any."""
        chips = [r.accuracy for r in self.rows if r.name.startswith("sim:seed")]
        if not chips:
            return None
        return {"mean": float(np.mean(chips)), "worst": min(chips), "best": max(chips)}

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "summary": self.summary(),
            "complete": self.complete,
            "planned": self.planned,
            "provenance": self.provenance,
        }


Progress = Callable[[int, int, Row], None]


def validate(
    program: Program,
    stimulus: Stimulus,
    boards: Sequence[VirtualBoard],
    network: Network | None = None,
    progress: Progress = lambda done, planned, row: None,
) -> Report:
    """Play a labelled stimulus to the software model and to virtual boards, and judge each.

    Ctrl-C keeps the rows that are finished and marks the report incomplete.

    Args:
        network: the trained network (or `decoded_network(program)`), for the row 'software
            model'; None leaves it out.
        progress: called with rows done, rows planned and the row after each.

    Raises:
        InputError: NO_TARGETS, TARGETS, NETWORK_MISMATCH, INPUT_CHANNELS.
    """
    _check(program, stimulus, network)
    planned = len(boards) + (network is not None)
    rows: list[Row] = []
    complete = True

    def judge(recording: Recording) -> None:
        rows.append(_row(recording, program, stimulus))
        progress(len(rows), planned, rows[-1])

    try:
        if network is not None:
            judge(simulate(network, stimulus))
        for recording in _recordings(program, boards, stimulus):
            judge(recording)
    except KeyboardInterrupt:
        complete = False
    provenance = {
        "program": program.hash,
        "network": program.network_hash,
        "stimulus": stimulus.hash,
        "trials": stimulus.n_trials,
        "mismatch": MISMATCH_VERSION,
        "samplers": sorted({b.mismatch for b in boards if b.seed is not None}),
        "levels": sorted({b.level for b in boards if b.seed is not None}),
        "versions": versions(),
    }
    return Report(tuple(rows), provenance, complete, planned)


def _batches(boards: Sequence[VirtualBoard]) -> Iterator[list[VirtualBoard]]:
    """Neighbours that can be computed together, `CHUNK` at most."""
    for _, alike in groupby(boards, lambda b: (b.step_us, b.temperature_C, b.precision)):
        run = list(alike)
        yield from (run[first : first + CHUNK] for first in range(0, len(run), CHUNK))


def _recordings(
    program: Program, boards: Sequence[VirtualBoard], stimulus: Stimulus
) -> Iterator[Recording]:
    """What each board did, in order; as many batches at a time as there are processors."""
    at_once = len(os.sched_getaffinity(0)) if has_kernel() else 1
    pool, waiting = ThreadPoolExecutor(at_once), deque[Future]()
    try:
        for batch in _batches(boards):
            runner = Runner(batch[0].precision, workers=1)
            waiting.append(pool.submit(run_virtual, program, batch, stimulus, runner))
            if len(waiting) == at_once:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _check(program: Program, stimulus: Stimulus, network: Network | None) -> None:
    if not len(stimulus.target):
        raise InputError(
            "validation needs to know the right answers: give a stimulus with targets",
            code="NO_TARGETS",
        )
    outputs = program.output_columns.stop - program.output_columns.start
    wrong = (stimulus.target < 0) | (stimulus.target >= outputs)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} targets are no output neuron (0..{outputs - 1}), the first is "
            f"{stimulus.target[wrong][0]}: give a stimulus made for this network",
            code="TARGETS",
        )
    own = (program.network_hash, decoded_network(program).hash)
    if network is not None and network.hash not in own:
        raise InputError(
            f"the program was compiled from network {program.network_hash[:12]}, this one is "
            f"{network.hash[:12]}: give the network it was compiled from",
            code="NETWORK_MISMATCH",
        )


def _row(recording: Recording, program: Program, stimulus: Stimulus) -> Row:
    return Row(
        recording.board["name"],
        recording.board["target"],
        accuracy(recording, program.output_columns, stimulus.target, program.labels),
        mean_rate_hz(recording),
        int(recording.counts.sum()),
        recording.hash,
    )
