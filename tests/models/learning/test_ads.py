"""The ADS student against a slow loop written from paper.md 1.3, and what it learns."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.models.learning import ads
from analoop.models.learning.ads import Settings, construct, respond, train
from analoop.models.learning.imitation import reconstruction_error
from analoop.models.learning.student import Conditions, Student
from analoop.models.learning.teacher import Teacher
from analoop.models.tasks.temporal_xor import temporal_xor

TASK = temporal_xor()
DT = 1e-3


def some_teacher(units: int = 8) -> Teacher:
    rng = np.random.default_rng(1)
    shapes = ((1, units), (units, units), (units,), (units,))
    w_in, w_rec, w_out, bias = (rng.normal(0, 0.5, s).astype(np.float32) for s in shapes)
    return Teacher(20 * w_in, w_rec, w_out, bias, np.linspace(0.02, 0.08, units).astype(np.float32))


def student(seed: int = 0, **settings) -> Student:
    """One that has learned nothing, but whose slow connections are not all zero."""
    made = construct(
        TASK, some_teacher(), Settings(neurons=40, **settings), np.random.default_rng(seed)
    )
    w_slow = 0.02 * np.random.default_rng(5).standard_normal((40, 40)).astype(np.float32)
    np.fill_diagonal(w_slow, 0)
    return Student(made.method, made.task, {**made.arrays, "w_slow": w_slow}, made.constants)


def written_out(net: Student, one: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paper.md 1.3, steps 1 to 5, in double precision: filtered spikes [step, neuron], spikes."""
    a = {name: array.astype(float) for name, array in net.arrays.items()}
    n = len(a["v_th"])
    v, slow, fast, r = a["v_start"].copy(), np.zeros(n), np.zeros(n), np.zeros(n)
    filtered, spikes, ada = [], np.zeros(n), np.zeros(n)
    for c in one.astype(float):
        u = net.constants["gain"] * (c @ a["w_in"])
        current = slow + fast + u @ a["encoder"]
        v = v + DT / a["tau_mem_s"] * (0.5 - v + current)
        s = (v >= a["v_th"] + net.constants.get("adaptation", 0.0) * ada).astype(float)
        ada = 0.99 * ada + s
        slow = slow * np.exp(-DT / a["tau_slow_s"]) + (s @ a["w_slow"]) / a["tau_slow_s"]
        fast = fast * np.exp(-DT / 1e-3) + (s @ a["w_fast"]) / 1e-3
        r = r * np.exp(-DT / 0.070) + s / 0.070
        filtered.append(r)
        v = np.where(s > 0, 0.0, v)
        spikes += s
    return np.array(filtered), spikes


@pytest.mark.parametrize("adaptation", [0.0, 0.3])
def test_the_loop_is_that_of_the_paper(adaptation: float):
    net = student(adaptation=adaptation)
    samples = TASK.draw("test", 3, np.random.default_rng(2))
    response = respond(net, samples.input[:, :400])
    for k in range(3):
        filtered, spikes = written_out(net, samples.input[k, :400])
        decoded = filtered @ net.arrays["decoder"]
        assert spikes.sum() > 10
        assert response.rate_hz[k] == pytest.approx(spikes.mean() / 0.4)
        assert response.dynamics is not None
        assert np.abs(response.dynamics[k] - decoded).max() < 1e-3 * np.abs(decoded).max()
        assert response.output[k] == pytest.approx(decoded @ net.arrays["w_out"], abs=1e-3)


def test_construction_is_that_of_the_paper():
    teacher, settings = some_teacher(), Settings(neurons=40)
    net = construct(TASK, teacher, settings, np.random.default_rng(0))
    d = np.random.default_rng(0).standard_normal((8, 40)) / 8
    theta = (1e-4 * 20 + 5e-4 * 400 + np.abs(d).sum(axis=0) ** 2) / 2
    encoder = 0.05 * 0.5 * d / theta
    assert net.arrays["encoder"] == pytest.approx(encoder, rel=1e-5)
    assert net.arrays["decoder"] == pytest.approx(encoder.T, rel=1e-5)
    fast = -0.5 * np.diag(1 / theta) @ (d.T @ d + 5e-4 * 400 * np.eye(40))
    np.fill_diagonal(fast, 0)
    assert np.allclose(net.arrays["w_fast"].T, fast, rtol=1e-4, atol=1e-6)
    assert (
        not construct(TASK, teacher, Settings(neurons=40, balance=0), np.random.default_rng(0))
        .arrays["w_fast"]
        .any()
    )


@pytest.mark.parametrize("steps", [300, 298])
def test_a_lesson_changes_the_slow_connections_by_the_rule_of_the_paper(steps: int):
    """W += eta r (F^T e)^T at every step, no neuron on itself; here as a block of all steps, a
    number that is a multiple of four or is not."""
    net, teacher = student(), some_teacher()
    one = TASK.draw("train", 1, np.random.default_rng(3))
    wanted = teacher.activations(one)[0, :steps]
    sheet = ads.sheet_of(net)
    lesson = ads.Lesson(wanted, np.float32(0.0), np.float32(1e-3), steps, False)
    ads.play(sheet, one.input[0, :steps] @ ads.input_weights(net), lesson)
    filtered, _ = written_out(net, one.input[0, :steps])
    error = wanted - filtered @ net.arrays["decoder"]
    rule = filtered.T @ (error @ net.arrays["encoder"])
    np.fill_diagonal(rule, 0.0)
    change = (sheet.w_slow - net.arrays["w_slow"]) / 1e-3
    assert np.abs(change - rule).max() < 1e-2 * np.abs(rule).max() and np.abs(rule).max() > 1


def test_eta_falls_linearly_to_the_share_that_is_left_while_k_goes_down_its_ladder(
    monkeypatch: pytest.MonkeyPatch,
):
    given = []

    def listen(sheet: ads.Sheet, drive: np.ndarray, lesson: ads.Lesson) -> None:
        given.append((float(lesson.rate), float(lesson.feedback)))

    monkeypatch.setattr(ads, "play", listen)
    net, teacher, generator = student(), some_teacher(), np.random.default_rng(0)
    for left, last in ((1.0, 4e-6), (0.2, 1.6e-6)):
        settings = Settings(rate=4e-6, rate_left=left, feedback=(80.0, 10.0), signals=4, epoch=3)
        given.clear()
        taught = list(ads.lessons(net, TASK, teacher, settings, generator))
        assert [done for done, _ in taught] == [1, 2, 3, 4]
        assert [done for done, after in taught if after is not None] == [3, 4]
        rates, feedback = zip(*given, strict=True)
        assert rates == pytest.approx(np.linspace(4e-6, last, 4))
        assert feedback == pytest.approx((80.0, 60.0, 40.0, 20.0))


def test_samples_do_not_depend_on_each_other_nor_noise_on_the_batch():
    net, samples = student(), TASK.draw("test", 3, np.random.default_rng(2))
    noisy = Conditions(noise=0.05, seed=4)
    assert (
        respond(net, samples.input).output[1] == respond(net, samples.input[1:2]).output[0]
    ).all()
    first = respond(net, samples.input, noisy).output
    assert (respond(net, samples.input[:1], noisy).output[0] == first[0]).all()
    assert (respond(net, samples.input, Conditions(noise=0.05, seed=5)).output != first).any()


def test_silenced_neurons_never_fire():
    net, samples = student(), TASK.draw("test", 2, np.random.default_rng(2))
    whole = respond(net, samples.input).rate_hz
    half = respond(net, samples.input, Conditions(silenced=0.5)).rate_hz
    assert (half < whole).all() and (half > 0).all()
    assert not respond(net, samples.input, Conditions(silenced=1.0)).output.any()


def test_adapting_neurons_fire_less_and_without_adaptation_nothing_is_said_of_it():
    """So that students of before keep their hash."""
    samples = TASK.draw("test", 2, np.random.default_rng(2))
    rates = [respond(student(adaptation=beta), samples.input).rate_hz for beta in (0, 0.1, 1)]
    assert (rates[0] > rates[1]).all() and (rates[1] > rates[2]).all() and (rates[2] > 0).all()
    assert "adaptation" not in student().constants
    assert student(adaptation=0.01).hash != student().hash


def test_what_mismatch_and_coarse_weights_touch_is_there():
    arrays = student().arrays
    names = {how.array for how in ads.MISMATCH} | set(ads.QUANTIZED) | set(ads.SCALED)
    assert names <= arrays.keys() and "w_fast" not in {how.array for how in ads.MISMATCH}


@pytest.mark.parametrize(("batched", "rate"), [(False, 3e-6), (True, 1e-4)])
def test_it_learns_to_follow_its_teacher(batched: bool, rate: float):
    rng = np.random.default_rng(1)
    w_in, w_rec = rng.uniform(-5, 5, (1, 64)), rng.normal(0, 0.1, (64, 64))
    given = (w_in, w_rec, rng.normal(0, 0.1, 64), np.zeros(64), np.linspace(0.02, 0.1, 64))
    teacher = Teacher(*(array.astype(np.float32) for array in given))
    settings = Settings(
        neurons=200, signals=200, epoch=100, validation=30, batched=batched, rate=rate
    )
    test = TASK.draw("test", 30, np.random.default_rng(9))
    wanted, told = teacher.activations(test), []
    untaught = construct(TASK, teacher, settings, np.random.default_rng(1))
    taught = train(
        TASK, teacher, settings, np.random.default_rng(1), lambda *news: told.append(news)
    )
    before, after = (
        reconstruction_error(wanted, np.asarray(respond(n, test.input).dynamics))
        for n in (untaught, taught)
    )
    assert after < 0.6 * before and [done for done, _ in told] == list(range(1, 201))


@pytest.mark.parametrize("signed", [True, False])
def test_validations_in_portions_judge_as_whole_ones_do(
    signed: bool, monkeypatch: pytest.MonkeyPatch
):
    task = replace(TASK, signed=signed)
    settings = Settings(neurons=40, signals=6, epoch=2, validation=23, rate=1e-4)
    judged, rules = [], ads.accuracy
    monkeypatch.setattr(ads, "accuracy", lambda *given: judged.append(rules(*given)) or judged[-1])
    found = []
    for together in (10, 1000):
        monkeypatch.setattr(ads, "TOGETHER", together)
        told: list[tuple[int, float]] = []
        generator = np.random.default_rng(4)
        made = train(
            task, some_teacher(), settings, generator, lambda *n, told=told: told.append(n)
        )
        found.append((made.hash, told, judged.copy()))
        judged.clear()
    assert found[0] == found[1]
    assert len(found[0][2]) == (0 if signed else 4)
