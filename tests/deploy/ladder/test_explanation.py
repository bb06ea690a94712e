"""A ladder as a whole: what it adds up to, what it refuses, what it takes as the board."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import Program, compile, decoded_network, run_virtual
from analoop.deploy.ladder.distance import Sample
from analoop.deploy.ladder.explanation import Settings, explain, explain_network
from analoop.deploy.ladder.ladder import BIASES, CHIP, DEFECTS, FLOAT, NAMES, Ladder
from analoop.deploy.ladder.steps import Subject
from analoop.deploy.metrics import accuracy
from analoop.hw import SimulatedBoard, VirtualBoard, screen
from analoop.hw.virtual_board import parse_board
from analoop.models import InputError, Network, Stimulus, simulate

from ..networks import BOARD as SMALL
from ..networks import ring, spike_trains
from . import planted

QUICK = Settings(Sample(trains=48))
BOARD = parse_board("sim:seed=3,defects=1,noise=1,loss=0.05")


@pytest.fixture(scope="module")
def made() -> tuple[Network, Stimulus, Program]:
    network, stimulus = planted.sound(60.0, 110.0)
    return network, stimulus.select(np.arange(24)), compile(network)


@pytest.fixture(scope="module")
def ladder(made: tuple[Network, Stimulus, Program]) -> Ladder:
    network, stimulus, program = made
    return explain(program, stimulus, BOARD, network, QUICK)


def test_costs_add_up_to_the_ends_and_both_ends_are_what_others_measure(made, ladder: Ladder):
    network, stimulus, program = made
    (played,) = run_virtual(program, [BOARD], stimulus)
    ends = [
        accuracy(r, program.readout, stimulus.target) for r in (simulate(network, stimulus), played)
    ]
    outcomes = [outcome for _, outcome in ladder.known]
    assert [outcomes[0].accuracy, outcomes[-1].accuracy] == ends
    assert sum(o.cost_trials for o in outcomes) == outcomes[0].right - outcomes[-1].right
    assert ladder.record()["total"]["sum_of_rungs_trials"] == ladder.total_cost_trials
    assert outcomes[-1].recording == played.hash


def test_a_rung_says_who_played_it_and_simulated_is_called_so(ladder: Ladder):
    bases = [rung.basis for rung in ladder.rungs]
    assert tuple(rung.name for rung in ladder.rungs) == NAMES
    assert all(b.startswith("software model") for b in bases[:5])
    assert all(b.startswith("SIMULATED sim:seed=3") for b in bases[5:])
    assert bases[-1] == f"SIMULATED {BOARD.name}"


def test_a_rung_without_effect_is_carried_over_and_costs_nothing(ladder: Ladder):
    (shared,) = [r for r in ladder.rungs if r.name == "shared parameters"]
    assert not shared.changed and shared.p is None
    assert shared.outcome is not None and shared.outcome.cost_trials == 0
    assert shared.outcome.distance_above == 0.0


def test_intervals_and_distances_are_where_they_belong(ladder: Ladder):
    for rung, outcome in ladder.known:
        low, high = outcome.interval
        assert low <= outcome.accuracy <= high
        assert 0.0 <= outcome.distance_above < 1.0
        assert (outcome.distance_top == 0.0) == (rung.name in NAMES[:3])


def test_the_record_is_json_and_names_its_origins(made, ladder: Ladder):
    _, stimulus, program = made
    record = json.loads(json.dumps(ladder.record()))
    assert record["provenance"]["program"] == program.hash
    assert record["provenance"]["stimulus"] == stimulus.hash
    assert record["provenance"]["simulated"] is True
    assert len(record["rungs"]) == len(NAMES)


def test_without_its_network_a_program_is_explained_from_its_registers_on(made, ladder: Ladder):
    _, stimulus, program = made
    short = explain(program, stimulus, BOARD, settings=QUICK)
    assert [rung.known for rung in short.rungs] == [name not in NAMES[:4] for name in NAMES]
    top = simulate(decoded_network(program), stimulus)
    assert short.known[0][1].recording == top.hash
    assert [o.right for _, o in short.known] == [o.right for _, o in ladder.known][4:]


def test_a_recording_of_the_board_stands_for_it(made, ladder: Ladder):
    network, stimulus, program = made
    (played,) = run_virtual(program, [BOARD], stimulus)
    again = explain(program, stimulus, Subject(BOARD, played), network, QUICK)
    assert [o for _, o in again.known] == [o for _, o in ladder.known]


def test_a_measured_board_is_called_measured_and_carries_what_is_not_known(made):
    network, stimulus, program = made
    (played,) = run_virtual(program, [BOARD], stimulus)
    real = replace(played, board={"name": "dynapse2:7", "target": "measured"})
    found = explain(program, stimulus, Subject(None, real), network, QUICK)
    last = found.rungs[-1]
    assert last.basis == "measured dynapse2:7"
    assert [r.name for r in found.rungs if not r.known] == list(NAMES[5:8])
    assert not found.provenance["simulated"]
    assert last.outcome is not None
    assert last.outcome.cost_trials == found.total_cost_trials - sum(
        o.cost_trials for _, o in found.known[:-1]
    )


def test_a_network_that_no_compiler_takes_is_fitted_and_explained():
    network, stimulus = planted.many_small_synapses()
    found, program = explain_network(network, stimulus, VirtualBoard(), QUICK)
    assert found.named == "fan-in limit"
    assert found.provenance["network"] == network.hash
    assert program.network_hash != network.hash


def test_what_the_recording_is_of_must_agree(made):
    network, stimulus, program = made
    (played,) = run_virtual(program, [BOARD], stimulus)
    other = stimulus.select(np.arange(10))
    with pytest.raises(InputError, match="made with stimulus") as error:
        explain(program, other, Subject(BOARD, played), network, QUICK)
    assert error.value.code == "WRONG_RECORDING"


def test_a_recording_with_its_neurons_in_another_order_is_refused(made):
    network, stimulus, program = made
    (played,) = run_virtual(program, [BOARD], stimulus)
    renamed = replace(played, names=played.names[::-1])
    with pytest.raises(InputError, match="another order") as error:
        explain(program, stimulus, Subject(BOARD, renamed), network, QUICK)
    assert error.value.code == "WRONG_RECORDING"


def test_another_network_and_a_stimulus_without_targets_are_refused(made):
    _, stimulus, program = made
    other, _ = planted.wide_range_of_weights()
    silent = replace(stimulus, target=np.zeros(0))
    beyond = replace(stimulus, target=stimulus.target + planted.OUTPUTS)
    narrow = replace(stimulus, n_channels=stimulus.n_channels + 1)
    for given, network, code in (
        (stimulus, other, "NETWORK_MISMATCH"),
        (silent, None, "NO_TARGETS"),
        (beyond, None, "TARGETS"),
        (narrow, None, "INPUT_CHANNELS"),
    ):
        with pytest.raises(InputError) as error:
            explain(program, given, BOARD, network, QUICK)
        assert error.value.code == code


def test_a_program_that_avoids_the_dead_words_of_its_board_is_explained_on_that_board_only():
    net, flawed = ring(3), VirtualBoard(seed=1, defects=True)
    with SimulatedBoard(flawed, SMALL) as opened:
        snapshot = screen(opened, "2026-01-01T00:00:00", 1, 2)
    program = compile(net, SMALL, snapshot=snapshot)
    stimulus = spike_trains(1, trials=4, seed=3, rate_hz=300.0)
    found = explain(program, stimulus, flawed, net, QUICK)
    assert "0 of " in next(r for r in found.rungs if r.name == DEFECTS).what
    with pytest.raises(InputError) as error:
        explain(program, stimulus, replace(flawed, seed=2), net, QUICK)
    assert error.value.code == "WRONG_BOARD"


@pytest.mark.parametrize("step_us", [500])
def test_every_rung_is_computed_as_finely_as_the_board(made, step_us: int):
    network, stimulus, program = made
    board = VirtualBoard(step_us=step_us)
    found = explain(program, stimulus, board, network, QUICK)
    assert found.rungs[0].name == FLOAT
    assert f"step {step_us} us" in found.rungs[0].basis
    (biases,) = [o for r, o in found.known if r.name == BIASES]
    (played,) = run_virtual(program, [board], stimulus)
    assert biases.spikes == int(played.counts.sum())
    assert not any(r.changed for r in found.rungs if r.name in (DEFECTS, CHIP))
