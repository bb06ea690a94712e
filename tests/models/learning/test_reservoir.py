"""The reservoir against closed forms, ridge regression, and itself under other conditions."""

import dataclasses

import numpy as np
import pytest

from analoop.models.decision import decide_sign
from analoop.models.learning import reservoir
from analoop.models.learning.student import QUIET, Conditions, Student
from analoop.models.tasks.samples import Samples
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
SMALL = reservoir.Settings(liquids=2, neurons=20, samples=6, input_weight=0.05, input_gain=10.0)


def ignore(done: int, loss: float) -> None:
    """No progress is wanted."""


def played(
    student: Student, given: np.ndarray, conditions: Conditions = QUIET
) -> tuple[np.ndarray, float]:
    """Filtered spikes and rate of one sample."""
    return next(reservoir.traces(student, given[None], conditions))


@pytest.fixture(scope="module")
def student() -> Student:
    """Taught a little."""
    return reservoir.train(TASK, None, SMALL, np.random.default_rng(1), ignore)


@pytest.fixture(scope="module")
def samples() -> Samples:
    return TASK.draw("test", 3, np.random.default_rng(2))


def alone(w_in: float = 0.05, tau_mem_s: float = 0.02, tau_syn_s: float = 0.02) -> Student:
    """One neuron on one channel, read out as it is."""
    one = np.ones(1, np.float32)
    arrays = {
        "w_in": np.full((2, 1), w_in, np.float32),
        "w_rec": np.zeros((1, 1), np.float32),
        "w_out": one,
        "tau_mem_s": one * np.float32(tau_mem_s),
        "tau_exc_s": one * np.float32(tau_syn_s),
        "tau_inh_s": one * np.float32(tau_syn_s),
        "v_th": one,
    }
    constants = reservoir.untrained(TASK, SMALL, np.random.default_rng(0)).constants
    return Student(reservoir.NAME, TASK.name, arrays, constants)


def input_interval_s(drive: float) -> float:
    """Between two spikes of the input layer, in whole substeps [s]."""
    return 2e-3 + 1e-4 * np.ceil(0.012 / 1e-4 * -np.log(1 - 1 / drive))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_neuron_fires_in_the_closed_forms_interval(sign: float) -> None:
    # slow synapses make the current constant: weight times the rate of its one source
    long = alone(w_in=0.02, tau_syn_s=2.0)
    given = np.full((1, 12_000, 1), sign * 1.0, np.float32)
    current = 0.02 / input_interval_s(10.0)
    interval_s = 2e-3 + 0.02 * -np.log(1 - 1 / current)
    rate_hz = played(long, given[0, :8000])[1]
    trace, whole_hz = played(long, given[0])
    last_hz = (12 * whole_hz - 8 * rate_hz) / 4  # of the last four seconds
    assert last_hz == pytest.approx(1 / interval_s, rel=0.02)
    # behind the filter a spike counts 1: its mean is rate times tau, less half a step's worth
    assert trace[-1000:].mean() == pytest.approx(last_hz * 0.256, rel=0.02)


@pytest.mark.parametrize(
    ("mem_s", "syn_s"), [(0.02, 0.02), (0.03, 0.005), (1e-4, 1e-4), (1e-4, 0.1)]
)
def test_a_current_reaches_the_membrane_as_in_fine_steps(mem_s: float, syn_s: float) -> None:
    dt_s, parts = 1e-4, 20_000
    v, current = 0.0, 1.0
    for _ in range(parts):
        middle = current * (1 - dt_s / parts / syn_s / 2)
        v += dt_s / parts / mem_s * (middle - v)
        current -= dt_s / parts / syn_s * middle
    made = reservoir.reached(dt_s, np.array([mem_s]), np.array([syn_s]))
    assert made[0] == pytest.approx(v, rel=1e-3)


def test_the_liquids_are_apart_sparse_and_every_fifth_neuron_inhibits() -> None:
    arrays = reservoir.untrained(TASK, reservoir.Settings(), np.random.default_rng(0)).arrays
    blocks = arrays["w_rec"].reshape(8, 96, 8, 96)
    there = np.zeros((96, 96))
    for i in range(8):
        assert not np.delete(blocks[i], i, axis=1).any()
        there = there + (blocks[i, :, i] != 0)
    assert not np.diagonal(there).any()
    assert there.sum() / (8 * 96 * 95) == pytest.approx(0.041, rel=0.05)
    exciting = arrays["w_rec"][np.arange(768) % 5 != 4]
    inhibiting = arrays["w_rec"][4::5]
    assert exciting.min() == 0 and inhibiting.max() == 0
    assert exciting[exciting > 0].mean() == pytest.approx(0.0015, rel=0.01)
    assert exciting[exciting > 0].std() == pytest.approx(0.0001, rel=0.1)
    assert inhibiting[inhibiting < 0].mean() == pytest.approx(-0.0015 * 4.73, rel=0.01)


def test_recurrent_spikes_matter_and_stay_in_their_liquid(
    student: Student, samples: Samples
) -> None:
    w_rec = np.array(student.arrays["w_rec"])
    w_rec[:20] = 0
    cut = dataclasses.replace(student, arrays={**student.arrays, "w_rec": w_rec})
    whole, less = (played(s, samples.input[0])[0] for s in (student, cut))
    assert (whole[:, :20] != less[:, :20]).any()
    np.testing.assert_array_equal(whole[:, 20:], less[:, 20:])


def test_the_readout_is_ridge_regression_at_200_hz(student: Student) -> None:
    g = np.random.default_rng(1)
    untaught = reservoir.untrained(TASK, SMALL, g)
    lessons = TASK.draw("train", 6, g)
    traces = [played(untaught, x)[0] for x in lessons.input]
    f = np.concatenate([t[4::5] for t in traces]).astype(float)
    y = np.concatenate([t[4::5] for t in lessons.target])
    # the penalty as further rows, solved without normal equations
    rows = np.concatenate([f, 10 * np.eye(40)])
    w_out = np.linalg.lstsq(rows, np.concatenate([y, np.zeros(40)]), rcond=None)[0]
    np.testing.assert_allclose(student.arrays["w_out"], w_out, rtol=1e-4, atol=1e-6)


def test_a_sample_is_answered_alone_as_in_a_batch(student: Student, samples: Samples) -> None:
    together = reservoir.respond(student, samples.input)
    for i in range(3):
        single = reservoir.respond(student, samples.input[i : i + 1])
        np.testing.assert_array_equal(single.output[0], together.output[i])
        assert single.rate_hz[0] == together.rate_hz[i] > 0
    assert together.dynamics is None


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_pieces_of_time_change_nothing(
    student: Student, samples: Samples, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    conditions = Conditions(noise=noise, seed=2)
    whole = reservoir.respond(student, samples.input[:1], conditions).output
    monkeypatch.setattr(reservoir, "CHUNK", 37)
    pieces = reservoir.respond(student, samples.input[:1], conditions).output
    np.testing.assert_array_equal(whole, pieces)


def test_noise_repeats_with_its_seed_only(student: Student, samples: Samples) -> None:
    first, same, other = (
        reservoir.respond(student, samples.input[:1], Conditions(noise=0.05, seed=seed)).output
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_noise_alone_fires_a_neuron_only_if_it_is_large() -> None:
    quiet = np.zeros((1, 1000, 1), np.float32)
    # on a membrane of 20 ms, .1 per ms piles up to .1 sqrt(20 / 2) = .32 thresholds; .4 to 1.3
    assert reservoir.respond(alone(), quiet, Conditions(noise=0.1)).rate_hz[0] < 5
    assert reservoir.respond(alone(), quiet, Conditions(noise=0.4)).rate_hz[0] > 10


def test_silenced_neurons_never_fire(student: Student, samples: Samples) -> None:
    loud = reservoir.respond(student, samples.input)
    half = reservoir.respond(student, samples.input, Conditions(silenced=0.5))
    mute = reservoir.respond(student, samples.input, Conditions(silenced=1.0))
    assert np.isfinite(half.output).all() and (half.rate_hz < loud.rate_hz).all()
    assert not mute.rate_hz.any() and not mute.output.any()
    trace, _ = played(student, samples.input[0], Conditions(silenced=0.5))
    assert not trace[:, :20].any() and trace[:, 20:].any()


def test_mismatch_and_quantisation_name_arrays(student: Student, samples: Samples) -> None:
    assert all(p.array in student.arrays for p in reservoir.MISMATCH)
    assert all(name in student.arrays for name in reservoir.QUANTIZED)
    nominal = reservoir.respond(student, samples.input).output
    for p in reservoir.MISMATCH:
        changed = {**student.arrays, p.array: student.arrays[p.array] * np.float32(1.2)}
        other = reservoir.respond(dataclasses.replace(student, arrays=changed), samples.input)
        assert np.isfinite(other.output).all() and (other.output != nominal).any(), p.array


def test_the_largest_mismatch_makes_no_nonsense(student: Student, samples: Samples) -> None:
    arrays = dict(student.arrays)
    for name in ("tau_mem_s", "tau_exc_s", "tau_inh_s"):
        arrays[name] = np.linspace(0, 0.2, 40, dtype=np.float32)  # no time constant at all
    odd = dataclasses.replace(student, arrays=arrays)
    assert np.isfinite(reservoir.respond(odd, samples.input).output).all()


def test_training_repeats_and_tells_its_progress(student: Student) -> None:
    told: list[int] = []
    again = reservoir.train(
        TASK, None, SMALL, np.random.default_rng(1), lambda done, _: told.append(done)
    )
    assert again.hash == student.hash and told == [1, 2, 3, 4, 5, 6]


def test_it_learns_temporal_xor() -> None:
    settings = reservoir.Settings(liquids=2, samples=200)
    made = reservoir.train(TASK, None, settings, np.random.default_rng(0), ignore)
    test = TASK.draw("test", 100, np.random.default_rng(9))
    output = reservoir.respond(made, test.input).output
    assert (decide_sign(output) == test.label).mean() > 0.8  # chance: 0.5
    assert np.square(output - test.target).mean() < 0.75 * np.square(test.target).mean()
