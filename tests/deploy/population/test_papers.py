"""What a validation leaves behind: XML that machines read, a page that says first what it is of."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analoop.deploy import Report, compile, validate
from analoop.deploy.population.papers import git_commit, junit, markdown, properties
from analoop.deploy.population.promise import Promise, judge
from analoop.deploy.validation import Sweep
from analoop.hw import VirtualBoard

from ..networks import ring, spike_trains

PROGRAM = compile(ring(3))
STIMULUS = spike_trains(1, trials=4, seed=3, rate_hz=300.0)


def report(accuracy: float, chips: int = 3) -> Report:
    boards = [VirtualBoard(), *(VirtualBoard(seed) for seed in range(chips))]
    return validate(PROGRAM, STIMULUS, boards, how=Sweep(Promise(accuracy)))


def test_junit_has_a_case_for_the_promise_and_one_for_every_chip(tmp_path: Path):
    made = report(0.0)
    root = ElementTree.fromstring(junit(made, properties(made, tmp_path)))
    suite = root.find("testsuite")
    assert suite is not None
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert {row.name for row in made.rows} < cases.keys()
    assert suite.get("tests") == str(len(cases)) == "5"
    said = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert said["analoop.program"] == PROGRAM.hash
    assert said["analoop.stimulus"] == STIMULUS.hash
    assert said["analoop.chips"] == "sim:seed=0 sim:seed=1 sim:seed=2"
    assert said["analoop.version.analoop"]
    assert made.rows[2].recording in str(cases["sim:seed=1"].findtext("system-out"))


@pytest.mark.parametrize(
    ("outcome", "tag", "counted"),
    [("fail", "failure", "failures"), ("undecided", "error", "errors")],
)
def test_a_verdict_that_is_no_pass_is_marked_as_ci_understands_it(outcome, tag, counted):
    many = {"fail": [0.0] * 20, "undecided": [1.0]}[outcome]
    made = Report((), report(0.0).provenance, verdict=judge(many, Promise(0.5)))
    root = ElementTree.fromstring(junit(made, {}))
    assert root.find(f"testsuite/testcase/{tag}") is not None
    assert root.find("testsuite").get(counted) == "1"  # pyright: ignore[reportOptionalMemberAccess]


def test_the_page_says_first_that_chips_are_simulated_and_then_the_verdict(tmp_path: Path):
    made = report(0.0)
    lines = [line for line in markdown(made, properties(made, tmp_path)).splitlines() if line]
    assert lines[1] == "Chips are SIMULATED"
    assert lines[2] == f"**{made.verdict}**"
    assert any(PROGRAM.hash in line for line in lines)


def test_the_commit_is_named_and_marked_when_files_differ_from_it(tmp_path: Path):
    assert git_commit(tmp_path) == ""

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = ["git", "-C", str(tmp_path), *who, *words]
        return subprocess.run(done, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    (tmp_path / "f").write_text("1")
    git("add", "f")
    git("commit", "-m", "x")
    commit = git("rev-parse", "HEAD")
    assert git_commit(tmp_path) == commit
    (tmp_path / "f").write_text("2")
    assert git_commit(tmp_path) == f"{commit} with changes"
