"""The command line: results on stdout, progress on stderr, JSON that parses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from analoop.deploy import Program, compile, inspect, inspect_neuron, inspect_tag
from analoop.hw import DYNAPSE2, sample_defects
from analoop.models import Network, Recording

from .command import Shell


@pytest.fixture
def program(files: Path) -> Path:
    return files / "program.npz"


def test_compile_writes_the_program_that_the_function_makes(
    shell: Shell, files: Path, tmp_path: Path
):
    done = shell("compile", files / "net.npz", "-o", tmp_path / "p.npz")
    assert (done.code, done.err) == (0, "")
    loaded = Program.load(tmp_path / "p.npz")
    assert loaded.hash == compile(Network.load(files / "net.npz")).hash
    assert done.out.splitlines()[-1] == f"wrote {tmp_path / 'p.npz'}"
    assert "connections proved to arrive" in done.out


def test_compile_json_is_what_inspect_says(shell: Shell, files: Path, tmp_path: Path):
    path = tmp_path / "p.npz"
    found = shell("compile", files / "net.npz", "-o", path, "--json").json
    assert found.pop("file") == str(path)
    assert found == shell("inspect", path, "--json").json


def test_a_dry_run_reports_and_writes_nothing(shell: Shell, files: Path, tmp_path: Path):
    done = shell("compile", files / "net.npz", "-o", tmp_path / "p.npz", "--dry-run", "--json")
    assert (done.code, done.json["file"]) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_compile_for_a_board_of_more_chips(shell: Shell, files: Path, tmp_path: Path):
    done = shell(
        "compile", files / "net.npz", "-o", tmp_path / "p.npz", "--board-chips", 3, "--json"
    )
    assert done.json["chips"] == 3


def test_inspect_prints_the_function_of_the_same_name(shell: Shell, program: Path):
    loaded = Program.load(program)
    assert shell("inspect", program, "--json").json == json.loads(json.dumps(inspect(loaded)))
    assert shell("inspect", program, "--neuron", 2, "--json").json == inspect_neuron(loaded, 2)
    assert shell("inspect", program, "--tag", 1, "--json").json == inspect_tag(loaded, 1)


def test_inspect_neuron_says_its_identity_in_one_line(shell: Shell, program: Path):
    line = shell("inspect", program, "--neuron", 3).out.splitlines()[0]
    assert line == (
        "neuron 3 of 'ring': model index 3 -> chip 0 core 0 neuron 3 -> tag 3 -> column 3"
    )


def test_inspect_tag_says_who_sends_it(shell: Shell, program: Path):
    assert shell("inspect", program, "--tag", 0).out.splitlines() == [
        "neuron 0 of 'ring' (index 0) -> host",
        "neuron 0 of 'ring' (index 0) -> chip 0 core 0",
    ]
    assert shell("inspect", program, "--tag", 2047).out == "nobody sends this tag\n"


@pytest.mark.parametrize("board", ["sim", "sim:nominal", "sim:seed=3", "sim:seed=3,level=0.5"])
def test_run_writes_a_recording_that_names_its_board(
    shell: Shell, program: Path, files: Path, tmp_path: Path, board: str
):
    out = tmp_path / "r.npz"
    arguments = ("run", program, "--board", board, "--input", files / "input.csv", "-o", out)
    found = shell(*arguments, "--json").json
    recording = Recording.load(out)
    assert recording.hash == found["recording"]["recording"]
    assert recording.board["name"] == board.replace("sim", "sim:nominal", board == "sim")
    assert recording.board["target"] == "simulated"
    assert recording.counts.tolist() == found["recording"]["counts"]
    assert recording.books["in_window"] == len(recording.time_us) > 0


def test_run_says_on_its_first_line_which_board_played_and_that_it_is_simulated(
    shell: Shell, program: Path, files: Path
):
    done = shell("run", program, "--input", files / "input.csv")
    assert done.out.startswith("sim:nominal (simulated): 1 trials, ")
    assert done.out.splitlines()[-1] == "nothing written: give --out FILE to keep it"


def test_verify_passes_on_the_nominal_board(shell: Shell, program: Path):
    done = shell("run", program, "--verify")
    assert done.code == 0
    assert done.out.startswith("verify passed on sim:nominal (simulated): spike for spike")


def test_a_failed_verify_exits_with_1_and_does_not_run_the_stimulus(
    shell: Shell, files: Path, program: Path, tmp_path: Path
):
    loaded = Program.load(program)
    object.__setattr__(loaded.known_answer, "time_us", loaded.known_answer.time_us + 1)
    loaded.save(tmp_path / "p.npz")
    arguments = ("--verify", "--input", files / "input.csv", "-o", tmp_path / "r.npz")
    done = shell("run", tmp_path / "p.npz", *arguments, "--json")
    assert done.code == 1
    assert done.json.keys() == {"verify"}
    assert not (tmp_path / "r.npz").exists()
    assert "verify FAILED on sim:nominal" in shell("run", tmp_path / "p.npz", *arguments).out


def test_verify_full_probes_every_word_and_prints_the_coverage(shell: Shell, program: Path):
    done = shell("run", program, "--verify=full", "--board", "sim:seed=3")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("verify passed on sim:seed=3 (simulated)")
    assert lines[1].startswith("probe passed on sim:seed=3 (simulated): ")
    rows = [line for line in lines if "words" in line or "destinations" in line]
    assert [row.split("│")[1].strip() for row in rows[2:]] == ["CAM words", "destinations"]
    assert all("100.0%" in row for row in rows[2:])
    assert "CAM words: image 1 of" in done.err


def test_verify_full_on_a_board_that_fails_exits_with_1_and_names_the_words(
    shell: Shell, program: Path, files: Path, tmp_path: Path
):
    w = Program.load(program).configuration.synapses
    half = (w["tag"] >= 1024).astype(int)
    seed = next(
        seed
        for seed in range(50)
        if sample_defects(seed, 0, DYNAPSE2).deaf[w["core"], w["neuron"], w["word"], half].any()
    )
    arguments = ("run", program, "--verify=full", "--board", f"sim:seed={seed},defects=1", "-q")
    more = ("--input", files / "input.csv", "-o", tmp_path / "r.npz")
    done = shell(*arguments, *more, "--json")
    found = done.json["probe"]
    assert (done.code, done.err) == (1, "")
    assert done.json.keys() == {"verify", "probe"}
    assert not (tmp_path / "r.npz").exists()
    assert all(failure["text"] in shell(*arguments).out for failure in found["failures"][:3])


def test_verify_answer_is_the_bare_verify(shell: Shell, program: Path):
    assert shell("run", program, "--verify=answer").out == shell("run", program, "--verify").out
    assert shell("run", program, "--verify=half").code == 2


def test_validate_prints_a_row_per_target_and_writes_the_same_report(
    shell: Shell, program: Path, files: Path, tmp_path: Path
):
    out = tmp_path / "gate"
    done = shell(
        "validate", program, "--chips", 2, "--seed", 7, "--input", files / "labelled.npz",
        "--network", files / "net.npz", "-o", out, "--json",
    )  # fmt: skip
    names = [row["name"] for row in done.json["rows"]]
    assert names == ["software model", "sim:nominal", "sim:seed=7", "sim:seed=8"]
    assert done.json["complete"] is True
    assert json.loads((out / "report.json").read_text()) == done.json
    assert [line.split()[0] for line in done.err.splitlines()] == ["1/4", "2/4", "3/4", "4/4"]


def test_validate_says_first_that_the_chips_are_simulated(shell: Shell, program: Path, files: Path):
    done = shell("validate", program, "--chips", 1, "--input", files / "labelled.npz", "-q")
    assert done.err == ""
    assert done.out.startswith("All chips are SIMULATED (analoop-mismatch-")
    assert done.out.splitlines()[-1].startswith("1 chips: mean ")


def test_the_level_of_validate_is_that_of_every_chip(shell: Shell, program: Path, files: Path):
    options = ("--chips", 2, "--level", 0.5, "--input", files / "labelled.npz", "--json")
    report = shell("validate", program, *options).json
    names = [row["name"] for row in report["rows"]]
    assert names == ["sim:nominal", "sim:seed=1,level=0.5", "sim:seed=2,level=0.5"]
    assert report["provenance"]["levels"] == [0.5]


def test_validate_without_chips_has_no_summary(shell: Shell, program: Path, files: Path):
    done = shell("validate", program, "--chips", 0, "--input", files / "labelled.npz", "--json")
    assert [row["name"] for row in done.json["rows"]] == ["sim:nominal"]
    assert done.json["summary"] is None


def test_train_compile_and_validate_a_network_of_ones_own(shell: Shell, tmp_path: Path):
    net, program = tmp_path / "net.npz", tmp_path / "program.npz"
    options = ("--epochs", 1, "--hidden", 4, "--copies", 2, "--seed", 5)
    trained = shell("train", "japanese-vowels", "-o", net, *options, "--json")
    assert trained.code == 0
    assert trained.err.startswith("epoch 1/1  loss ")
    assert trained.json["command"].endswith(
        "--epochs 1 --hidden 4 --copies 2 --mismatch 1 --seed 5"
    )
    assert shell("compile", net, "-o", program).code == 0
    report = shell("validate", program, "--chips", 0, "--network", net, "--json").json
    assert report["rows"][0]["accuracy"] == trained.json["test_accuracy_software"]
    assert report["provenance"]["stimulus"] == trained.json["stimulus"]["test"]


def test_a_shell_gets_results_on_stdout_and_progress_on_stderr(program: Path, files: Path):
    arguments = ["validate", program, "--chips", "1", "--input", files / "labelled.npz", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "analoop.deploy", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["rows"]) == 2
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["1/2", "2/2"]


def test_without_a_verb_the_verbs_are_listed(shell: Shell):
    done = shell()
    for verb in ("demo", "train", "compile", "inspect", "run", "validate", "boards", "doctor"):
        assert f"\n  {verb} " in done.out + done.err
