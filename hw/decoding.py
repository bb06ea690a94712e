"""What circuits a register image makes: the inverse of deploy/encoding.py, as silicon reads it.

Only neurons with a destination are decoded, and those that somebody watches: the others cannot be
seen by anyone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..models.errors import RegisterError, Violation
from ..models.parameters import CONSTANTS, CURRENTS, DENDRITES
from .bias import current
from .chip import Dendrite
from .circuits import (
    CURRENT_TO_REGISTER,
    DELAY_TO_REGISTER,
    DEPRESSION_TO_REGISTER,
    FLAG_TO_DELAYS,
    HOMEOSTASIS_TO_REGISTER,
    SIMULATED_LATCHES,
    SWITCH_TO_LATCH,
    WEIGHT_TO_REGISTER,
)
from .configuration import Configuration

_ALWAYS = ("i_tau_mem", "i_gain_mem", "i_threshold", "i_refractory")
_WITH_SWITCH = {
    "nmda_gate": ("i_nmda_gate",),
    "dc": ("i_dc",),
    "adaptation": ("i_tau_ahp", "i_gain_ahp", "i_w_ahp", "i_pulse_ahp"),
}

_TAGS = 65_536
"""More tags than any chip has: what separates cores in a listening key."""


@dataclass(frozen=True, eq=False)
class Circuits:
    """The neurons a configuration makes, in address order; arrays are [neuron] unless said."""

    address: np.ndarray
    """(chip, core, neuron), int64 [neuron, 3]."""
    currents: dict[str, np.ndarray]
    """Nominal currents [A] by the names of NeuronParameters; unset ones at the dark current."""
    switches: dict[str, np.ndarray]
    """'exponential', 'nmda_gate', 'adaptation', 'dc', 'killed': bool."""
    base_currents: np.ndarray
    """Nominal W0..W3 [A], [neuron, bit]."""
    delay_currents: dict[str, np.ndarray]
    """Nominal currents [A] of the delays by the names of hw.circuits.DELAY_TO_REGISTER; infinite
    where the register is off (fine 0) or not set."""
    dendrites: tuple[str, ...]
    """Those with a synapse somewhere."""
    target: np.ndarray
    """Neuron of each synapse, [synapse]."""
    dendrite: np.ndarray
    """Index into `dendrites` of each synapse, [synapse]."""
    mask: np.ndarray
    """Weight bits of each synapse, [synapse]."""
    cam_word: np.ndarray
    """Which CAM word of its neuron each synapse is, [synapse]."""
    delayed: dict[str, np.ndarray]
    """For each of these delays whether a synapse has it, bool [synapse]."""
    depression_currents: dict[str, np.ndarray]
    """Nominal currents [A] by the names of hw.circuits.DEPRESSION_TO_REGISTER, [neuron]."""
    depressed: np.ndarray
    """Whether each synapse has short-term depression, bool [synapse]."""
    key: np.ndarray
    """What each synapse listens to, `listening_key(chip, core, tag)`, [synapse]; ascending."""
    source: np.ndarray
    """Neuron of each destination word, [destination]."""
    word: np.ndarray
    """Destination words, dtype hw.configuration.DESTINATION, [destination]."""
    watched: np.ndarray
    """Neurons that are watched, in the order asked for, int64 [watched]."""

    @property
    def tag(self) -> np.ndarray:
        """The tag each synapse listens to, [synapse]."""
        return self.key % _TAGS

    def reached(self, chip: int, cores: int, tag: int) -> np.ndarray:
        """Synapses that hear `tag` sent to the cores in the mask of a chip."""
        found = []
        for core in range(8):
            if cores >> core & 1:
                key = listening_key(chip, core, tag)
                found.append(np.arange(*np.searchsorted(self.key, [key, key + 1])))
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def fan_out(self, host_hop: int) -> list[np.ndarray]:
        """Synapses that hear each neuron, by following its destination words, [neuron]."""
        reached: list[list[np.ndarray]] = [[] for _ in self.address]
        for neuron, word in zip(self.source, self.word, strict=True):
            if word["x_hop"] != host_hop:
                chip = int(word["chip"]) + int(word["x_hop"])
                reached[neuron].append(self.reached(chip, int(word["cores"]), int(word["tag"])))
        none = np.zeros(0, np.int64)
        return [np.concatenate(r) if r else none for r in reached]


def listening_key(chip, core, tag):
    """One number for (chip, core, tag); elementwise on arrays."""
    return (np.int64(chip) * 64 + core) * _TAGS + tag


def decode(configuration: Configuration, watched: Sequence[tuple[int, int, int]] = ()) -> Circuits:
    """Read the circuits out of the registers.

    Args:
        watched: (chip, core, neuron) of neurons to decode even if they have no destination.

    Raises:
        RegisterError: NOT_SIMULATED for circuits this project does not model yet, BIAS_UNSET
            for a core in use without a bias it needs; all at once.
    """
    c = configuration
    found = [*_not_simulated(c)]
    seen = np.array(watched, np.int64).reshape(-1, 3)
    address = np.unique(np.concatenate([_addresses(c.destinations), seen]), axis=0)
    synapses = c.synapses[_index(address, _addresses(c.synapses)) >= 0]
    names = {int(d): d.name.lower() for d in Dendrite}
    kinds = np.array([DENDRITES.index(names[int(d)]) for d in synapses["dendrite"]], np.int64)
    dendrites = tuple(d for k, d in enumerate(DENDRITES) if (kinds == k).any())
    switches = _switches(c, address)
    delayed = _delayed(synapses)
    found += _unset(c, address, switches, _addresses(synapses), kinds)
    flagged = {DELAY_TO_REGISTER[name]: has for name, has in delayed.items()}
    flagged |= dict.fromkeys(DEPRESSION_TO_REGISTER.values(), synapses["stp"])
    found += _unset_for_words(c, synapses, flagged)
    if found:
        raise RegisterError(found)
    place = np.searchsorted([DENDRITES.index(d) for d in dendrites], kinds)
    key = listening_key(synapses["chip"], synapses["core"], synapses["tag"])
    order = np.argsort(key, kind="stable")
    return Circuits(
        address=address,
        currents={n: per_neuron(c, address, CURRENT_TO_REGISTER[n]) for n in CURRENTS},
        switches=switches,
        base_currents=np.stack(
            [per_neuron(c, address, name) for name in WEIGHT_TO_REGISTER.values()], axis=1
        ),
        delay_currents={
            name: per_neuron(c, address, register, math.inf)
            for name, register in DELAY_TO_REGISTER.items()
        },
        dendrites=dendrites,
        target=_index(address, _addresses(synapses))[order],
        dendrite=place[order],
        mask=synapses["weight"][order].astype(np.int64),
        cam_word=synapses["word"][order].astype(np.int64),
        delayed={name: flags[order] for name, flags in delayed.items()},
        depression_currents={
            name: per_neuron(c, address, register)
            for name, register in DEPRESSION_TO_REGISTER.items()
        },
        depressed=synapses["stp"][order],
        key=key[order],
        source=_index(address, _addresses(c.destinations)),
        word=c.destinations,
        watched=_index(address, seen),
    )


def _addresses(array: np.ndarray) -> np.ndarray:
    return np.stack([array[n].astype(np.int64) for n in ("chip", "core", "neuron")], axis=1)


def _index(address: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Row of `address` (sorted) that equals each wanted row, or -1."""
    flat, ask = (a[:, 0] << 32 | a[:, 1] << 16 | a[:, 2] for a in (address, wanted))
    at = np.searchsorted(flat, ask)
    hit = (at < len(flat)) & (flat[np.minimum(at, len(flat) - 1)] == ask) if len(flat) else ask < 0
    return np.where(hit, at, -1)


def per_neuron(
    c: Configuration, address: np.ndarray, register: str, off: float | None = None
) -> np.ndarray:
    """Nominal current [A] of a register for each neuron; the dark current where it is unset.

    With `off`, a register that is unset or has fine code 0 counts as this current instead.
    """
    values = np.full(len(address), CONSTANTS.i_0 if off is None else off)
    for (chip, core), biases in c.biases.items():
        if register in biases and (biases[register].fine or off is None):
            bias = biases[register]
            mine = (address[:, 0] == chip) & (address[:, 1] == core)
            values[mine] = float(current(register, bias.coarse, bias.fine))
    return values


def _delayed(synapses: np.ndarray) -> dict[str, np.ndarray]:
    """For each delay whether a synapse has it."""
    return {
        name: np.any([synapses[flag] for flag, has in FLAG_TO_DELAYS.items() if name in has], 0)
        for name in DELAY_TO_REGISTER
    }


def latch_bits(c: Configuration, address: np.ndarray) -> np.ndarray:
    """The switches of each neuron, as `Configuration.latches` has them, int64 [neuron]."""
    bits = np.zeros(len(address), np.int64)
    at = _index(address, _addresses(c.latches))
    bits[at[at >= 0]] = c.latches["bits"][at >= 0]
    return bits


def _switches(c: Configuration, address: np.ndarray) -> dict[str, np.ndarray]:
    bits = latch_bits(c, address)
    latches = SWITCH_TO_LATCH | {"killed": "latch_soif_kill"}
    return {name: bits >> c.chip.latches.index(latch) & 1 > 0 for name, latch in latches.items()}


def _unset(c, address, switches, targets, kinds) -> Iterator[Violation]:
    """Biases that a core in use needs and does not have."""
    for chip, core in sorted({(int(a), int(b)) for a, b, _ in address}):
        mine = (address[:, 0] == chip) & (address[:, 1] == core)
        hearing = (targets[:, 0] == chip) & (targets[:, 1] == core)
        needed = [CURRENT_TO_REGISTER[n] for n in _ALWAYS]
        for switch, names in _WITH_SWITCH.items():
            if switches[switch][mine].any():
                needed += [CURRENT_TO_REGISTER[n] for n in names]
        for k in np.unique(kinds[hearing]):
            needed += [CURRENT_TO_REGISTER[f"i_{x}_{DENDRITES[k]}"] for x in ("tau", "gain")]
        if hearing.any():
            needed += [CURRENT_TO_REGISTER["i_pulse"], *WEIGHT_TO_REGISTER.values()]
        enabled = latch_bits(c, address[mine]) >> c.chip.latches.index("latch_ho_enable") & 1
        if enabled.any():
            needed += HOMEOSTASIS_TO_REGISTER.values()
        missing = [n for n in dict.fromkeys(needed) if n not in c.biases.get((chip, core), {})]
        if missing:
            yield Violation(
                "BIAS_UNSET", f"chip {chip} core {core}", f"biases {', '.join(missing)}",
                "they are not set and a chip's reset values are unknown",
                "set them in the configuration",
            )  # fmt: skip


def _unset_for_words(
    c: Configuration, synapses: np.ndarray, flagged: dict[str, np.ndarray]
) -> Iterator[Violation]:
    """Biases that delayed or depressed synapses need and do not have."""
    for register, has in flagged.items():
        for chip, core in np.unique(_addresses(synapses[has])[:, :2], axis=0).tolist():
            if register not in c.biases.get((chip, core), {}):
                yield Violation(
                    "BIAS_UNSET", f"chip {chip} core {core}", f"biases {register}",
                    "synapses with a flag need it and a chip's reset values are unknown",
                    "set it in the configuration; fine code 0 is no delay",
                )  # fmt: skip


def _not_simulated(c: Configuration) -> Iterator[Violation]:
    for bit, latch in enumerate(c.chip.latches):
        count = int((c.latches["bits"] >> bit & 1).sum())
        if count and latch not in SIMULATED_LATCHES:
            yield Violation(
                "NOT_SIMULATED", f"{count} neurons with {latch}", f"the circuit behind {latch}",
                "this release does not simulate it", f"clear {latch}, or use a real board",
            )  # fmt: skip
