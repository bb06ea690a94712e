"""The files of a study: what is killed goes on, and two studies are never mixed."""

import json
from pathlib import Path

import pytest

from analoop.deploy.study_files import Row, StudyFiles, read_rows
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
    rows = [
        row(0),
        row(1, mse_teacher=2 / 7, cell="bits 4", mse_dynamics=1 / 7, nrmse_dynamics=0.3),
    ]
    with StudyFiles(tmp_path / "s", ASKED) as files:
        for each in rows:
            files.table.append(each)
        assert files.table.rows() == rows
    with StudyFiles(tmp_path / "s", ASKED) as files:
        assert files.table.rows() == rows


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_row_that_was_cut_by_a_kill_is_made_again(tmp_path: Path, cut: int):
    with StudyFiles(tmp_path, ASKED) as files:
        for k in range(3):
            files.table.append(row(k))
    table = tmp_path / "rows.csv"
    table.write_bytes(table.read_bytes()[:-cut])
    with StudyFiles(tmp_path, ASKED) as again:
        assert again.table.rows() == [row(0), row(1)]
        again.table.append(row(2))
        assert again.table.rows() == [row(0), row(1), row(2)]


def test_another_study_is_not_written_into_the_folder(tmp_path: Path):
    with StudyFiles(tmp_path, ASKED) as files:
        files.table.append(row(0))
    with pytest.raises(InputError) as caught:
        StudyFiles(tmp_path, ASKED | {"seed": 1})
    assert caught.value.code == "OTHER_STUDY"
    with StudyFiles(tmp_path, ASKED) as files:
        assert files.table.rows() == [row(0)]


@pytest.mark.parametrize("name", ["file/study", "file"])
def test_a_folder_that_cannot_be_is_a_typed_error(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError) as caught:
        StudyFiles(tmp_path / name, ASKED)
    assert caught.value.code == "FILE_NOT_WRITABLE"


def test_rows_of_a_study_without_the_later_columns_are_read_and_not_gone_on_with(tmp_path: Path):
    """Format 1, as committed before the dynamics were judged."""
    with StudyFiles(tmp_path, ASKED) as files:
        files.table.append(row(0, mse_dynamics=0.5))
    table, study = tmp_path / "rows.csv", tmp_path / "study.json"
    lines = [line.split(",") for line in table.read_text(encoding="utf-8").splitlines()]
    table.write_text("\n".join(",".join(line[:-2]) for line in lines) + "\n", encoding="utf-8")
    assert read_rows(table) == [row(0)]
    study.write_text(json.dumps(ASKED), encoding="utf-8")
    before = table.read_bytes()
    with pytest.raises(InputError, match="differ in row_format") as caught:
        StudyFiles(tmp_path, ASKED)
    assert caught.value.code == "OTHER_STUDY" and table.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["method,network\nads,0\n", "method,network,cell,draw,accuracy\n,,,,\n"]
)
def test_a_table_that_holds_no_rows_is_a_typed_error(tmp_path: Path, text: str):
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_rows(tmp_path / "rows.csv")
    assert caught.value.code == "FILE_CORRUPT"
    with pytest.raises(FileError) as caught:
        read_rows(tmp_path / "no.csv")
    assert caught.value.code == "FILE_MISSING"
