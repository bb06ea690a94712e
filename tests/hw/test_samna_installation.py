"""Which samna and which bit file there are, told without importing anything."""

import hashlib
import sys
from pathlib import Path

import pytest

from analoop.hw.samna_installation import (
    DEV_BOARD,
    STACK,
    VENDOR_INDEX,
    bit_file,
    find_samna,
    read_bit_file,
    require_samna,
)
from analoop.hw.virtual_samna import virtual_samna
from analoop.models import AnaloopError, BoardError

from ..fake_samna import NATIVE, install_samna, was_imported

XILINX = bytes.fromhex("00090ff00ff00ff00ff0000001") + bytes(200)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory without settings."""
    monkeypatch.delenv("ANALOOP_BIT_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without_samna(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(folder)])


def test_no_samna_is_none_and_the_error_says_how_to_install_the_real_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    without_samna(monkeypatch, folder)
    assert find_samna().kind == "none"
    with pytest.raises(BoardError, match=f"--index-url {VENDOR_INDEX}") as refused:
        require_samna()
    assert refused.value.code == "NO_SAMNA"


def test_the_stub_is_known_and_refused_and_not_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(folder, monkeypatch)
    found = find_samna()
    assert (found.kind, found.version, found.where) == ("stub", "0.48.6", str(folder / "samna"))
    with pytest.raises(BoardError, match="stub from PyPI") as refused:
        require_samna()
    assert refused.value.code == "SAMNA_STUB"
    assert not was_imported(folder)


def test_the_real_one_is_known_by_its_compiled_file_and_not_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    install_samna(folder, monkeypatch, NATIVE)
    assert require_samna() == find_samna()
    assert (find_samna().kind, find_samna().version) == ("real", "0.48.6")
    assert not was_imported(folder)


@pytest.mark.parametrize("native", [True, False])
def test_a_samna_without_metadata_is_judged_by_its_files(
    native: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    without_samna(monkeypatch, folder)
    (folder / "samna").mkdir()
    (folder / "samna" / "__init__.py").write_text("raise BaseException('imported')")
    if native:
        (folder / NATIVE).touch()
    found = find_samna()
    assert (found.kind, found.version) == ("real" if native else "stub", None)
    assert not was_imported(folder)


def test_a_mere_folder_named_samna_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch):
    without_samna(monkeypatch, folder)
    (folder / "samna").mkdir()
    assert find_samna().kind == "none"


def test_a_virtual_samna_in_place_is_not_taken_for_an_installed_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    without_samna(monkeypatch, folder)
    with virtual_samna():
        assert find_samna().kind == "none"


def refusal(device_type: str, setting: str | None = None) -> tuple[str, str]:
    """Code and message."""
    with pytest.raises(AnaloopError) as refused:
        bit_file(device_type, setting)
    return refused.value.code, str(refused.value)


def test_without_a_setting_the_error_names_all_three():
    code, message = refusal(STACK)
    assert code == "NO_BIT_FILE"
    for words in (STACK, "ANALOOP_BIT_FILE", "analoop.toml", "[tool.analoop] in pyproject.toml"):
        assert words in message


def test_the_argument_beats_the_environment_beats_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("argument", "environment", "own", "project"):
        (folder / f"{name}.bit").write_bytes(XILINX)
    (folder / "pyproject.toml").write_text('[tool.analoop]\nbit_file = "project.bit"')
    assert bit_file(STACK).path == Path("project.bit")
    (folder / "analoop.toml").write_text('bit_file = "own.bit"')
    assert bit_file(STACK).path == Path("own.bit")
    monkeypatch.setenv("ANALOOP_BIT_FILE", str(folder / "environment.bit"))
    assert bit_file(STACK).path == folder / "environment.bit"
    assert bit_file(STACK, "argument.bit").path == Path("argument.bit")


def test_a_file_of_settings_without_ours_is_passed_over(folder: Path):
    (folder / "analoop.toml").write_text('other = "x"')
    (folder / "pyproject.toml").write_text('[tool]\nanaloop = "x"')
    assert refusal(STACK)[0] == "NO_BIT_FILE"


def test_a_table_gives_each_kind_of_board_its_own(folder: Path):
    (folder / "Dynapse2Stack.bit").write_bytes(XILINX)
    (folder / "analoop.toml").write_text(f'[bit_file]\n"{STACK}" = "Dynapse2Stack.bit"')
    assert bit_file(STACK).board == STACK
    code, message = refusal(DEV_BOARD)
    assert (code, DEV_BOARD in message) == ("NO_BIT_FILE", True)


@pytest.mark.parametrize(
    "text", ["bit_file = 3", 'bit_file = ""', '[bit_file]\n"DYNAP-SE2 Stack" = 3', "bit_file = ["]
)
def test_a_setting_that_is_no_path_is_named(text: str, folder: Path):
    (folder / "analoop.toml").write_text(text)
    code, message = refusal(STACK)
    assert (code, "analoop.toml" in message) == ("SETTINGS_INVALID", True)


def test_a_home_folder_may_be_written_as_a_tilde(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(folder))
    (folder / "x.bit").write_bytes(XILINX)
    assert bit_file(STACK, "~/x.bit").path == folder / "x.bit"


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("Dynapse2DacTestboard.bit", DEV_BOARD),
        ("Dynapse2Stack.bit", STACK),
        ("Dynapse2StackNoRetrace.bit", STACK),
    ],
)
def test_a_known_name_belongs_to_one_kind_of_board(name: str, board: str, folder: Path):
    (folder / name).write_bytes(b"content")
    found = bit_file(board, name)
    assert found.board == board
    assert found.sha256 == hashlib.sha256(b"content").hexdigest()
    other = STACK if board == DEV_BOARD else DEV_BOARD
    code, message = refusal(other, name)
    assert (code, board in message, other in message) == ("WRONG_BIT_FILE", True, True)


@pytest.mark.parametrize("content", [XILINX, b"\xff" * 300 + bytes.fromhex("aa995566")])
def test_an_unknown_name_is_taken_if_it_is_a_xilinx_file(content: bytes, folder: Path):
    (folder / "my.bit").write_bytes(content)
    assert bit_file(STACK, "my.bit").board is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("my.bit", b""),
        ("my.bit", b"version https://git-lfs.github.com/spec/v1"),
        ("my.bit", bytes(2000) + bytes.fromhex("aa995566")),
        ("Dynapse2Stack.bit", b""),
    ],
)
def test_what_is_no_bit_file_is_refused(name: str, content: bytes, folder: Path):
    (folder / name).write_bytes(content)
    assert refusal(STACK, name)[0] == "BIT_FILE_INVALID"


def test_a_file_that_cannot_be_read_is_missing(folder: Path):
    (folder / "folder.bit").mkdir()
    for name in ("nowhere.bit", "folder.bit"):
        code, message = refusal(STACK, name)
        assert (code, name in message, "ANALOOP_BIT_FILE" in message) == (
            "BIT_FILE_MISSING", True, True,
        )  # fmt: skip
        with pytest.raises(BoardError):
            read_bit_file(folder / name)
