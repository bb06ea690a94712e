"""Training students: a task whose negatives have no output of their own, from end to end."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import learning
from analoop.deploy.learning import generator_for, settings_of, train_student
from analoop.deploy.sequence_tasks import Folders, sequence_task
from analoop.models import InputError
from analoop.models.bookmark import Bookmark
from analoop.models.learning import ads, chip, force
from analoop.models.learning.methods import METHODS, answer, decided, own_methods
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher, TeacherSettings, train_teacher
from analoop.models.tasks.samples import Samples, SequenceTask

from ..snips_corpus import write_corpus

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


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_what_an_output_is_read_relative_to_is_known_before_its_boundary_is_chosen(
    monkeypatch: pytest.MonkeyPatch, signed: bool, relative: bool
):
    monkeypatch.setattr(learning, "TESTED", 20)
    monkeypatch.setattr(learning, "VALIDATED", 60)
    judged: list[tuple[np.ndarray, np.ndarray]] = []

    def boundary_of(task: SequenceTask, output: np.ndarray, label: np.ndarray) -> float:
        judged.append((output, label))
        return 3.0

    monkeypatch.setattr(learning, "boundary_of", boundary_of)
    settings = chip.Settings(
        hidden=16, outputs=4, copies=4, updates=12, batch=4, start_hz=(40.0, 60.0),
        relative=relative,
    )  # fmt: skip
    task = replace(TASK, signed=signed)
    student = train_student(task, "chip", settings, None, (0, 0))
    assert ("boundary" in student.constants) == (not signed)
    assert ("reference_hz" in student.constants) == relative
    drawn = task.draw("validation", 60, generator_for(0, TASK.name, "boundary"))
    plain = {name: x for name, x in student.constants.items() if name != "reference_hz"}
    response = chip.respond(replace(student, constants=plain), drawn.input)
    assert response.second_half_hz is not None and response.second_half_hz.mean() > 1
    if relative:
        expected = response.second_half_hz.mean()
        assert student.constants["reference_hz"] == pytest.approx(expected)
    if not signed:
        ((output, label),) = judged
        np.testing.assert_array_equal(label, drawn.label)
        np.testing.assert_array_equal(output, answer(student, drawn)[0])
        assert np.array_equal(output, response.output) == (not relative)


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
    eta = [settings_of("ads", task, []) for task in ("temporal-xor", "synth-snips")]
    assert [(s.rate, s.rate_left) for s in eta] == [(1e-6, 0.0), (2e-6, 1.0)]
    for method in METHODS:
        assert settings_of(method, "synth-snips", []) != settings_of(method, "temporal-xor", [])


@pytest.mark.parametrize(
    ("name", "task", "changed"),
    [
        ("ads-no-ebn", "temporal-xor", {"balance": 0.0}),
        (
            "ads-batched",
            "temporal-xor",
            {"batched": True, "adaptation": 0.01, "rate": 3e-5, "rate_left": 1.0},
        ),
        (
            "ads-no-ebn",
            "synth-snips",
            {"balance": 0.0, "neurons": 768, "rate": 1e-5, "signals": 4000, "epoch": 500},
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


TINY = {
    "ads": ["neurons=20", "signals=5", "epoch=2", "validation=2"],
    "force": ["neurons=20", "epochs=2", "samples=3", "validation=2"],
    "bptt": ["neurons=8", "updates=2", "batch=2"],
    "robust": ["neurons=8", "updates=2", "batch=2"],
    "reservoir": ["liquids=1", "neurons=8", "samples=3"],
    "chip": ["hidden=8", "outputs=2", "copies=2", "updates=2", "batch=2"],
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of a test."""
    monkeypatch.setattr(learning, "TESTED", 4)
    monkeypatch.setattr(learning, "VALIDATED", 4)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("method", TINY)
def test_a_method_without_need_of_a_teacher_learns_the_same_without_and_others_ask_for_one(
    teacher: Teacher, method: str
):
    """And the last that progress is told is what was planned."""
    settings, told = settings_of(method, TASK.name, TINY[method]), []
    taught = train_student(
        TASK, method, settings, teacher, (0, 0), lambda done, error: told.append(done)
    )
    assert told == sorted(told) and told[-1] == settings.planned
    needs = METHODS[method].needs_teacher(settings)
    assert needs == (method in ("ads", "force"))
    if needs:
        with pytest.raises(InputError, match="needs a teacher") as caught:
            train_student(TASK, method, settings, None, (0, 0))
        assert caught.value.code == "NO_TEACHER"
    else:
        alone = train_student(TASK, method, settings, None, (0, 0))
        assert alone.hash == taught.hash and alone.provenance == taught.provenance


@pytest.mark.usefixtures("few")
def test_a_network_that_begins_with_a_teacher_needs_one(teacher: Teacher):
    for method in ("bptt", "robust"):
        settings = settings_of(method, TASK.name, [*TINY[method], "teacher_init=true"])
        with pytest.raises(InputError, match="needs a teacher"):
            train_student(TASK, method, settings, None, (0, 0))
        train_student(TASK, method, settings, teacher, (0, 0))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"arrays": {"w_out": np.array([1.0, np.nan])}}, "w_out"),
        ({"constants": {"gain": float("inf")}}, "gain"),
        ({"provenance": {"validation": [0.1, float("nan")]}}, "validation"),
    ],
)
def test_a_student_that_is_not_finite_is_refused(
    monkeypatch: pytest.MonkeyPatch, changed: dict, name: str
):
    values = {"method": "reservoir", "task": TASK.name, "arrays": {}, "constants": {}} | changed
    broken = replace(METHODS["reservoir"], train=lambda *given: Student(**values))
    monkeypatch.setitem(METHODS, "reservoir", broken)
    with pytest.raises(InputError, match=f"numbers of {name} are not finite") as caught:
        train_student(TASK, "reservoir", settings_of("reservoir", TASK.name, []), None, (0, 0))
    assert caught.value.code == "DIVERGED"


def test_a_student_whose_rate_is_not_finite_has_diverged_and_leaves_no_bookmark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Its weights may still be finite; else the same training would end so every time."""
    student = Student("reservoir", TASK.name, {}, {})
    runaway = replace(METHODS["reservoir"], train=lambda *given: student)
    monkeypatch.setitem(METHODS, "reservoir", runaway)

    def run_away(student: Student, samples: Samples, **more: object):
        return np.zeros((len(samples), 5)), np.full(len(samples), np.inf)

    monkeypatch.setattr(learning, "answer", run_away)
    monkeypatch.setattr(learning, "decided", lambda student, task, out: np.zeros(len(out)))
    kept = tmp_path / "net.npz.part"
    kept.write_bytes(b"kept")
    settings = settings_of("reservoir", TASK.name, [])
    with pytest.raises(InputError, match="numbers of rate_hz are not finite") as caught:
        train_student(TASK, "reservoir", settings, None, (0, 0), bookmark=Bookmark(kept))
    assert caught.value.code == "DIVERGED" and not kept.exists()


@pytest.mark.parametrize("taught", [False, True])
def test_a_task_whose_students_could_not_be_judged_is_refused_before_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, taught: bool
):
    folder = write_corpus(tmp_path, {"train.json": 120, "dev.json": 12, "test.json": 12})
    task = sequence_task("hey-snips", Folders(folder))
    monkeypatch.setattr(learning, "VALIDATED", 4)
    told: list[int] = []

    def train() -> None:
        if taught:
            learning.teacher_for(task, 0, lambda done, loss: told.append(done))
        settings = settings_of("bptt", "hey-snips", ["updates=1", "neurons=4"])
        train_student(task, "bptt", settings, None, (0, 0), lambda done, loss: told.append(done))

    with pytest.raises(InputError, match="1000 samples of the test part") as caught:
        train()
    assert caught.value.code == "TOO_FEW_SAMPLES" and not told
