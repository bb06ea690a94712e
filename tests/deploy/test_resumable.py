"""Folders of work: one piece of one verb in each; tables outlive kills and full disks."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from analoop.deploy.recordings import fingerprint as asking
from analoop.deploy.recordings.fingerprint_history import History, read_charts
from analoop.deploy.recordings.recording_set import load_finished
from analoop.deploy.resumable import RowFile, WorkFolder, read_table, works_in
from analoop.deploy.study_files import StudyFiles
from analoop.deploy.validation import Sweep, validate
from analoop.hw import VirtualBoard
from analoop.models import FileError, InputError

from .recordings.sessions import PLAN, STIMULUS, contents, program, recorded


def robustness(folder: Path) -> None:
    with StudyFiles(folder, {"task": "temporal-xor", "protocol": {"name": "fair"}}):
        pass


def sweep(folder: Path, boards: int = 2) -> None:
    drawn = [VirtualBoard(seed) for seed in range(boards)]
    validate(program(), STIMULUS, drawn, how=Sweep(folder=folder))


def fingerprint(folder: Path) -> None:
    asking.fingerprint("sim:seed=1,noise=1", folder, "2026-01-01", 8)


VERBS: dict[str, Callable[[Path], object]] = {
    "set": recorded, "sweep": sweep, "study": robustness, "history": fingerprint,
}  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "compile", lambda network: program())


@pytest.mark.parametrize("first", VERBS)
def test_a_folder_with_the_work_of_a_verb_is_refused_by_the_others_and_not_by_it(
    tmp_path: Path, first: str
):
    VERBS[first](tmp_path)
    assert list(works_in(tmp_path)) == [first]
    before = contents(tmp_path)
    for second in VERBS.keys() - {first}:
        with pytest.raises(InputError, match="give another folder") as caught:
            VERBS[second](tmp_path)
        assert caught.value.code == f"OTHER_{second.upper()}"
        assert contents(tmp_path) == before
    VERBS[first](tmp_path)


def test_the_refusal_names_the_work_that_is_there(tmp_path: Path):
    recorded(tmp_path)
    with pytest.raises(InputError, match="holds a recording set of 'record'"):
        sweep(tmp_path)


def test_files_that_are_no_work_of_a_verb_do_not_matter(tmp_path: Path):
    (tmp_path / "history.json").write_text('{"loss": [0.5, 0.4]}')
    (tmp_path / "set.json").write_text("[1]")
    (tmp_path / "study.json").write_text('{"format": "recording set"}')
    (tmp_path / "notes.txt").write_text("mine")
    before = contents(tmp_path)
    for boards in (1, 2):
        sweep(tmp_path, boards)
    assert list(works_in(tmp_path)) == ["sweep"]
    assert contents(tmp_path).items() >= before.items()
    for name in ("history", "set", "study"):  # theirs by name, so never written over
        with pytest.raises(InputError) as caught:
            WorkFolder(tmp_path, name, {"format": "x"})
        assert caught.value.code == f"OTHER_{name.upper()}"


def test_what_cannot_be_read_is_taken_for_work(tmp_path: Path):
    (tmp_path / "set.json").write_bytes(b"{\xff")
    with pytest.raises(InputError) as caught:
        History(tmp_path)
    assert caught.value.code == "OTHER_HISTORY"


def test_work_goes_on_in_a_folder_that_earlier_releases_let_two_verbs_use(tmp_path: Path):
    first = recorded(tmp_path)
    kept = (tmp_path / "set.json").read_bytes()
    (tmp_path / "set.json").unlink()
    sweep(tmp_path, 1)
    (tmp_path / "set.json").write_bytes(kept)
    assert list(works_in(tmp_path)) == ["set", "sweep"]
    sweep(tmp_path, 2)
    assert recorded(tmp_path, PLAN).hash == load_finished(tmp_path).hash == first.hash
    with pytest.raises(InputError, match="'record' and a sweep of 'validate'"):
        fingerprint(tmp_path)
    assert read_charts(tmp_path) == {}


@dataclass(frozen=True)
class Count:
    name: str
    count: int


def read_counts(path: Path) -> list[Count]:
    return read_table(path, lambda line: Count(line["name"], int(line["count"])), "count")


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file can grow beyond a size [bytes], as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_a_typed_error_that_says_what_is_kept(tmp_path: Path):
    path = tmp_path / "rows.csv"
    table = RowFile(path, Count, read_counts)
    for k in range(3):
        table.append(Count("row", k))
    before = path.read_bytes()
    with full_at(len(before) + 3), pytest.raises(FileError, match="3 rows finished") as caught:
        table.append(Count("row", 3))
    assert caught.value.code == "FILE_NOT_WRITABLE" and "File too large" in str(caught.value)
    assert path.read_bytes() == before, "nothing half-written is left"
    table.append(Count("row", 3))
    assert table.rows() == read_counts(path) == [Count("row", k) for k in range(4)]


def test_a_validation_that_filled_the_disk_goes_on(tmp_path: Path):
    with full_at(600), pytest.raises(FileError, match=r"rows\.csv") as caught:
        sweep(tmp_path / "full", 9)
    assert caught.value.code == "FILE_NOT_WRITABLE"
    sweep(tmp_path / "full", 9)
    sweep(tmp_path / "whole", 9)
    assert contents(tmp_path / "full") == contents(tmp_path / "whole")


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_a_table_whose_last_line_was_cut_is_read_without_it(tmp_path: Path, cut: int):
    path = tmp_path / "rows.csv"
    table = RowFile(path, Count, read_counts)
    for k in range(2):
        table.append(Count("ro\u00fc", k))
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_counts(path) == [Count("ro\u00fc", 0)]
    assert RowFile(path, Count, read_counts).rows() == [Count("ro\u00fc", 0)]


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"count,name\r\n", b"\xff\n", b"name,count\nx," + b"1" * 140_000 + b"\n"],
)
def test_a_table_of_something_else_is_not_written_over(tmp_path: Path, content: bytes):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        RowFile(path, Count, read_counts)
    assert caught.value.code == "FILE_CORRUPT" and path.read_bytes() == content


def test_a_row_cut_short_in_the_middle_of_a_table_is_a_typed_error(tmp_path: Path):
    (tmp_path / "rows.csv").write_text("name,count\nx\ny,1\n")
    with pytest.raises(FileError) as caught:
        read_counts(tmp_path / "rows.csv")
    assert caught.value.code == "FILE_CORRUPT"
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError) as caught:
        read_counts(tmp_path / "folder.csv")
    assert caught.value.code == "FILE_CORRUPT"
