"""What a nominal chip would answer to exactly the spikes that each neuron received on a board.

A recording holds what every neuron sent and, with the stimulus, what every neuron received. Here
all of that is played from outside to nominal neurons that do not hear each other, so that each
neuron is asked alone: what differs upstream of it is in its input, not in its answer. Weights can
be changed, the same replay for each change. SIMULATED, whatever the recording is of.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from ...hw.decoding import Circuits
from ...hw.fleet import Fleet, build_fleet
from ...hw.virtual_board import VirtualBoard
from ...models import wiring
from ...models.recording import Recording, Stimulus
from ...models.runner import Runner
from ..program import Program

STEP_US = 1000
"""Integration step of the nominal chip [us]."""

AT_ONCE = 4000
"""Trials times changed weights in one batch, to bound memory."""

_SIDES = ("left", "right")


class Replay:
    """A program's neurons on the nominal chip, each heard alone."""

    def __init__(self, program: Program, stimulus: Stimulus, trials: np.ndarray):
        self.program, self.trials = program, trials
        self.stimulus = stimulus.select(trials)
        self.fleet: Fleet = build_fleet(program.configuration, [VirtualBoard(step_us=STEP_US)])

    @property
    def possible(self) -> bool:
        """Whether the neurons' answer depends on their input alone: not where homeostasis moves
        gains from trial to trial."""
        moving = self.fleet.homeostasis
        return moving is None or not bool(moving.enabled.any())

    @property
    def circuits(self) -> Circuits:
        """What the registers make, neurons in address order."""
        return self.fleet.circuits

    @cached_property
    def place(self) -> np.ndarray:
        """Neuron of the circuits behind every recording column, int64 [column]."""
        return _found(self.circuits.address, self.program.address)

    @cached_property
    def column(self) -> np.ndarray:
        """Recording column of every synapse's target; -1: of none, int64 [synapse]."""
        columns = np.full(len(self.circuits.address), -1)
        columns[self.place] = np.arange(len(self.place))
        return columns[self.circuits.target]

    @cached_property
    def reached(self) -> list[np.ndarray]:
        """Synapses that hear each source: the neurons of the circuits, then the input words."""
        chip = self.program.configuration.chip
        words = (self.circuits.reached(*(int(w[n]) for n in ("chip", "cores", "tag")))
                 for w in self.program.inputs)  # fmt: skip
        return [*self.circuits.fan_out(chip.host_hop), *words]

    def counts(self, recording: Recording, scale: np.ndarray) -> np.ndarray:
        """Spikes with weights scaled, int64 [variant, trial, column].

        Args:
            scale: of every synapse's weight [1], [variant, synapse].
        """
        drive = self._drive(recording)
        each = max(1, AT_ONCE // max(1, len(self.trials)))
        parts = [self._play(drive, scale[k : k + each]) for k in range(0, len(scale), each)]
        return np.concatenate(parts)

    def _play(self, drive: wiring.Drive, scale: np.ndarray) -> np.ndarray:
        """The same of some variants, in one batch."""
        variants, neurons = len(scale), len(self.circuits.address)
        board = VirtualBoard(step_us=STEP_US)
        fleet = self.fleet if variants == 1 else self._fleet(variants)
        fleet = replace(fleet, boards=(board,) * variants, weights=self.fleet.weights * scale)
        alone = [np.zeros(0, np.int64)] * neurons
        ran = Runner().run(fleet.coefficients, fleet.reaching([*alone, *self.reached]), drive)
        counts = np.zeros((variants, len(self.trials), neurons), np.int64)
        np.add.at(counts, (ran.chip, ran.trial, ran.neuron), 1)
        return counts[:, :, self.place]

    def _fleet(self, variants: int) -> Fleet:
        """The nominal chip so many times; the last one made is kept."""
        kept: Fleet | None = vars(self).get("_kept")
        if kept is None or len(kept.boards) != variants:
            boards = [VirtualBoard(step_us=STEP_US)] * variants
            kept = build_fleet(self.program.configuration, boards)
            self._kept = kept
        return kept

    def _drive(self, recording: Recording) -> wiring.Drive:
        """Everything the neurons received, as events from outside; columns in program order."""
        s, channels, neurons = self.stimulus, self.program.inputs["source"], len(self.reached)
        neurons -= len(channels)
        first, last = (np.searchsorted(channels, s.channel, side) for side in _SIDES)
        event, word = wiring.expand(first, last - first)
        number = np.full(recording.n_trials, -1)
        number[self.trials] = np.arange(len(self.trials))
        mine = np.flatnonzero(number[recording.trial] >= 0)
        trial = np.concatenate([s.trial[event], number[recording.trial[mine]]])
        time_us = np.concatenate([s.time_us[event], recording.time_us[mine]])
        # The neurons themselves come first and reach nobody, then their copies, then the words.
        heard = neurons + self.place[recording.neuron[mine]]
        source = np.concatenate([2 * neurons + word, heard])
        return wiring.drive(-(-s.duration_us // STEP_US), trial, time_us // STEP_US, source)


def _found(address: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted (chip, core, neuron) stands in a list of them, int64 [wanted]."""
    place = {tuple(row): k for k, row in enumerate(address.tolist())}
    return np.array([place[tuple(row)] for row in wanted.tolist()], np.int64)
