"""Files: what is read is what was written, or a FileError; never something else, never code."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from analoop.models import archive
from analoop.models.archive import content_hash, read_archive, read_content, write_archive
from analoop.models.errors import FileError

few, many = settings(max_examples=40), settings(max_examples=150)

names = st.text("abcxyz_0123456789", min_size=1, max_size=8)
headers = st.dictionaries(
    st.text(st.characters(codec="utf-8")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)  # fmt: skip
numeric = st.one_of(
    arrays_of.boolean_dtypes(),
    arrays_of.integer_dtypes(endianness="?"),
    arrays_of.unsigned_integer_dtypes(),
    arrays_of.floating_dtypes(endianness="?", sizes=(32, 64)),
)
shapes = arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
contents = st.dictionaries(names, arrays_of.arrays(numeric, shapes), max_size=3)

HEADER = {"name": "ü", "numbers": [1.5, None, True]}
ARRAYS = {"x": np.arange(12.0).reshape(3, 4), "empty": np.zeros(0, bool)}


def sample(folder: Path) -> bytes:
    return write_archive(folder / "sample", "network", 3, HEADER, ARRAYS).read_bytes()


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    def described(arrays):
        return {k: (v.dtype.str, v.shape, v.tobytes()) for k, v in arrays.items()}

    return described(a) == described(b)


@few
@given(headers, contents)
def test_what_is_read_is_what_was_written(tmp_path: Path, header, arrays):
    path = write_archive(tmp_path / "file", "network", 3, header, arrays)
    read_header, read_arrays = read_archive(path, "network", 3)
    assert read_header == header
    assert same(read_arrays, arrays)


@few
@given(headers, contents)
def test_the_same_content_gives_the_same_bytes_whatever_its_order(tmp_path: Path, header, arrays):
    first = write_archive(tmp_path / "a", "network", 3, header, arrays)
    turned = [dict(reversed(part.items())) for part in (header, arrays)]
    second = write_archive(tmp_path / "b", "network", 3, *turned)
    assert first.read_bytes() == second.read_bytes()


def test_an_array_in_fortran_order_is_the_same_content(tmp_path: Path):
    turned = ARRAYS | {"x": np.asfortranarray(ARRAYS["x"])}
    assert write_archive(tmp_path / "a", "network", 3, HEADER, turned).read_bytes() == sample(
        tmp_path
    )


@given(headers, contents)
def test_the_hash_changes_with_name_type_shape_and_header(header, arrays):
    plain = content_hash(header, arrays)
    extra = np.zeros((2, 3))
    variants = [
        {"new": extra}, {"other": extra}, {"new": extra.T.copy()}, {"new": extra.astype(int)},
        {"new": extra + [[0, 0, 0], [0, 0, 5e-324]]},
    ]  # fmt: skip
    hashes = [content_hash(header, arrays | v) for v in variants]
    hashes += [plain, content_hash(header | {"new": 0}, arrays)]
    assert len(set(hashes)) == 7


def test_an_archive_opens_with_numpy(tmp_path: Path):
    sample(tmp_path)
    with np.load(tmp_path / "sample", allow_pickle=False) as opened:
        assert (opened["x"] == ARRAYS["x"]).all()


def read_damaged(folder: Path, damaged: bytes) -> None:
    """A FileError, or (where the damage is in a field nobody reads) the very same content."""
    path = folder / "damaged"
    path.write_bytes(damaged)
    try:
        header, arrays = read_archive(path, "network", 3)
    except FileError as error:
        assert error.code == "FILE_CORRUPT"
        assert str(path) in str(error)
    else:
        assert header == HEADER and same(arrays, ARRAYS)


@many
@given(st.integers(0), st.integers(1, 255))
@example(6, 1)  # the flag that says a member is encrypted
def test_a_changed_byte_anywhere_is_noticed_or_harmless(tmp_path: Path, place: int, change: int):
    content = bytearray(sample(tmp_path))
    content[place % len(content)] ^= change
    read_damaged(tmp_path, bytes(content))


def test_every_flag_and_method_of_the_zip_directory_may_be_damaged(tmp_path: Path):
    """The fields that choose how a member is read: version, flags, compression method."""
    content = sample(tmp_path)
    start = content.find(b"PK\x01\x02")
    while start >= 0:
        for place in range(start + 4, start + 12):
            for change in (1, 2, 6, 8, 32, 0x55, 0xFF):
                damaged = bytearray(content)
                damaged[place] ^= change
                read_damaged(tmp_path, bytes(damaged))
        start = content.find(b"PK\x01\x02", start + 1)


@many
@given(st.integers(0))
def test_a_file_cut_off_anywhere_is_corrupt(tmp_path: Path, length: int):
    content = sample(tmp_path)
    path = tmp_path / "cut"
    path.write_bytes(content[: length % len(content)])
    with pytest.raises(FileError) as caught:
        read_archive(path, "network", 3)
    assert caught.value.code == "FILE_CORRUPT"


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        {"x.npy": npy(np.zeros((3, 4)))},
        {"extra.npy": npy(np.zeros(1))},
        {"header.json": b"[]"},
        {"header.json": b"{}"},
        {"header.json": b"\xff"},
        {"x.npy": b"no array"},
    ],
    ids=["another array", "one more array", "a list", "no fields", "no text", "no npy"],
)
def test_a_well_formed_zip_with_other_content_is_corrupt(tmp_path: Path, change):
    sample(tmp_path)
    path = zipped(tmp_path / "forged", members_of(tmp_path / "sample") | change)
    with pytest.raises(FileError) as caught:
        read_archive(path, "network", 3)
    assert caught.value.code == "FILE_CORRUPT"


class Payload:
    """Unpickling it creates a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickle_in_an_archive_is_refused_and_never_run(tmp_path: Path):
    sample(tmp_path)
    array = np.empty(1, object)
    array[0] = Payload(tmp_path / "executed")
    assert b"executed" in pickle.dumps(array)
    path = zipped(tmp_path / "evil", members_of(tmp_path / "sample") | {"x.npy": npy(array)})
    with pytest.raises(FileError) as caught:
        read_archive(path, "network", 3)
    assert caught.value.code == "FILE_CORRUPT"
    assert not (tmp_path / "executed").exists()


def test_an_object_array_cannot_be_written(tmp_path: Path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_archive(tmp_path / "file", "network", 3, {}, {"x": np.array([None])})
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_kind_or_version_or_none_is_named(tmp_path: Path):
    path = tmp_path / "sample"
    sample(tmp_path)
    for arguments, code in (
        ((path, "stimulus", 3), "FILE_WRONG_KIND"),
        ((path, "network", 4), "FILE_WRONG_VERSION"),
        ((tmp_path / "nowhere", "network", 3), "FILE_MISSING"),
        ((tmp_path, "network", 3), "FILE_MISSING"),
    ):
        with pytest.raises(FileError) as caught:
            read_archive(*arguments)
        assert caught.value.code == code
        assert str(arguments[0]) in str(caught.value)


def test_a_file_that_lacks_a_part_is_corrupt(tmp_path: Path):
    sample(tmp_path)
    with pytest.raises(FileError) as caught:
        read_content(tmp_path / "sample", "network", 3, lambda header, arrays: arrays["y"])
    assert caught.value.code == "FILE_CORRUPT"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, step):
    before = sample(tmp_path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, step, fail)
    with pytest.raises(FileError, match="No space left on device") as caught:
        write_archive(tmp_path / "sample", "network", 3, {"other": 1}, {})
    assert caught.value.code == "FILE_NOT_WRITABLE"
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]
    assert (tmp_path / "sample").read_bytes() == before


def test_an_interrupted_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    before = sample(tmp_path)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(archive.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_archive(tmp_path / "sample", "network", 3, {"other": 1}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]
    assert (tmp_path / "sample").read_bytes() == before


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path):
    sample(tmp_path)
    for path in (tmp_path / "no" / "folder", tmp_path / "sample" / "file"):
        with pytest.raises(FileError) as caught:
            write_archive(path, "network", 3, {}, {})
        assert caught.value.code == "FILE_NOT_WRITABLE"
        assert str(path) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


def test_a_written_file_has_the_rights_the_user_asked_for(tmp_path: Path):
    """Not those of a temporary file, which nobody else of the laboratory could read."""
    plain = tmp_path / "plain"
    plain.touch()
    sample(tmp_path)
    assert os.stat(tmp_path / "sample").st_mode == os.stat(plain).st_mode


def test_the_header_is_plain_json(tmp_path: Path):
    sample(tmp_path)
    header = json.loads(members_of(tmp_path / "sample")["header.json"])
    assert header["format"] == "network" and header["version"] == 3
    assert header["hash"] == content_hash(HEADER, ARRAYS)
    assert header["content"] == HEADER
