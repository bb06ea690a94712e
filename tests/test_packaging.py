"""What is installed is what is here; importing it is quiet and touches no vendor library."""

import pkgutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("models", "hw", "deploy")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def modules() -> list[str]:
    """Every module of every room but the one that runs when imported."""
    found = []
    for room in ROOMS:
        paths = import_module(f"analoop.{room}").__path__
        found += [m.name for m in pkgutil.walk_packages(paths, f"analoop.{room}.")]
    return [name for name in found if not name.endswith("__main__")]


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def test_every_folder_with_an_init_file_is_in_the_list_of_packages():
    """One that is not is left out of the wheel without a word."""
    folders = {
        p.parent.relative_to(ROOT) for room in ROOMS for p in (ROOT / room).rglob("__init__.py")
    }
    packages = SETTINGS["setuptools"]["packages"]
    assert sorted(packages) == sorted(f"analoop.{'.'.join(f.parts)}" for f in folders)
    homes = SETTINGS["setuptools"]["package-dir"]
    assert {f"analoop.{'.'.join(f.parts)}": f.as_posix() for f in folders} == homes


def test_every_file_that_is_no_python_is_package_data():
    patterns = SETTINGS["setuptools"]["package-data"]
    for room in ROOMS:
        own = [*patterns["*"], *patterns.get(f"analoop.{room}", [])]
        for path in (ROOT / room).rglob("*"):
            name = path.relative_to(ROOT / room).as_posix()
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in name:
                assert any(fnmatch(name, pattern) for pattern in own), path


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_that_it_is_typed(room: str):
    assert (ROOT / room / "py.typed").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_exports_what_it_promises(room: str):
    module = import_module(f"analoop.{room}")
    assert module.__doc__
    assert all(hasattr(module, name) for name in module.__all__)


def test_importing_the_rooms_prints_nothing():
    done = run_python("-c", "import analoop.models, analoop.hw, analoop.deploy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def import_with_traps(names: list[str], traps: tuple[str, ...], folder: Path) -> None:
    """Import modules where these libraries are installed and cannot be imported unnoticed."""
    for trap in traps:
        (folder / f"{trap}.py").write_text("raise BaseException('imported')")
    imports = "".join(f"import {name}\n" for name in names)
    done = run_python("-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{imports}")
    assert done.returncode == 0, done.stderr


def test_importing_any_module_loads_no_driver_of_a_board(tmp_path: Path):
    """Importing the samna of PyPI would run pip."""
    import_with_traps(modules(), ("samna", "serial"), tmp_path)


def test_only_the_modules_for_rockpool_may_load_jax_which_rockpool_does(tmp_path: Path):
    may = {
        "analoop.models.from_rockpool",
        "analoop.models.rockpool_graph",
        "analoop.models.rockpool_layer",
        "analoop.models.conversion.rockpool_source",
    }
    assert may <= set(modules())
    names = [name for name in modules() if name not in may]
    import_with_traps(names, ("samna", "serial", "jax", "rockpool"), tmp_path)


def test_the_command_line_answers_help_without_a_word_on_stderr():
    done = run_python("-m", "analoop.deploy", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "DYNAP-SE2" in done.stdout
