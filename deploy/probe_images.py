"""Register images to probe a board with, and what they are asked.

CAM words and destination words are those of the program, or are left out; only biases and latches
are others. The biases are such that a burst of events on one weight bit makes a neuron fire, or
silences one that fires by direct current, with a margin of fifty and more: on any chip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..hw.bias import Bias, nearest
from ..hw.board import Board, Trial
from ..hw.circuits import (
    CURRENT_TO_REGISTER,
    DELAY_TO_REGISTER,
    SWITCH_TO_LATCH,
    WEIGHT_TO_REGISTER,
)
from ..hw.configuration import LATCHES, Configuration
from ..hw.events import Events
from ..hw.ledger import Ledger
from ..models.parameters import CONSTANTS, DENDRITES, WEIGHT_BITS, NeuronParameters
from .encoding import neuron_biases
from .program import Program

NEURON = NeuronParameters.from_times(
    tau_mem=4e-3,
    tau_syn={"ampa": 4e-3, "nmda": 4e-3, "gaba": 10e-3, "shunt": 5e-3},
    threshold=2e-9,
    t_refractory=5e-3,
    i_pulse=CONSTANTS.pulse_current(20e-6, CONSTANTS.c_pulse),
    i_dc=4e-9,
)
"""Every neuron of an image. Direct current, eight times what it needs, makes it fire about every
8 ms: slow enough for the bus of a chip full of them."""

EXCITE_A, INHIBIT_A = 50e-9, 200e-9
"""Base current of a weight bit that is on [A]; an event is worth 25 to 80 nA on its dendrite."""

ALL_BITS = 2**WEIGHT_BITS - 1


class Mode(NamedTuple):
    """A way to see that a neuron hears."""

    dendrites: tuple[str, ...]
    """Those that work this way."""
    weight_A: float
    """Base current of a weight bit that is on [A]."""
    window_us: int
    """Time after a burst until the neuron is as before [us]."""
    from_us: int
    """Where in that time to look [us]."""
    until_us: int
    """Where to stop looking [us]."""


EXCITING = Mode(("ampa", "nmda"), EXCITE_A, 50_000, 0, 50_000)
"""A burst makes a silent neuron fire for some 25 ms."""
INHIBITING = Mode(("gaba", "shunt"), INHIBIT_A, 70_000, 6_000, 26_000)
"""A burst silences a neuron that fires by direct current for some 37 ms; others fire 2 or 3 times
where we look."""


def mode_of(dendrite: str) -> Mode:
    """How to see that this dendrite hears."""
    return EXCITING if dendrite in EXCITING.dendrites else INHIBITING


class Image(NamedTuple):
    """What an image has of the program, and what is switched on in it."""

    driven: np.ndarray
    """Neurons that get direct current, bool [neuron]."""
    live: tuple[str, ...] = ()
    """Dendrites that are on; the others do nothing."""
    bits: int = ALL_BITS
    """Weight bits that are on."""
    sending: np.ndarray | None = None
    """Neurons that have all their destination words, bool [neuron]; the others reach the host."""


class Examiner:
    """Asks a board about a program, and counts what that costs."""

    def __init__(self, program: Program, board: Board, progress: Callable[[str], None]):
        self.program, self.say = program, progress
        self.images, self.played_us = 0, 0
        self.ledger = Ledger(board)
        # A simulated board runs for whole steps.
        self._step_us = dict(board.identity.details).get("step_us", 1)
        words = program.configuration.destinations
        self._owner = owners(program, words)
        self._host = words["x_hop"] == program.configuration.chip.host_hop

    def ask(self, image: Image, trials: Sequence[Trial]) -> list[Events]:
        """Program an image and play trials; events before the start or after the end left out.

        Raises:
            IncompleteError: UNBALANCED, the books of the board do not balance.
        """
        self.ledger.program(self._configuration(image))
        self.images += 1
        return self._played(trials)

    def again(self, trials: Sequence[Trial]) -> list[Events]:
        """Play trials from rest to the image that is there. Raises as `ask`."""
        self.ledger.settle()
        return self._played(trials)

    def _played(self, trials: Sequence[Trial]) -> list[Events]:
        self.played_us += sum(t.duration_us for t in trials)
        if len(trials) == 1:  # the board is at rest: no need to discharge it again
            ((events, duration_us),) = trials
            whole_us = -(-duration_us // self._step_us) * self._step_us
            came = [self.ledger.run(events, whole_us)]
        else:
            came = self.ledger.run_trials(trials)
        return [
            events.chosen((events.time_us >= 0) & (events.time_us < trial.duration_us))
            for events, trial in zip(came, trials, strict=True)
        ]

    def counts(self, image: Image, duration_us: int) -> np.ndarray:
        """Spikes of every neuron that is left to itself for this time, int64 [neuron]."""
        (events,) = self.ask(image, [Trial(Events.none(), duration_us)])
        columns = self.program.columns_of(events)
        return np.bincount(columns[columns >= 0], minlength=len(self.program.neurons))

    def _configuration(self, image: Image) -> Configuration:
        c = self.program.configuration
        own = _biases(image, c)
        kept = self._host
        if image.sending is not None:
            kept = kept | (image.sending[self._owner] & (self._owner >= 0))
        latches = np.zeros(int(image.driven.sum()), LATCHES)
        for name in ("chip", "core", "neuron"):
            latches[name] = self.program.neurons[name][image.driven]
        latches["bits"] = 1 << c.chip.latches.index(SWITCH_TO_LATCH["dc"])
        return replace(
            c,
            biases={core: {**biases, **own} for core, biases in c.biases.items()},
            destinations=c.destinations[kept],
            latches=latches,
        )


def owners(program: Program, words: np.ndarray) -> np.ndarray:
    """Model index of the neuron that has each CAM or SRAM word; -1: none of the program's."""
    index = {tuple(a): k for k, a in enumerate(program.address.tolist())}
    addresses = zip(*(words[n].tolist() for n in ("chip", "core", "neuron")), strict=True)
    return np.array([index.get(a, -1) for a in addresses], np.int64)


def _biases(image: Image, c: Configuration) -> dict[str, Bias]:
    """Codes that an image sets on every core."""
    least, most = Bias(0, 0), Bias(c.chip.coarse_codes - 1, c.chip.fine_codes - 1)
    biases = neuron_biases(NEURON)
    for dendrite in set(DENDRITES) - set(image.live):
        biases[CURRENT_TO_REGISTER[f"i_tau_{dendrite}"]] = most
        biases[CURRENT_TO_REGISTER[f"i_gain_{dendrite}"]] = least
    amps = mode_of(image.live[0]).weight_A if image.live else 0.0
    for bit, register in enumerate(WEIGHT_TO_REGISTER.values()):
        on = amps and image.bits >> bit & 1
        biases[register] = nearest(register, amps) if on else least
    # Words with a delay arrive at once: how late they are is not probed.
    return biases | dict.fromkeys(DELAY_TO_REGISTER.values(), most)
