"""What a screening writes and plays: registers in which every word can be asked by itself.

One register image per half of the tags. Word k of every neuron listens to a tag of its own, on
AMPA, with all four base currents, so strongly that one burst makes any neuron that hears it spike
whatever its mismatch; no neuron sends to another. A trial is a slot per word: a burst of its tag
to all cores, then silence in which every current decays. Currents are nominal; on silicon this
was never tried.
"""

from __future__ import annotations

import numpy as np

from ..models.errors import InputError
from ..models.parameters import NeuronParameters
from .bias import Bias, nearest
from .board import Trial
from .chip import ChipSpec, Dendrite
from .circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER
from .configuration import DESTINATION, LATCHES, SYNAPSE, Configuration
from .events import Events

SLOT_US = 30_000
"""Time for one word [us]: 15 time constants of the synapse."""
BURST_US = (1_000, 2_000, 3_000)
"""When its events are sent [us]; one lost on the way does no harm."""
QUIET_US = 100_000
"""Length of a trial without input [us]."""
WEIGHT_A = 2e-8
"""Each of the four base currents [A]; a burst is some 100 times what makes a neuron fire."""
TAG_STRIDE = 37
"""Between the tags of neighbouring words, so that every bit of a tag is tried; odd, so that no two
words of a neuron share one."""


def tags(chip: ChipSpec, half: int) -> np.ndarray:
    """The tag that each word listens to, int64 [word].

    Raises:
        InputError: TOO_FEW_TAGS, when words cannot have tags of their own.
    """
    size = chip.tags // 2
    own = half * size + np.arange(chip.cam_words) * TAG_STRIDE % size
    if len(np.unique(own)) < chip.cam_words:
        raise InputError(
            f"{chip.name} has {size} tags in a half and {chip.cam_words} words per neuron: "
            "screening needs a tag for each of them",
            code="TOO_FEW_TAGS",
        )
    return own


def registers(chip: ChipSpec, n_chips: int, half: int, killed: np.ndarray) -> Configuration:
    """Every neuron monitored, every word listening to a tag of a half.

    Args:
        killed: neurons to be silenced, bool [chip, core, neuron].
    """
    cores = [(c, k) for c in range(n_chips) for k in range(chip.cores)]
    shape = (n_chips, chip.cores, chip.neurons_per_core)
    words = _addressed(SYNAPSE, np.indices((*shape, chip.cam_words)).reshape(4, -1))
    words["tag"] = tags(chip, half)[words["word"]]
    words["dendrite"], words["weight"] = int(Dendrite.AMPA), chip.weight_masks - 1
    monitors = _addressed(DESTINATION, np.indices(shape).reshape(3, -1))
    monitors["tag"] = monitors["core"].astype(np.int64) * chip.neurons_per_core + monitors["neuron"]
    monitors["cores"], monitors["x_hop"] = (1 << chip.cores) - 1, chip.host_hop
    silenced = _addressed(LATCHES, np.stack(np.nonzero(killed)))
    silenced["bits"] = 1 << chip.latches.index("latch_soif_kill")
    core_biases = biases()
    return Configuration(
        n_chips, {core: core_biases for core in cores}, words, monitors, silenced, chip=chip
    )


def biases() -> dict[str, Bias]:
    """Fast neurons and synapses that fire a few times per burst, and are at rest after it."""
    neuron = NeuronParameters.from_times(tau_mem=5e-3, tau_syn=2e-3, t_refractory=4e-3)
    wanted = neuron.currents() | dict.fromkeys(WEIGHT_TO_REGISTER, WEIGHT_A)
    names = CURRENT_TO_REGISTER | WEIGHT_TO_REGISTER
    return {names[name]: nearest(names[name], amps) for name, amps in wanted.items()}


def _addressed(dtype: np.dtype, places: np.ndarray) -> np.ndarray:
    words = np.zeros(places.shape[1], dtype)
    for name, column in zip(("chip", "core", "neuron", "word"), places, strict=False):
        words[name] = column
    return words


def asking(chip: ChipSpec, n_chips: int, half: int, order: np.ndarray) -> Trial:
    """A trial that asks every word of every neuron once, slot s the words `order[s]`."""
    slots = len(order)
    one = np.add.outer(np.arange(slots) * SLOT_US, BURST_US)
    time = np.broadcast_to(one[:, :, None], (slots, len(BURST_US), n_chips)).ravel()
    to_chip = np.broadcast_to(np.arange(n_chips), (slots, len(BURST_US), n_chips)).ravel()
    tag = np.repeat(tags(chip, half)[order], len(BURST_US) * n_chips)
    cores = np.full(len(time), (1 << chip.cores) - 1)
    return Trial(Events(time, tag, cores, to_chip, np.zeros(len(time))), slots * SLOT_US)


def quiet() -> Trial:
    """A trial in which nothing is sent."""
    return Trial(Events.none(), QUIET_US)


def senders(events: Events, chip: ChipSpec, n_chips: int) -> tuple[np.ndarray, np.ndarray]:
    """Who sent every event: row in [chip, core, neuron] laid flat, -1 for none of them; and
    whether it is an answer to the host's own control words."""
    came_from = events.x_hop.astype(np.int64) - chip.host_hop - 1
    control = events.y_hop != 0
    known = (came_from >= 0) & (came_from < n_chips) & (events.tag >= 0) & ~control
    known &= events.tag < chip.neurons
    return np.where(known, came_from * chip.neurons + events.tag, -1), control
