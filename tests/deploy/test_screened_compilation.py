"""Compiling for a screened board: nothing bad is used, nothing is lost unsaid, or it is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import Program, compile, load_task, run, shipped_network, validate, verify
from analoop.deploy.good_words import GoodWords, prove_words
from analoop.hw import (
    DYNAPSE2,
    ChipSpec,
    SimulatedBoard,
    Snapshot,
    VirtualBoard,
    open_board,
    parse_board,
    screen,
)
from analoop.hw.simulated_board import identify
from analoop.models import ConstraintError, InputError, RoutingError

from .command import Shell
from .networks import (
    BOARD,
    LIVELY,
    PATIENT,
    legal_networks,
    network,
    population,
    ring,
    spike_trains,
    walk,
    wanted_weights,
    wires,
)

DATE = "2026-11-21T12:00:00+00:00"


def snapshot(
    bad: np.ndarray | float = 0.0,
    stuck: np.ndarray | None = None,
    chip: ChipSpec = DYNAPSE2,
    n_chips: int = 1,
    board: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Ten trials of every word, those in `bad` (a mask, or a share drawn anew) never heard."""
    shape = (n_chips, chip.cores, chip.neurons_per_core, chip.cam_words, 2)
    if isinstance(bad, float):
        bad = np.random.default_rng(7).random(shape) < bad
    stuck = np.zeros(shape[:3], bool) if stuck is None else stuck
    tried = np.where(stuck[..., None, None], 0, np.full(shape, 10))
    record = board or identify(VirtualBoard(1), chip).record()
    return Snapshot(record, DATE, "by hand", tried, np.where(bad, tried, 0), stuck, {}, chip)


def assert_good(program: Program, screened: Snapshot) -> None:
    """No synapse on a bad word, no neuron that is stuck or mute: read from the registers."""
    for w in program.configuration.synapses:
        half = int(w["tag"] >= screened.chip.tags // 2)
        place = int(w["chip"]), int(w["core"]), int(w["neuron"])
        assert not screened.bad[(*place, int(w["word"]), half)]
    for place in program.address.tolist():
        assert not screened.stuck[tuple(place)] and not screened.mute[tuple(place)]


@settings(PATIENT, max_examples=40)
@given(legal_networks(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.05, 0.3]))
def test_a_program_uses_no_bad_word_and_carries_everything_or_is_refused(net, seed, share):
    rng = np.random.default_rng(seed)
    shape = (BOARD.max_chips, BOARD.cores, BOARD.neurons_per_core)
    bad = rng.random((*shape, BOARD.cam_words, 2)) < share
    screened = snapshot(bad, rng.random(shape) < share / 3, BOARD, BOARD.max_chips)
    try:
        program = compile(net, BOARD, snapshot=screened, drop=0.0)
    except ConstraintError as error:
        assert share > 0 and {v.code for v in error.violations} <= {"GOOD_WORDS", "CORES", "TAGS"}
        return
    assert_good(program, screened)
    assert program.report["snapshot"]["dropped"] == 0
    lost = sum(core["rounded_to_zero"] for core in program.report["quantization"])
    assert len(walk(program)) == len(wanted_weights(net)) - lost
    assert set(walk(program)) <= set(wanted_weights(net))


def test_a_clean_board_is_filled_as_if_it_had_not_been_screened():
    net = ring(300, n_inputs=2)
    plain, screened = compile(net), compile(net, snapshot=snapshot())
    assert (plain.address == screened.address).all()
    assert screened.report["snapshot"]["avoided"] == 0


def test_tags_and_words_keep_to_the_half_that_works():
    bad = np.zeros((1, 4, 256, 64, 2), bool)
    bad[:, :, :, :, 0] = True  # all upper
    upper = compile(ring(40), snapshot=snapshot(bad))
    assert (upper.configuration.synapses["tag"] >= 1024).all()
    lower = compile(ring(40), snapshot=snapshot(bad[..., ::-1]))
    assert (lower.configuration.synapses["tag"] < 1024).all()
    assert len(walk(upper)) == len(walk(lower)) == 41


def test_a_neuron_that_needs_all_its_words_hears_some_sources_under_lower_tags():
    """Thirty-two words hear upper tags only, the others lower tags only."""
    bad = np.zeros((1, 4, 256, 64, 2), bool)
    bad[..., :32, 0] = bad[..., 32:, 1] = True
    net = network(64, [population("one", 1)], wires("input", "one", "ampa", [[LIVELY]] * 64))
    program = compile(net, snapshot=snapshot(bad))
    tags = program.configuration.synapses["tag"]
    assert (tags >= 1024).sum() == 32
    assert_good(program, snapshot(bad))


def test_more_sources_than_a_half_has_tags_take_the_other_half_too():
    weights = np.zeros((1500, 60))
    weights[np.arange(1500), np.arange(1500) % 60] = LIVELY
    net = network(1500, [population("all", 60)], wires("input", "all", "ampa", weights))
    program = compile(net, snapshot=snapshot(0.2))
    assert len(walk(program)) == 1500
    assert_good(program, snapshot(0.2))


def test_cores_that_are_unusable_or_stuck_are_left_out():
    stuck = np.zeros((1, 4, 256), bool)
    stuck[0, 0] = True
    stuck[0, 1, :250] = True
    program = compile(ring(10), snapshot=snapshot(stuck=stuck))
    assert {int(core) for core in program.neurons["core"]} == {2}
    kill = 1 << DYNAPSE2.latches.index("latch_soif_kill")
    killed = program.configuration.latches
    assert len(killed) == stuck.sum() and (killed["bits"] == kill).all()
    assert program.report["snapshot"]["stuck"] == 506


def test_a_network_spreads_over_more_cores_when_its_own_has_too_few_usable_neurons():
    stuck = np.zeros((1, 4, 256), bool)
    stuck[0, :, 100:] = True
    program = compile(ring(250), snapshot=snapshot(stuck=stuck))
    assert len({int(core) for core in program.neurons["core"]}) == 3


def test_what_does_not_fit_is_refused_with_every_neuron_at_once():
    weights = np.full((60, 3), LIVELY)
    net = network(60, [population("all", 3)], wires("input", "all", "ampa", weights))
    bad = np.zeros((1, 4, 256, 64, 2), bool)
    bad[..., 40:, :] = True
    bad[0, 2, 17] = False
    with pytest.raises(ConstraintError) as caught:
        compile(net, snapshot=snapshot(bad))
    assert [v.code for v in caught.value.violations] == ["GOOD_WORDS"] * 2
    assert "60 good CAM words" in str(caught.value)


def test_the_weakest_synapses_are_dropped_and_counted_but_only_so_much_weight():
    weights = np.full((50, 1), LIVELY)
    weights[[3, 30]] = LIVELY / 8
    net = network(50, [population("one", 1)], wires("input", "one", "ampa", weights))
    bad = np.zeros((1, 4, 256, 64, 2), bool)
    bad[..., 48:, :] = True
    program = compile(net, snapshot=snapshot(bad))
    assert set(wanted_weights(net)) - set(walk(program)) == {(3, 0, "ampa"), (30, 0, "ampa")}
    said = program.report["snapshot"]
    assert (said["dropped"], said["neurons_with_dropped"]) == (2, 1)
    assert said["dropped_weight"] == pytest.approx(0.25 / 48.25)
    with pytest.raises(ConstraintError, match="GOOD_WORDS"):
        compile(net, snapshot=snapshot(bad), drop=0.0)
    with pytest.raises(InputError) as caught:
        compile(net, snapshot=snapshot(bad), drop=1.0)
    assert caught.value.code == "DROP"


def test_a_synapse_on_a_bad_word_does_not_pass_the_proof():
    program = compile(ring(5))
    bad = np.zeros((1, 4, 256, 64, 2), bool)
    bad[0, 0, 2, 0, 0] = True  # neuron 2 hears neuron 1 there
    prove_words(program.configuration, GoodWords(snapshot()))
    with pytest.raises(RoutingError, match="chip 0 core 0 neuron 2 word 0"):
        prove_words(program.configuration, GoodWords(snapshot(bad)))


def test_a_snapshot_of_another_chip_or_of_too_few_chips_is_refused():
    with pytest.raises(InputError) as caught:
        compile(ring(3), BOARD, snapshot=snapshot())
    assert caught.value.code == "WRONG_CHIP"
    with pytest.raises(ConstraintError, match="the snapshot is of 1"):
        compile(ring(3), n_chips=2, snapshot=snapshot())
    with pytest.raises(ConstraintError, match="a board of 1 chip"):
        compile(ring(1025), snapshot=snapshot())


def test_screened_boards_with_sampled_defects_run_the_program_as_if_they_had_none():
    """Whole way: screen, compile, run; some halves of cores are wholly unusable."""
    net, trains = ring(60, n_inputs=2), spike_trains(2, 3, seed=1)
    for seed in (1, 3):
        broken = VirtualBoard(seed, defects=True, stuck=0.01)
        with SimulatedBoard(broken) as board:
            program = compile(net, snapshot=screen(board, DATE, trials=1))
            got = run(program, board, trains)
            assert verify(program, board)["passed"]
        with SimulatedBoard(VirtualBoard(seed)) as board:
            clean = run(program, board, trains)
        assert got.counts.any() and (got.counts == clean.counts).all()
        assert got.books["foreign"] == 0


@pytest.mark.parametrize("both", [True, False])
def test_the_demo_keeps_its_accuracy_on_a_board_with_a_fifth_of_its_words_dead(
    both: bool, tmp_path: Path
):
    shape = (1, 4, 256, 64, 1 if both else 2)
    dead = np.random.default_rng(5).random(shape) < 0.2
    given = snapshot(np.broadcast_to(dead, (1, 4, 256, 64, 2)))
    board = parse_board(f"sim:seed=2,snapshot={given.save(tmp_path / 'given.npz')}")
    with SimulatedBoard(board) as opened:
        found = screen(opened, DATE, trials=1)
    assert (found.bad == given.bad).all()
    net, test = shipped_network(), load_task("japanese-vowels").test
    plain, screened = compile(net), compile(net, snapshot=found)
    before, clean = validate(plain, test, [board, VirtualBoard(2)]).rows
    after = validate(screened, test, [board]).rows[0]
    assert before.accuracy < clean.accuracy - (0.05 if both else 0.0)
    assert after.accuracy > clean.accuracy - 0.01


BROKEN = "sim:seed=3,defects=1"


@pytest.fixture(scope="module")
def for_broken() -> Program:
    return compile(ring(4), snapshot=snapshot(board=record_of(BROKEN)))


def record_of(name: str) -> Mapping[str, Any]:
    return identify(parse_board(name), DYNAPSE2).record()


@pytest.mark.parametrize("name", [BROKEN, BROKEN + ",noise=1", "sim", "sim:seed=5"])
def test_a_program_runs_on_its_board_and_on_boards_without_defects(for_broken, name: str):
    with open_board(name) as board:
        run(for_broken, board, spike_trains(1, 1, seed=1))


@pytest.mark.parametrize("name", ["sim:seed=4,defects=1", "sim:seed=3,stuck=0.1"])
def test_a_program_is_refused_on_another_board_with_defects(for_broken, name: str):
    for play in (
        lambda b: run(for_broken, b, spike_trains(1, 1, 1)),
        lambda b: verify(for_broken, b),
    ):
        with open_board(name) as board, pytest.raises(InputError) as caught:
            play(board)
        assert caught.value.code == "WRONG_BOARD"
    labelled = spike_trains(1, 2, seed=1)
    with pytest.raises(InputError, match="screen it and compile"):
        validate(for_broken, labelled, [VirtualBoard(), parse_board(name)])


def test_the_board_stays_in_the_file(for_broken: Program, tmp_path: Path):
    back = Program.load(for_broken.save(tmp_path / "p.npz"))
    assert back.provenance["snapshot"]["board"]["name"] == BROKEN
    with open_board("sim:seed=4,defects=1") as board, pytest.raises(InputError):
        run(back, board, spike_trains(1, 1, 1))


def test_a_program_runs_on_virtual_boards_made_of_its_snapshot(tmp_path: Path):
    real = {"name": "dynapse2:77", "target": "measured", "chip": "dynapse2", "serial": "77"}
    taken = snapshot(0.1, board=real)
    program = compile(ring(4), snapshot=taken)
    path = taken.save(tmp_path / "s.npz")
    with open_board(f"sim:seed=3,snapshot={path}") as board:
        assert verify(program, board)["passed"]
    other = snapshot(0.2, board=real).save(tmp_path / "other.npz")
    with open_board(f"sim:snapshot={other}") as board, pytest.raises(InputError):
        verify(program, board)


def test_screen_and_compile_by_command_line(shell: Shell, files: Path, tmp_path: Path):
    taken, out = tmp_path / "s.npz", tmp_path / "p.npz"
    said = shell("screen", BROKEN, "-o", taken, "--trials", 1, "--json").json
    assert (said["board"]["name"], said["trials"], len(said["cores"])) == (BROKEN, 1, 4)
    assert said["snapshot"] == Snapshot.load(taken).hash
    done = shell("compile", files / "net.npz", "--snapshot", taken, "--board", BROKEN, "-o", out)
    assert done.code == 0 and f"snapshot of {BROKEN}" in done.out
    assert f"{Program.load(out).report['snapshot']['avoided']} bad CAM words avoided" in done.out
    wrong = shell("compile", files / "net.npz", "--snapshot", taken, "--board", "sim:seed=4",
                  "--dry-run")  # fmt: skip
    assert (wrong.code, "WRONG_BOARD" in wrong.err) == (2, True)
    alone = shell("compile", files / "net.npz", "--board", BROKEN, "--dry-run")
    assert (alone.code, "NO_SNAPSHOT" in alone.err) == (2, True)


def test_screen_prints_a_row_per_core_and_progress_on_stderr(shell: Shell, tmp_path: Path):
    done = shell("screen", "sim:seed=3,defects=1", "-o", tmp_path / "s.npz", "--trials", 1)
    assert done.code == 0 and "SIMULATED" in done.out.upper() and "low" in done.out
    assert "words that hear the upper tags" in done.err
    assert shell("screen", "sim", "-o", tmp_path / "s.npz", "--trials", 0).code == 2
    assert shell("screen", "sim", "-o", tmp_path / "none" / "s.npz").code == 2
    quiet = shell("screen", "sim", "-o", tmp_path / "s.npz", "--trials", 1, "-q")
    assert quiet.err == ""


def test_without_a_snapshot_the_shipped_network_compiles_to_the_registers_it_always_had():
    program = compile(shipped_network())
    assert program.configuration.hash == (
        "1e6d24f6fe985eec7b52f669e053afce3bae624ae7e9b4e52e66a763d11d6d69"
    )
    assert "snapshot" not in program.report and "snapshot" not in program.provenance
