"""Who hears what: core masks, tags, hops between chips and to the host."""

import numpy as np
import pytest

from analoop.hw import Configuration, Trial, open_board

from .boards import (
    Place,
    biases,
    destination,
    events,
    monitor,
    monitored,
    played,
    registers,
    regular,
    rows_of,
    spike_counts,
    synapse,
)

STRONG = biases(i_w3=1e-7)
"""One event of mask 0b1000 makes its neuron spike."""
DURATION_US = 30_000
RELAYED = 99
"""The tag that the driven neuron sends."""


def listener(place: Place, tag: int = RELAYED) -> tuple:
    return synapse(place, tag, weight=0b1000)


def heard(c: Configuration, tag: int = 1024, cores: int = 0b1111, chip: int = 0) -> set[int]:
    """Monitor tags of the neurons that spike after one event."""
    return set(spike_counts(played(c, events([0], tag, cores, chip), DURATION_US)))


def relay(source: Place, words: list[tuple], listeners: list[Place], n_chips: int = 1):
    """A source driven by the input, whose words drive listeners monitored as 1, 2, ..."""
    return registers(
        [synapse(source, weight=0b1000), *map(listener, listeners)],
        [monitor(source, 0), *words, *(monitor(p, k + 1) for k, p in enumerate(listeners))],
        core=STRONG,
        n_chips=n_chips,
    )


def test_an_event_reaches_exactly_the_cores_of_its_mask():
    places = [Place(core=core) for core in range(4)]
    c = registers([listener(p) for p in places], [monitor(p, p.core) for p in places], core=STRONG)
    trials = [Trial(events([0], RELAYED, mask), DURATION_US) for mask in range(16)]
    with open_board("sim") as board:
        board.program(c)
        reached = [set(spike_counts(out)) for out in board.run_trials(trials)]
    assert reached[0b0101] == {0, 2}
    assert reached == [{core for core in range(4) if mask >> core & 1} for mask in range(16)]


@pytest.mark.parametrize("mask", [0b0000, 0b0101, 0b1000, 0b1111])
def test_a_spike_reaches_exactly_the_cores_of_its_destination_word(mask: int):
    source = Place(core=1, neuron=5)
    listeners = [Place(core=core) for core in range(4)]
    c = relay(source, [destination(source, RELAYED, mask)], listeners)
    assert heard(c) == {0} | {core + 1 for core in range(4) if mask >> core & 1}


@pytest.mark.parametrize("tag", [0, 1, 1023, 1024, 2047])
def test_a_synapse_hears_its_tag_and_no_other(tag: int):
    c = registers([synapse(tag=tag, weight=0b1000)], [monitor()], core=STRONG)
    assert heard(c, tag) == {0}
    for other in {(tag + 1) % 2048, (tag - 1) % 2048, tag ^ 1024}:
        assert heard(c, other) == set()


@pytest.mark.parametrize("chip", range(4))
def test_an_input_event_reaches_the_chip_that_its_hop_names(chip: int):
    places = [Place(chip=n) for n in range(4)]
    c = registers(
        [listener(p) for p in places], [monitor(p, p.chip) for p in places], core=STRONG, n_chips=4
    )
    assert heard(c, RELAYED, chip=chip) == {chip}


@pytest.mark.parametrize(("start", "hop"), [(0, 2), (0, 0), (0, 1), (2, -2), (2, -1), (1, 1)])
def test_a_spike_goes_as_many_chips_as_its_hop_says_and_no_other_chip_hears_it(start, hop):
    source = Place(chip=start, neuron=9)
    listeners = [Place(chip=n) for n in range(3)]
    c = relay(source, [destination(source, RELAYED, 0b0001, hop)], listeners, n_chips=3)
    assert heard(c, chip=start) == {0, start + hop + 1}


def test_rockpool_defect_only_the_last_chip_of_a_fan_out_is_served():
    source, listeners = Place(), [Place(chip=1), Place(chip=2), Place(chip=3)]
    words = [destination(source, RELAYED, 1, hop, word=hop) for hop in (1, 2, 3)]
    assert heard(relay(source, words, listeners, n_chips=4)) == {0, 1, 2, 3}


def test_rockpool_defect_cross_core_connections_are_lost():
    source, listeners = Place(core=0, neuron=40), [Place(core=3, neuron=200)]
    connected = relay(source, [destination(source, RELAYED, 0b1000)], listeners)
    assert heard(connected) == {0, 1}
    assert heard(relay(source, [], listeners)) == {0}


def test_rockpool_defect_monitor_tags_repeat_on_every_core():
    same = [Place(core=core, neuron=40) for core in range(4)]
    c = registers([listener(p) for p in same], [monitor(p) for p in same], core=STRONG)
    assert heard(c, RELAYED, 0b0011) == {40, 296}
    assert heard(c, RELAYED, 0b1100) == {552, 808}


@pytest.mark.parametrize(("chip", "left"), [(0, -6), (1, -5), (2, -4), (3, -3)])
def test_the_hop_that_is_left_tells_the_host_which_chip_spoke(chip: int, left: int):
    c = registers([listener(Place(chip))], [monitor(Place(chip), 7)], core=STRONG, n_chips=4)
    out = played(c, events([0], RELAYED, chip=chip), DURATION_US)
    assert len(out) > 0
    assert {row[1:] for row in rows_of(out)} == {(7, 0b1111, left, 0)}


def test_every_spike_appears_once_per_monitor_word():
    drive = regular(200, 100_000)
    once = played(monitored([synapse()]), drive, 100_000).time_us
    words = [monitor(tag=tag, word=word) for word, tag in ((0, 10), (2, 11), (3, 12))]
    out = played(registers([synapse()], words), drive, 100_000)
    assert len(once) > 10
    for tag in (10, 11, 12):
        assert out.time_us[out.tag == tag].tolist() == once.tolist()
    assert len(out) == 3 * len(once)


def test_a_neuron_without_a_word_to_the_host_is_not_seen_but_still_drives_others():
    hidden, seen = Place(), Place(core=2)
    c = registers(
        [synapse(hidden, weight=0b1000), listener(seen)],
        [destination(hidden, RELAYED, 0b0100), monitor(seen, 2)],
        core=STRONG,
    )
    assert heard(c) == {2}


def test_a_neuron_that_hears_itself_goes_on_after_its_input_has_ended():
    own = Place()
    c = registers(
        [synapse(own, weight=0b1000), synapse(own, RELAYED, weight=0b1000, word=1)],
        [monitor(own), destination(own, RELAYED, 0b0001)],
        core=STRONG,
    )
    silent = registers([synapse(own, weight=0b1000)], [monitor(own)], core=STRONG)
    once = events([0])
    assert played(silent, once, 200_000).time_us.max() < 100_000
    assert played(c, once, 200_000).time_us.max() > 190_000


def test_an_effect_comes_after_its_cause_along_a_chain_of_cores():
    chain = [Place(core=core) for core in range(4)]
    c = registers(
        [synapse(chain[0], weight=0b1000)] + [listener(p, 100 + p.core) for p in chain[1:]],
        [monitor(p, p.core) for p in chain]
        + [destination(p, 101 + p.core, 1 << p.core + 1) for p in chain[:-1]],
        core=STRONG,
    )
    out = played(c, events([2_500]), DURATION_US)
    first = [int(out.time_us[out.tag == core].min()) for core in range(4)]
    assert first[0] > 2_500
    assert (np.diff(first) > 0).all()
