"""Reading a set: finished or not is a type, and nothing that is damaged is passed over."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy.recordings.recording_set import (
    RecordingSet,
    UnfinishedSet,
    load_finished,
    load_set,
)
from analoop.deploy.recordings.session import record
from analoop.models import FileError, InputError, Recording

from .sessions import PLAN, STIMULUS, contents, program, recorded


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    recorded(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    for name, content in contents(whole).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def unlisted(folder: Path, *plays: int) -> None:
    """Take plays out of the manifest, as if it had not been written again."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["finished"] = [row for row in manifest["finished"] if row["play"] not in plays]
    path.write_text(json.dumps(manifest))


def segment(folder: Path, play: int) -> Path:
    return folder / "segments" / f"{play:06d}.npz"


def test_a_set_comes_back_as_it_was_recorded(whole: Path):
    found = load_finished(whole)
    assert found.program.hash == program().hash and found.stimulus.hash == STIMULUS.hash
    assert found.plan == PLAN and found.boards == PLAN.boards
    assert [(t.board, t.repeat) for t in found.takes] == [(p.board, p.repeat) for p in PLAN.plays()]
    assert [t.repeat for t in found.of(PLAN.boards[1])] == [0, 1]
    for k, take in enumerate(found.takes):
        assert take.recording.hash == Recording.load(segment(whole, k)).hash


def test_the_hash_of_a_set_follows_every_recording(whole: Path, copy: Path):
    assert load_finished(copy).hash == load_finished(whole).hash
    path = segment(copy, 4)
    silent = np.zeros(0, np.int64)
    replace(Recording.load(path), trial=silent, time_us=silent, neuron=silent).save(path)
    unlisted(copy, 4)
    assert load_finished(copy).hash != load_finished(whole).hash


def test_a_segment_that_the_manifest_lacks_counts_and_is_not_played_again(copy: Path, whole: Path):
    unlisted(copy, 5)
    assert isinstance(load_set(copy), RecordingSet)
    told: list[str] = []
    record(program(), PLAN, STIMULUS, copy, lambda *args: told.append(args[2]))
    assert told == [] and contents(copy) == contents(whole)


def test_without_its_manifest_a_set_is_still_whole(copy: Path, whole: Path):
    (copy / "manifest.json").unlink()
    assert load_finished(copy).hash == load_finished(whole).hash
    recorded(copy)
    assert contents(copy) == contents(whole)


@pytest.mark.parametrize("temporary", [".manifest.json", "segments/.000005.npz"])
def test_what_a_kill_left_half_written_is_no_part_of_a_set(copy: Path, whole: Path, temporary: str):
    segment(copy, 5).unlink()
    unlisted(copy, 5)
    (copy / f"{temporary}.{'0' * 32}").write_bytes(b"half")
    found = load_set(copy)
    assert isinstance(found, UnfinishedSet)
    assert (len(found.takes), found.planned) == (5, 6)
    recorded(copy)
    assert contents(copy) == contents(whole)


def test_an_unfinished_set_is_refused_where_a_finished_one_is_needed(copy: Path):
    segment(copy, 0).unlink()
    unlisted(copy, 0)
    with pytest.raises(InputError, match="5 of 6 plays") as caught:
        load_finished(copy)
    assert caught.value.code == "UNFINISHED_SET"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path: Path) -> None:
    path.write_bytes(segment(path.parents[1], 0).read_bytes())


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "not yet listed"])
@pytest.mark.parametrize("damage", [cut, flip, swap, empty])
def test_a_damaged_segment_is_named_with_its_board(
    copy: Path, damage: Callable[[Path], None], listed: bool
):
    damage(segment(copy, 3))
    if not listed:
        unlisted(copy, 3)
    play = PLAN.plays()[3]
    for read in (load_set, lambda folder: record(program(), PLAN, STIMULUS, folder)):
        with pytest.raises(FileError, match="000003") as caught:
            read(copy)
        assert f"board {play.board}, repeat {play.repeat}" in str(caught.value)
        assert "delete it and run the same 'record' again" in str(caught.value)


def test_a_segment_that_was_deleted_is_missed_and_played_anew(copy: Path, whole: Path):
    segment(copy, 3).unlink()
    with pytest.raises(FileError, match="000003") as caught:
        load_set(copy)
    assert caught.value.code == "FILE_MISSING"
    told: list[str] = []
    record(program(), PLAN, STIMULUS, copy, lambda *args: told.append(args[2]))
    play = PLAN.plays()[3]
    assert told == [f"{play.board}, repeat {play.repeat}"]
    assert contents(copy) == contents(whole)


@pytest.mark.parametrize("name", ["set.json", "manifest.json", "program.npz", "stimulus.npz"])
def test_a_damaged_file_of_a_set_is_named(copy: Path, name: str):
    cut(copy / name)
    with pytest.raises(FileError, match=name) as caught:
        load_set(copy)
    assert caught.value.code == "FILE_CORRUPT"


def test_another_program_in_the_place_of_the_copy_is_noticed(copy: Path):
    STIMULUS.select(np.arange(2)).save(copy / "stimulus.npz")
    with pytest.raises(FileError, match="stimulus.npz has hash"):
        load_set(copy)


def test_sets_of_later_versions_and_folders_without_one_are_refused(copy: Path, tmp_path: Path):
    path = copy / "set.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(FileError) as caught:
        load_set(copy)
    assert caught.value.code == "FILE_WRONG_VERSION"
    with pytest.raises(FileError, match="no recording set") as caught:
        load_set(tmp_path / "elsewhere")
    assert caught.value.code == "FILE_MISSING"


def test_a_set_that_was_cut_before_its_first_play_says_so(copy: Path):
    (copy / "stimulus.npz").unlink()
    with pytest.raises(FileError, match="before its first play"):
        load_set(copy)
