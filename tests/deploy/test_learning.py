"""Training students: a task whose negatives have no output of their own, from end to end."""

from dataclasses import asdict

import numpy as np
import pytest

from analoop.deploy import learning
from analoop.deploy.learning import generator_for, settings_of, train_student
from analoop.models.learning import ads, force
from analoop.models.learning.methods import METHODS, answer, decided, own_methods
from analoop.models.learning.teacher import Teacher, TeacherSettings, train_teacher
from analoop.models.tasks.samples import Samples, SequenceTask

STEPS = 250


def draw(part: str, number: int, generator: np.random.Generator) -> Samples:
    """Half of the samples have a pulse in the first channel, behind which the output shall rise."""
    label = np.arange(number) % 2
    time = np.arange(STEPS)
    start = generator.integers(20, 80, number)[:, None]
    pulse = ((time >= start) & (time < start + 60)) * 1.0
    other = 0.3 * generator.standard_normal((number, STEPS))
    inputs = np.stack([pulse * label[:, None], other], axis=2)
    rise = np.clip((time - start - 30) / 30, 0, 1) * (time < start + 120)
    return Samples(inputs, rise * label[:, None], label)


TASK = SequenceTask("pulse", 2, STEPS, draw, signed=False)
SETTINGS = TeacherSettings(units=64, updates=120, batch=8, learning_rate=4e-3)


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return train_teacher(TASK, SETTINGS, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("force", force.Settings(neurons=100, epochs=2, samples=40, validation=20)),
        ("ads", ads.Settings(neurons=200, signals=300, epoch=100, validation=20, rate=1e-5)),
    ],
)
def test_a_boundary_is_chosen_on_validation_samples_and_decides_others(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch, method: str, settings
):
    monkeypatch.setattr(learning, "TESTED", 100)
    monkeypatch.setattr(learning, "VALIDATED", 60)
    student = train_student(TASK, method, settings, teacher, (0, 1))
    fresh = TASK.draw("test", 100, np.random.default_rng(99))
    output, _ = answer(student, fresh)
    right = (decided(student, TASK, output) == fresh.label).mean()
    assert student.constants["boundary"] >= 0 and right > 0.8
    assert abs(student.provenance["test_accuracy"] - right) < 0.15
    assert student.provenance["seed"] == [0, 1]
    assert student.provenance["settings"]["neurons"] == settings.neurons


def test_purposes_and_numbers_have_random_numbers_of_their_own():
    drawn = {
        generator_for(*place).integers(2**60)
        for place in ((0, "a", "b"), (0, "b", "a"), (1, "a", "b"), (0, "a", 1), (0, "a", 2))
    }
    assert len(drawn) == 5
    assert generator_for(3, "x", 1).random() == generator_for(3, "x", 1).random()


def test_wake_phrases_are_learned_with_settings_of_their_own():
    assert settings_of("ads", "synth-snips", []).neurons == 768
    assert settings_of("ads", "synth-snips", ["neurons=9", "feedback=3:1"]).feedback == (3.0, 1.0)
    assert settings_of("ads", "temporal-xor", ["batched=true"]).batched is True
    for method in METHODS:
        assert settings_of(method, "synth-snips", []) != settings_of(method, "temporal-xor", [])


@pytest.mark.parametrize(
    ("name", "task", "changed"),
    [
        ("ads-no-ebn", "temporal-xor", {"balance": 0.0}),
        ("ads-batched", "temporal-xor", {"batched": True, "adaptation": 0.01, "rate": 3e-5}),
        (
            "ads-no-ebn",
            "synth-snips",
            {"balance": 0.0, "neurons": 768, "rate": 1e-5, "rate_left": 1.0},
        ),
        ("chip-2-bits", "synth-snips", {"bits": 2, "quantized_from": 0.4}),
        ("chip-dense", "temporal-xor", {"coded": False, "max_fan_in": 1_000_000}),
    ],
)
def test_a_variant_is_a_method_with_other_settings(name: str, task: str, changed: dict):
    """And nobody gets one who did not ask for it by name."""
    plain_name = METHODS[name].variant_of or ""
    variant, plain = (asdict(settings_of(method, task, [])) for method in (name, plain_name))
    assert {key: variant[key] for key in changed} == changed
    assert {key for key in plain if plain[key] != variant[key]} <= changed.keys()
    assert name not in own_methods()
    key, value = next(iter(changed.items()))
    assert asdict(settings_of(name, task, [f"{key}={value}"]))[key] == value


def test_a_student_of_a_variant_answers_as_one_of_its_method(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(learning, "TESTED", 4)
    monkeypatch.setattr(learning, "VALIDATED", 4)
    words = ["neurons=30", "signals=2", "epoch=2", "validation=2"]
    settings = settings_of("ads-no-ebn", TASK.name, words)
    student = train_student(TASK, "ads-no-ebn", settings, teacher, (0, 0))
    assert student.method == "ads" and not student.arrays["w_fast"].any()
    assert student.provenance["method"] == "ads-no-ebn"
    assert answer(student, TASK.draw("test", 2, np.random.default_rng(0)))[0].shape == (2, STEPS)
