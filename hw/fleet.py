"""A configuration on virtual boards: circuits, weights, delays and wiring, ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from ..models import wiring
from ..models.coefficients import Coefficients, coefficients, with_gains
from ..models.errors import InputError, RegisterError, Violation
from ..models.noise import ELEMENTARY_CHARGE, trial_keys
from ..models.plasticity import depression
from ..models.reference import at_rest
from ..models.temperature import constants_at
from ..models.wiring import SheetState, Wiring
from .board import VirtualBoard
from .configuration import Configuration
from .decoding import Circuits, decode
from .homeostasis import Homeostasis, decoded
from .virtual_chip import board_circuits, board_delays, board_stuck

MAX_DELAY_STEPS = 1000
"""Longest delay of a synapse [steps], 1 s at the default step; memory grows with it."""


@dataclass(frozen=True, eq=False)
class Fleet:
    """A configuration on several virtual boards, ready to run."""

    configuration: Configuration
    """The registers; the same on every board."""
    boards: tuple[VirtualBoard, ...]
    """The boards; all with the same step and temperature."""
    circuits: Circuits
    """What the registers make."""
    coefficients: Coefficients
    """Of every neuron of every board, [board, 1, neuron]."""
    weights: np.ndarray
    """Current of every synapse [A], float64 [board, synapse]."""
    delays: np.ndarray
    """Steps by which every synapse is late, int64 [board, synapse]."""
    homeostasis: Homeostasis | None = None
    """What moves gains; None: no neuron asks for it."""

    @property
    def ring(self) -> int:
        """Steps ahead for which arrivals are kept."""
        return 1 + int(self.delays.max(initial=0))

    @property
    def pending(self) -> int:
        """Numbers kept per trial for what is on its way."""
        neurons = len(self.boards) * len(self.circuits.address)
        return self.ring * neurons * len(self.circuits.dendrites)

    @property
    def step_us(self) -> int:
        """Integration step [us]."""
        return self.boards[0].step_us

    def at_rest(self, trials: np.ndarray) -> SheetState:
        """State at the start of the trials with these numbers."""
        sheet = at_rest(self.coefficients, self.ring, len(self.boards), len(trials))
        if len(watched := self.circuits.watched):
            kinds = len(self.circuits.dendrites)
            meter = wiring.metering(watched, len(self.boards), len(trials), kinds)
            sheet = sheet._replace(meter=meter)
        if sheet.chance is None:
            return sheet
        keys = np.stack([trial_keys("noise", board.chance, trials) for board in self.boards])
        return sheet._replace(chance=sheet.chance._replace(key=keys))

    def tuned(self, log_gain: np.ndarray) -> Fleet:
        """The same boards with gains of homeostasis, as logarithms [neuron]."""
        if self.homeostasis is None or not log_gain.any():
            return self
        on = self.homeostasis.dendritic
        factors = (torch.tensor(np.exp(np.where(mine, log_gain, 0.0))) for mine in (~on, on))
        new = replace(self, coefficients=with_gains(self.coefficients, *factors))
        # What a fleet has computed of its wiring holds for the tuned one too.
        vars(new).update(wiring=self.wiring, to_host=self.to_host, plastic=self.plastic)
        return new

    @cached_property
    def wiring(self) -> Wiring:
        """What the neurons of the chips reach."""
        return self.reaching(self.circuits.fan_out(self.configuration.chip.host_hop))

    @cached_property
    def plastic(self) -> wiring.Plastic | None:
        """Synapses with short-term depression, by synapse; nominal, the same on every board."""
        circuits = self.circuits
        if not circuits.depressed.any():
            return None
        constants, dt = self.coefficients.constants, self.coefficients.dt
        amps = circuits.depression_currents
        share, rate = depression(amps["i_std_weight"], amps["i_std_recovery"], dt, constants)
        at, boards = circuits.target[circuits.depressed], (len(self.boards), 1)
        number = np.where(circuits.depressed, np.cumsum(circuits.depressed) - 1, -1)
        return wiring.Plastic(number, np.tile(share[at], boards), np.tile(rate[at], boards))

    @cached_property
    def to_host(self) -> _Words:
        """The words of each neuron that lead to the host."""
        circuits = self.circuits
        leaving = np.flatnonzero(circuits.word["x_hop"] == self.configuration.chip.host_hop)
        order = leaving[np.argsort(circuits.source[leaving], kind="stable")]
        neurons = np.arange(len(circuits.address) + 1)
        return _Words(np.searchsorted(circuits.source[order], neurons), order)

    def reaching(self, reached: list[np.ndarray]) -> Wiring:
        """Wiring of sources that reach these synapses."""
        circuits = self.circuits
        slot = circuits.dendrite * len(circuits.address) + circuits.target
        return wiring.wire(reached, slot, self.weights, self.delays, self.plastic)


class _Words(NamedTuple):
    """Lists of destination words laid end to end."""

    start: np.ndarray
    """First word of each neuron, [neuron + 1]."""
    word: np.ndarray
    """Destination words."""

    def of(self, neurons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each of these neurons its words: position in `neurons` and word, both flat."""
        first = self.start[neurons]
        which, at = wiring.expand(first, self.start[neurons + 1] - first)
        return which, self.word[at]


def build_fleet(
    configuration: Configuration,
    boards: Sequence[VirtualBoard],
    watched: Sequence[tuple[int, int, int]] = (),
) -> Fleet:
    """Program virtual boards; neurons that are watched run even if no event of theirs is seen.

    Raises:
        RegisterError: the registers ask for circuits that are not simulated; DELAY_TOO_LONG.
        InputError: STEP_MIXED, TEMPERATURE_MIXED, PRECISION_MIXED, boards that differ in these.
    """
    for key, code in (
        ("step_us", "STEP_MIXED"),
        ("temperature_C", "TEMPERATURE_MIXED"),
        ("precision", "PRECISION_MIXED"),
    ):
        if len({getattr(board, key) for board in boards}) != 1:
            raise InputError(f"boards of one fleet need the same {key}", code=code)
    circuits = decode(configuration, watched)
    amps, weights = board_circuits(configuration, circuits, boards)
    currents = {name: torch.tensor(values)[:, None] for name, values in amps.items()}
    currents["i_threshold"][..., torch.tensor(circuits.switches["killed"])] = torch.inf
    switches = {n: torch.tensor(v, dtype=torch.float64) for n, v in circuits.switches.items()}
    # Without a reset, the feedback of an exponential soma would run away for ever.
    switches["exponential"] = switches["exponential"] * (1.0 - switches["killed"])
    dt, constants = boards[0].step_us * 1e-6, constants_at(boards[0].temperature_C)
    made = coefficients(currents, switches, circuits.dendrites, dt, constants)
    stuck = torch.tensor(
        board_stuck(configuration, circuits, boards) & ~circuits.switches["killed"]
    )
    # A threshold below the rest is crossed whenever the neuron is not refractory.
    below = torch.where(stuck[:, None], made.z_floor - 1.0, made.z_threshold)
    made = replace(made, z_threshold=below)
    if any(board.noise for board in boards):
        levels = torch.tensor([board.noise for board in boards], dtype=torch.float64)
        made = replace(made, noise=ELEMENTARY_CHARGE * levels[:, None, None] ** 2)
    return Fleet(
        configuration,
        tuple(boards),
        circuits,
        made,
        weights,
        _delay_steps(configuration, circuits, boards),
        decoded(configuration, circuits, constants, boards[0].step_us),
    )


def _delay_steps(
    configuration: Configuration, circuits: Circuits, boards: Sequence[VirtualBoard]
) -> np.ndarray:
    """Delay of every synapse in whole steps, int64 [board, synapse]."""
    step_us = boards[0].step_us
    steps = board_delays(configuration, circuits, boards) * (1e6 / step_us)
    long = steps > MAX_DELAY_STEPS
    if long.any():
        worst, neurons = steps.max(axis=0), circuits.address[circuits.target]
        places = np.unique(neurons[long.any(axis=0)][:, :2], axis=0).tolist()
        raise RegisterError(
            [
                Violation(
                    "DELAY_TOO_LONG", f"chip {chip} core {core}",
                    f"delays of at most {MAX_DELAY_STEPS} steps ({MAX_DELAY_STEPS * step_us} us)",
                    f"up to {worst[(neurons[:, :2] == [chip, core]).all(axis=1)].max():.0f} steps",
                    "raise SYPD_DLY0_P, DLY1 or DLY2 (fine code 0 is no delay), or use a longer "
                    "step_us",
                )
                for chip, core in places
            ]
        )  # fmt: skip
    return np.rint(steps).astype(np.int64)
