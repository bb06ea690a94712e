"""The files of a study: what is killed goes on, and two studies are never mixed."""

from pathlib import Path

import pytest

from analoop.deploy.study_files import Row, StudyFiles
from analoop.models import FileError, InputError

ASKED = {"task": "temporal-xor", "seed": 0}


def row(draw: int, **changed) -> Row:
    values = {
        "method": "ads", "network": 1, "cell": "mismatch 0.1", "draw": draw, "accuracy": 0.9,
        "mse_target": 1 / 3, "mse_teacher": None, "rate_hz": 18.25, "gain": 1.0,
        "network_hash": "abc",
    }  # fmt: skip
    return Row(**(values | changed))


def test_rows_come_back_to_the_last_digit(tmp_path: Path):
    rows = [row(0), row(1, mse_teacher=2 / 7, cell="bits 4")]
    with StudyFiles(tmp_path / "s", ASKED) as files:
        for each in rows:
            files.append(each)
        assert files.rows() == rows
    with StudyFiles(tmp_path / "s", ASKED) as files:
        assert files.rows() == rows


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_row_that_was_cut_by_a_kill_is_made_again(tmp_path: Path, cut: int):
    with StudyFiles(tmp_path, ASKED) as files:
        for k in range(3):
            files.append(row(k))
    table = tmp_path / "rows.csv"
    table.write_bytes(table.read_bytes()[:-cut])
    with StudyFiles(tmp_path, ASKED) as again:
        assert again.rows() == [row(0), row(1)]
        again.append(row(2))
        assert again.rows() == [row(0), row(1), row(2)]


def test_another_study_is_not_written_into_the_folder(tmp_path: Path):
    with StudyFiles(tmp_path, ASKED) as files:
        files.append(row(0))
    with pytest.raises(InputError) as caught:
        StudyFiles(tmp_path, ASKED | {"seed": 1})
    assert caught.value.code == "OTHER_STUDY"
    with StudyFiles(tmp_path, ASKED) as files:
        assert files.rows() == [row(0)]


@pytest.mark.parametrize("name", ["file/study", "file"])
def test_a_folder_that_cannot_be_is_a_typed_error(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError) as caught:
        StudyFiles(tmp_path / name, ASKED)
    assert caught.value.code == "FILE_NOT_WRITABLE"
