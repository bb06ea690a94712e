"""Does a network fit the chip? Every limit it breaks, at once, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..hw.bias import legal_currents, nearest
from ..hw.chip import ChipSpec
from ..hw.circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER
from ..models.errors import ConstraintError, InputError, Violation
from ..models.network import Network
from ..models.parameters import CONSTANTS
from .connections import CONNECTION, connections
from .good_words import GoodWords, trimmed
from .placement import Placement, place
from .routing import route
from .screened_placement import place_on_good_words
from .screened_routing import upper_tags


def check(
    network: Network, chip: ChipSpec, n_chips: int | None = None, good: GoodWords | None = None
) -> Placement:
    """Place a network and check every limit of the chip, and of the board if it was screened.

    Raises:
        ConstraintError: FAN_IN, FAN_OUT, CORES, CHIPS, TAGS, GOOD_WORDS, BIAS_UNREACHABLE,
            WEIGHT_UNREACHABLE; everything that is broken, not only the first.
    """
    table = connections(network)
    found = [*_fan_in(network, table, chip), *_biases(network), *_weights(network, table)]
    placement = None
    try:
        if n_chips is not None and not 1 <= n_chips <= chip.max_chips:
            raise ConstraintError([_chips(n_chips, chip)])
        if good is not None:
            placement, table = _on_screened(network, table, n_chips, good)
            found += _fan_out(network, table, placement, chip)
        else:
            placement = place(network, chip, n_chips)
            found += _fan_out(network, table, placement, chip)
            route(network, table, placement, chip)
    except ConstraintError as error:
        found += error.violations
    if found or placement is None:
        raise ConstraintError(found)
    return placement


def _on_screened(
    network: Network, table: np.ndarray, n_chips: int | None, good: GoodWords
) -> tuple[Placement, np.ndarray]:
    """A placement on good words for which tags can be found, and the synapses it leaves."""
    if n_chips is not None and n_chips > good.snapshot.n_chips:
        raise ConstraintError([_unscreened(n_chips, good)])
    try:
        return _attempt(network, table, n_chips, good, settled=True)
    except ConstraintError:
        return _attempt(network, table, n_chips, good, settled=False)


def _attempt(
    network: Network, table: np.ndarray, n_chips: int | None, good: GoodWords, settled: bool
) -> tuple[Placement, np.ndarray]:
    placement = place_on_good_words(network, table, n_chips, good, settled)
    made = trimmed(network, table, placement, good)
    upper = upper_tags(network, made, placement, good)
    route(network, made, placement, good.chip, upper)
    return placement, made


def _chips(n_chips: int, chip: ChipSpec) -> Violation:
    return Violation(
        "CHIPS", "the board", f"{n_chips} chips", f"boards have 1..{chip.max_chips}",
        "choose one of these",
    )  # fmt: skip


def _unscreened(n_chips: int, good: GoodWords) -> Violation:
    return Violation(
        "CHIPS", "the board", f"{n_chips} chips",
        f"the snapshot is of {good.snapshot.n_chips}", "screen more chips, or use fewer",
    )  # fmt: skip


def _fan_in(network: Network, table: np.ndarray, chip: ChipSpec) -> Iterator[Violation]:
    need = np.bincount(table["target"], minlength=network.n_neurons)
    for index in np.flatnonzero(need > chip.cam_words):
        yield Violation(
            "FAN_IN", network.neuron_name(int(index)), f"{need[index]} CAM words",
            f"the chip has {chip.cam_words}",
            f"drop {need[index] - chip.cam_words} inputs or lower the fan-in in training with "
            f"max_fan_in={chip.cam_words}",
        )  # fmt: skip


def _biases(network: Network) -> Iterator[Violation]:
    for population in network.populations:
        for name, value in population.parameters.currents().items():
            register = CURRENT_TO_REGISTER[name]
            if value < CONSTANTS.i_0 and name.startswith(("i_tau", "i_gain")):
                yield Violation(
                    "BIAS_UNREACHABLE", f"{name} of '{population.name}'", f"{value:.3g} A",
                    f"no current falls below the dark current of {CONSTANTS.i_0:.3g} A",
                    "choose a larger current, which is a shorter time constant",
                )  # fmt: skip
                continue
            try:
                nearest(register, value)
            except InputError:
                amps = legal_currents(register).amps
                yield Violation(
                    "BIAS_UNREACHABLE", f"{name} of '{population.name}'", f"{value:.3g} A",
                    f"{register} reaches {amps[0]:.3g} to {amps[-1]:.3g} A",
                    "choose a value in this range",
                )  # fmt: skip


def _weights(network: Network, table: np.ndarray) -> Iterator[Violation]:
    reach = sum(float(legal_currents(r).amps[-1]) for r in WEIGHT_TO_REGISTER.values())
    strong = table["weight"] > reach
    for index in np.unique(table["target"][strong]):
        mine = table["weight"][table["target"] == index]
        yield Violation(
            "WEIGHT_UNREACHABLE", network.neuron_name(int(index)),
            f"a weight current of {mine.max():.3g} A",
            f"the four base currents add up to {reach:.3g} A",
            "scale the weights down and the synapse gain up",
        )  # fmt: skip


def _fan_out(
    network: Network, table: np.ndarray, placement: Placement, chip: ChipSpec
) -> Iterator[Violation]:
    chips = target_chips(network, table, placement)
    for index in np.flatnonzero(chips.sum(axis=1) + 1 > chip.destination_words):
        yield Violation(
            "FAN_OUT", network.neuron_name(int(index)),
            f"{int(chips[index].sum()) + 1} destination words ({int(chips[index].sum())} chips and "
            "the monitor)",
            f"the chip has {chip.destination_words}",
            "connect it to fewer chips or use a board with fewer chips",
        )  # fmt: skip


def target_chips(network: Network, table: np.ndarray, placement: Placement) -> np.ndarray:
    """Which chips every neuron projects to, bool [neuron, chip]."""
    if table.dtype != CONNECTION:
        raise TypeError("table must be of dtype CONNECTION")
    chips = np.zeros((network.n_neurons, placement.n_chips), bool)
    own = table[table["source"] >= network.n_inputs]
    chips[own["source"] - network.n_inputs, placement.chip[own["target"]]] = True
    return chips
