"""Numbers that nothing can be trained with are refused when settings are made."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from analoop.models import InputError
from analoop.models.learning.methods import METHODS
from analoop.models.learning.teacher import TeacherSettings

TEACHER = TeacherSettings()


def usual(method: str) -> Any:
    return TEACHER if method == "teacher" else METHODS[method].settings_for("temporal-xor")


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        *(("ads", name, 0.0) for name in ("tau_mem_s", "tau_slow_s", "tau_fast_s")),
        *(("force", name, 0.0) for name in ("tau_mem_s", "tau_syn_s", "density")),
        *(("reservoir", name, 0.0) for name in ("tau_input_s", "tau_out_s", "penalty")),
        *(("chip", f"tau_{name}_s", 0.0) for name in ("mem", "ampa", "nmda", "gaba")),
        ("chip", "input_full", 0.0),
        ("bptt", "least_tau_s", 0.0),
        ("robust", "least_tau_s", -0.01),
        ("teacher", "least_tau_s", 0.0),
        ("reservoir", "tau_range_s", (0.1, 0.0)),
        ("teacher", "tau_range_s", (0.0, 0.1)),
        *((method, "density", 1.1) for method in ("force", "reservoir")),
        ("ads", "rate_left", 1.5),
        *((m, n, v) for m in ("robust", "chip") for n in ("silenced", "quantized_from")
          for v in (2.0, -0.1)),
        *(("chip", name, 1.01) for name in ("dead_words", "grown_at")),
        *((method, "neurons", 0) for method in ("ads", "force", "reservoir", "bptt", "robust")),
        ("robust", "bits", -1),
        ("ads", "gain", -1.0),
        ("ads", "feedback", (75.0, -1.0)),
        *((method, "bias", float("nan")) for method in ("bptt", "teacher")),
        ("ads", "rate", float("inf")),
        *((method, "neurons", 20.5) for method in ("ads", "bptt")),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_refused_by_name(method: str, name: str, value: Any):
    with pytest.raises(InputError, match=f"setting {name} is .*: give a value like") as caught:
        replace(usual(method), **{name: value})
    assert caught.value.code == "SETTING"


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        *(("chip", name, 0.0) for name in ("input_adapt_s", "input_knee", "silenced")),
        *((method, "t_ref_s", 0.0) for method in ("force", "reservoir")),
        ("ads", "rate_left", 0.0),
        ("force", "density", 1.0),
        ("force", "bias_mv", 3.0),
        ("bptt", "bias", -1.0),
        ("robust", "silenced", 1),
        ("robust", "mismatch", 1.5),
        ("chip-2-bits", "bits", 0),
        ("chip", "start_hz", (0.0, 4.0)),
    ],
)
def test_what_switches_a_thing_off_and_ends_of_ranges_are_kept(method: str, name: str, value: Any):
    assert asdict(replace(usual(method), **{name: value}))[name] == value


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        replace(usual("robust"), silenced=-1.0, noise=-1.0, learning_rate=float("inf"))
    assert all(name in str(caught.value) for name in ("noise", "learning_rate"))


@pytest.mark.parametrize("task", ["temporal-xor", "synth-snips", "hey-snips"])
@pytest.mark.parametrize("method", METHODS)
def test_the_settings_of_every_method_can_be(method: str, task: str):
    assert METHODS[method].settings_for(task).planned >= 1
