"""Which half of the tags every source sends, so that every neuron has good words for all it hears.

A neuron with m synapses, L words that hear lower tags and H that hear upper ones takes between
m - L and H sources with upper tags; a core hears at most half of all tags from either half. All
sources start with upper tags, which fail less often (chip.md 4.4); then the source that repairs
most changes sides, until nothing is left to repair.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..models.errors import ConstraintError, Violation
from ..models.network import Network
from .good_words import GoodWords, fan_in
from .placement import Placement


class _Hearing(NamedTuple):
    """Who hears whom: neurons, then cores as if they were neurons that hear each source once."""

    sender: np.ndarray
    """source * n_chips + chip, [edge]."""
    receiver: np.ndarray
    """[edge]."""
    synapses: np.ndarray
    """Synapses, [edge]."""
    least: np.ndarray
    """Fewest of them with upper tags, [receiver]."""
    most: np.ndarray
    """Most of them with upper tags, [receiver]."""

    def excess(self, high: np.ndarray, receiver: np.ndarray | slice) -> np.ndarray:
        """By how many the numbers with upper tags are out of bounds."""
        return np.maximum(0, high - self.most[receiver]) + np.maximum(
            0, self.least[receiver] - high
        )


def upper_tags(
    network: Network, table: np.ndarray, placement: Placement, good: GoodWords
) -> np.ndarray:
    """Whether a source sends an upper tag to a chip, bool [source, chip].

    Args:
        table: the synapses that will be made, dtype CONNECTION.

    Raises:
        ConstraintError: GOOD_WORDS for neurons, TAGS for cores that cannot hear all they should.
    """
    n_sources = network.n_inputs + network.n_neurons
    hearing = _hearing(network, table, placement, good)
    upper = np.ones(n_sources * placement.n_chips, bool)
    high = np.bincount(hearing.receiver, hearing.synapses, len(hearing.most)).astype(np.int64)
    while hearing.excess(high, slice(None)).any():
        step = np.where(upper[hearing.sender], -hearing.synapses, hearing.synapses)
        now = high[hearing.receiver]
        gain = hearing.excess(now, hearing.receiver) - hearing.excess(now + step, hearing.receiver)
        gains = np.bincount(hearing.sender, gain, len(upper))
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            raise ConstraintError(_unheard(network, placement, good, hearing, high))
        mine = hearing.sender == best
        high[hearing.receiver[mine]] += step[mine]
        upper[best] = ~upper[best]
    return upper.reshape(n_sources, placement.n_chips)


def _hearing(
    network: Network, table: np.ndarray, placement: Placement, good: GoodWords
) -> _Hearing:
    chip, n_chips, n = good.chip, placement.n_chips, network.n_neurons
    target = table["target"]
    sender = table["source"] * n_chips + placement.chip[target]
    core = n + placement.chip[target] * chip.cores + placement.core[target]
    edges, count = np.unique(np.stack([sender, target]), axis=1, return_counts=True)
    to_cores = np.unique(np.stack([sender, core]), axis=1)
    heard = np.bincount(to_cores[1], minlength=n + n_chips * chip.cores)[n:]
    at = placement.chip, placement.core, placement.neuron
    half = chip.tags // 2
    return _Hearing(
        np.concatenate([edges[0], to_cores[0]]),
        np.concatenate([edges[1], to_cores[1]]),
        np.concatenate([count, np.ones(to_cores.shape[1], np.int64)]),
        np.concatenate([fan_in(network, table) - good.low[at], heard - (chip.tags - half)]),
        np.concatenate([good.high[at], np.full(len(heard), half)]),
    )


def _unheard(
    network: Network, placement: Placement, good: GoodWords, hearing: _Hearing, high: np.ndarray
) -> list[Violation]:
    found = []
    for receiver in np.flatnonzero(hearing.excess(high, slice(None))).tolist():
        core = receiver - network.n_neurons
        if core >= 0:
            where = "chip {} core {}".format(*divmod(core, good.chip.cores))
            found.append(Violation(
                "TAGS", where, "tags of the right half for all sources it hears",
                "its neurons lack good words for the other half",
                "reduce the number of sources they hear",
            ))  # fmt: skip
            continue
        at = placement.chip[receiver], placement.core[receiver], placement.neuron[receiver]
        found.append(Violation(
            "GOOD_WORDS", network.neuron_name(receiver), "a good CAM word for every synapse",
            f"its place has {good.low[at]} for lower and {good.high[at]} for upper tags, and the "
            "sources it shares with others cannot all be sent so",
            "lower the fan-in in training or use more chips",
        ))  # fmt: skip
    return found
