"""Validation: finished rows, honest about what is missing; metrics worked out by hand."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest

from analoop.deploy import Report, compile, decoded_network, run_virtual, validate
from analoop.deploy.metrics import accuracy, decisions, mean_rate_hz
from analoop.deploy.population.rows import Row
from analoop.deploy.validation import Sweep
from analoop.hw import VirtualBoard
from analoop.models import InputError, Recording, Stimulus, simulate
from analoop.models.readout import Readout

from .networks import network, population, ring, spike_trains

NETWORK = ring(3)
PROGRAM = compile(NETWORK)
STIMULUS = spike_trains(1, trials=4, seed=3, rate_hz=300.0)
BOARDS = [VirtualBoard(), *(VirtualBoard(seed) for seed in (4, 9, 2))]


def recording(counts: list[list[int]], duration_us: int = 100_000) -> Recording:
    """A recording with these spikes per trial and neuron."""
    spikes = np.array(counts)
    trial, neuron = (np.repeat(i.ravel(), spikes.ravel()) for i in np.indices(spikes.shape))
    names = tuple(f"n{k}" for k in range(spikes.shape[1]))
    time = np.arange(len(trial))
    return Recording(names, np.full(len(spikes), duration_us), trial, time, neuron, {}, {}, {})


def test_the_winner_is_the_output_that_fired_most_the_first_of_equals_and_nobody_in_silence():
    played = recording([[9, 1, 3, 2], [9, 2, 0, 2], [9, 0, 0, 0], [0, 0, 0, 1]])
    assert decisions(played, Readout(slice(1, 4))).tolist() == [1, 0, -1, 2]


def test_neurons_of_one_label_win_together_in_the_order_of_labels():
    played = recording([[3, 4, 5, 0], [0, 1, 0, 5], [0, 0, 0, 0]])
    assert decisions(played, Readout(slice(0, 4), ("b", "a", "b", "c"))).tolist() == [0, 2, -1]
    assert decisions(played, Readout(slice(0, 4), ("b", "a", "d", "c"))).tolist() == [2, 3, -1]
    assert (
        accuracy(played, Readout(slice(0, 4), ("b", "a", "b", "c")), np.array([0, 2, 1])) == 2 / 3
    )


def test_accuracy_is_the_share_of_right_winners_and_silence_is_wrong():
    played = recording([[5, 0], [0, 5], [3, 3], [0, 0], [1, 0]])
    assert accuracy(played, Readout(slice(0, 2)), np.array([0, 1, 0, 0, 1])) == 0.6


def test_the_mean_rate_is_spikes_per_neuron_and_second():
    assert mean_rate_hz(recording([[3, 0], [5, 2]], duration_us=250_000)) == 10 / 2 / 0.5
    assert mean_rate_hz(recording([[0, 0]], duration_us=0)) == 0.0


def test_rows_come_in_the_order_asked_for_software_first():
    report = validate(PROGRAM, STIMULUS, BOARDS, NETWORK)
    names = ["software model", "sim:nominal", "sim:seed=4", "sim:seed=9", "sim:seed=2"]
    assert [row.name for row in report.rows] == names
    assert [row.target for row in report.rows] == ["software"] + ["simulated"] * 4
    assert (report.complete, report.planned) == (True, 5)


def test_a_row_is_what_the_same_target_gives_alone():
    report = validate(PROGRAM, STIMULUS, BOARDS, decoded_network(PROGRAM))
    alone = [simulate(decoded_network(PROGRAM), STIMULUS)]
    alone += [run_virtual(PROGRAM, [board], STIMULUS)[0] for board in BOARDS]
    for row, played in zip(report.rows, alone, strict=True):
        pairs = zip(played.counts.tolist(), STIMULUS.target, strict=True)
        right = [any(counts) and counts.index(max(counts)) == target for counts, target in pairs]
        assert row.accuracy == sum(right) / 4
        assert row.spikes == len(played.time_us) > 0
        assert row.recording == played.hash
    assert report.rows[0].spikes == report.rows[1].spikes  # software on decoded registers


@pytest.mark.parametrize("chunk", [1, 3])
def test_a_chip_does_not_depend_on_the_chips_it_is_run_with(
    chunk: int, monkeypatch: pytest.MonkeyPatch
):
    together = validate(PROGRAM, STIMULUS, BOARDS).rows
    monkeypatch.setattr("analoop.deploy.population.targets.CHUNK", chunk)
    assert validate(PROGRAM, STIMULUS, BOARDS).rows == together


def test_a_stimulus_without_targets_is_refused():
    s = STIMULUS
    unlabelled = Stimulus(s.n_channels, s.duration_us, s.trial, s.time_us, s.channel)
    with pytest.raises(InputError, match="right answers") as caught:
        validate(PROGRAM, unlabelled, BOARDS)
    assert caught.value.code == "NO_TARGETS"


def test_a_stimulus_with_another_number_of_channels_is_refused():
    with pytest.raises(InputError) as caught:
        validate(PROGRAM, spike_trains(2, trials=1, seed=0), BOARDS)
    assert caught.value.code == "INPUT_CHANNELS"


def interrupting_after(rows: int) -> Callable[[int, int, Row], None]:
    def progress(done: int, planned: int, row: Row) -> None:
        if done == rows:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("finished", [1, 2, 4])
def test_an_interrupt_keeps_the_finished_rows_and_marks_the_report(finished: int):
    whole = validate(PROGRAM, STIMULUS, BOARDS, NETWORK)
    report = validate(
        PROGRAM, STIMULUS, BOARDS, NETWORK, Sweep(progress=interrupting_after(finished))
    )
    assert report.rows == whole.rows[:finished]
    assert (report.complete, report.planned) == (False, 5)
    assert report.record()["complete"] is False


def test_progress_hears_of_every_row_once():
    heard = []
    report = validate(PROGRAM, STIMULUS, BOARDS, how=Sweep(progress=lambda *n: heard.append(n)))
    assert heard == [(k + 1, 4, row) for k, row in enumerate(report.rows)]


def test_the_summary_is_of_the_mismatched_chips_alone():
    def row(name: str, share: float, counted: bool = True) -> Row:
        return Row(name, "simulated", share, 0.0, 0, "", counted)

    rows = [row("software model", 0.9, False), row("sim:nominal", 0.1, False)]
    assert Report(tuple(rows), {}).summary() is None
    rows += [row("sim:seed=1", 0.5), row("sim:seed=2,level=0.5", 0.75)]
    assert Report(tuple(rows), {}).summary() == {"mean": 0.625, "worst": 0.5, "best": 0.75}


def test_the_record_is_json_and_names_program_stimulus_and_mismatch():
    report = validate(PROGRAM, STIMULUS, BOARDS)
    record = json.loads(json.dumps(report.record()))
    assert record["rows"] == [asdict(row) for row in report.rows]
    provenance = record["provenance"]
    assert provenance["program"] == PROGRAM.hash
    assert provenance["stimulus"] == STIMULUS.hash
    assert provenance["levels"] == [1.0]
    assert provenance["mismatch"].startswith("analoop-mismatch-")


def test_a_nominal_run_names_no_mismatch_level():
    assert validate(PROGRAM, STIMULUS, BOARDS[:1]).provenance["levels"] == []


def test_a_network_the_program_was_not_compiled_from_is_refused():
    other = network(2, [population("other", 2)])
    with pytest.raises(InputError, match="was compiled from network") as caught:
        validate(PROGRAM, STIMULUS, [], other)
    assert caught.value.code == "NETWORK_MISMATCH"


@pytest.mark.parametrize("target", [-1, 99])
def test_a_target_that_is_no_output_neuron_is_refused(target: int):
    odd = replace(STIMULUS, target=np.full(STIMULUS.n_trials, target))
    with pytest.raises(InputError, match="no output neuron") as caught:
        validate(PROGRAM, odd, [])
    assert caught.value.code == "TARGETS"


def test_a_target_is_a_place_among_the_labels_equal_ones_counted_once():
    shared = replace(PROGRAM, labels=("yes", "no", "yes"))
    report = validate(shared, replace(STIMULUS, target=np.array([1, 1, 0, 1])), BOARDS[:1])
    assert 0 <= report.rows[0].accuracy <= 1
    odd = replace(STIMULUS, target=np.array([2, 1, 0, 2]))
    with pytest.raises(InputError, match=r"2 targets are no label .*0\.\.1") as caught:
        validate(shared, odd, [])
    assert caught.value.code == "TARGETS"
    validate(replace(PROGRAM, labels=("a", "b", "c")), odd, BOARDS[:1])


def test_outputs_that_all_have_one_label_leave_one_right_answer():
    shared = replace(PROGRAM, labels=("yes", "yes", "yes"))
    with pytest.raises(InputError, match=r"2 targets are no label .*0\.\.0"):
        validate(shared, replace(STIMULUS, target=np.array([1, 1, 0, 0])), [])
