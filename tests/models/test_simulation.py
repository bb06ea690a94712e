"""Running a network in software: delays, trials, cuts, books."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.models.network import INPUT, Network, Population, Projection
from analoop.models.parameters import NeuronParameters
from analoop.models.recording import Recording, Stimulus
from analoop.models.reference import one_thread
from analoop.models.runner import Runner
from analoop.models.simulation import coefficients_of, event_time_us, simulate, wiring_of
from analoop.models.wiring import drive

from .reference_neuron import Reference
from .small_networks import poisson_stimulus, recurrent_network

STRONG = 1e-6
"""A weight current whose single event makes a neuron spike at once [A]."""


def one_trial(duration_us: int, times_us: list[int], n_channels: int = 1) -> Stimulus:
    zeros = np.zeros(len(times_us), int)
    return Stimulus(n_channels, np.array([duration_us]), zeros, np.array(times_us), zeros)


def spikes_of(recording: Recording, trial: int = 0) -> list[tuple[int, int]]:
    mine = recording.trial == trial
    pairs = zip(recording.time_us[mine].tolist(), recording.neuron[mine].tolist(), strict=True)
    return list(pairs)


def test_a_neuron_spikes_when_its_equations_say_one_step_after_the_events():
    p = NeuronParameters.from_times()
    times = np.sort(np.random.default_rng(2).choice(250, 180, replace=False))
    synapse = Projection(INPUT, "one", "ampa", np.array([[1.5e-9]]))
    net = Network(1, (Population("one", 1, p),), (synapse,), "one")
    recorded = simulate(net, one_trial(300_000, (times * 1000).tolist()))
    exact = Reference(p).spike_times({"ampa": [(t * 1e-3, 1.5e-9) for t in times]}, 0.299)
    assert len(exact) > 8
    assert recorded.time_us * 1e-6 == pytest.approx(exact + 1e-3, abs=0.3e-3)


def chain() -> Network:
    """input -> a -> b, every event enough for a spike."""
    p = NeuronParameters.from_times()
    strong = np.array([[STRONG]])
    return Network(
        1,
        (Population("a", 1, p), Population("b", 1, p)),
        (Projection(INPUT, "a", "ampa", strong), Projection("a", "b", "ampa", strong)),
        "b",
    )


@pytest.mark.parametrize("at_us", [3_000, 3_400, 3_999])
def test_an_event_acts_in_the_next_step_and_so_does_a_spike_on_the_next_neuron(at_us: int):
    spikes = spikes_of(simulate(chain(), one_trial(20_000, [at_us])))
    first = {neuron: time for time, neuron in reversed(spikes)}
    assert first[0] // 1000 == 4
    assert first[1] // 1000 == 5


def test_a_spike_acts_on_the_neurons_and_dendrites_of_its_projections_and_no_others():
    p = NeuronParameters.from_times()
    excite, inhibit = np.array([[0, STRONG, 0]]), np.array([[0, 0, STRONG]])
    inputs = (
        Projection(INPUT, "a", "ampa", np.array([[STRONG]])),
        Projection(INPUT, "b", "ampa", np.array([[0, 0, 5e-8]])),
    )

    def counts(*more: Projection) -> list[int]:
        net = Network(1, (Population("a", 1, p), Population("b", 3, p)), inputs + more, "b")
        return simulate(net, one_trial(60_000, [1000, 21_000, 41_000])).counts[0, 1:].tolist()

    apart = counts()
    assert apart[:2] == [0, 0] and apart[2] > 3
    joined = counts(Projection("a", "b", "ampa", excite), Projection("a", "b", "gaba", inhibit))
    assert joined[0] == 0 and joined[1] > 20 and joined[2] < apart[2] / 2


def test_a_spike_at_the_very_end_of_a_step_keeps_its_step():
    times = event_time_us(np.array([3, 3, 4]), np.array([0.4e-3, 1e-3, 0.0]), 1000)
    assert times.tolist() == [3400, 3999, 4000]


@settings(max_examples=10)
@given(st.integers(0, 60), st.integers(0, 3), st.sampled_from([False, True]))
def test_rockpool_defect_state_is_not_carried(cut: int, seed: int, compiled: bool):
    """A run cut in two at any step equals the unbroken run bit for bit."""
    net, stimulus = recurrent_network(seed), poisson_stimulus(seed, (60_000, 60_000))
    c, wires, runner = coefficients_of(net), wiring_of(net), Runner(compiled=compiled)

    def part(first: int, last: int, start=None):
        at = stimulus.time_us // 1000
        mine = (at >= first) & (at < last)
        source = net.n_neurons + stimulus.channel[mine]
        steps = np.array([last - first] * 2)
        return runner.run(
            c, wires, drive(steps, stimulus.trial[mine], at[mine] - first, source), start
        )

    whole, first = part(0, 60), part(0, cut)
    second = part(cut, 60, first.state)
    assert len(whole.neuron) > 20
    rows = [
        np.stack([r.trial, r.step + late, r.neuron, r.within])
        for r, late in ((first, 0), (second, cut), (whole, 0))
    ]
    joined = np.concatenate(rows[:2], axis=1)
    order = np.lexsort((joined[2], joined[1], joined[0]))
    assert np.array_equal(joined[:, order], rows[2])
    assert np.array_equal(second.state.pending, whole.state.pending)
    mine, its = second.state.neurons, whole.state.neurons
    assert all(torch.equal(a, b) for a, b in zip(mine[1:], its[1:], strict=True))
    assert all(torch.equal(mine.dendrites[d], its.dendrites[d]) for d in c.decay)


def test_a_trial_gives_the_same_spikes_alone_and_among_others():
    net, stimulus = recurrent_network(), poisson_stimulus()
    together = simulate(net, stimulus)
    for trial in range(stimulus.n_trials):
        alone = simulate(net, stimulus.select(np.array([trial])))
        assert len(spikes_of(alone)) > 5
        assert spikes_of(alone) == spikes_of(together, trial)


def test_the_number_of_threads_changes_nothing():
    net, stimulus = recurrent_network(), poisson_stimulus()
    hashes = {simulate(net, stimulus, runner=Runner(workers=n)).hash for n in (1, 2, 5)}
    assert len(hashes) == 1


def test_threads_are_given_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="inside"), one_thread():
        raise RuntimeError("inside")
    assert torch.get_num_threads() == before


def test_a_recording_of_a_simulation_keeps_its_books_and_says_it_is_software():
    net, stimulus = recurrent_network(), poisson_stimulus()
    recorded = simulate(net, stimulus)
    assert recorded.names == tuple(net.neuron_name(k) for k in range(net.n_neurons))
    assert recorded.counts.shape == (3, 11)
    assert recorded.books["sent"] == len(stimulus.time_us)
    assert recorded.books["in_window"] == len(recorded.time_us) > 0
    assert recorded.board["target"] == "software"
    assert recorded.provenance["network"] == net.hash
    assert recorded.provenance["stimulus"] == stimulus.hash
    assert (recorded.time_us < stimulus.duration_us[recorded.trial]).all()
    assert (np.diff(recorded.time_us[recorded.trial == 1]) >= 0).all()


def test_no_spike_is_recorded_after_the_end_of_a_trial_inside_a_step():
    whole = spikes_of(simulate(chain(), one_trial(20_000, [3_000])))
    (end,) = {time for time, neuron in whole if neuron == 1 and time == whole[1][0]}
    assert spikes_of(simulate(chain(), one_trial(end, [3_000]))) == whole[:1]
    assert spikes_of(simulate(chain(), one_trial(end + 1, [3_000]))) == whole[:2]


def test_two_events_at_once_weigh_twice_one():
    p = NeuronParameters.from_times()

    def heard(weight: float, times_us: list[int]) -> list[tuple[int, int]]:
        synapse = Projection(INPUT, "one", "ampa", np.array([[weight]]))
        net = Network(1, (Population("one", 1, p),), (synapse,), "one")
        return spikes_of(simulate(net, one_trial(30_000, times_us)))

    assert heard(1.5e-8, [1000, 1000]) == heard(3e-8, [1000]) != []
    assert heard(1.5e-8, [1000]) == []


def test_networks_without_synapses_and_stimuli_without_time_are_simulated_too():
    driven = NeuronParameters.from_times(dc=True, i_dc=5e-9)
    alone = Network(0, (Population("one", 2, driven),), (), "one")
    none = np.zeros(0, int)
    assert (simulate(alone, Stimulus(0, np.array([50_000]), none, none, none)).counts > 3).all()
    assert simulate(alone, Stimulus(0, np.array([0]), none, none, none)).counts.tolist() == [[0, 0]]
    assert simulate(alone, Stimulus(0, none, none, none, none)).counts.shape == (0, 2)


def test_a_finer_step_finds_the_same_spikes_at_nearly_the_same_times():
    net = recurrent_network()
    stimulus = one_trial(60_000, list(range(0, 50_000, 1000)), n_channels=6)
    coarse, fine = (simulate(net, stimulus, step_us) for step_us in (1000, 250))
    assert coarse.counts.sum() > 5
    assert abs(coarse.counts - fine.counts).max() <= 1


def test_spikes_that_a_step_could_not_hold_are_in_the_books():
    fast = NeuronParameters.from_times(t_refractory=0.05e-3, dc=True, i_dc=1e-6)
    none = np.zeros(0, int)
    for parameters, saturated in ((fast, True), (NeuronParameters.from_times(), False)):
        net = Network(0, (Population("one", 2, parameters),), (), "one")
        recorded = simulate(net, Stimulus(0, np.array([50_000]), none, none, none))
        assert (recorded.books["saturated"] > 50) is saturated
        assert (recorded.books["saturated"] == 0) is not saturated
