"""What every rung of a ladder changes, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...hw.chip import ChipSpec
from ...hw.injection import deaf_words, injected, stuck_neurons
from ...hw.virtual_board import OPTIONS, VirtualBoard
from ...models.network import Network, Population
from ...models.parameters import DENDRITES
from ..connections import connections
from ..placement import alike
from ..program import Program
from ..quantization import snr_db
from .ladder import DEFECTS, MISMATCH, TEMPORAL
from .registers import weights_of

EXACT_DB = 120.0
"""Signal-to-noise ratio of weights that is nothing but float32 rounding [dB]."""


def network(made: Network) -> str:
    """The network at the top."""
    return f"{made.n_neurons} neurons, {len(connections(made))} synapses, weights as they are"


def fan_in(above: Network, here: Network, chip: ChipSpec, without_word: int) -> str:
    """Synapses that went."""
    before, after = connections(above), connections(here)
    if len(before) == len(after):
        return f"no neuron has more than {chip.cam_words} synapses"
    need = [np.bincount(t["target"], minlength=above.n_neurons) for t in (before, after)]
    said = (
        f"{len(before) - len(after)} of {len(before)} synapses dropped, the weakest of "
        f"{int((need[0] > need[1]).sum())} neurons ({chip.cam_words} CAM words each)"
    )
    return said + (f"; {without_word} of them for want of good words" if without_word else "")


def shared(above: Network, here: Network) -> str:
    """Parameter sets that became one."""
    sets = [len(alike(made)) for made in (above, here)]
    if sets[0] == sets[1]:
        return f"{sets[0]} parameter set(s), the cores are enough"
    return f"{sets[0]} parameter sets become {sets[1]}; {_largest_change(above, here)}"


def weights(above: Network, here: Network) -> str:
    """How well weights are held."""
    wanted, held = weights_of(above), weights_of(here)
    there = wanted > 0
    zero, ratio = int((there & (held == 0)).sum()), snr_db(wanted[there], held[there])
    quality = f"at {ratio:.1f} dB" if ratio < EXACT_DB else "exact"
    return f"{int(there.sum())} weights {quality}, {zero} rounded to zero"


def biases(above: Network, here: Network) -> str:
    """How far currents move."""
    return _largest_change(above, here)


def _largest_change(above: Network, here: Network) -> str:
    """The current in use that moves most, relative to what it was."""
    found = []
    for old, new in zip(above.populations, here.populations, strict=True):
        wanted, got = old.parameters.currents(), new.parameters.currents()
        found += [
            (abs(got[n] / wanted[n] - 1), f"{n} of '{old.name}'") for n in _in_use(above, old)
        ]
    change, name = max(found)
    return f"currents change by up to {change:.1%}" + (f" ({name})" if change else "")


def _in_use(network: Network, population: Population) -> list[str]:
    """Currents that make a difference: those of circuits that are on."""
    dendrites = {p.dendrite for p in network.projections if p.target == population.name}
    idle = [d for d in DENDRITES if d not in dendrites]
    idle += [s for s in ("nmda_gate", "dc") if not population.parameters.switches()[s]]
    idle += [] if population.parameters.adaptation else ["ahp"]
    return [n for n in population.parameters.currents() if not n.endswith(tuple(idle))]


def toggled(name: str, program: Program, board: VirtualBoard) -> str:
    """What a virtual board has that the one above had not."""
    if name == DEFECTS:
        deaf, words, stuck = _broken(program, board)
        return (
            f"{deaf} of {words} CAM words in use are deaf, {stuck} of {len(program.neurons)} "
            "neurons stuck"
        )
    if name == MISMATCH:
        doubled = ", doubled weights" if board.doubled else ""
        twin = twin_of(program, board)
        if twin:
            return f"the factors that were fitted to {twin}{doubled}"
        return f"level {board.level:g} of the '{board.mismatch}' spread{doubled}"
    return f"noise {board.noise:g}, loss {board.loss:g}, jitter {board.jitter_us} us"


def twin_of(program: Program, board: VirtualBoard) -> str:
    """The board whose twin this is; "" if it is none."""
    snapshot = injected(board, program.configuration.chip)
    twin = None if snapshot is None else snapshot.twin
    return "" if twin is None else str(twin.board.get("name", "a board"))


def _broken(program: Program, board: VirtualBoard) -> tuple[int, int, int]:
    """Deaf words in use, words in use, stuck neurons in use."""
    configuration, found, stuck = program.configuration, 0, 0
    for number in range(configuration.n_chips):
        mine = configuration.synapses[configuration.synapses["chip"] == number]
        deaf = deaf_words(board, number, configuration.chip)
        if deaf is not None:
            half = (mine["tag"] >= configuration.chip.tags // 2).astype(np.int64)
            found += int(deaf[mine["core"], mine["neuron"], mine["word"], half].sum())
        broken = stuck_neurons(board, number, configuration.chip)
        if broken is not None:
            here = program.neurons[program.neurons["chip"] == number]
            stuck += int(broken[here["core"], here["neuron"]].sum())
    return found, len(configuration.synapses), stuck


def unknown(name: str) -> str:
    """Why a rung of a real board is missing."""
    way = {
        DEFECTS: "screen it and give --snapshot FILE",
        MISMATCH: "give a virtual board that stands for it, --twin BOARD",
        TEMPORAL: "give a virtual board that stands for it, --twin BOARD",
    }
    return f"not known for this board: {way[name]}"


def measured(missing: Sequence[str]) -> str:
    """What the last rung of a real board carries."""
    carried = ["whatever no model of it holds", *missing]
    return "the board itself: " + ", ".join(carried)


def rest(above: VirtualBoard, board: VirtualBoard) -> str:
    """What a simulated board has besides the rungs."""
    keys = [o for o in OPTIONS if getattr(above, o.key) != getattr(board, o.key)]
    named = ", ".join(f"{o.key}={o.write(getattr(board, o.key))}" for o in keys)
    return named or f"{board.name}, nothing is left to switch on"
