"""The program that tests of the probe ask for, and its words."""

from dataclasses import replace
from functools import cache

import numpy as np

from analoop.deploy import Program, compile, probe
from analoop.deploy.probe_report import ProbeReport
from analoop.models import DENDRITES, INPUT, Network

from .damaged import Damage, DamagedBoard, nothing
from .networks import BOARD, LIVELY, network, population, wires

DENDRITE = {"ampa": 1024, "nmda": 256, "gaba": 512, "shunt": 128}
"""Codes of the dendrites."""

ROOMY = replace(BOARD, cam_words=16)
"""Three cores of five neurons to a chip."""


def recurrent_network() -> Network:
    """Four populations on four cores of two chips; each dendrite within and between them."""
    rng = np.random.default_rng(5)
    populations = [population(f"p{k}", 4, threshold=1e-9 * (k + 1)) for k in range(4)]
    names = [p.name for p in populations]
    projections = []
    for d, dendrite in enumerate(DENDRITES):
        for k, target in enumerate(names):
            source = names[(k + d) % len(names)]
            # A neuron that excites only itself on a core cannot show that it does.
            some = (rng.random((4, 4)) < 0.4) & ~(np.eye(4) > 0)
            projections.append(
                wires(source, target, dendrite, some * rng.choice([LIVELY, LIVELY / 3], (4, 4)))
            )
    into = wires(INPUT, "p0", "ampa", np.eye(3, 4) * LIVELY)
    return network(3, populations, into, *projections)


@cache
def recurrent() -> Program:
    """It, compiled for a tiny board: three cores to a chip."""
    return compile(recurrent_network(), ROOMY)


def probed(
    damage: Damage = nothing, name: str = "sim:nominal", program: Program | None = None
) -> ProbeReport:
    program = program or recurrent()
    with DamagedBoard(damage, name, ROOMY) as board:
        report = probe(program, board)
        assert board.programmed[-1] == program.configuration.hash
    return report


def cam_words() -> list[np.void]:
    """A CAM word for each dendrite, of four neurons."""
    words, taken, found = recurrent().configuration.synapses, [], []
    for dendrite in DENDRITES:
        for word in words[words["dendrite"] == DENDRITE[dendrite]]:
            address = word[["chip", "core", "neuron"]].tolist()
            if address not in taken:
                taken.append(address)
                found.append(word)
                break
    assert len(found) == 4
    return found


def leaving(cores: int = 1) -> np.void:
    """A destination word to at least so many cores, on another chip."""
    words = recurrent().configuration.destinations
    many = np.array([int(w["cores"]).bit_count() >= cores for w in words])
    return words[(words["x_hop"] != ROOMY.host_hop) & many][0]
