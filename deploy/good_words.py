"""What a snapshot leaves to a compiler: good words, usable neurons, and how much may be dropped.

A word can be good for one half of the tags only, so a neuron is described by how many of its words
hear the lower tags, the upper ones, and either. Neurons that are stuck or mute are not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..hw.chip import ChipSpec
from ..hw.configuration import LATCHES, Configuration
from ..hw.snapshot import HIGH, LOW, Snapshot
from ..models.errors import RoutingError, Violation
from ..models.network import Network
from .placement import Placement

DROP = 0.1
"""Share of a neuron's summed weight that its weakest synapses may take with them when they find no
good word [1]. A choice of ours: less than mismatch does to a weight (docs/decisions/0009)."""


@dataclass(frozen=True, eq=False)
class GoodWords:
    """A board as its snapshot has it; counts are int64 [chip, core, neuron]."""

    snapshot: Snapshot
    """What was measured."""
    drop: float = DROP
    """Largest share of a neuron's weight that may be dropped [1]."""

    @property
    def chip(self) -> ChipSpec:
        """The kind of chip."""
        return self.snapshot.chip

    @cached_property
    def usable(self) -> np.ndarray:
        """Neurons that answer, and only when asked, bool [chip, core, neuron]."""
        return ~(self.snapshot.stuck | self.snapshot.mute)

    @cached_property
    def hears(self) -> np.ndarray:
        """Words to be used, bool [chip, core, neuron, word, half]."""
        return ~self.snapshot.bad & self.usable[..., None, None]

    @cached_property
    def low(self) -> np.ndarray:
        """Words that hear the lower half of the tags."""
        return self.hears[..., LOW].sum(axis=3)

    @cached_property
    def high(self) -> np.ndarray:
        """Words that hear the upper half of the tags."""
        return self.hears[..., HIGH].sum(axis=3)

    @cached_property
    def either(self) -> np.ndarray:
        """Words that hear at least one half."""
        return self.hears.any(axis=4).sum(axis=3)


def fan_in(network: Network, table: np.ndarray) -> np.ndarray:
    """Synapses of every neuron, int64 [neuron]; `table` of dtype CONNECTION."""
    return np.bincount(table["target"], minlength=network.n_neurons)


def droppable(network: Network, table: np.ndarray, drop: float) -> np.ndarray:
    """How many of its weakest synapses each neuron can lose, int64 [neuron]."""
    _, running, total = _by_weight(network, table)
    return np.bincount(
        table["target"], weights=running <= drop * total, minlength=network.n_neurons
    ).astype(np.int64)


def trimmed(
    network: Network, table: np.ndarray, placement: Placement, good: GoodWords
) -> np.ndarray:
    """The synapses for which there is a word; the weakest of a neuron go first."""
    words = good.either[placement.chip, placement.core, placement.neuron]
    short = np.maximum(0, fan_in(network, table) - words)
    return table[_by_weight(network, table)[0] >= short[table["target"]]]


def _by_weight(network: Network, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every synapse: its rank in its neuron from the weakest on, the weight up to it, and the
    weight of the neuron [A]."""
    order = np.lexsort((table["weight"], table["target"]))
    target, weight = table["target"][order], table["weight"][order]
    first = np.searchsorted(target, target)
    before = np.concatenate([[0.0], np.cumsum(weight)])
    rank, running = np.zeros(len(table), np.int64), np.zeros(len(table))
    rank[order] = np.arange(len(table)) - first
    running[order] = before[1:] - before[first]
    total = np.bincount(table["target"], weights=table["weight"], minlength=network.n_neurons)
    return rank, running, total[table["target"]]


def on_good_words(configuration: Configuration, good: GoodWords) -> Configuration:
    """The same registers with every synapse on a word that hears its tag, and stuck neurons killed.

    Raises:
        RoutingError: NO_GOOD_WORD; a defect of this compiler, which planned for enough words.
    """
    synapses = configuration.synapses.copy()
    half = (synapses["tag"] >= good.chip.tags // 2).astype(np.int64)
    place = synapses[["chip", "core", "neuron"]]
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]])[: len(place)])
    for rows in np.split(np.arange(len(place)), starts[1:]) if len(place) else []:
        at = tuple(map(int, place[rows[0]]))
        words = _words(good.hears[at], half[rows])
        if words is None:
            raise RoutingError(
                [Violation("NO_GOOD_WORD", "chip {} core {} neuron {}".format(*at),
                           f"{len(rows)} good CAM words", "there are fewer",
                           "report this as a defect")]
            )  # fmt: skip
        synapses["word"][rows] = words
    return replace(configuration, synapses=synapses, latches=_with_kills(configuration, good))


def prove_words(configuration: Configuration, good: GoodWords) -> None:
    """Prove that no synapse lies on a word that is bad for its tag, or on a neuron not to be used.

    Raises:
        RoutingError: BAD_WORD.
    """
    s, snapshot = configuration.synapses, good.snapshot
    at = tuple(s[name].astype(np.int64) for name in ("chip", "core", "neuron"))
    upper = s["tag"] >= configuration.chip.tags // 2
    bad = snapshot.bad[(*at, s["word"], upper.astype(np.int64))]
    bad |= snapshot.stuck[at] | snapshot.mute[at]
    if bad.any():
        raise RoutingError(
            [Violation("BAD_WORD", "chip {} core {} neuron {} word {}".format(*row),
                       "a good CAM word", "the snapshot calls it bad", "report this as a defect")
             for row in s[bad][["chip", "core", "neuron", "word"]].tolist()]
        )  # fmt: skip


def _words(hears: np.ndarray, half: np.ndarray) -> np.ndarray | None:
    """A word for every synapse of a neuron, or None; words good for one half only go first.

    Args:
        hears: bool [word, half].
        half: of every synapse's tag.
    """
    words = np.zeros(len(half), np.int64)
    free = np.ones(len(hears), bool)
    for mine in (LOW, HIGH):
        rows = np.flatnonzero(half == mine)
        good = np.flatnonzero(hears[:, mine] & free)
        picked = good[np.argsort(hears[good, 1 - mine], kind="stable")][: len(rows)]
        if len(picked) < len(rows):
            return None
        words[rows], free[picked] = np.sort(picked), False
    return words


def _with_kills(configuration: Configuration, good: GoodWords) -> np.ndarray:
    """The latches, and the kill latch of every stuck neuron: unused as it is, it spends power."""
    stuck = np.stack(np.nonzero(good.snapshot.stuck[: configuration.n_chips]))
    kills = np.zeros(stuck.shape[1], LATCHES)
    for name, column in zip(("chip", "core", "neuron"), stuck, strict=True):
        kills[name] = column
    kills["bits"] = 1 << good.chip.latches.index("latch_soif_kill")
    return np.concatenate([configuration.latches, kills])
