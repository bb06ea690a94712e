"""Students for the chip, compiled and played."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import chip_students
from analoop.deploy.chip_students import (
    checked_network,
    load_network,
    stimulus_of,
)
from analoop.deploy.compilation import compile
from analoop.deploy.execution import run_virtual
from analoop.deploy.learning import HARDWARE, settings_of
from analoop.deploy.metrics import decisions
from analoop.deploy.network_robustness import OwnStudy
from analoop.deploy.network_robustness import jobs as own_jobs
from analoop.deploy.perturbations import PROTOCOLS, Cell, applies, under
from analoop.deploy.sequence_tasks import Folders, sequence_task
from analoop.deploy.validation import validate
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.decision import decide
from analoop.models.errors import InputError
from analoop.models.learning import chip
from analoop.models.learning.chip_network import encoding_of
from analoop.models.learning.methods import decided
from analoop.models.learning.spike_encoding import spike_counts
from analoop.models.readout import STEP_US
from analoop.models.recording import Recording
from analoop.models.tasks.temporal_xor import temporal_xor

from ..snips_corpus import write_corpus, write_wave
from .students import student as ads_student

TASK = temporal_xor()
SAMPLES = TASK.draw("test", 4, np.random.default_rng(3))


@pytest.fixture(scope="module", params=[1, 3], ids=["one group", "three groups"])
def student(request: pytest.FixtureRequest):
    settings = chip.Settings(
        hidden=32, outputs=4, groups=request.param, copies=4, updates=12, batch=4
    )
    return chip.train(TASK, None, settings, np.random.default_rng(0), hardware=HARDWARE)


@pytest.mark.parametrize("reference_hz", [0.0, 9.0])
def test_a_board_without_mismatch_answers_as_the_student_does(student, reference_hz: float):
    if reference_hz:
        constants = {**student.constants, "reference_hz": reference_hz}
        student = replace(student, constants=constants)
    program = compile(checked_network(student))
    stimulus = stimulus_of(encoding_of(student), SAMPLES)
    (recording,) = run_virtual(program, [VirtualBoard()], stimulus)
    ours = chip.respond(student, SAMPLES.input)
    assert ours.rate_hz.min() > 1
    rasters = np.stack([recording.raster(k, STEP_US) for k in range(len(SAMPLES))])
    host = program.difference
    assert host is not None
    assert host.reference_hz == reference_hz
    assert np.abs(host.output(rasters[..., program.output_columns]) - ours.output).max() < 0.1
    np.testing.assert_array_equal(stimulus.target, SAMPLES.label)
    rows = validate(program, stimulus, [VirtualBoard(), VirtualBoard(1)]).rows
    assert rows[0].recording == recording.hash != rows[1].recording
    assert rows[0].rate_hz == pytest.approx(ours.rate_hz.mean(), rel=0.02)


@pytest.mark.parametrize(
    "bounds",
    [{}, {"boundary": 0.0}, {"boundary": 200.0}, {"boundary": 200.0, "reference_hz": 9.0}],
)
def test_boards_are_judged_as_the_student_is(student, bounds: dict[str, float]):
    """A boundary is what a student of a task has whose outputs are not signed."""
    judged = replace(student, constants={**student.constants, **bounds})
    output = chip.respond(judged, SAMPLES.input).output
    louder = 2.0 / float(np.abs(output).max())  # 12 updates teach nobody to answer: outputs reach 2
    host = checked_network(judged).difference
    assert host is not None
    assert (host.signed, host.boundary) == (not bounds, bounds.get("boundary", 0.0))
    host = replace(host, full_hz=host.full_hz / louder)
    program = compile(replace(checked_network(judged), difference=host))
    stimulus = stimulus_of(encoding_of(student), SAMPLES)
    (recording,) = run_virtual(program, [VirtualBoard()], stimulus)
    expected = decide(louder * output, host.signed, host.boundary)
    np.testing.assert_array_equal(decisions(recording, program.readout), expected)
    assert (expected != -1).any()


def test_a_program_of_a_student_that_does_not_say_how_it_is_decided_is_refused(student):
    program = replace(compile(checked_network(student)), difference=None)
    with pytest.raises(InputError, match="compile it again") as caught:
        validate(program, stimulus_of(encoding_of(student), SAMPLES), [VirtualBoard()])
    assert caught.value.code == "OLD_PROGRAM"


def test_a_network_of_a_student_is_studied_as_a_user_s_own(student):
    network = checked_network(student)
    stimulus = stimulus_of(encoding_of(student), SAMPLES)
    study = OwnStudy({"mine": network}, stimulus, draws=1, cells=(Cell("nominal", 0),))
    ((_, row),) = [(place, make()) for place, make in own_jobs(study)]
    ours = chip.respond(student, SAMPLES.input)
    right = decided(student, TASK, ours.output) == SAMPLES.label
    assert row.accuracy == right.mean()
    assert row.rate_hz == pytest.approx(ours.rate_hz.mean(), rel=1e-3)


def test_every_input_spike_is_an_event(student):
    stimulus = stimulus_of(encoding_of(student), SAMPLES)
    assert stimulus.n_channels == 8 and stimulus.n_trials == 4
    counts = stimulus.counts(1000)
    np.testing.assert_array_equal(
        counts.sum((1, 2)),
        spike_counts(SAMPLES.input, chip.Settings(copies=4).encoding()).sum((1, 2)),
    )


def test_verbs_play_the_task_that_a_student_learned(student, files, tmp_path, shell, monkeypatch):
    monkeypatch.setattr(chip_students, "PLAYED", 3)
    path, program = student.save(tmp_path / "student.npz"), tmp_path / "program.npz"
    assert shell("compile", path, "-o", program).code == 0
    judged = shell("validate", program, "--chips", 1, "--network", path, "--json")
    assert judged.code == 0, judged.err
    report = json.loads(judged.out)
    assert report["provenance"]["trials"] == 3
    assert [row["target"] for row in report["rows"]] == ["software", "simulated", "simulated"]
    played = tmp_path / "played.npz"
    asked = ("--input", TASK.name, "-o", played)
    ran = shell("run", program, "--board", "sim:seed=1", *asked)
    assert ran.code == 0 and "trial 2: " in ran.out
    assert any(f"trial 0: {said}" in ran.out for said in ("answer 0", "answer 1", "nothing"))
    assert Recording.load(played).hash == report["rows"][2]["recording"]
    assert "NO_ENCODING" in shell("run", files / "program.npz", *asked).err


def test_verbs_play_recordings_of_a_folder(tmp_path, shell, monkeypatch):
    """A network of the wake phrase knows its task; where that is, and its noise, it is told."""
    monkeypatch.setattr(chip_students, "PLAYED", 2)
    lists = {"train.json": 640, "dev.json": 12, "test.json": 12}
    folders = Folders(write_corpus(tmp_path, lists), tmp_path / "noise")
    write_wave(tmp_path / "noise" / "hum.wav", 0.1 * np.random.default_rng(0).standard_normal(9000))
    few = ["hidden=8", "outputs=2", "groups=1", "copies=2", "updates=1", "batch=2"]
    settings = settings_of("chip", "hey-snips", few)
    task = sequence_task("hey-snips", folders)
    net = chip.train(task, None, settings, np.random.default_rng(0), hardware=HARDWARE)
    path, program = net.save(tmp_path / "student.npz"), tmp_path / "program.npz"
    assert shell("compile", path, "-o", program).code == 0
    asked = ("--data", folders.data)

    def played(*words: object) -> str:
        done = shell("run", program, "--input", "hey-snips", *words, "-o", tmp_path / "r.npz")
        assert done.code == 0 and "trial 1: " in done.out, done.err
        return Recording.load(tmp_path / "r.npz").provenance["stimulus"]

    clean, noisy = played(*asked), played(*asked, "--noise", folders.noise)
    assert clean != noisy
    judged = shell("validate", program, "--chips", 0, *asked, "--json")
    assert judged.code == 0 and judged.json["provenance"]["trials"] == 2, judged.err
    study = ("--input", "hey-snips", "--cells", "nominal", "-o", tmp_path / "s", "--json")
    found = shell("robustness", path, *study, *asked)
    assert found.code == 0 and found.json["samples"] == 2, found.err
    for verb in (("run", program, "--input", "hey-snips"), ("validate", program)):
        missing = shell(*verb)
        assert "(DATA_MISSING)" in missing.err and "--data FOLDER" in missing.err
    for verb in (("run", program, "--verify"), ("run", program, "--input", path)):
        unused = shell(*verb, *asked)
        assert unused.code == 2 and "(DATA_UNUSED)" in unused.err


def test_a_student_with_analog_input_is_refused():
    with pytest.raises(InputError, match="--method chip") as caught:
        checked_network(ads_student())
    assert caught.value.code == "METHOD_TASK"


def test_a_file_of_a_student_is_compiled_like_one_of_a_network(student, tmp_path, shell):
    path, program = student.save(tmp_path / "student.npz"), tmp_path / "program.npz"
    assert load_network(path).hash == checked_network(student).hash
    assert shell("compile", path, "-o", program).code == 0
    refused = shell("compile", ads_student().save(tmp_path / "ads.npz"), "--dry-run")
    assert refused.code != 0 and "METHOD_TASK" in refused.err
    assert "FILE_WRONG_KIND" in shell("compile", program, "--dry-run").err


def test_a_cell_for_chips_refuses_networks_of_other_methods():
    cell, rules = Cell("chip", 1), PROTOCOLS["fair"]
    assert not applies(cell, "ads")
    with pytest.raises(InputError) as caught:
        under(ads_student(), cell, rules, np.random.default_rng(0))
    assert caught.value.code == "CELL"


def test_a_chip_as_measured_is_another_one_for_every_draw(student):
    rules = PROTOCOLS["fair"]
    one, other = (
        under(student, Cell("chip", 1), rules, np.random.default_rng(k))[0] for k in (1, 2)
    )
    assert one.hash != other.hash != student.hash
