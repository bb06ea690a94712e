"""What is in a program: resources, quality of the weights, and who each neuron is; and what the
chips it may meet are drawn from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from ..hw.defects import DEFECTS_VERSION
from ..models.errors import InputError
from ..models.mismatch import MISMATCH_VERSION, SAMPLERS, numbers
from .program import Program


def inspect(program: Program) -> dict[str, Any]:
    """The program in numbers, as JSON values."""
    configuration = program.configuration
    return {
        "program": program.hash,
        "network": program.network_hash,
        "chip": configuration.chip.name,
        "chips": configuration.n_chips,
        "inputs": program.n_inputs,
        "populations": [
            {
                "name": span.name,
                "neurons": span.size,
                "cores": sorted(
                    {
                        f"chip {n['chip']} core {n['core']}"
                        for n in program.neurons[span.first : span.first + span.size]
                    }
                ),
            }
            for span in program.populations
        ],
        "output": program.output,
        "labels": list(program.labels),
        "difference": None if program.difference is None else vars(program.difference),
        **program.report,
        "biases": [
            {
                "chip": chip,
                "core": core,
                "codes": {n: [b.coarse, b.fine] for n, b in biases.items()},
            }
            for (chip, core), biases in sorted(configuration.biases.items())
        ],
        "provenance": dict(program.provenance),
    }


def inspect_neuron(program: Program, index: int) -> dict[str, Any]:
    """One neuron's identity, from model index to recording column, and what it hears and feeds.

    Raises:
        InputError: UNKNOWN_NEURON.
    """
    if not 0 <= index < len(program.neurons):
        raise InputError(
            f"there is no neuron {index}: the program has 0..{len(program.neurons) - 1}",
            code="UNKNOWN_NEURON",
        )
    neuron = program.neurons[index]
    configuration = program.configuration

    def mine(words: np.ndarray) -> np.ndarray:
        same = np.ones(len(words), bool)
        for name in ("chip", "core", "neuron"):
            same &= words[name] == neuron[name]
        return words[same]

    return {
        "index": index,
        "name": program.names[index],
        "column": index,
        **{name: int(neuron[name]) for name in ("chip", "core", "neuron", "tag")},
        "synapses": _words(mine(configuration.synapses), ("word", "tag", "dendrite", "weight")),
        "destinations": _words(
            mine(configuration.destinations), ("word", "tag", "cores", "x_hop", "y_hop")
        ),
    }


def inspect_tag(program: Program, tag: int) -> list[dict[str, Any]]:
    """Everyone who sends a tag: neurons to the host or to cores, and input channels.

    Raises:
        InputError: UNKNOWN_TAG.
    """
    chip = program.configuration.chip
    if not 0 <= tag < chip.tags:
        raise InputError(f"there is no tag {tag}: tags are 0..{chip.tags - 1}", code="UNKNOWN_TAG")
    words = program.configuration.destinations
    index = {tuple(a): k for k, a in enumerate(program.address.tolist())}
    found = []
    for word in words[words["tag"] == tag]:
        sender = index[int(word["chip"]), int(word["core"]), int(word["neuron"])]
        to_host = word["x_hop"] == chip.host_hop
        found.append(
            {
                "sender": program.names[sender],
                "index": sender,
                "to": "host"
                if to_host
                else _cores(int(word["chip"] + word["x_hop"]), word["cores"]),
            }
        )
    for word in program.inputs[program.inputs["tag"] == tag]:
        found.append(
            {
                "sender": f"input channel {word['source']}",
                "index": int(word["source"]),
                "to": _cores(int(word["chip"]), word["cores"]),
            }
        )
    return found


def inspect_mismatch() -> dict[str, Any]:
    """Every number that mismatch and defects are drawn with, as JSON values."""
    return {
        "mismatch": MISMATCH_VERSION,
        "defects": DEFECTS_VERSION,
        "samplers": list(SAMPLERS),
        "numbers": [asdict(n) | {"parameters": list(n.parameters)} for n in numbers()],
    }


def _cores(chip: int, mask: Any) -> str:
    cores = [str(core) for core in range(8) if int(mask) >> core & 1]
    return f"chip {chip} core {', '.join(cores)}"


def _words(words: np.ndarray, names: tuple[str, ...]) -> list[dict[str, int]]:
    return [{name: int(word[name]) for name in names} for word in words]
