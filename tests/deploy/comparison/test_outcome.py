"""A comparison has one outcome: what the gate exits by, what is printed, and what a page shows."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.deploy.comparison.comparison import Comparison, Criteria, compare
from analoop.deploy.comparison.outcome import EXIT_CODES, counted, overall
from analoop.deploy.console_compare import verdict
from analoop.deploy.reporting.wording import verdict_of_comparison
from analoop.models.recording import Stimulus

from .recorded import random_recording

QUICK = Criteria(distances=0)


def compared(program: Program, stimulus: Stimulus, *spikes: float) -> Comparison:
    """A board for each mean number of spikes, three times each; silence is recorded once."""
    made = [
        random_recording(program, stimulus, f"{board}", 7 * board + k, mean)
        for board, mean in enumerate(spikes)
        for k in range(3 if mean else 1)
    ]
    return compare(program, stimulus, made, criteria=QUICK)


@pytest.mark.parametrize(
    ("named", "groups", "outcome"),
    [
        (0, ["equivalent", "equivalent"], "equivalent"),
        (0, ["equivalent", "undecided"], "undecided"),
        (0, ["equivalent", "silent"], "undecided"),
        (0, ["silent", "silent"], "undecided"),
        (0, ["undecided", "different"], "different"),
        (1, ["equivalent", "equivalent"], "different"),
        (1, ["silent"], "different"),
    ],
)
def test_only_boards_that_are_equivalent_in_every_group_are(
    named: int, groups: list[str], outcome: str
) -> None:
    assert overall(named, groups) == outcome


def test_pairs_are_counted_by_what_came_out() -> None:
    assert counted(["silent", "equivalent", "silent"]) == "1 equivalent, 2 silent"


@pytest.mark.parametrize(
    ("spikes", "code", "kind"),
    [((0.0, 0.0), 5, "undecided"), ((4000.0, 4000.0), 0, "pass"), ((4.0, 40.0), 1, "fail")],
)
def test_gate_console_and_page_say_the_same(
    program: Program, stimulus: Stimulus, spikes: tuple[float, ...], code: int, kind: str
) -> None:
    found = compared(program, stimulus, *spikes)
    record = found.record()
    page = verdict_of_comparison(record)
    assert EXIT_CODES[found.outcome] == code
    assert record["outcome"] == found.outcome
    assert (page.kind, page.tag) == (kind, found.outcome.upper())
    assert verdict(found).startswith(f"{page.tag}: ")


def test_boards_that_differ_without_a_name_are_not_said_to_deviate_nowhere(
    program: Program, stimulus: Stimulus
) -> None:
    found = replace(compared(program, stimulus, 4.0, 40.0), findings=())
    said = verdict(found)
    assert said == "DIFFERENT: no core or neuron is named; pairs by group: 1 different"
    assert verdict_of_comparison(found.record()).text.startswith("No core or neuron is named; of 1")


def test_the_page_judges_a_file_of_an_earlier_release_too(
    program: Program, stimulus: Stimulus
) -> None:
    record = compared(program, stimulus, 0.0, 0.0).record()
    del record["outcome"]
    assert verdict_of_comparison(record).tag == "UNDECIDED"


def test_the_error_that_a_single_trial_leaves_open_is_null(program: Program) -> None:
    nothing = np.zeros(0, np.int64)
    once = Stimulus(2, np.array([50_000]), nothing, nothing, nothing)
    made = [random_recording(program, once, name, k, 9.0) for k, name in enumerate("AB")]
    found = compare(program, once, made, criteria=QUICK)
    assert np.isinf(found.equivalences[0].error)
    assert found.record()["equivalences"][0]["error"] is None
