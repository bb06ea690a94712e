"""What one neuron on a simulated board does, driven through its registers alone."""

import numpy as np
import pytest

from analoop.hw import Configuration, Dendrite, Events, VirtualBoard, build_fleet
from analoop.models import InputError

from . import reference
from .boards import (
    Place,
    biases,
    events,
    latches,
    merged,
    monitor,
    monitored,
    played,
    registers,
    regular,
    rows_of,
    spike_counts,
    synapse,
)
from .reference import ampa_spikes, amps, dc_interval, refractory

DURATION_US = 120_000
OTHER = 7
"""The tag of a second input."""
DRIVE = regular(200, DURATION_US)


def count(c: Configuration, *inputs: Events, name: str = "sim:nominal") -> int:
    """Spikes in answer to all inputs."""
    return len(played(c, merged(Events.none(), *inputs), DURATION_US, name))


def driven_by_dc(**currents: float) -> Configuration:
    return monitored([], "latch_so_dc", **{"i_dc": 1e-9} | currents)


@pytest.mark.parametrize("i_dc", [0.8e-9, 1e-9, 3e-9, 20e-9])
@pytest.mark.parametrize("tau_leak", [2e-12, 5e-12])
def test_a_constant_current_gives_the_interval_of_the_closed_form(i_dc: float, tau_leak: float):
    c = driven_by_dc(i_dc=i_dc, i_tau_mem=tau_leak)
    intervals = np.diff(played(c, Events.none(), DURATION_US).time_us)
    assert len(intervals) > 1
    assert intervals.mean() == pytest.approx(1e6 * dc_interval(c), rel=0.01)


@pytest.mark.parametrize("temperature_C", [-20.0, 17.0, 45.0])
def test_temperature_changes_the_interval_as_its_constants_do(monkeypatch, temperature_C: float):
    c = driven_by_dc(i_dc=3e-9)
    warmth, doublings = (temperature_C + 273.15) / 290.15, (temperature_C - 17) / 10
    monkeypatch.setattr(reference, "Q", reference.Q * warmth)
    monkeypatch.setattr(reference, "I_0", reference.I_0 * 2**doublings)
    out = played(c, Events.none(), 1_000_000, f"sim:temperature_C={temperature_C}")
    expected = 1e6 * dc_interval(c)
    assert np.diff(out.time_us).mean() == pytest.approx(expected, rel=0.005)


def test_boards_of_different_temperature_cannot_share_a_fleet():
    with pytest.raises(InputError) as caught:
        build_fleet(driven_by_dc(i_dc=3e-9), [VirtualBoard(), VirtualBoard(temperature_C=20.0)])
    assert caught.value.code == "TEMPERATURE_MIXED"


def test_a_current_below_rheobase_never_makes_a_spike():
    assert count(driven_by_dc(i_dc=0.4e-9)) == 0


@pytest.mark.parametrize(("step_us", "within_us"), [(1000, 400), (250, 60), (100, 20)])
def test_spikes_are_those_of_a_fine_integration_one_step_after_the_input(step_us, within_us):
    c = monitored([synapse(weight=0b1011)])
    times, duration_us = np.arange(0, 80_000, 4_000), 80_000
    measured = played(c, events(times), duration_us, f"sim:step_us={step_us}").time_us
    weight = sum(amps(c, f"i_w{bit}") for bit in (0, 1, 3))
    arrivals = (times + step_us) * 1e-6
    reference = 1e6 * ampa_spikes(c, weight, arrivals, 1e-6 * duration_us)
    assert len(measured) == len(reference) > 10
    assert np.abs(measured - reference).max() < within_us


def test_spike_times_of_a_coarse_and_a_fine_step_agree_within_a_millisecond():
    c = monitored([synapse()])
    drive = regular(200, 100_000)
    coarse, fine = (played(c, drive, 100_000, f"sim:step_us={us}").time_us for us in (1000, 250))
    assert len(coarse) == len(fine) > 10
    assert np.abs(coarse - fine).max() < 1000


def test_rockpool_defect_refractory_periods_below_the_step_are_all_alike():
    short, long = driven_by_dc(i_refractory=5.25e-9), driven_by_dc(i_refractory=1.3125e-9)
    waits = [1e6 * refractory(c) for c in (short, long)]
    assert waits == pytest.approx([200, 800], rel=0.02)
    intervals = [np.diff(played(c, Events.none(), DURATION_US).time_us).mean()
                 for c in (short, long)]  # fmt: skip
    assert intervals[1] - intervals[0] == pytest.approx(waits[1] - waits[0], rel=0.05)


@pytest.mark.parametrize("dendrite", [Dendrite.GABA, Dendrite.SHUNT])
def test_rockpool_defect_inhibition_does_nothing(dendrite: Dendrite):
    inhibitory = synapse(tag=OTHER, dendrite=dendrite, weight=0b0010, word=1)
    c = monitored([synapse(weight=0b0001), inhibitory], i_w0=10e-9, i_w1=100e-9)
    between_excitation = events(DRIVE.time_us[:-1] + 2_500, OTHER)
    assert count(c, DRIVE) > 10
    assert count(c, DRIVE, between_excitation) == 0


def test_subtractive_inhibition_of_equal_weight_cancels_and_a_tenth_does_not():
    weak, equal = (
        monitored(
            [synapse(weight=0b0001), synapse(dendrite=Dendrite.GABA, weight=0b0010, word=1)],
            i_w0=10e-9, i_w1=w, i_gain_gaba=8.7e-9, i_gain_ampa=8.7e-9,
        )
        for w in (1e-9, 10.5e-9)
    )  # fmt: skip
    assert count(equal, DRIVE) == 0
    assert count(weak, DRIVE) > 8


def test_an_inhibitory_input_alone_is_silent():
    for dendrite in (Dendrite.GABA, Dendrite.SHUNT):
        assert count(monitored([synapse(dendrite=dendrite)]), DRIVE) == 0


def gated(*names: str) -> Configuration:
    """AMPA on INPUT_TAG, NMDA on OTHER; the gate half open at half the threshold."""
    nmda = synapse(tag=OTHER, dendrite=Dendrite.NMDA, weight=0b1111, word=1)
    return monitored([synapse(weight=0b0110), nmda], *names, i_nmda_gate=1e-9)


def test_the_nmda_gate_opens_only_where_its_latch_is_set():
    nmda = regular(100, DURATION_US, OTHER)
    assert count(gated(), nmda) > 5
    assert count(gated("latch_denm_nmda"), nmda) == 0


def test_a_gated_neuron_detects_coincidence_it_answers_both_inputs_more_than_their_sum():
    ampa, nmda = regular(100, DURATION_US), regular(100, DURATION_US, OTHER)
    c = gated("latch_denm_nmda")
    assert count(c, ampa, nmda) > 2 * (count(c, ampa) + count(c, nmda)) > 0


def adapting(*names: str, **currents: float) -> Configuration:
    return monitored([synapse()], *names, **currents)


def test_rockpool_defect_adaptation_latch_is_never_set():
    drive = regular(400, DURATION_US)
    plain, off, on = (
        played(c, drive, DURATION_US)
        for c in (
            adapting(),
            adapting(i_w_ahp=1e-6),
            adapting("latch_so_adaptation", i_w_ahp=1e-6),
        )
    )
    assert rows_of(off) == rows_of(plain), "biases without the latch have no effect"
    assert len(on) < len(plain) / 2
    intervals = np.diff(on.time_us)
    assert intervals[-1] > 2 * intervals[0], "the rate adapts"


def test_rockpool_defect_dc_latch_is_set_everywhere():
    latched = Place(neuron=1)
    c = registers(
        [], [monitor(), monitor(latched)], [latches(latched, "latch_so_dc")], biases(i_dc=1e-9)
    )
    assert set(spike_counts(played(c, Events.none(), DURATION_US))) == {1}


@pytest.mark.parametrize("more", [(), ("latch_soif_type",)])
def test_a_killed_neuron_is_silent_and_its_neighbour_is_not(more: tuple[str, ...]):
    """An exponential soma too: it must not run away for want of a reset."""
    killed = Place(neuron=1)
    c = registers(
        [synapse(), synapse(killed)],
        [monitor(), monitor(killed)],
        [latches(killed, "latch_soif_kill", *more)],
    )
    alone = played(monitored([synapse()]), DRIVE, DURATION_US)
    assert rows_of(played(c, DRIVE, DURATION_US)) == rows_of(alone)
    assert len(alone) > 10


def test_an_exponential_soma_runs_away_and_spikes_more_than_a_threshold_soma():
    plain, exponential = monitored([synapse()]), monitored([synapse()], "latch_soif_type")
    assert count(exponential, DRIVE) > count(plain, DRIVE) + 2


def test_a_neighbour_with_an_exponential_soma_does_not_change_a_threshold_neuron_beyond_10_us():
    other = Place(neuron=1)
    mixed = registers(
        [synapse(), synapse(other)], [monitor(), monitor(other)],
        [latches(other, "latch_soif_type")],
    )  # fmt: skip
    drive, name = regular(200, 60_000), "sim:step_us=100"
    alone = played(monitored([synapse()]), drive, 60_000, name).time_us
    both = played(mixed, drive, 60_000, name)
    assert len(alone) > 5
    assert np.abs(both.time_us[both.tag == 0] - alone).max() <= 10


def test_a_weight_mask_is_the_sum_of_its_base_currents():
    base = {"i_w0": 6e-9, "i_w1": 9e-9}
    one = monitored([synapse(weight=0b0011)], **base)
    two = monitored([synapse(weight=0b0001), synapse(weight=0b0010, word=1)], **base)
    answers = [rows_of(played(c, DRIVE, DURATION_US)) for c in (one, two)]
    assert answers[0] == answers[1]
    assert len(answers[0]) > 10


@pytest.mark.parametrize("bit", range(4))
def test_each_weight_bit_adds_its_own_base_current(bit: int):
    strong = {f"i_w{k}": 15e-9 if k == bit else 1e-9 for k in range(4)}
    counts = [count(monitored([synapse(weight=1 << k)], **strong), DRIVE) for k in range(4)]
    assert counts[bit] == count(monitored([synapse(weight=0b0001)], i_w0=15e-9), DRIVE) > 10
    assert sum(counts) == counts[bit]


def test_a_synapse_with_an_empty_mask_hears_nothing():
    assert count(monitored([synapse(weight=0)]), DRIVE) == 0


def test_one_event_counts_once_for_every_synapse_that_hears_it():
    words = [synapse(weight=0b0001, word=word) for word in range(15)]
    many, one = monitored(words, i_w0=1e-9), monitored([synapse(weight=0b0001)], i_w0=15e-9)
    assert count(many, DRIVE) == pytest.approx(count(one, DRIVE), abs=1)
