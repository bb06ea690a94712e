"""FORCE against closed forms, least squares, and itself under other conditions."""

import dataclasses

import numpy as np
import pytest

from analoop.models.decision import decide_sign, low_pass
from analoop.models.learning import force
from analoop.models.learning.force_kernel import V_RESET_MV, V_TH_MV, Net, decode, run, update
from analoop.models.learning.products import rows_of
from analoop.models.learning.student import Conditions, Perturbed, Student
from analoop.models.learning.teacher import Teacher
from analoop.models.tasks.samples import Samples
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
SMALL = force.Settings(neurons=60, epochs=2, samples=4, validation=3, patience=1)
NOTHING = (np.empty((0, 0), np.float32), np.empty((0, 0)), np.empty(0))
SILENT = np.empty((1, 0, 0), np.float32)


def a_teacher(units: int = 8) -> Teacher:
    """One that was never trained."""
    g = np.random.default_rng(7)
    arrays = (
        g.uniform(-5, 5, (1, units)),
        0.3 * g.standard_normal((units, units)),
        0.2 * g.standard_normal(units),
        np.zeros(units),
        np.linspace(0.03, 0.1, units),
    )
    return Teacher(*(a.astype(np.float32) for a in arrays))


def ignore(done: int, loss: float) -> None:
    """No progress is wanted."""


@pytest.fixture(scope="module")
def student() -> Student:
    """Taught a little."""
    return force.train(TASK, a_teacher(), SMALL, np.random.default_rng(1), ignore)


@pytest.fixture(scope="module")
def samples() -> Samples:
    return TASK.draw("test", 3, np.random.default_rng(2))


def single(tau_mem_s: float = 0.010, waits: int = 2) -> Net:
    """One neuron without connections, at reset, that rests there."""
    one = np.ones(1, np.float32)
    return Net(
        share=one * np.float32(1e-3 / tau_mem_s),
        kept=one * np.float32(np.exp(-1 / 70)),
        jump=one / np.float32(0.07),
        v_th=one * np.float32(V_TH_MV),
        v_start=one * np.float32(V_RESET_MV),
        w_rec=rows_of(np.zeros((1, 1))),
        decoder=np.ones((1, 1), np.float32),
        feedback=np.zeros((1, 1), np.float32),
        bias=V_RESET_MV,
        waits=waits,
    )


@pytest.mark.parametrize(("drive_mv", "waits"), [(30.3, 2), (60.0, 2), (60.0, 0), (400.0, 2)])
def test_a_neuron_fires_in_the_closed_forms_interval(drive_mv: float, waits: int) -> None:
    decoded = np.empty((1, 500, 1), np.float32)
    current = np.full((1, 500, 1), drive_mv, np.float32)
    run(single(waits=waits), current, SILENT, NOTHING, decoded)
    trace = np.concatenate([[0], decoded[0, :, 0]])
    spikes = np.flatnonzero(trace[1:] > trace[:-1])
    share = 1 - (V_TH_MV - V_RESET_MV) / drive_mv  # of the way to rest that is left at threshold
    rise = int(np.ceil(np.log(share) / np.log(1 - 0.1)))
    assert spikes[0] == rise - 1
    assert set(np.diff(spikes)) == {rise + waits}


def test_a_spike_decodes_to_an_exponential() -> None:
    current = np.zeros((1, 100, 1), np.float32)
    current[0, 0] = 400.0
    decoded = np.empty((1, 100, 1), np.float32)
    assert run(single(), current, SILENT, NOTHING, decoded) == 1
    np.testing.assert_allclose(decoded[0, :, 0], np.exp(-np.arange(100) / 70) / 0.07, rtol=1e-4)


def test_rls_is_ridge_regression() -> None:
    g = np.random.default_rng(0)
    features, wanted = g.uniform(0, 40, (50, 6)).astype(np.float32), g.standard_normal((50, 3))
    decoder, inverse, due = np.zeros((6, 3)), 1e-4 * np.eye(6), np.zeros(6)
    for r, a in zip(features, wanted, strict=True):
        z = np.empty((1, 3))
        decode(decoder, r[None], z)
        update(decoder, inverse, due, r, z[0] - a)
    f = features.astype(float)
    ridge = f.T @ f + 1e4 * np.eye(6)
    np.testing.assert_allclose(decoder, np.linalg.solve(ridge, f.T @ wanted), rtol=1e-8)
    np.testing.assert_allclose(
        inverse - np.outer(due, due), np.linalg.inv(ridge), rtol=1e-6, atol=1e-12
    )


def test_recurrent_weights_are_sparse_and_their_rows_sum_to_zero() -> None:
    settings = force.Settings(neurons=400)
    arrays = force.untrained(TASK, a_teacher(), settings, np.random.default_rng(0)).arrays
    omega = arrays["w_rec"].T
    there = omega != 0
    assert there.mean() == pytest.approx(0.1, abs=0.005)
    np.testing.assert_allclose(omega.sum(axis=1), 0, atol=1e-5)
    expected = (0.04 / (np.sqrt(400) * 0.1)) ** 2 * (1 - 1 / 40)  # a mean of 40 was taken away
    assert omega[there].var() == pytest.approx(expected, rel=0.05)


def test_an_untrained_network_decodes_nothing_and_follows_a_plain_simulation(
    samples: Samples,
) -> None:
    student = force.untrained(TASK, a_teacher(), SMALL, np.random.default_rng(0))
    assert not force.respond(student, samples.input).output.any()
    g = np.random.default_rng(1)
    decoder = (1e-3 * g.standard_normal((60, 8))).astype(np.float32)
    student = dataclasses.replace(student, arrays={**student.arrays, "decoder": decoder})
    given = samples.input[:1, :150]
    made = force.respond(student, given).dynamics
    assert made is not None
    np.testing.assert_allclose(made[0], plain(student, given[0]), atol=2e-3)


def plain(student: Student, given: np.ndarray) -> np.ndarray:
    """The equations as they stand, in float64 and over matrices."""
    a = {name: array.astype(float) for name, array in student.arrays.items()}
    v, synapse, r = a["v_start"], 0.0, 0.0
    z, wait, rows = np.zeros(8), np.zeros(60), []
    kept = np.exp(-1e-3 / a["tau_syn_s"])
    for c in given:
        drive = synapse + z @ a["feedback"] + c @ a["teacher_in"] @ a["w_in"] - 40.0
        v = np.where(wait == 0, v + 1e-3 / a["tau_mem_s"] * (drive - v), v)
        s = (wait == 0) & (v >= a["v_th"])
        wait = np.where(s, 2, np.maximum(wait - 1, 0))
        v = np.where(s, -65.0, v)
        synapse = synapse * kept + s @ a["w_rec"] / a["tau_syn_s"]
        r = r * kept + s / a["tau_syn_s"]
        z = r @ a["decoder"]
        rows.append(z)
    return np.array(rows)


def test_a_sample_is_answered_alone_as_in_a_batch(student: Student, samples: Samples) -> None:
    together = force.respond(student, samples.input)
    for i in range(3):
        alone = force.respond(student, samples.input[i : i + 1])
        np.testing.assert_array_equal(alone.output[0], together.output[i])
        assert alone.rate_hz[0] == together.rate_hz[i] > 0
    made = together.dynamics
    assert made is not None
    np.testing.assert_allclose(together.output, made @ student.arrays["teacher_out"], atol=1e-5)


def test_noise_repeats_with_its_seed_only(student: Student, samples: Samples) -> None:
    first, same, other = (
        force.respond(student, samples.input, Conditions(noise=0.05, seed=seed)).output
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_noise_moves_a_membrane_by_its_share_of_the_range() -> None:
    drawn = force.membrane_noise(Conditions(noise=0.1), 0, (1000, 50))
    assert drawn.std() == pytest.approx(2.5, rel=0.02)


def test_silenced_neurons_never_fire(student: Student, samples: Samples) -> None:
    loud = force.respond(student, samples.input)
    half = force.respond(student, samples.input, Conditions(silenced=0.5))
    mute = force.respond(student, samples.input, Conditions(silenced=1.0))
    assert np.isfinite(half.output).all() and (half.rate_hz < loud.rate_hz).all()
    assert not mute.rate_hz.any() and not mute.output.any()
    blind = np.array(student.arrays["decoder"])
    blind[:30] = 0  # the silent half has nothing to say
    deaf = dataclasses.replace(student, arrays={**student.arrays, "decoder": blind})
    unheard = force.respond(deaf, samples.input, Conditions(silenced=0.5))
    np.testing.assert_array_equal(unheard.output, half.output)


def test_mismatch_and_quantisation_name_arrays(student: Student, samples: Samples) -> None:
    assert all(p.array in student.arrays for p in force.MISMATCH)
    assert all(student.arrays[name].ndim == 2 for name in force.QUANTIZED)
    assert Perturbed("v_th", scale=25.0) in force.MISMATCH
    nominal = force.respond(student, samples.input).output
    for p in force.MISMATCH:
        changed = {**student.arrays, p.array: student.arrays[p.array] * np.float32(1.05)}
        other = force.respond(dataclasses.replace(student, arrays=changed), samples.input).output
        assert np.isfinite(other).all() and (other != nominal).any(), p.array


def test_training_repeats_keeps_the_best_epoch_and_says_what_it_did() -> None:
    told: list[tuple[int, float]] = []
    made = [
        force.train(TASK, a_teacher(), SMALL, np.random.default_rng(5), lambda *t: told.append(t))
        for _ in range(2)
    ]
    assert made[0].hash == made[1].hash
    assert [done for done, _ in told] == [*range(1, 9)] * 2
    errors = made[0].provenance["validation"]
    assert len(errors) == 2 and min(errors) < 0.5


def test_training_ends_when_nothing_improves(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = iter([0.5, 0.4, 0.6, 0.7, 0.1])
    monkeypatch.setattr(force, "reconstruction_error", lambda wanted, decoded: next(errors))
    settings = dataclasses.replace(SMALL, neurons=20, epochs=9, samples=1, validation=1, patience=2)
    judged: list[Student] = []
    answer = force.respond
    monkeypatch.setattr(force, "respond", lambda s, given: judged.append(s) or answer(s, given))
    made = force.train(TASK, a_teacher(), settings, np.random.default_rng(0), ignore)
    assert made.provenance["validation"] == [0.5, 0.4, 0.6, 0.7]
    np.testing.assert_array_equal(made.arrays["decoder"], judged[1].arrays["decoder"])


def an_echo(units: int = 64) -> Teacher:
    """A random tanh network with a readout fitted to temporal XOR: a teacher without training."""
    g = np.random.default_rng(0)
    w_rec = 1.3 * g.standard_normal((units, units)) / np.sqrt(units)
    drawn = (g.uniform(-2, 2, (1, units)), w_rec, np.zeros(units), g.uniform(-0.5, 0.5, units))
    w_in, w_rec, none, bias = (a.astype(np.float32) for a in drawn)
    teacher = Teacher(w_in, w_rec, none, bias, np.linspace(0.03, 0.3, units, dtype=np.float32))
    samples = TASK.draw("train", 100, g)
    a = teacher.activations(samples)[:, ::5].reshape(-1, units).astype(float)
    y = samples.target[:, ::5].reshape(-1)
    w_out = np.linalg.solve(a.T @ a + 10 * np.eye(units), a.T @ y)
    return dataclasses.replace(teacher, w_out=w_out.astype(np.float32))


def test_it_learns_temporal_xor() -> None:
    settings = force.Settings(neurons=100, epochs=1, samples=80, validation=10)
    made = force.train(TASK, an_echo(), settings, np.random.default_rng(1), ignore)
    test = TASK.draw("test", 80, np.random.default_rng(9))
    decided = decide_sign(low_pass(force.respond(made, test.input).output))
    assert (decided == test.label).mean() > 0.85  # chance: 0.5, and 0 for an output that is weak
    assert made.provenance["validation"][0] < 0.15
