"""Bad input: one clear line on stderr, a documented exit code, nothing half-written."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.models import INPUT, Network, NeuronParameters, Population, Projection, Stimulus
from analoop.models.archive import read_archive, write_archive
from analoop.models.errors import FileError

from .command import Shell
from .networks import network, population, ring


@pytest.fixture
def refused(shell: Shell, tmp_path: Path):
    """Call the command line with bad input; returns the one line it answers."""

    def call(*arguments: object, code: int = 2) -> str:
        before = sorted(tmp_path.rglob("*"))
        done = shell(*arguments)
        assert (done.code, done.out) == (code, "")
        (line,) = done.err.splitlines()
        assert line.startswith("error: ")
        assert "Traceback" not in line
        assert sorted(tmp_path.rglob("*")) == before
        return line

    return call


@pytest.fixture
def program(files: Path) -> Path:
    return files / "program.npz"


VERBS = {
    "compile": ("-o", "new.npz"),
    "inspect": (),
    "run": ("--verify",),
    "validate": ("--input", "japanese-vowels", "-o", "new"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (None, "no such file"),
        (b"", "corrupt or not an analoop file"),
        (b"just some text", "corrupt or not an analoop file"),
        (b"PK\x03\x04" + bytes(60), "corrupt or not an analoop file"),
        ("cut", "corrupt or not an analoop file"),
        ("folder", "no such file"),
    ],
)
def test_a_missing_or_corrupt_file_is_named(  # noqa: PLR0913
    refused, files: Path, tmp_path: Path, monkeypatch, verb: str, content, answer: str
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.npz"
    if content == "cut":
        whole = (files / "program.npz").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    line = refused(verb, path, *VERBS[verb])
    assert f"error: {path}" in line
    assert answer in line


def test_a_flipped_byte_is_never_taken_for_another_program(refused, program: Path, tmp_path: Path):
    """It is refused, or it was in the bookkeeping of the zip that nobody reads."""
    whole, path, refusals = program.read_bytes(), tmp_path / "flipped.npz", []
    for offset in range(40, 3000, 47):
        content = bytearray(whole)
        content[offset] ^= 0x55
        path.write_bytes(content)
        try:
            assert Program.load(path).hash == Program.load(program).hash
        except FileError as error:
            refusals.append(error.code)
            assert "corrupt" in str(error)
    assert len(refusals) > 40 and set(refusals) == {"FILE_CORRUPT"}
    content = bytearray(whole)
    content[len(whole) // 2] ^= 0x55
    path.write_bytes(content)
    assert "corrupt" in refused("inspect", path)


def test_a_file_of_another_kind_is_named_with_what_it_holds(refused, files: Path, tmp_path: Path):
    out = tmp_path / "p.npz"
    line = refused("compile", files / "program.npz", "-o", out)
    assert "holds a program, a network is needed" in line
    line = refused("inspect", files / "net.npz")
    assert "holds a network, a program is needed: compile it first" in line
    line = refused("run", files / "program.npz", "--input", files / "net.npz")
    assert "holds a network, a stimulus is needed" in line


def test_a_file_of_a_later_release_is_not_misread(refused, files: Path, tmp_path: Path):
    header, arrays = read_archive(files / "program.npz", "program", 1)
    path = write_archive(tmp_path / "later.npz", "program", 4, header, arrays)
    assert "program version 4, this release reads version 3" in refused("inspect", path)


def crafted(path: Path, **changes: object) -> Path:
    """A network file with parts that the library itself would refuse to write."""
    ring(3, n_inputs=2).save(path)
    header, arrays = read_archive(path, "network", 1)
    for name, value in changes.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            header[name] = value
    return write_archive(path, "network", 1, header, arrays)


def test_nan_weights_are_named_with_their_place(refused, tmp_path: Path):
    weights = np.zeros((2, 3))
    weights[1, 2] = np.nan
    path = crafted(tmp_path / "nan.npz", weights_0=weights)
    line = refused("compile", path, "-o", tmp_path / "p.npz")
    assert "projection 'input' -> 'ring' (ampa) needs finite weights" in line
    assert "1 are not, the first at [1, 2] = nan" in line
    assert line.endswith("(WEIGHT_NOT_FINITE)")


@pytest.mark.parametrize(
    "changes",
    [
        {"weights_0": np.zeros((2, 4))},
        {"output": "nobody"},
        {"n_inputs": 7},
        {"populations": []},
        {"projections": [{"source": "input", "target": "ring", "dendrite": "gap"}] * 2},
        {"populations": [{"name": "ring", "size": 3, "parameters": {"layer": "conv"}}]},
    ],
)
def test_a_network_file_that_makes_no_sense_is_refused(shell: Shell, tmp_path: Path, changes):
    path = crafted(tmp_path / "odd.npz", **changes)
    done = shell("compile", path, "-o", tmp_path / "p.npz")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert not (tmp_path / "p.npz").exists()


def test_a_bias_out_of_reach_names_parameter_register_and_range(refused, tmp_path: Path):
    parameters = replace(NeuronParameters.from_times(), i_tau_mem=1e-3)
    path = network(1, [Population("hidden", 2, parameters)]).save(tmp_path / "net.npz")
    line = refused("compile", path, "-o", tmp_path / "p.npz")
    assert "i_tau_mem of 'hidden' needs 0.001 A, SOIF_LEAK_N reaches" in line


def overloaded() -> Network:
    weights = np.full((70, 2), 2e-8)
    weights[0, 0] = 1e-3
    return network(70, [population("out", 2)], Projection(INPUT, "out", "ampa", weights))


def test_a_network_that_does_not_fit_is_told_everything_at_once(shell: Shell, tmp_path: Path):
    path = overloaded().save(tmp_path / "net.npz")
    done = shell("compile", path, "-o", tmp_path / "p.npz")
    lines = done.err.splitlines()
    assert (done.code, len(lines)) == (2, 3)
    assert [line.rsplit("[")[-1].split("]")[0] for line in lines] == [
        "FAN_IN", "FAN_IN", "WEIGHT_UNREACHABLE",
    ]  # fmt: skip
    assert not (tmp_path / "p.npz").exists()


def test_with_json_the_violations_come_as_json_on_stderr(shell: Shell, tmp_path: Path):
    path = overloaded().save(tmp_path / "net.npz")
    done = shell("compile", path, "-o", tmp_path / "p.npz", "--json")
    error = json.loads(done.err)["error"]
    assert (done.code, done.out) == (2, "")
    assert error["code"] == "FAN_IN+WEIGHT_UNREACHABLE"
    assert [v["object"] for v in error["violations"]] == [
        "neuron 0 of 'out'", "neuron 1 of 'out'", "neuron 0 of 'out'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("csv", "answer"),
    [
        ("time_us,channel\n5,0\n-3,1\n", "times must not be negative"),
        ("time_us,channel\n5,2\n", "channels must be 0..1"),
        ("time_us,channel\n5,-1\n", "channels must be 0..1"),
        ("time_us,channel,trial\n5,0,-1\n", "trials must be 0.."),
        ("time_us,channel\n5,zero\n", "line 2"),
        ("time_us,channel\n5,0\n1.5,0\n", "line 3"),
        ("time_us,channel\n5\n", "line 2"),
        ("when,who\n5,0\n", "expected a header line time_us,channel"),
        ("time_us,channel\n5,4294967296\n", "channel"),
        ("time_us,channel\n99999999999999999999,0\n", "line 2"),
    ],
)
def test_a_csv_input_that_makes_no_sense_is_named_with_its_fault(
    refused, program: Path, tmp_path: Path, csv: str, answer: str
):
    path = tmp_path / "input.csv"
    path.write_text(csv)
    assert answer in refused("run", program, "--input", path, "-o", tmp_path / "r.npz")


def test_a_csv_that_is_no_text_is_refused(refused, program: Path, tmp_path: Path):
    path = tmp_path / "input.csv"
    path.write_bytes(b"\xff\xfe\x00time")
    assert str(path) in refused("run", program, "--input", path)


def test_a_stimulus_of_another_width_is_refused(refused, program: Path, tmp_path: Path):
    none = np.zeros(0, np.int64)
    path = Stimulus(5, np.array([1000]), none, none, none, np.array([0])).save(tmp_path / "s.npz")
    wanted = "the stimulus has 5 channels, the program takes 2"
    assert wanted in refused("run", program, "--input", path, "-o", tmp_path / "r.npz")
    assert wanted in refused("validate", program, "--input", path, "-o", tmp_path / "r")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dynapse2:", "sim:seed=3"),
        ("", "sim:seed=3"),
        ("sim:sed=3", "options are seed, level"),
        ("sim:seed=x", "seed is 0 or more, not 'x'"),
        ("sim:step_us=0", "step_us is 1..1000"),
    ],
)
def test_an_unknown_board_exits_with_3_and_says_which_there_are(
    refused, program: Path, files: Path, tmp_path: Path, name: str, said: str
):
    arguments = ("--input", files / "input.csv", "-o", tmp_path / "r.npz")
    line = refused("run", program, "--board", name, *arguments, code=3)
    assert f"no board is named '{name}'" in line
    assert said in line
    assert line.endswith("(UNKNOWN_BOARD)")


def test_an_output_that_cannot_be_written_is_named(refused, files: Path, tmp_path: Path):
    out = tmp_path / "no" / "such" / "folder" / "x.npz"
    program = files / "program.npz"
    for call in (
        ("compile", files / "net.npz", "-o", out),
        ("run", program, "--input", files / "input.csv", "-o", out),
        (
            "validate",
            program,
            "--chips",
            0,
            "-q",
            "--input",
            files / "labelled.npz",
            "-o",
            program / "inside",
        ),
        ("demo", "--chips", 0, "--out", files / "net.npz" / "inside", "-q"),
    ):
        assert "cannot " in refused(*call)


def test_an_output_that_is_a_folder_is_refused_and_left_alone(refused, files: Path, tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").write_text("kept")
    assert "cannot write" in refused("compile", files / "net.npz", "-o", tmp_path / "full")


def test_a_file_in_the_way_is_only_replaced_by_a_whole_one(refused, tmp_path: Path):
    out = tmp_path / "p.npz"
    out.write_text("mine")
    refused("compile", crafted(tmp_path / "n.npz", output="nobody"), "-o", out)
    assert out.read_text() == "mine"


def test_an_unknown_task_names_those_there_are(refused, tmp_path: Path):
    line = refused("train", "german-vowels", "-o", tmp_path / "n.npz")
    assert "no task is named 'german-vowels': there are japanese-vowels" in line


def test_an_unknown_neuron_or_tag_names_the_range(refused, program: Path):
    assert "0..3" in refused("inspect", program, "--neuron", 4)
    assert "0..2047" in refused("inspect", program, "--tag", 2048)


def test_run_without_anything_to_do_says_what_to_give(refused, program: Path):
    assert "give --input, or --verify" in refused("run", program)


def test_validate_without_a_stimulus_says_what_to_give(refused, program: Path):
    assert "give --input FILE or a task name" in refused("validate", program)


@pytest.mark.parametrize(
    "arguments", [("run",), ("frobnicate",), ("validate", "p", "--chips", "-1"), ("run", "--nope")]
)
def test_wrong_usage_exits_with_2_and_says_so_on_stderr(shell: Shell, arguments: tuple[str, ...]):
    done = shell(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Error" in done.err or "Usage" in done.err
