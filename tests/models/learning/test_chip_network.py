"""Networks of the chip's own neurons as students."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy.placement import place
from analoop.hw.chip import DYNAPSE2
from analoop.models.learning import chip_network
from analoop.models.learning.chip_network import (
    CORE_NEURONS,
    encoding_of,
    made,
    nominal_of,
    on_silicon,
    respond,
    student_network,
    with_paper_mismatch,
)
from analoop.models.learning.spike_encoding import SpikeEncoding, spike_counts
from analoop.models.learning.student import Conditions, Student
from analoop.models.mismatch import Draw
from analoop.models.parameters import CURRENTS, NeuronParameters
from analoop.models.readout import MOST_RELATIVE
from analoop.models.recording import Stimulus
from analoop.models.simulation import simulate
from analoop.models.tasks.temporal_xor import temporal_xor

HIDDEN, OUTPUTS = 24, 8
INPUTS = temporal_xor().draw("test", 4, np.random.default_rng(2)).input


def weights_of(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "w_in": rng.normal(2, 3, (8, HIDDEN)),
        "w_rec": rng.normal(0, 1, (HIDDEN, HIDDEN)),
        "w_out": rng.normal(1, 6, (HIDDEN, OUTPUTS)),
    }


def of_groups(*groups: dict[str, np.ndarray]) -> Student:
    encoding = SpikeEncoding(copies=4, rate_hz=200.0)
    return made("temporal-xor", groups, NeuronParameters.from_times(), encoding, {})


def student(**weights: np.ndarray) -> Student:
    return of_groups(weights_of(0) | weights)


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)], ids=["one group", "three"])
def test_it_fires_as_its_network_does_in_the_simulator(seeds: tuple[int, ...]):
    one = of_groups(*(weights_of(seed) for seed in seeds))
    counts = spike_counts(INPUTS, encoding_of(one))
    trial, step, channel = np.nonzero(counts)
    length = np.full(len(counts), 1_000_000)
    recording = simulate(student_network(one), Stimulus(8, length, trial, step * 1000, channel))
    rasters = np.stack([recording.raster(k, 1000) for k in range(4)]).astype(np.float32)
    ours, host = respond(one, INPUTS), student_network(one).difference
    assert host is not None
    assert rasters.sum() > 1000
    np.testing.assert_allclose(rasters.mean((1, 2)) * 1000, ours.rate_hz, rtol=0.01)
    assert np.abs(host.output(rasters[..., len(seeds) * HIDDEN :]) - ours.output).max() < 0.05


def test_negative_weights_inhibit():
    rate = [
        respond(student(w_in=np.full((8, HIDDEN), 3.0), w_rec=w, w_out=np.zeros((HIDDEN, 8))),
                INPUTS).rate_hz.mean()
        for w in (np.zeros((HIDDEN, HIDDEN)), np.full((HIDDEN, HIDDEN), -3.0))
    ]  # fmt: skip
    assert rate[1] < 0.7 * rate[0] and rate[0] > 0


def test_groups_answer_as_each_would_by_itself_and_are_read_together():
    alone = [respond(of_groups(weights_of(seed)), INPUTS) for seed in (0, 1)]
    both = respond(of_groups(weights_of(0), weights_of(1)), INPUTS)
    assert np.abs(alone[0].output - alone[1].output).max() > 0.1
    np.testing.assert_allclose(both.output, (alone[0].output + alone[1].output) / 2, atol=1e-6)
    np.testing.assert_allclose(both.rate_hz, (alone[0].rate_hz + alone[1].rate_hz) / 2)


def test_a_sample_is_answered_alone_as_in_a_batch():
    """More samples than are played side by side."""
    one = of_groups(weights_of(0), weights_of(1))
    inputs = temporal_xor().draw("test", 11, np.random.default_rng(3)).input
    together = respond(one, inputs)
    assert together.rate_hz.min() > 0
    for k in (0, 3, 10):
        alone = respond(one, inputs[k : k + 1])
        np.testing.assert_array_equal(alone.output[0], together.output[k])
        assert alone.rate_hz[0] == together.rate_hz[k]


def test_groups_are_read_relative_to_the_second_halves_of_all_of_them():
    pair = of_groups(weights_of(0), weights_of(1))
    plain = respond(pair, INPUTS)
    one, other = (respond(of_groups(weights_of(seed)), INPUTS).second_half_hz for seed in (0, 1))
    second = plain.second_half_hz
    assert second is not None and one is not None and other is not None and second.min() > 0
    np.testing.assert_allclose(second, (one + other) / 2)
    relative = replace(pair, constants={**pair.constants, "reference_hz": float(second.mean())})
    factor = 2 / (1 + np.minimum(second / second.mean(), MOST_RELATIVE))
    expected = plain.output * factor[:, None]
    np.testing.assert_allclose(respond(relative, INPUTS).output, expected, rtol=1e-5)
    assert respond(relative, INPUTS).rate_hz.tolist() == plain.rate_hz.tolist()


def test_mismatch_leaves_groups_apart_and_silence_takes_its_share_of_each():
    pair = of_groups(weights_of(0), weights_of(1))
    chip = with_paper_mismatch(pair, 0.3, np.random.default_rng(3))
    assert not chip.arrays["w_rec"][:HIDDEN, HIDDEN:].any()
    assert not chip.arrays["w_out"][HIDDEN:, [*range(4), *range(8, 12)]].any()
    half = Conditions(silenced=0.5)
    alone = [respond(of_groups(weights_of(seed)), INPUTS, half).output for seed in (0, 1)]
    np.testing.assert_allclose(respond(pair, INPUTS, half).output, sum(alone) / 2, atol=1e-6)


@pytest.mark.parametrize("drawn", [with_paper_mismatch, on_silicon])
def test_mismatch_is_of_this_chip_alone_and_none_at_level_0(drawn):
    one = student()
    same, again, other = (drawn(one, 0.2, np.random.default_rng(k)) for k in (1, 1, 2))
    assert same.hash == again.hash != other.hash
    unchanged = drawn(one, 0.0, np.random.default_rng(1))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(unchanged.arrays[name], array)
    np.testing.assert_array_equal(respond(unchanged, INPUTS).output, respond(one, INPUTS).output)


def test_mismatch_of_the_paper_touches_weights_thresholds_and_time_constants():
    wide = replace(student(), arrays={**student().arrays, "w_in": np.full((500, 24), -2.0)})
    chip = with_paper_mismatch(wide, 0.1, np.random.default_rng(3)).arrays
    assert abs(chip["w_in"].std() - 0.2) < 0.01 and abs(chip["w_in"].mean() + 2) < 0.01
    nominal = nominal_of(wide).currents()
    for name in ("i_threshold", "i_tau_mem", "i_tau_ampa", "i_tau_nmda", "i_tau_gaba"):
        assert 0.05 < (chip[name] / nominal[name]).std() < 0.2, name
    assert (chip["i_refractory"] == nominal["i_refractory"]).all()


def test_silicon_leaves_the_weights_and_every_neuron_deviates():
    one = student()
    chip = on_silicon(one, 1.0, np.random.default_rng(3)).arrays
    np.testing.assert_array_equal(chip["w_rec"], one.arrays["w_rec"])
    assert all((chip[name] > 0).all() for name in CURRENTS)
    assert len(np.unique(chip["i_threshold"])) == HIDDEN + OUTPUTS


def test_cores_hold_as_many_neurons_as_those_of_the_chip():
    assert DYNAPSE2.neurons_per_core == CORE_NEURONS


@pytest.mark.parametrize(("groups", "cores"), [(1, 2), (2, 2), (4, 3)])
def test_silicon_deviates_where_the_compiler_puts_neurons(
    groups: int, cores: int, monkeypatch: pytest.MonkeyPatch
):
    """Every place of a chip has a factor of its own: neurons have those of their places."""
    weights = {"w_in": np.ones((2, 128)), "w_rec": np.zeros((128, 128)), "w_out": np.ones((128, 4))}
    one = of_groups(*[weights] * groups)
    placement = place(student_network(one), DYNAPSE2)
    assert placement.n_chips == 1 and len(placement.parameters) == cores

    def own(draw: Draw, nominal: dict[str, float]) -> dict[str, np.ndarray]:
        return dict.fromkeys(nominal, 1.0 + np.arange(np.prod(draw.shape)).reshape(draw.shape))

    monkeypatch.setattr(chip_network, "lumped_factors", own)
    chip = on_silicon(one, 1.0, np.random.default_rng(0)).arrays["i_threshold"]
    there = placement.core * CORE_NEURONS + placement.neuron
    np.testing.assert_allclose(chip / one.arrays["i_threshold"], 1.0 + there)


def test_noise_moves_spikes_more_the_more_there_is_and_by_its_seed():
    one = student()
    quiet = respond(one, INPUTS).output
    apart = []
    for size in (1e-6, 0.02, 0.2):
        noisy = respond(one, INPUTS, Conditions(noise=size, seed=1)).output
        apart.append(float(np.abs(noisy - quiet).mean()))
    assert apart[0] < 0.01 < apart[1] < apart[2]
    again = respond(one, INPUTS, Conditions(noise=0.02, seed=1)).output
    other = respond(one, INPUTS, Conditions(noise=0.02, seed=2)).output
    assert float(np.abs(again - quiet).mean()) == apart[1] and (other != again).any()


def test_noise_of_groups_is_not_the_same():
    alike = of_groups(weights_of(0), weights_of(0))
    noisy = Conditions(noise=0.05, seed=1)
    both, one = (respond(s, INPUTS, noisy).output for s in (alike, student()))
    assert np.array_equal(respond(alike, INPUTS).output, respond(student(), INPUTS).output)
    assert not np.array_equal(both, one)


def test_noise_moves_a_membrane_by_its_size():
    """Threshold out of reach of drift, noise of a tenth of the range: rate of a free walk."""
    one = student(w_in=np.zeros((8, HIDDEN)))
    assert respond(one, INPUTS, Conditions(noise=0.01)).rate_hz.max() == 0
    assert respond(one, INPUTS, Conditions(noise=0.5)).rate_hz.min() > 1


def test_silenced_neurons_are_the_first_hidden_ones():
    only_first = np.zeros((HIDDEN, OUTPUTS))
    only_first[: HIDDEN // 2, :4] = 30.0
    one = student(w_in=np.full((8, HIDDEN), 3.0), w_out=only_first)
    assert np.abs(respond(one, INPUTS).output).max() > 0.2
    assert np.abs(respond(one, INPUTS, Conditions(silenced=0.5)).output).max() == 0


def test_a_file_from_before_an_encoding_had_all_its_settings_answers_as_it_did():
    one = student()
    later = ("adapt_s", "quiet")
    known = {n: v for n, v in one.constants.items() if n not in later}
    old = replace(one, constants=known)
    assert len(known) == len(one.constants) - len(later)
    assert np.array_equal(respond(old, INPUTS).output, respond(one, INPUTS).output)
