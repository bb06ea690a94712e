"""The plan: every rung differs from the one above in one thing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile, run_virtual
from analoop.deploy.ladder.ladder import CHIP, DEFECTS, MISMATCH, NAMES
from analoop.deploy.ladder.steps import ALWAYS, TOGGLES, Step, Subject, ideal, steps_of
from analoop.hw import DYNAPSE2, VirtualBoard
from analoop.hw.snapshot import unscreened
from analoop.hw.twin import Twin
from analoop.hw.virtual_board import OPTIONS, parse_board

from ..networks import PATIENT, ring, spike_trains

PROGRAM = compile(ring(3))
LAST = ("temperature_C",)
"""Options that no rung is for: they come with the board itself."""

boards = st.builds(
    VirtualBoard,
    seed=st.integers(0, 9),
    level=st.sampled_from([0.0, 1.0, 2.0]),
    defects=st.booleans(),
    stuck=st.sampled_from([0.0, 0.1]),
    noise=st.sampled_from([0.0, 1.0]),
    loss=st.sampled_from([0.0, 0.1]),
    temperature_C=st.sampled_from([25.0, 35.0]),
    step_us=st.sampled_from([1000, 500]),
)


def differing(a: VirtualBoard, b: VirtualBoard) -> set[str]:
    return {o.key for o in OPTIONS if getattr(a, o.key) != getattr(b, o.key)}


def test_every_option_of_a_board_has_its_rung():
    assigned = [*ALWAYS, *LAST, *(key for keys in TOGGLES.values() for key in keys)]
    assert sorted(assigned) == sorted(o.key for o in OPTIONS)


@settings(PATIENT, max_examples=20)
@given(boards)
def test_a_rung_switches_on_its_own_options_and_no_others(board: VirtualBoard):
    steps = steps_of(PROGRAM, None, Subject(board))
    assert tuple(step.name for step in steps) == NAMES
    above = ideal(board)
    for step in steps[5:]:
        if step.board is not None:
            own = LAST if step.name == CHIP else TOGGLES[step.name]
            assert differing(above, step.board) <= set(own)
            above = step.board
    assert above == board


def measured(board: str = "dynapse2:1") -> Subject:
    (played,) = run_virtual(PROGRAM, [VirtualBoard()], spike_trains(1, 2, 1))
    return Subject(None, replace(played, board={"name": board, "target": "measured"}))


def by_name(subject: Subject) -> dict[str, Step]:
    return {step.name: step for step in steps_of(PROGRAM, None, subject)}


def test_of_a_real_board_nothing_is_assumed_and_its_last_rung_says_what_it_carries():
    steps = by_name(measured())
    assert all(not steps[name].known and "not known" in steps[name].what for name in TOGGLES)
    assert all(name in steps[CHIP].what for name in TOGGLES)
    assert steps[CHIP].recording is not None


def test_a_twin_gives_a_real_board_the_rungs_it_knows():
    twin = parse_board("sim:seed=3,defects=1")
    steps = by_name(replace(measured(), virtual=twin))
    assert steps["defects"].known and steps["mismatch"].known
    assert not steps["noise and event loss"].known
    assert "defects" not in steps[CHIP].what
    assert "noise and event loss" in steps[CHIP].what


def test_a_twin_has_its_defects_on_one_rung_and_its_mismatch_on_the_next(tmp_path: Path):
    tags = np.ones((1, 4, 256), bool)
    fitted = Twin(
        {"name": "dynapse2:7", "target": "measured", "chip": DYNAPSE2.name}, "2026-11-21", "test",
        {"i_tau_mem": np.where(tags, 1.5, 1.0)}, {"tau_mem": np.where(tags, 0.1, 1.0)},
    )  # fmt: skip
    file = str(unscreened(fitted).save(tmp_path / "twin.npz"))
    steps = {s.name: s for s in steps_of(PROGRAM, None, Subject(VirtualBoard(snapshot=file)))}
    without, whole = steps[DEFECTS].board, steps[MISMATCH].board
    assert (without, whole) == (VirtualBoard(snapshot=file, level=0.0), VirtualBoard(snapshot=file))
    assert "dynapse2:7" in steps[MISMATCH].what
    assert steps[CHIP].board is None
