"""Which chip a virtual board is: its seed, its level, and nothing about how it was run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import Events, Trial, VirtualBoard, build_fleet, open_board, run_trials
from analoop.models import Draw, InputError, sample_factor
from analoop.models.runner import Runner

from .boards import Place, biases, few, latches, monitor, played, registers, rows_of
from .lively import DURATION_US, lively, stimulus
from .reference import amps, dc_interval

TRIALS = [Trial(stimulus(k, us), us) for k, us in enumerate([20_000] * 5 + [10_000, 5_000])]
BOARDS = [VirtualBoard(), VirtualBoard(1), VirtualBoard(2), VirtualBoard(2, 2.0)]
SEVERAL = st.lists(st.sampled_from(range(len(TRIALS))), min_size=1, max_size=9)


def answers(boards: list[VirtualBoard], trials: list[Trial], workers: int | None = 1) -> list:
    """Rows by [board][trial]."""
    fleet = build_fleet(lively(), boards)
    return [
        [rows_of(out) for out in outs]
        for outs in run_trials(fleet, trials, Runner(workers=workers))
    ]


@pytest.fixture(scope="module")
def alone() -> list:
    """Every trial on every board, one at a time, on a board of its own."""
    return [[answers([board], [trial])[0][0] for trial in TRIALS] for board in BOARDS]


def answer(name: str) -> list[tuple[int, ...]]:
    return rows_of(played(lively(), stimulus(1), DURATION_US, name))


@pytest.mark.parametrize("seed", [0, 3, 2**40])
def test_a_seeded_board_of_level_0_is_the_nominal_board_to_the_microsecond(seed: int):
    assert answer(f"sim:seed={seed},level=0") == answer("sim:nominal")
    for sampler in ("rockpool", "paper"):
        assert answer(f"sim:seed={seed},level=0,mismatch={sampler}") == answer("sim:nominal")


def test_different_seeds_and_levels_are_different_chips():
    names = ["sim:nominal", "sim:seed=1", "sim:seed=2", "sim:seed=2,level=0.5"]
    names += [f"sim:seed=2,mismatch={sampler}" for sampler in ("rockpool", "paper")]
    assert len({str(answer(name)) for name in names}) == len(names)


def test_the_same_seed_is_the_same_chip():
    assert answer("sim:seed=5") == answer("sim:seed=5")


def test_every_neuron_has_the_mismatch_of_its_own_place_and_chip():
    places = [Place(0, 0, 0), Place(0, 0, 1), Place(0, 3, 1), Place(1, 3, 1), Place(1, 2, 255)]
    c = registers(
        [],
        [monitor(p, n) for n, p in enumerate(places)],
        [latches(p, "latch_so_dc") for p in places],
        biases(i_dc=2e-9),
        n_chips=2,
    )
    out = played(c, Events.none(), 200_000, "sim:seed=8,level=1.5")
    intervals = [1e-6 * np.diff(out.time_us[out.tag == n]).mean() for n in range(len(places))]
    draws = [Draw(8, 1.5, (1, 4, 256), stream=chip) for chip in range(2)]
    expected = [
        dc_interval(
            c,
            {
                name: sample_factor(draws[p.chip], name, amps(c, name))[0, p.core, p.neuron]
                for name in ("i_gain_mem", "i_tau_mem", "i_dc", "i_threshold", "i_refractory")
            },
        )
        for p in places
    ]
    assert intervals == pytest.approx(expected, rel=0.02)
    assert np.std(expected) / np.mean(expected) > 0.05, "their spread is far above that error"


@given(SEVERAL)
@few
def test_a_trial_does_not_depend_on_the_trials_beside_it(alone: list, chosen: list[int]):
    together = answers([BOARDS[1]], [TRIALS[k] for k in chosen])[0]
    assert together == [alone[1][k] for k in chosen]


@given(st.lists(st.sampled_from(range(len(BOARDS))), min_size=1, max_size=4))
@few
def test_a_board_does_not_depend_on_the_boards_beside_it(alone: list, chosen: list[int]):
    together = answers([BOARDS[k] for k in chosen], TRIALS[:2])
    assert together == [alone[k][:2] for k in chosen]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_result_does_not_depend_on_the_number_of_threads(alone, workers):
    assert answers(BOARDS, TRIALS, workers) == alone


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (VirtualBoard(step_us=500), "STEP_MIXED"),
        (VirtualBoard(temperature_C=30.0), "TEMPERATURE_MIXED"),
        (VirtualBoard(precision="single"), "PRECISION_MIXED"),
    ],
)
def test_boards_that_are_computed_differently_cannot_share_a_fleet(other: VirtualBoard, code: str):
    with pytest.raises(InputError) as caught:
        build_fleet(lively(), [VirtualBoard(), other])
    assert caught.value.code == code


def test_single_precision_is_asked_for_by_name_and_recorded():
    double, single = (
        played(lively(), stimulus(1), DURATION_US, f"sim:nominal{more}")
        for more in ("", ",precision=single")
    )
    assert len(double) > 20 and abs(len(double) - len(single)) <= 1
    runners = []
    for name in ("sim:seed=2", "sim:seed=2,precision=single"):
        with open_board(name) as board:
            runners.append(board.identity.record()["runner"])
    assert runners == ["numba double", "numba single"]
