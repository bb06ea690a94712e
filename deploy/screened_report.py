"""What a program says about the snapshot it was compiled with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..hw.snapshot import Snapshot
from ..models.network import Network
from .good_words import GoodWords, fan_in
from .placement import Placement


def screened_report(
    network: Network,
    tables: tuple[np.ndarray, np.ndarray],
    placement: Placement,
    good: GoodWords,
    upper: np.ndarray,
) -> dict[str, Any]:
    """What was avoided and what it cost, as JSON values.

    `avoided`: words of the neurons in use that are bad for the tags these hear; a word bad for both
    halves counts twice where both are heard; `bad_words`: those of all neurons of the chips in use,
    per half of the tags, words of stuck neurons included;
    `dropped`: synapses without a good word; `dropped_weight`: the largest share of its summed
    weight that a neuron lost with them [1].

    Args:
        tables: all synapses, and those that are made, dtype CONNECTION.
        upper: as `screened_routing.upper_tags` returns it.
    """
    every, made = tables
    at = placement.chip, placement.core, placement.neuron
    bad = good.snapshot.bad.sum(axis=3, dtype=np.int64)  # [chip, core, neuron, half]
    hears = np.zeros((network.n_neurons, 2), bool)
    sent = upper[made["source"], placement.chip[made["target"]]].astype(np.int64)
    hears[made["target"], sent] = True
    weight = [
        np.bincount(t["target"], weights=t["weight"], minlength=network.n_neurons) for t in tables
    ]
    lost = 1.0 - weight[1] / np.where(weight[0] > 0, weight[0], 1.0)
    lost = np.where(weight[0] > 0, lost, 0.0)
    snapshot, chips = good.snapshot, placement.n_chips
    return {
        "snapshot": snapshot.hash,
        "board": snapshot.board.get("name"),
        "date": snapshot.date,
        "avoided": int(bad[at][hears].sum()),
        "bad_words": bad[:chips].sum(axis=(0, 1, 2)).tolist(),
        "stuck": int(snapshot.stuck[:chips].sum()),
        "mute": int(snapshot.mute[:chips].sum()),
        "dropped": len(every) - len(made),
        "neurons_with_dropped": int((fan_in(network, every) > fan_in(network, made)).sum()),
        "dropped_weight": float(np.clip(lost, 0.0, 1.0).max(initial=0.0)),
    }


def snapshot_provenance(snapshot: Snapshot) -> dict[str, Any]:
    """Which snapshot of which board, as JSON values."""
    return {
        "hash": snapshot.hash,
        "board": dict(snapshot.board),
        "date": snapshot.date,
        "method": snapshot.method,
    }
