"""`compare` names what was planted, leaves equal boards alone, and says what it rests on."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.deploy.comparison.comparison import Comparison, Criteria, compare
from analoop.deploy.comparison.contrasts import Margins
from analoop.deploy.metrics import accuracy, rates_hz
from analoop.models.recording import Stimulus

from . import planted
from .recorded import random_recording, shuffled

QUICK = Criteria(replayed_trials=16, replayed_repeats=2, distances=1000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> planted.Planted:
    """The judge's four boards."""
    return planted.plant(tmp_path_factory.mktemp("planted"), 1, 2)


@pytest.fixture(scope="module")
def found(made: planted.Planted) -> Comparison:
    """Held against each other."""
    return compare(*planted.shipped(), made.recordings, made.boards, QUICK)


def test_the_weak_core_and_neurons_with_dead_words_are_named_and_equal_boards_are_not(
    made: planted.Planted, found: Comparison
) -> None:
    cores = [f for f in found.findings if f.kind == "core"]
    assert [(f.board, f.place, f.direction) for f in cores] == [
        ("weak core", planted.CORE, "lower")
    ]
    assert cores[0].change == pytest.approx(planted.GAIN - 1, abs=0.03)
    neurons = [f for f in found.findings if f.kind == "neuron"]
    hit = {neuron for neuron, _ in made.dead}
    assert {f.board for f in neurons} == {"dead words"}
    assert len(neurons) >= 5
    assert {found.names.index(f.name) for f in neurons} <= hit
    named = [(found.names.index(f.name), w.word) for f in neurons for w in f.words[:1]]
    assert sum(word in made.dead for word in named) > len(named) / 2
    assert not found.flagged("sound", "equal")
    assert found.flagged("sound", "weak core")


def test_equal_boards_are_seldom_flagged(tmp_path: Path) -> None:
    """Twice only; benchmarks/compare_false_alarms.py does it a hundred times."""
    program, stimulus = planted.shipped()
    few = replace(QUICK, replayed_trials=8, distances=0)
    for seed in range(10, 12):
        made = planted.plant(tmp_path, seed, 2, noise=20.0)
        found = compare(program, stimulus, made.recordings, made.boards, few)
        assert not found.flagged("sound", "equal")
        assert any(f.board == "weak core" and f.kind == "core" for f in found.findings)


def test_verdicts_and_summaries_are_of_the_recordings(
    made: planted.Planted, found: Comparison
) -> None:
    program, stimulus = planted.shipped()
    outcomes = {(e.first, e.second, e.group): e.outcome for e in found.equivalences}
    assert len(outcomes) == 6 * 2
    for group in ("population 'hidden'", "population 'output'"):
        assert outcomes["sound", "equal", group] == "equivalent"
        assert outcomes["sound", "weak core", group] == "different"
    mine = [r for r, b in zip(made.recordings, made.boards, strict=True) if b == "weak core"]
    summary = found.boards[2]
    assert summary.recordings == tuple(r.hash for r in mine)
    right = [accuracy(r, program.readout, stimulus.target) for r in mine]
    assert summary.accuracy == pytest.approx(np.mean(right))
    assert found.responses[2].rate_hz == pytest.approx(np.mean([rates_hz(r) for r in mine], axis=0))
    pair = next(p for p in found.pairs if {p.first, p.second} == {"sound", "equal"})
    twice = next(p for p in found.pairs if p.first == p.second == "sound")
    apart = next(p for p in found.pairs if {p.first, p.second} == {"sound", "weak core"})
    assert pair.distances is not None
    assert twice.distances is not None
    assert apart.distances is not None
    assert apart.distances.spike.mean() > 10 * pair.distances.spike.mean()
    assert pair.distances.spike.mean() < 0.01


def test_the_order_of_recordings_and_columns_changes_no_number(
    made: planted.Planted, found: Comparison
) -> None:
    mixed = [shuffled(r, k) for k, r in enumerate(made.recordings)]
    again = compare(*planted.shipped(), mixed, made.boards, QUICK)
    for name in ("findings", "equivalences", "variance"):
        assert getattr(again, name) == getattr(found, name)


def test_the_record_is_json_and_says_what_was_assumed_and_simulated(found: Comparison) -> None:
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["provenance"]["program"] == planted.shipped()[0].hash
    assert any("SIMULATED" in note and "ASSUMED" in note for note in record["notes"])
    assert record["findings"][0]["sentence"].startswith("weak core: chip 0 core 0 has 1")


def test_targets_that_the_program_cannot_answer_make_no_accuracies(
    program: Program, stimulus: Stimulus
) -> None:
    """They are of another program's stimulus; the boards are compared all the same."""
    last = program.output_columns.stop - program.output_columns.start - 1
    for target, judged in ((last, True), (last + 1, False)):
        given = replace(stimulus, target=np.full(stimulus.n_trials, target))
        made = [random_recording(program, given, board, k) for k, board in enumerate("AB")]
        found = compare(program, given, made, criteria=QUICK)
        assert [board.accuracy is not None for board in found.boards] == [judged] * 2
        assert any(note.startswith("no accuracies:") for note in found.notes) is not judged
        assert len(found.equivalences) > 0


def test_boards_that_only_differ_by_chance_have_no_findings_however_wild_they_are(
    program: Program, stimulus: Stimulus
) -> None:
    made = [
        random_recording(program, stimulus, board, 10 * k + repeat, spikes=8.0)
        for k, board in enumerate("ABC")
        for repeat in range(3)
    ]
    criteria = Criteria(Margins(0.3), distances=200)
    found = compare(program, stimulus, made, criteria=criteria)
    assert found.findings == ()
    assert {e.outcome for e in found.equivalences} <= {"equivalent", "undecided"}
    assert {b.target for b in found.boards} == {"measured"}
