"""The page of results, of any folder of kept studies."""

from importlib import import_module

import pytest

from .pages import ROOT


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch):
    """The page of a folder, and of what fifty chips are said to do."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    studies, page = import_module("kept_studies"), import_module("results_page")
    return lambda folder, fifty="": page.page(studies.kept_studies(folder), fifty)
