"""Tiny register images built by hand, word by word, and the events to play to them.

Every function returns plain rows; `registers` lays them out. Neurons are threshold neurons of
20 ms with synapses of 10 ms; the base currents W0..W3 are 1, 2, 4 and 8 nA.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, settings

from analoop.hw import (
    DYNAPSE2,
    Bias,
    Board,
    ChipSpec,
    Configuration,
    Dendrite,
    Events,
    nearest,
    open_board,
)
from analoop.hw.circuits import CURRENT_TO_REGISTER, WEIGHT_TO_REGISTER
from analoop.hw.configuration import DESTINATION, LATCHES, SYNAPSE
from analoop.models import NeuronParameters

HOST = DYNAPSE2.host_hop
INPUT_TAG = 1024
"""What `events` sends and `synapse` hears unless told otherwise."""

unhurried = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Hypothesis on a shared machine: slow is no failure."""
few = settings(unhurried, max_examples=6)
"""For properties that run a board."""


class Place(NamedTuple):
    """Where a neuron is."""

    chip: int = 0
    core: int = 0
    neuron: int = 0


ORIGIN = Place()


def biases(**currents: float) -> dict[str, Bias]:
    """Biases of a core: the nearest codes to the defaults, with some currents [A] replaced."""
    wanted = NeuronParameters.from_times().currents()
    wanted |= {f"i_w{bit}": 1e-9 * 2**bit for bit in range(4)} | currents
    names = CURRENT_TO_REGISTER | WEIGHT_TO_REGISTER
    return {names[name]: nearest(names[name], amps) for name, amps in wanted.items()}


def synapse(
    place: Place = ORIGIN,
    tag: int = INPUT_TAG,
    dendrite: Dendrite = Dendrite.AMPA,
    weight: int = 0b1111,
    word: int = 0,
) -> tuple:
    """A CAM word."""
    return (*place, word, tag, dendrite, weight, False, False, False)


def destination(place: Place, tag: int, cores: int = 1, x_hop: int = 0, word: int = 1) -> tuple:
    """An SRAM word to other neurons."""
    return (*place, word, tag, cores, x_hop, 0)


def monitor(place: Place = ORIGIN, tag: int | None = None, word: int = 0) -> tuple:
    """An SRAM word to the host; its tag is core * 256 + neuron unless told otherwise."""
    tag = place.core * 256 + place.neuron if tag is None else tag
    return (*place, word, tag, 0b1111, HOST, 0)


def latches(place: Place, *names: str) -> tuple:
    """The switches of a neuron."""
    return (*place, sum(1 << DYNAPSE2.latches.index(name) for name in names))


def registers(
    synapses: Sequence[tuple] = (),
    destinations: Sequence[tuple] = (),
    switches: Sequence[tuple] = (),
    core: Mapping[str, Bias] | None = None,
    n_chips: int = 1,
    chip: ChipSpec = DYNAPSE2,
) -> Configuration:
    """Lay out words; every core that is named gets the biases `core`."""
    used = {row[:2] for rows in (synapses, destinations, switches) for row in rows}
    return Configuration(
        n_chips,
        {place: biases() if core is None else core for place in sorted(used)},
        np.array(list(synapses), SYNAPSE),
        np.array(list(destinations), DESTINATION),
        np.array(list(switches), LATCHES),
        chip=chip,
    )


def monitored(synapses: Sequence[tuple], *names: str, **currents: float) -> Configuration:
    """One neuron, chip 0 core 0 neuron 0, with these synapses, latches and currents."""
    switches = [latches(ORIGIN, *names)] if names else []
    return registers(synapses, [monitor()], switches, biases(**currents))


def events(time_us: Iterable[int], tag: int = INPUT_TAG, cores: int = 1, chip: int = 0) -> Events:
    """The same word at several times."""
    time = np.array(list(time_us), np.int64)
    return Events(time, *(np.full(len(time), x) for x in (tag, cores, chip, 0)))


def regular(rate_hz: float, duration_us: int, tag: int = INPUT_TAG, **word: int) -> Events:
    """A regular train over a whole run."""
    return events(range(0, duration_us, round(1e6 / rate_hz)), tag, **word)


def merged(*several: Events) -> Events:
    """All events of all of them."""
    columns = zip(*map(columns_of, several), strict=True)
    return Events(*(np.concatenate(column) for column in columns))


def between(some: Events, start_us: int, stop_us: int) -> Events:
    """Those in [start, stop), timed from start."""
    chosen = (some.time_us >= start_us) & (some.time_us < stop_us)
    time, *rest = (column[chosen] for column in columns_of(some))
    return Events(time - start_us, *rest)


def columns_of(some: Events) -> tuple[np.ndarray, ...]:
    """Every array of the events."""
    return some.time_us, some.tag, some.cores, some.x_hop, some.y_hop


def rows_of(some: Events) -> list[tuple[int, ...]]:
    """(time, tag, cores, x_hop, y_hop) of each event, in order."""
    return [tuple(map(int, row)) for row in zip(*columns_of(some), strict=True)]


def played(
    configuration: Configuration, some: Events, duration_us: int, name: str = "sim:nominal"
) -> Events:
    """What a fresh board answers."""
    board: Board
    with open_board(name, configuration.chip) as board:
        board.program(configuration)
        return board.run(some, duration_us)


def spike_counts(some: Events) -> dict[int, int]:
    """Events per tag."""
    tags, counts = np.unique(some.tag, return_counts=True)
    return dict(zip(tags.tolist(), counts.tolist(), strict=True))
