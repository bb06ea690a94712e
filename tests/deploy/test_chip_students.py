"""Students for the chip, compiled and played."""

import numpy as np
import pytest

from analoop.deploy.chip_students import (
    checked_network,
    load_network,
    on_boards,
    output_of,
    stimulus_of,
)
from analoop.deploy.compilation import compile
from analoop.deploy.execution import run_virtual
from analoop.deploy.learning import HARDWARE
from analoop.deploy.perturbations import PROTOCOLS, Cell, applies, under
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.errors import InputError
from analoop.models.learning import chip
from analoop.models.learning.spike_encoding import spike_counts
from analoop.models.tasks.temporal_xor import temporal_xor

from .students import student as ads_student

TASK = temporal_xor()
SAMPLES = TASK.draw("test", 4, np.random.default_rng(3))


@pytest.fixture(scope="module", params=[1, 3], ids=["one group", "three groups"])
def student(request: pytest.FixtureRequest):
    settings = chip.Settings(
        hidden=32, outputs=4, groups=request.param, copies=4, updates=12, batch=4
    )
    return chip.train(TASK, None, settings, np.random.default_rng(0), hardware=HARDWARE)


def test_a_board_without_mismatch_answers_as_the_student_does(student):
    program = compile(checked_network(student))
    (recording,) = run_virtual(program, [VirtualBoard()], stimulus_of(student, SAMPLES))
    ours = chip.respond(student, SAMPLES.input)
    assert ours.rate_hz.min() > 1
    assert np.abs(output_of(student, recording) - ours.output).max() < 0.1
    rows = on_boards(student, TASK, SAMPLES, [VirtualBoard(), VirtualBoard(1)], program)
    assert rows[0].recording == recording.hash != rows[1].recording
    assert rows[0].rate_hz == pytest.approx(ours.rate_hz.mean(), rel=0.02)


def test_every_input_spike_is_an_event(student):
    stimulus = stimulus_of(student, SAMPLES)
    assert stimulus.n_channels == 8 and stimulus.n_trials == 4
    counts = stimulus.counts(1000)
    np.testing.assert_array_equal(
        counts.sum((1, 2)),
        spike_counts(SAMPLES.input, chip.Settings(copies=4).encoding()).sum((1, 2)),
    )


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
