"""Goals: numbers of verdicts, and what the seed has itself."""

from importlib import import_module
from pathlib import Path

import pytest

from .pages import keep, line


@pytest.mark.parametrize(
    "of, bound, at_most, value, shown",
    [
        ("rate_hz", 5.0, True, 5.0391, "5.04 Hz"),
        ("rate_hz", 5.0, True, 5.0004, "5.0004 Hz"),
        ("rate_hz", 5.0, True, 4.96, "5.0 Hz"),
        ("rate_hz", 5.0, True, 5.16, "5.2 Hz"),
        ("mean", 0.88, False, 0.8796, ".8796"),
        ("mean", 0.88, False, 0.8804, ".880"),
        ("mean", 0.88, False, 0.8794, ".879"),
        ("mean_drop", 0.02, True, 0.0204, ".0204"),
        ("mean_drop", 0.02, True, -0.0204, "-.020"),
        ("lead", 0.15, False, 0.65 - 0.5, ".150"),  # less than .15 by a rounded sum, and met
    ],
)
def test_a_number_that_rounding_would_carry_over_the_bound_has_more_digits(
    made, of: str, bound: float, at_most: bool, value: float, shown: str
):
    goals = import_module("results_goals")
    assert goals.Part("nominal 0", getattr(goals, of), bound, at_most).shown(value) == shown


def test_digits_that_a_verdict_needs_are_on_the_page(made, tmp_path: Path):
    rate = {"columns": {"rate_hz": 5.04}}
    page = made(keep(tmp_path, "snips", {"nominal 0": [0.85, 0.8492]}, task="synth-snips", **rate))
    works = "## Does the seed work"
    assert line(page, works, "| `ads`, rate")[3].startswith("`ads` 5.04 Hz, **missed**")
    assert line(page, works, "| `ads`, nominal")[3].startswith("`ads` .8496, **missed**")


def test_what_the_seed_has_itself_stands_beside_its_goals(made, tmp_path: Path):
    page = made(keep(tmp_path, "snips", {"nominal 0": [0.9, 0.9]}, task="synth-snips"))
    works = "## Does the seed work"
    assert line(page, works, "| goal")[:3] == ["goal", "seed's own", "target"]
    assert line(page, works, "| `ads-no-ebn`, rate")[1] == "4.7 Hz, mean 5.7 Hz"
    assert all(goal.seed for goal in import_module("results_goals").WORKS)
    assert line(page, "## Goals beyond", "| goal")[1] == "seed's best"
