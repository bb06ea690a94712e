"""What a bench read around recordings is summed up by board, and boards kept unlike are named."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from analoop.deploy import compile, run
from analoop.deploy.comparison.comparison import compare
from analoop.deploy.console_bench import print_surroundings
from analoop.deploy.surroundings import (
    Surroundings,
    differences,
    from_record,
    of_stamps,
    surroundings,
)
from analoop.hw.board import open_board
from analoop.models import Recording

from .networks import ring, spike_trains

PROGRAM = compile(ring(4, n_inputs=2))
STIMULUS = spike_trains(2, trials=4, seed=3, rate_hz=300.0)


def trace(quantity: str, time_s: list[float], value: list[float], **more: Any) -> dict[str, Any]:
    units = {"temperature": "degree Celsius", "voltage": "V", "current": "A"}
    accuracy = {"share": 0.01, "constant": 0.1}
    named = {"instrument": "room", "quantity": quantity, "unit": units[quantity], "lost": []}
    return (
        named | {"time_s": time_s, "value": value, "simulated": False, "accuracy": accuracy} | more
    )


def stamp(*traces: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"traces": list(traces), "window_s": [1.0, 2.0], "energy": None, "recovery": None} | more


def warm(board: str, degrees: float, **more: Any) -> Surroundings:
    found = of_stamps(board, [stamp(trace("temperature", [1.5], [degrees], **more))])
    assert found is not None
    return found


def test_a_board_that_was_on_no_bench_has_none():
    with open_board("sim:seed=1") as board:
        assert surroundings("one", [run(PROGRAM, board, STIMULUS)]) is None


def test_levels_are_of_readings_made_while_trials_played_over_all_recordings():
    outside = trace("temperature", [0.5, 1.0, 2.0, 2.5], [90.0, 20.0, 22.0, 90.0])
    lost = trace("temperature", [1.5], [24.0], lost=[[1.2, "silence"]])
    found = of_stamps("one", [stamp(outside), stamp(lost)])
    assert found is not None and found.recordings == 2
    (level,) = found.levels
    assert (level.mean, level.low, level.high, level.readings, level.lost) == (22, 20, 24, 3, 1)
    assert level.limits == pytest.approx(0.01 * 22 + 0.1)


def test_of_a_recording_shorter_than_an_interval_the_readings_around_it_count():
    found = of_stamps("one", [stamp(trace("temperature", [0.9, 2.1], [20.0, 22.0]))])
    assert found is not None and found.levels[0].mean == 21.0


def test_what_was_never_read_is_no_level():
    found = of_stamps("one", [stamp(trace("current", [], [], lost=[[1.5, "silence"]]))])
    assert found is not None and found.levels == () and found.joules_per_inference is None


def test_energies_and_power_cycles_are_summed_up():
    energy = {"label": "measured", "joules_per_inference": 2.0, "uncertainty_per_inference_J": 0.1}
    cycled = {"asked": 3, "incidents": [{}, {}]}
    found = of_stamps("one", [
        stamp(energy=energy, recovery=cycled),
        stamp(energy=energy | {"joules_per_inference": 4.0}),
        stamp(energy={"label": "", "joules_per_inference": None}, remarks=["off", "off"]),
    ])  # fmt: skip
    assert found is not None
    assert found.energies == 2 and found.remarks == ("off",)
    assert (found.energy_label, found.joules_per_inference, found.power_cycles) == (
        "measured",
        3.0,
        2,
    )
    assert found.uncertainty_J == pytest.approx(0.1)


def test_zero_joules_are_an_energy():
    nothing = {"label": "measured", "joules_per_inference": 0.0, "uncertainty_per_inference_J": 0.0}
    found = of_stamps("one", [stamp(energy=nothing), stamp(energy=nothing)])
    assert found is not None and found.joules_per_inference == 0.0 and found.energies == 2


def test_temperatures_beyond_the_limits_of_both_readings_are_named_and_others_not():
    limits = 2 * (0.01 * 20 + 0.1)
    assert differences([warm("a", 20.0), warm("b", 20.0 + 0.9 * limits)]) == []
    (said,) = differences([warm("a", 20.0), warm("b", 20.0 + 1.1 * limits), warm("c", 20.3)])
    assert said.startswith("temperature (room): a 20, b 20.66 degree Celsius")
    (said,) = differences([warm("a", 20.0, simulated=True), warm("b", 30.0, simulated=True)])
    assert said.startswith("SIMULATED")


def test_a_current_that_differs_is_the_boards_own_doing():
    pair = [
        of_stamps(n, [stamp(trace("current", [1.5], [c]))]) for n, c in (("a", 1.0), ("b", 9.0))
    ]
    assert differences([one for one in pair if one is not None]) == []


def test_a_record_is_read_back():
    found = warm("a", 20.0)
    assert from_record(json.loads(json.dumps(asdict(found)))) == found
    assert from_record(None) is None


def test_people_see_every_level_as_what_it_is(capsys: pytest.CaptureFixture):
    print_surroundings([])
    assert capsys.readouterr().out == ""
    print_surroundings([warm("a", 20.0), warm("b", 30.0, simulated=True)])
    out = capsys.readouterr().out
    assert "measured" in out and "SIMULATED" in out and "bench, a: no energy" in out


def recorded(seed: int, degrees: float) -> Recording:
    with open_board(f"sim:seed={seed}") as board:
        recording = run(PROGRAM, board, STIMULUS)
    bench = stamp(trace("temperature", [1.5], [degrees]))
    return replace(recording, provenance=dict(recording.provenance) | {"bench": bench})


def test_compare_says_which_boards_were_warmer():
    found = compare(PROGRAM, STIMULUS, [recorded(1, 20.0), recorded(2, 31.0)])
    assert [b.surroundings.levels[0].mean for b in found.boards if b.surroundings] == [20.0, 31.0]
    assert any("temperature (room)" in note and "31" in note for note in found.notes)
    kept = json.loads(json.dumps(found.record()))["boards"][0]["surroundings"]
    assert from_record(kept) == found.boards[0].surroundings
