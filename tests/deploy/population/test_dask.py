"""Sweeps on other processes: a cluster of this machine, one worker killed on the way."""

import os
import signal
from collections.abc import Iterator

import pytest

from analoop.deploy import compile, validate
from analoop.deploy.population.rows import Row
from analoop.deploy.population.sweep import Job, rows_of
from analoop.deploy.population.targets import sampled
from analoop.deploy.validation import Sweep
from analoop.models import InputError

from ..networks import ring, spike_trains

distributed = pytest.importorskip("distributed", reason="needs the extra 'scale'")

PROGRAM = compile(ring(3))
STIMULUS = spike_trains(1, trials=4, seed=3, rate_hz=300.0)
CHIPS = sampled(32, 0)


@pytest.fixture
def cluster() -> Iterator:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as running:
        yield running


@pytest.mark.filterwarnings("ignore")
def test_a_worker_killed_in_mid_sweep_loses_nothing_and_counts_nothing_twice(cluster):
    alone = validate(PROGRAM, STIMULUS, CHIPS)
    with distributed.Client(cluster) as client:
        workers = list(client.run(os.getpid).values())
    heard: list[str] = []

    def kill_one(done: int, planned: int, row: Row) -> None:
        if done == 3:
            os.kill(workers[0], signal.SIGKILL)
        heard.append(row.name)

    how = Sweep(scheduler=cluster.scheduler_address, progress=kill_one)
    spread = validate(PROGRAM, STIMULUS, CHIPS, how=how)
    assert spread.rows == alone.rows
    assert heard == [row.name for row in alone.rows]


def test_a_scheduler_that_is_not_there_is_a_typed_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analoop.deploy.population.sweep.WAIT_S", 0.5)
    with pytest.raises(InputError) as caught:
        list(rows_of(Job(PROGRAM, STIMULUS), CHIPS[:1], "tcp://127.0.0.1:9"))
    assert caught.value.code == "NO_SCHEDULER"


@pytest.mark.filterwarnings("ignore")
def test_a_worker_with_other_versions_is_refused(cluster, monkeypatch: pytest.MonkeyPatch):
    ours = {"numpy": "0.0"}
    monkeypatch.setattr("analoop.deploy.population.sweep.versions", lambda: ours)
    with pytest.raises(InputError, match=r"numpy .* \(here 0.0\)") as caught:
        list(rows_of(Job(PROGRAM, STIMULUS), CHIPS[:1], cluster.scheduler_address))
    assert caught.value.code == "OTHER_VERSIONS"


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_without_workers_says_how_to_start_some(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analoop.deploy.population.sweep.WAIT_S", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as running,
        pytest.raises(InputError, match="dask worker") as caught,
    ):
        list(rows_of(Job(PROGRAM, STIMULUS), CHIPS[:1], running.scheduler_address))
    assert caught.value.code == "NO_SCHEDULER"
