"""Students as files: what is read is what was written."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.models import FileError
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import Teacher

STUDENT = Student(
    "ads", "temporal-xor", {"w": np.arange(6.0).reshape(2, 3)}, {"gain": 2.0}, {"seed": 3}
)


def test_a_student_comes_back_from_its_file(tmp_path: Path):
    back = Student.load(STUDENT.save(tmp_path / "s.npz"))
    assert back.hash == STUDENT.hash and back.provenance == {"seed": 3}
    assert (back.method, back.task, dict(back.constants)) == ("ads", "temporal-xor", {"gain": 2.0})
    assert (back.arrays["w"] == STUDENT.arrays["w"]).all()


def test_a_file_that_is_read_relative_to_a_reference_is_none_of_before(tmp_path: Path):
    """Who reads the first version alone would take its boundary for one of the plain output."""
    relative = replace(STUDENT, constants={"boundary": 3.0, "reference_hz": 0.4})
    versions = []
    for student in (STUDENT, relative):
        path = student.save(tmp_path / "s.npz")
        assert Student.load(path).hash == student.hash
        with zipfile.ZipFile(path) as archive:
            versions.append(json.loads(archive.read("header.json"))["version"])
    assert versions == [1, 2]


def test_a_student_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        STUDENT.arrays["w"][0, 0] = 1.0


def test_a_teacher_is_no_student(tmp_path: Path):
    one = np.ones(1, np.float32)
    path = Teacher(one[None], one[None], one, one, one).save(tmp_path / "t.npz")
    assert (Teacher.load(path).w_out == one).all()
    with pytest.raises(FileError) as caught:
        Student.load(path)
    assert caught.value.code == "FILE_WRONG_KIND"
