"""Networks of a study that are trained several at a time."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
import torch

from analoop.deploy import learning, study_training
from analoop.deploy.study_training import Wanted, train_missing
from analoop.models import InputError
from analoop.models.learning.student import Student

from .students import TINY, some_teacher, student, study

DEADLINE_S = 60.0


def wanted(folder: Path, networks: int) -> list[Wanted]:
    return [Wanted("ads", TINY, k, folder / f"ads-{k}.npz") for k in range(networks)]


def train(networks: list[Wanted], workers: int, tell: Callable = lambda *news: None) -> None:
    train_missing(study(), some_teacher(), networks, workers, tell)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "TESTED", 4)


@pytest.mark.usefixtures("few")
def test_networks_do_not_depend_on_how_many_are_trained_at_a_time(tmp_path: Path):
    hashes, told = [], []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        train(wanted(folder, 3), workers, lambda *news: told.append(news))
        assert {file.name for file in folder.iterdir()} == {f"ads-{k}.npz" for k in range(3)}
        hashes.append([Student.load(net.path).hash for net in wanted(folder, 3)])
    assert hashes[0] == hashes[1] and len(set(hashes[0])) == 3
    assert {planned for _, planned, _ in told} == {4}
    assert {words.split(":")[0] for *_, words in told} == {f"training ads {k}" for k in range(3)}


@pytest.mark.usefixtures("few")
def test_networks_that_are_there_are_not_trained_again(tmp_path: Path):
    networks, told = wanted(tmp_path, 2), []
    there = student().save(networks[0].path).read_bytes()
    train(networks, 2, lambda *news: told.append(news))
    assert networks[0].path.read_bytes() == there and networks[1].path.exists()
    assert {done for done, *_ in told} == {2}, "the teacher and the one that was there"


def test_as_many_are_trained_at_a_time_as_there_are_workers_each_on_one_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    together, threads = Barrier(2, timeout=DEADLINE_S), []

    def meet(*given: Any) -> Student:
        together.wait()
        threads.append(torch.get_num_threads())
        return student()

    monkeypatch.setattr(study_training, "train_student", meet)
    before = torch.get_num_threads()
    train(wanted(tmp_path, 2), 2)
    assert threads == [1, 1] and torch.get_num_threads() == before


@pytest.mark.parametrize("error", [InputError("no", code="DIVERGED"), KeyboardInterrupt()])
def test_where_one_fails_the_others_stop_at_their_next_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    begun = []

    def learn(task: Any, method: Any, settings: Any, teacher: Any, seed: Any, news: Any, mark: Any):
        begun.append(seed[1])
        if seed[1] == 1:
            raise error
        end = monotonic() + DEADLINE_S
        while monotonic() < end:
            news(1, 0.5)
        return student()

    monkeypatch.setattr(study_training, "train_student", learn)
    with pytest.raises(type(error)) as caught:
        train(wanted(tmp_path, 4), 2)
    assert caught.value is error and sorted(begun) == [0, 1]
    assert not any(tmp_path.iterdir())
