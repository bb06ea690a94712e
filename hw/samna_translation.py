"""From the virtual samna's records to registers, and what of them the simulated chip ignores."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..models.errors import InputError, RegisterError, Violation
from .bias import Bias
from .chip import DYNAPSE2
from .configuration import DESTINATION, LATCHES, SYNAPSE, Configuration
from .samna_inert import INERT_LATCHES, inert_in
from .samna_records import (
    Dendrite,
    Dynapse2Configuration,
    Dynapse2Core,
    Dynapse2Destination,
    Dynapse2Neuron,
)

Place = tuple[int, ...]


@dataclass(frozen=True)
class Translated:
    """Registers, and what was asked for beside them."""

    configuration: Configuration
    """What the simulated chip is programmed with."""
    inert: dict[str, int]
    """What it accepts without effect, in words, and how often."""


def translate(records: Dynapse2Configuration) -> Translated:
    """Registers of a configuration.

    Raises:
        RegisterError: a register that no chip has, or circuits that cannot be simulated.
    """
    if not 1 <= len(records.chips) <= DYNAPSE2.max_chips:
        raise InputError(
            f"a configuration of {len(records.chips)} chips: a board has 1..{DYNAPSE2.max_chips}",
            code="CHIPS",
        )
    inert: Counter[str] = Counter()
    biases, synapses, destinations, latches = {}, [], [], []
    wrong: list[Violation] = []
    for number, chip in enumerate(records.chips):
        inert.update(inert_in(chip))
        for c, core in enumerate(chip.cores):  # those that nobody touched have biases, too
            biases[number, c] = _biases(core, f"chip {number} core {c}", wrong)
            for n, neuron in core.neurons.made.items():
                place = (number, c, n)
                bits = _latches(neuron, inert)
                if bits:
                    latches.append((*place, bits))
                synapses += _synapses(neuron, place)
                destinations += _destinations(neuron, place, len(records.chips), inert)
    if wrong:
        raise RegisterError(wrong)
    made = Configuration(
        len(records.chips),
        biases,
        np.array(synapses, SYNAPSE),
        np.array(destinations, DESTINATION),
        np.array(latches, LATCHES),
    )
    return Translated(made, dict(inert))


def is_used(word: Dynapse2Destination) -> bool:
    """Whether a destination leads anywhere."""
    return bool(word.x_hop or word.y_hop or any(word.core))


def _biases(core: Dynapse2Core, where: str, wrong: list[Violation]) -> dict[str, Bias]:
    made = {}
    for name, parameter in core.parameters.items():
        try:
            made[name] = Bias(parameter.coarse_value, parameter.fine_value)
        except InputError as error:
            code = f"code {parameter.coarse_value},{parameter.fine_value}"
            wrong.append(Violation("CODE", f"{where} {name}", code, str(error), "use a legal code"))
    return made


def _latches(neuron: Dynapse2Neuron, inert: Counter[str]) -> int:
    bits = 0
    for k, latch in enumerate(DYNAPSE2.latches):
        if getattr(neuron, latch):
            if latch in INERT_LATCHES:
                inert[f"neurons with {latch}"] += 1
            else:
                bits |= 1 << k
    return bits


def _synapses(neuron: Dynapse2Neuron, place: Place) -> list[tuple]:
    words = []
    for k, s in neuron.synapses.made.items():
        if s.dendrite != Dendrite.none:
            flags = s.stp, s.precise_delay, s.mismatched_delay
            words.append((*place, k, s.tag, int(s.dendrite), s.weight.mask, *flags))
    return words


def _destinations(
    neuron: Dynapse2Neuron, place: Place, chips: int, inert: Counter[str]
) -> list[tuple]:
    words = []
    for k, d in neuron.destinations.made.items():
        if not is_used(d):
            continue
        here = d.y_hop == 0 and 0 <= place[0] + d.x_hop < chips
        illegal = max(abs(d.x_hop), abs(d.y_hop)) > DYNAPSE2.max_hop
        if here or d.x_hop == DYNAPSE2.host_hop or illegal:  # the check of registers names it
            words.append((*place, k, d.tag, d.core.mask, d.x_hop, d.y_hop))
        else:
            inert["destinations on no chip of this board"] += 1
    return words
