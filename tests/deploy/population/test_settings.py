"""Settings in a file: found from below, checked whole, and the command line goes before them."""

from pathlib import Path

import pytest

from analoop.deploy.population.settings import GateSettings, load_settings
from analoop.deploy.population.targets import name_of
from analoop.models import FileError, InputError


def names(settings: GateSettings) -> list[str]:
    return [name_of(target) for target in settings.targets("12345678" + "0" * 56)]


def test_settings_are_found_in_a_folder_above(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text(
        "[tool.analoop.validate]\naccuracy = 0.85\nchips = 3\noptions = 'noise=1'\n"
    )
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    settings, file = load_settings(inside)
    assert file == tmp_path / "pyproject.toml"
    assert settings.promise is not None and settings.promise.accuracy == 0.85
    assert names(settings) == [f"sim:seed={0x1234567 + k},noise=1.0" for k in range(3)]


def test_the_own_file_goes_before_the_projects_and_one_without_a_table_does_not_count(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.analoop.validate]\nseed = 1\n")
    (tmp_path / "analoop.toml").write_text("[validate]\nseed = 7\n")
    assert load_settings(tmp_path)[0].seed == 7
    (tmp_path / "analoop.toml").write_text("[other]\nseed = 7\n")
    assert load_settings(tmp_path)[0].seed == 1


def test_what_is_given_goes_before_the_file_and_what_is_not_given_does_not():
    settings = GateSettings(seed=4, share=0.8)
    assert settings.changed({"seed": None, "share": None, "board": ()}) == settings
    assert settings.changed({"seed": 0}).seed == 0


def test_every_wrong_key_is_named_at_once(tmp_path: Path):
    (tmp_path / "analoop.toml").write_text(
        "[validate]\nchip = 3\nchips = 'many'\nboard = [1]\nshare = 0.9\nseed = true\n"
    )
    with pytest.raises(InputError) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "SETTINGS"
    for word in ("there is no 'chip'", "chips = 'many'", "board = [1]", "seed = True"):
        assert word in str(caught.value)
    assert "share =" not in str(caught.value)


def test_a_file_that_is_no_toml_is_a_typed_error(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(FileError) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "FILE_CORRUPT"


def test_boards_and_snapshots_take_the_place_of_drawn_chips():
    settings = GateSettings(board=("sim:seed=3", "dynapse2:7"), snapshot=("a.npz",), chips=9)
    assert names(settings.changed({"chips": 2})) == ["sim:seed=1", "sim:seed=2"]
    assert names(settings) == ["sim:seed=3", "dynapse2:7", "sim:nominal,snapshot=a.npz"]


def test_more_chips_are_drawn_where_something_is_promised():
    assert len(names(GateSettings())) == 20
    assert len(names(GateSettings(accuracy=0.9))) == 200
    assert len(names(GateSettings(accuracy=0.9, chips=30))) == 30


@pytest.mark.parametrize("options", ["seed=3", "nominal", "noise=-1", "colour=red"])
def test_options_that_no_drawn_chip_has_are_refused(options: str):
    with pytest.raises(InputError) as caught:
        names(GateSettings(options=options))
    assert caught.value.code == "CHIP_OPTIONS"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"chips": 3, "level": 2.0, "board": ("sim:seed=1",)}, "chips, level would be without"),
        ({"seed": 3, "snapshot": ("a.npz",)}, "seed would be without effect"),
        ({"share": 0.8}, "share without an accuracy"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(given: dict, named: str):
    with pytest.raises(InputError, match=named) as caught:
        GateSettings().changed(given)
    assert caught.value.code == "SETTINGS"


def test_chips_of_a_promise_are_those_of_the_program_unless_a_seed_is_given():
    """Seeds from 1 on are those that everybody has looked at."""
    one, other = (GateSettings(accuracy=0.9, chips=1).targets(c * 64) for c in "ab")
    assert name_of(one[0]) == f"sim:seed={0xAAAAAAA}" != name_of(other[0])
    assert names(GateSettings(accuracy=0.9, chips=1, seed=4)) == ["sim:seed=4"]


def test_files_are_named_from_the_folder_of_the_settings(tmp_path: Path):
    (tmp_path / "in.npz").write_text("x")
    (tmp_path / "analoop.toml").write_text("[validate]\ninput = 'in.npz'\nsnapshot = ['no.npz']\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    settings, _ = load_settings(inside)
    assert settings.input == str(tmp_path / "in.npz")
    assert settings.snapshot == ("no.npz",)
    assert load_settings(inside)[0].changed({"input": "japanese-vowels"}).input == "japanese-vowels"
