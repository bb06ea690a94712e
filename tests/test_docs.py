"""The documentation: examples run, links lead somewhere, tables name what exists."""

import doctest
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from analoop.deploy.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [
    page
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"))
    if page.is_file()
]
MODULES = [
    module.name
    for room in ("models", "hw", "deploy")
    for module in pkgutil.walk_packages(
        import_module(f"analoop.{room}").__path__, f"analoop.{room}."
    )
    if not module.name.endswith("__main__")
]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)")


def prose(page: Path) -> str:
    """A page without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """The names under which GitHub links to the headings of a page."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name: str):
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file_or_heading(page: Path):
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_python_example_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)


def verbs() -> set[str]:
    commands = app.registered_commands
    named = {c.name or c.callback.__name__ for c in commands if c.callback}
    return named | {str(group.name) for group in app.registered_groups}


def test_the_page_of_the_command_line_has_every_verb_and_no_other():
    page = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)", page, flags=re.M)) == verbs()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_shown_is_a_verb(page: Path):
    shown = re.findall(r"^ {4}analoop (\S+)", page.read_text(encoding="utf-8"), flags=re.M)
    assert set(shown) <= verbs()


def test_every_public_name_in_the_table_of_verbs_exists():
    page = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    front_door = import_module("analoop.deploy")
    named = re.findall(r"`analoop\.deploy\.(\w+)`((?:, `\w+`)*)", page)
    for first, others in named:
        for name in [first, *re.findall(r"\w+", others)]:
            assert hasattr(front_door, name), name
