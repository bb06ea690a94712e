"""Trainings that are stopped anywhere, and go on to the same end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analoop.deploy.learning import HARDWARE
from analoop.models import InputError
from analoop.models.archive import write_archive
from analoop.models.bookmark import FORMAT, NO_BOOKMARK, VERSION, Bookmark, beside, refuse_others
from analoop.models.learning import ads, bptt, chip, force, reservoir, robust
from analoop.models.learning.methods import method_of
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher, TeacherSettings, train_teacher
from analoop.models.tasks.temporal_xor import temporal_xor
from analoop.models.training import Settings, train

from ..deploy.students import some_teacher
from .test_training import PARAMETERS, eight_levels, two_classes

TASK = temporal_xor()
AT_ONCE = 0.0
SMALL: dict[str, Any] = {
    "ads": ads.Settings(neurons=24, signals=7, epoch=2, validation=2),
    "ads-batched": ads.Settings(neurons=24, signals=6, epoch=3, validation=2, batched=True),
    "force": force.Settings(neurons=20, epochs=4, samples=2, validation=2, patience=3),
    "bptt": bptt.Settings(neurons=8, updates=25, batch=2),
    "robust": robust.Settings(neurons=8, updates=25, batch=2, bits=4),
    "reservoir": reservoir.Settings(liquids=1, neurons=8, substeps=1, samples=4),
    "chip": chip.Settings(hidden=16, outputs=4, groups=2, copies=4, updates=25, batch=2),
}
RESTS = {"ads": 2, "ads-batched": 3, "bptt": 10, "robust": 10, "chip": 10, "force": 2}
"""Calls of progress between places where a training can go on, where it is not each."""


class Killed(Exception):
    """Instead of the signal that nothing can catch."""


def stopping(at: int | None) -> tuple[list[int], Callable[..., None]]:
    """What is told, and a progress that ends the process at that call."""
    told: list[int] = []

    def progress(done: int, loss: float, *more: float) -> None:
        told.append(done)
        if len(told) == at:
            raise Killed

    return told, progress


def student_of(name: str, path: Path | None, stop: int | None = None) -> tuple[list[int], Student]:
    generator, (told, progress) = np.random.default_rng(3), stopping(stop)
    mark = Bookmark(path, {"of": name}, AT_ONCE) if path else NO_BOOKMARK
    more = {"hardware": HARDWARE} if name == "chip" else {}
    made = method_of(name).train(
        TASK, some_teacher(), SMALL[name], generator, progress, mark, **more
    )
    return told, made


@pytest.mark.parametrize("name", SMALL)
def test_a_training_that_is_killed_goes_on_to_the_same_network(name: str, tmp_path: Path):
    """Killed twice: in the midst, and before its last step."""
    whole, expected = student_of(name, None)
    path, half = tmp_path / "net.part", len(whole) * 2 // 3
    with pytest.raises(Killed):
        student_of(name, path, half)
    rest = RESTS.get(name, 1)
    before = (half - 1) // rest * rest  # what is kept after a call of progress is not kept any more
    with pytest.raises(Killed):
        student_of(name, path, len(whole) - before)
    told, made = student_of(name, path)
    assert told and told == whole[-len(told) :] and len(told) <= rest
    assert made.hash == expected.hash and made.provenance == expected.provenance


def test_a_teacher_that_is_killed_goes_on_to_the_same_teacher(tmp_path: Path):
    few = TeacherSettings(units=8, updates=6, batch=2, coarse=2)

    def teacher(path: Path | None, stop: int | None = None) -> tuple[list[int], Teacher]:
        generator, (told, progress) = np.random.default_rng(3), stopping(stop)
        mark = Bookmark(path, {}, AT_ONCE)
        return told, train_teacher(TASK, few, generator, progress, mark)

    _, expected = teacher(None)
    with pytest.raises(Killed):
        teacher(tmp_path / "t.part", 4)
    told, made = teacher(tmp_path / "t.part")
    assert told == [4, 5, 6]
    for name, array in vars(expected).items():
        np.testing.assert_array_equal(getattr(made, name), array)


def test_a_network_for_the_chip_that_is_killed_goes_on_to_the_same_network(tmp_path: Path):
    few = Settings(hidden=8, epochs=4, batch=4, quantized_from=0.5)

    def network(path: Path | None, stop: int | None = None) -> tuple[list[int], str]:
        told, progress = stopping(stop)
        mark, trials = Bookmark(path, every_s=AT_ONCE), two_classes(16, 0)
        return told, train(trials, ("a", "b"), PARAMETERS, few, eight_levels, progress, mark).hash

    _, expected = network(None)
    with pytest.raises(Killed):
        network(tmp_path / "n.part", 3)
    assert network(tmp_path / "n.part") == ([2, 3], expected)


def test_a_bookmark_of_another_training_is_refused_and_says_what_differs(tmp_path: Path):
    path, generator = tmp_path / "net.part", np.random.default_rng(5)
    Bookmark(path, {"seed": [0, 1], "rate": 2.0}, every_s=0).keep(
        {"x": np.ones(2), "done": 3}, generator
    )
    drawn = generator.random(4)
    found = Bookmark(path, {"seed": (0, 1), "rate": 2.0}).read(generator)
    assert found["done"] == 3 and found["x"].tolist() == [1, 1]
    assert (generator.random(4) == drawn).all(), "random numbers go on from where they were"
    with pytest.raises(InputError, match="of other seed: ") as caught:
        Bookmark(path, {"seed": [0, 2], "rate": 2.0}).read(generator)
    assert caught.value.code == "OTHER_TRAINING"
    with pytest.raises(InputError, match="of other level, rate: "):
        Bookmark(path, {"seed": [0, 1], "level": 1}).read(generator)


def damage(path: Path, how: str) -> None:
    """Put something there that no training can go on from."""
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif how == "another format":
        write_archive(path, "student", 1, {}, {})
    elif how == "nothing said":
        write_archive(path, FORMAT, VERSION, {}, {})
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["cut", "another format", "nothing said", "a folder"])
def test_what_cannot_be_gone_on_from_is_refused_with_the_others_before_it_costs_anything(
    how: str, tmp_path: Path
):
    bad, other = Bookmark(tmp_path / "a", every_s=0), Bookmark(tmp_path / "b", {"seed": 1}, 0)
    for bookmark in (bad, other):
        bookmark.keep({}, None)
    damage(tmp_path / "a", how)
    with pytest.raises(InputError, match="delete what is there") as caught:
        refuse_others([bad, Bookmark(tmp_path / "b"), NO_BOOKMARK])
    assert caught.value.code == "OTHER_TRAINING"
    assert f"{tmp_path / 'a'} does not say" in str(caught.value)
    assert f"{tmp_path / 'b'} is where another" in str(caught.value)
    with pytest.raises(InputError):
        bad.read(None)
    refuse_others([other])


def test_bookmarks_are_written_now_and_then_and_leave_nothing(tmp_path: Path):
    path = beside(tmp_path / "net.npz")
    assert path.name == "net.npz.part"
    rare = Bookmark(path, every_s=3600.0)
    rare.keep({"done": 1}, None)
    assert not path.exists() and not rare.read(None)
    often = Bookmark(path, every_s=0.0)
    for done in (1, 2):
        often.keep({"done": done}, None)
        assert often.read(None)["done"] == done
    path.with_name(f".{path.name}.0123").write_bytes(b"killed in the midst of writing")
    (tmp_path / "net.npz").touch()
    often.remove()
    often.remove()
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]
