"""The folder of a characterization."""

from pathlib import Path

import pytest

from analoop.deploy.twins.files import load_plan, load_session, save_plan
from analoop.models import FileError, Recording

from .boards import made, program


def played(folder: Path) -> Path:
    """A characterization with its recordings."""
    recordings = made()
    save_plan(recordings.planned, folder)
    for one, session in zip(recordings.planned, recordings.sessions, strict=True):
        session.recordings[0].save(folder / f"{one.kind}.recording.npz")
    return folder


def test_what_was_written_is_read_again(tmp_path: Path):
    read = load_plan(played(tmp_path / "plan"))
    for session, wanted in zip(read, made().sessions, strict=True):
        assert session.record() == wanted.record()


def test_a_characterization_that_was_not_played_names_the_file_that_is_missing(tmp_path: Path):
    folder = played(tmp_path / "plan")
    (folder / "steep.recording.npz").unlink()
    with pytest.raises(FileError, match="steep.recording.npz") as refused:
        load_plan(folder)
    assert refused.value.code == "FILE_MISSING"


@pytest.mark.parametrize("name", ["file", "file/plan", "/proc/plan"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileError, match="--out") as refused:
        save_plan(made().planned, tmp_path / name)
    assert refused.value.code == "FILE_NOT_WRITABLE"


def test_several_files_are_repeats_and_need_their_stimulus(tmp_path: Path):
    own = made().own
    paths = [own.recordings[0].save(tmp_path / f"{k}.npz") for k in range(2)]
    session = load_session(program(), own.stimulus, paths)
    assert [r.hash for r in session.recordings] == [Recording.load(paths[0]).hash] * 2
    with pytest.raises(FileError) as refused:
        load_session(program(), None, paths)
    assert refused.value.code == "STIMULUS_MISSING"
