"""Twins of virtual boards whose factors are known."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analoop.deploy import compile, run_virtual
from analoop.deploy.twins.fitting import FitOptions, check_ahead, fit_twin
from analoop.deploy.twins.report import factor_rows, twin_factors
from analoop.deploy.twins.truth import true_factors
from analoop.hw import VirtualBoard, open_board, screen
from analoop.hw.bias import Bias
from analoop.models import InputError, NeuronParameters, Stimulus

from .boards import BOARD, OTHER, made, network, program, recorded, trains

WHEN = FitOptions("2026-11-21T12:00:00+00:00")
PLACE = tuple(program().address.T)
NOISY = replace(BOARD, noise=1.0)


@cache
def fitted(board: VirtualBoard = BOARD, alone: bool = False) -> Any:
    """A snapshot with the twin of a board; alone: without its characterization."""
    recordings = made(board)
    return fit_twin(recordings.own, () if alone else recordings.sessions, WHEN)


@pytest.fixture(scope="module", params=[BOARD, NOISY], ids=["quiet", "noisy"])
def twin(request: pytest.FixtureRequest) -> tuple[VirtualBoard, Any]:
    return request.param, fitted(request.param)


def test_time_constants_gains_and_thresholds_are_found(twin):
    board, snapshot = twin
    truth, found = true_factors(program(), board), twin_factors(snapshot.twin)
    for name in ("tau_mem", "tau_ampa", "tau_gaba", "gain_ampa", "gain_gaba", "threshold"):
        x, y = np.log(found[name][PLACE]), np.log(truth[name])
        assert np.corrcoef(x, y)[0, 1] >= 0.9, name
        assert np.abs(x - y).max() < 0.05, name


def test_the_twin_predicts_held_out_rates_at_least_three_times_better_than_nominal(twin):
    _, snapshot = twin
    score = snapshot.twin.fidelity
    assert score["trials"] == 6
    assert score["nominal"]["rms_Hz"] > 1.0
    assert score["times_better"] is None or score["times_better"] >= 3


def test_what_is_held_out_is_kept_and_was_not_fitted(twin):
    board, snapshot = twin
    held, whole = snapshot.twin.held_out, made(board).own.recordings[0]
    out = held.recordings[0].provenance["trials"]
    np.testing.assert_array_equal(held.recordings[0].counts, whole.counts[out])
    fitted = snapshot.twin.recordings[-1]["stimulus"]
    assert fitted != held.stimulus.hash


def test_neurons_outside_the_program_are_unknown(twin):
    _, snapshot = twin
    elsewhere = np.ones(snapshot.stuck.shape, bool)
    elsewhere[PLACE] = False
    for factors in snapshot.twin.factors.values():
        assert np.isnan(factors[elsewhere]).all()


def test_neurons_that_never_spiked_are_left_nominal_and_say_so():
    silent = Stimulus(4, np.full(4, 100_000), *(np.array([k]) for k in (0, 10, 0)))
    snapshot = fit_twin(recorded(program(), silent, BOARD), [], WHEN)
    assert snapshot.twin is not None and snapshot.twin.fidelity is not None
    assert not snapshot.twin.known.any()
    assert all(row["identified"] == 0 and row["left"] == 1 for row in factor_rows(snapshot.twin))
    assert snapshot.twin.fidelity["twin"] == snapshot.twin.fidelity["nominal"]


def test_without_a_characterization_the_split_of_gain_and_threshold_is_told_less():
    alone, both = fitted(alone=True).twin, fitted().twin
    for name in ("threshold", "gain_ampa"):
        assert np.nanmedian(alone.left[name]) > 2 * np.nanmedian(both.left[name])


def test_a_twin_alone_is_no_screening_to_compile_for():
    with pytest.raises(InputError) as refused:
        compile(network(NeuronParameters.from_times()), snapshot=fitted(alone=True))
    assert refused.value.code == "NOT_SCREENED"


def test_a_program_compiled_for_a_screening_runs_on_the_twin_in_the_same_file(tmp_path: Path):
    broken = replace(BOARD, defects=True)
    with open_board(broken.name) as board:
        screening = screen(board, WHEN.date, 1, 1)
    careful = compile(network(NeuronParameters.from_times()), snapshot=screening)
    session = recorded(careful, trains(10), broken)
    both = fit_twin(session, [], replace(WHEN, screening=screening))
    assert both.screening.hash == screening.hash
    twin = VirtualBoard(snapshot=str(both.save(tmp_path / "both.npz")))
    assert len(run_virtual(careful, [twin], trains(2))[0].trial) > 0


@pytest.mark.parametrize("given", ["none", "another"])
def test_a_program_of_a_screening_gets_no_twin_without_it_which_is_said_before_the_fit(
    monkeypatch: pytest.MonkeyPatch, given: str
):
    broken = replace(BOARD, defects=True)
    with open_board(broken.name) as board:
        screening = screen(board, WHEN.date, 1, 1)
    careful = compile(network(NeuronParameters.from_times()), snapshot=screening)
    monkeypatch.setattr("analoop.deploy.twins.fitting.estimate", None)
    other = replace(screening, date="2026-11-22") if given == "another" else None
    with pytest.raises(InputError, match=screening.hash[:12]) as refused:
        fit_twin(recorded(careful, trains(4), broken), [], replace(WHEN, screening=other))
    assert refused.value.code == "OTHER_SCREENING"


def test_everything_that_the_fit_refuses_without_looking_at_spikes_is_refused_ahead():
    session = made().own
    check_ahead(program(), session.stimulus, session.board, WHEN)
    one = session.stimulus.select(np.arange(1))
    with pytest.raises(InputError) as refused:
        check_ahead(program(), one, session.board, WHEN)
    assert refused.value.code == "HELD_OUT"
    synapses = program().configuration.synapses.copy()
    synapses["precise_delay"] = True
    delays = {"SYPD_DLY0_P": Bias(0, 100), "SYPD_DLY1_P": Bias(2, 100)}
    whole = program().configuration
    biases = {core: dict(own) | delays for core, own in whole.biases.items()}
    delayed = replace(program(), configuration=replace(whole, synapses=synapses, biases=biases))
    with pytest.raises(InputError, match="delayed synapses") as refused:
        check_ahead(delayed, session.stimulus, session.board, WHEN)
    assert refused.value.code == "TWIN_CIRCUITS"


def test_a_characterization_of_another_board_is_refused():
    with pytest.raises(InputError, match="characterization 0 is of sim:seed=4") as refused:
        fit_twin(made().own, made(OTHER).sessions, WHEN)
    assert refused.value.code == "TWIN_RECORDINGS"


def test_the_same_recordings_give_the_same_twin():
    again = fit_twin(made().own, made().sessions, WHEN)
    assert again is not fitted() and again.hash == fitted().hash
