"""Proof that the registers carry the network: follow every event, compare with what was meant."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..hw.configuration import Configuration
from ..hw.decoding import decode
from ..models.errors import RoutingError, Violation
from ..models.network import Network
from ..models.parameters import DENDRITES
from .connections import source_name
from .tracing import trace


def check_routing(
    network: Network,
    configuration: Configuration,
    neurons: np.ndarray,
    inputs: np.ndarray,
    synapses: tuple[np.ndarray, np.ndarray],
) -> int:
    """Prove that every connection arrives once, on its dendrite with its mask, and no other does.

    And that the host sees every neuron, under the tag the program knows it by.

    Args:
        neurons: chip, core, neuron and tag of every model neuron, dtype program.NEURON.
        inputs: as for `trace`.
        synapses: those kept (dtype CONNECTION) and their masks.

    Returns:
        The number of connections proved.

    Raises:
        RoutingError: LOST, ADDED (a wrong dendrite or mask is both), MONITOR_LOST,
            MONITOR_AMBIGUOUS.
    """
    chip = configuration.chip
    address = np.stack([neurons[n] for n in ("chip", "core", "neuron")], axis=1)
    found = trace(decode(configuration), chip.host_hop, address, inputs, network.n_inputs)
    table, masks = synapses
    meant = Counter(
        zip(
            *(table[n].tolist() for n in ("source", "target", "dendrite")),
            masks.tolist(),
            strict=True,
        )
    )
    arrived = Counter(
        zip(*(found[n].tolist() for n in ("source", "target", "dendrite", "mask")), strict=True)
    )
    violations = [_wrong(network, "LOST", x) for x in sorted((meant - arrived).elements())]
    violations += [_wrong(network, "ADDED", x) for x in sorted((arrived - meant).elements())]
    violations += _unseen(network, configuration, neurons)
    violations += _ambiguous(configuration)
    if violations:
        raise RoutingError(violations)
    return len(found)


def _wrong(network: Network, code: str, connection: tuple[int, ...]) -> Violation:
    source, target, dendrite, mask = connection
    name = f"{source_name(network, source)} -> {network.neuron_name(target)}"
    what = f"{DENDRITES[dendrite]} synapse with mask {mask:04b}"
    if code == "LOST":
        return Violation(code, name, f"its {what}", "it does not arrive", "report this as a defect")
    return Violation(code, name, "no such synapse", f"a {what} arrives", "report this as a defect")


def _host_words(configuration: Configuration) -> np.ndarray:
    words = configuration.destinations
    return words[(words["x_hop"] == configuration.chip.host_hop) & (words["y_hop"] == 0)]


def _unseen(network: Network, configuration: Configuration, neurons: np.ndarray) -> list[Violation]:
    """Neurons without a word to the host under their tag."""
    names = ["chip", "core", "neuron", "tag"]
    sent = {tuple(word) for word in _host_words(configuration)[names].tolist()}
    return [
        Violation(
            "MONITOR_LOST", network.neuron_name(k), f"a word to the host with tag {identity[3]}",
            "there is none", "report this as a defect",
        )
        for k, identity in enumerate(neurons[names].tolist())
        if identity not in sent
    ]  # fmt: skip


def _ambiguous(configuration: Configuration) -> list[Violation]:
    """Monitor words that the host could not tell apart."""
    host = _host_words(configuration)
    seen, count = np.unique(np.stack([host["chip"], host["tag"]]), axis=1, return_counts=True)
    return [
        Violation(
            "MONITOR_AMBIGUOUS", f"chip {chip} monitor tag {tag}", "one neuron", f"{n} send it",
            "report this as a defect",
        )
        for (chip, tag), n in zip(seen.T.tolist(), count.tolist(), strict=True)
        if n > 1
    ]  # fmt: skip
