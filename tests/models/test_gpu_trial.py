"""Whether a GPU is taken unasked; 'cpu' stands for its code where there is none."""

from functools import partial

import numpy as np
import pytest

from analoop.models import gpu, gpu_trial, runner
from analoop.models.gpu_trial import Trial, same, small_sheet, trial
from analoop.models.parameters import DENDRITES
from analoop.models.runner import Runner

from .sheets import PLAIN, drive_of, sheet_of, wiring_of


def test_a_gpu_that_plays_what_the_processor_plays_is_not_doubted():
    found = trial("cpu")
    assert found.doubt == ""
    assert found.gpu_step_s > 0 and found.neuron_step_s > 0


def test_what_is_compared_has_spikes_of_both_kinds_of_somas():
    c, wires, events = small_sheet(gpu_trial.NEURONS // 2)
    assert tuple(c.decay) == DENDRITES and c.most_pieces > 1
    fired = np.bincount(Runner().run(c, wires, events).neuron, minlength=gpu_trial.NEURONS)
    halves = fired.reshape(2, -1)
    assert ((halves > 0).sum(1) > gpu_trial.NEURONS // 8).all()


def test_a_single_other_spike_is_seen():
    ran = Runner().run(*small_sheet(0))
    assert same(ran, ran)
    other = ran.neuron.copy()
    other[len(other) // 2] += 1
    assert not same(ran, ran._replace(neuron=other))
    assert not same(ran, ran._replace(within=ran.within + 1e-8))
    fewer = {n: getattr(ran, n)[:-1] for n in ("chip", "trial", "step", "neuron", "within")}
    assert not same(ran, ran._replace(**fewer))


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda *a, **k: Runner().run(*small_sheet(1)), "its spikes are not the processor's"),
        (lambda *a, **k: 1 / 0, "it failed: ZeroDivisionError: division by zero"),
    ],
)
def test_a_gpu_that_errs_or_fails_is_doubted_and_never_taken(monkeypatch, broken, why: str):
    monkeypatch.setattr(gpu, "run", broken)
    found = trial("cpu")
    assert found.doubt == why
    assert not found.takes(10**12)


def test_it_is_taken_where_it_is_faster_by_the_trial(monkeypatch):
    monkeypatch.setattr(gpu_trial, "processors", lambda: 4)
    found = Trial("", 1e-3, 1e-8)
    assert not found.takes(700_000) and found.takes(900_000)


@pytest.fixture
def large():
    """A sheet just large enough to try a GPU for."""
    chips = runner.LEAST_ON_GPU // 10
    return sheet_of([PLAIN] * 5), wiring_of(5, 2, chips), drive_of([20, 30], 5, 2)


@pytest.fixture
def there(monkeypatch):
    """A GPU by its code on the processor, as good as the test says."""
    monkeypatch.setattr(runner, "has_gpu", lambda: True)
    monkeypatch.setattr(gpu, "run", partial(gpu.run, device="cpu"))
    return lambda found: monkeypatch.setattr(runner, "gpu_trial", lambda: found)


GOOD = Trial("", 1e-9, 1e-8)


def test_a_large_sheet_goes_to_a_good_gpu_unasked_and_the_run_says_so(there, large):
    there(GOOD)
    ran = Runner().run(*large)
    assert ran.runner == "torch cpu double"
    assert same(ran, Runner(device="cpu").run(*large)) or not len(ran.neuron)


@pytest.mark.parametrize(
    "asked", [Runner(device="cpu"), Runner(compiled=True), Runner(workers=1)], ids=repr
)
def test_it_is_not_taken_by_who_asked_for_something_else(there, large, asked: Runner):
    there(GOOD)
    assert asked.run(*large).runner == "numba double"


def test_a_small_sheet_does_not_even_try_it(monkeypatch, large):
    monkeypatch.setattr(runner, "has_gpu", lambda: True)
    monkeypatch.setattr(runner, "gpu_trial", lambda: pytest.fail("tried"))
    c, _, events = large
    assert Runner().run(c, wiring_of(5, 2), events).runner == "numba double"


def test_a_doubted_gpu_is_not_taken_and_a_warning_says_why(monkeypatch, large):
    monkeypatch.setattr(runner, "has_gpu", lambda: True)
    monkeypatch.setattr(gpu_trial, "trial", lambda: Trial("it failed: no", np.inf, 1e-8))
    runner.gpu_trial.cache_clear()
    try:
        with pytest.warns(UserWarning, match="the GPU is not used: it failed: no"):
            assert Runner().run(*large).runner == "numba double"
    finally:
        runner.gpu_trial.cache_clear()
