"""The command that makes a study again: what it asks for is what the study was."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from analoop.deploy import cli_robustness
from analoop.deploy.learning import settings_of
from analoop.deploy.network_robustness import OwnStudy
from analoop.deploy.perturbations import PROTOCOLS, cells_of
from analoop.deploy.robustness import Study
from analoop.deploy.study import study_own
from analoop.deploy.study_command import changes, command
from analoop.models.tasks.temporal_xor import temporal_xor

from .command import Shell
from .own_networks import network, stimulus


def record(study: Study, settings: dict[str, Any]) -> dict[str, Any]:
    """As study.json has it."""
    methods = {name: asdict(chosen) for name, chosen in settings.items()}
    return json.loads(json.dumps(study.record() | {"methods": methods}))


@pytest.mark.parametrize(
    "words",
    [
        {"ads": []},
        {"ads": ["feedback=80:30", "rate=0.001"], "robust": ["teacher_init=true"]},
        {"bptt": ["outputs=graded", "neurons=9"]},
    ],
)
@pytest.mark.parametrize(("protocol", "kinds"), [("fair", None), ("paper", "mismatch,bits")])
def test_a_study_of_methods_is_asked_for_again(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: dict[str, list[str]], protocol: str, kinds: str | None,
):  # fmt: skip
    """By the command line itself, which reads every word of it."""
    rules = PROTOCOLS[protocol]
    study = Study(temporal_xor(), rules, 3, 4, 50, 7, cells_of(rules, kinds))
    settings = {method: settings_of(method, "temporal-xor", own) for method, own in words.items()}
    was, asked = record(study, settings), []

    def study_methods(out: Path, study: Study, settings: dict, *more: Any) -> dict[str, Any]:
        asked.append((out, record(study, settings)))
        return {}

    monkeypatch.setattr("analoop.deploy.study.study_methods", study_methods)
    monkeypatch.setattr(cli_robustness.console_study, "print_study", lambda found: None)
    first, *given = shlex.split(command(was, str(tmp_path / "a b")))
    assert first == "analoop" and shell(*given).code == 0
    assert asked == [(tmp_path / "a b", was)]
    assert {name: len(changes(was, name)) for name in words} == {
        n: len(w) for n, w in words.items()
    }


def test_what_a_record_does_not_name_stands_there_in_capitals():
    study = {"protocol": {"name": "fair"}, "draws": 2, "samples": 9, "seed": 1, "cells": ["chip 1"]}
    hey = command({**study, "task": "hey-snips", "files": {"my net": "hash"}}, "s")
    assert hey.startswith("analoop robustness 'my net.npz' -o s --data FOLDER --protocol fair ")
    assert " --samples 9 " in hey and "--cells chip" in hey
    noisy = {**study, "task": "hey-snips", "files": {"net": "hash"}, "noise_snr_db": 10.0}
    assert " --data FOLDER --noise FOLDER " in command(noisy, "s")


def test_networks_for_the_chip_are_asked_for_with_what_they_are_played(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """And without the number of samples, which is that of its trials."""
    monkeypatch.chdir(tmp_path)
    network().save(tmp_path / "mine.npz")
    stimulus().save(tmp_path / "STIMULUS")
    own = OwnStudy({"mine": network()}, stimulus(), 2, 0, cells_of(PROTOCOLS["fair"], "bits"))
    study_own(tmp_path / "s", own, 1, lambda *news: None)
    made = json.loads((tmp_path / "s" / "study.json").read_text(encoding="utf-8"))
    first, *given = shlex.split(command(made, "again"))
    assert first == "analoop" and shell(*given).code == 0
    for file in ("rows.csv", "study.json"):
        lines, again = (sorted((tmp_path / f / file).read_text().split()) for f in ("s", "again"))
        assert lines == again
