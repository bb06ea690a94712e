"""Networks of a study that are trained several at a time."""

import _thread
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from time import monotonic
from typing import Any

import pytest
import torch

from analoop.deploy import learning, study_training
from analoop.deploy.study import study_methods
from analoop.deploy.study_training import Wanted, train_missing
from analoop.models import InputError
from analoop.models.bookmark import Bookmark, beside
from analoop.models.learning import bptt, chip
from analoop.models.learning.student import Student

from .students import TINY, some_teacher, student, study

DEADLINE_S = 60.0


OTHERS = {
    "bptt": bptt.Settings(neurons=8, updates=2, batch=2),
    "chip": chip.Settings(hidden=8, outputs=2, groups=2, copies=2, updates=2, batch=2),
}
"""Methods that use torch."""


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
        networks = wanted(folder, 2)
        networks += [Wanted(m, s, 0, folder / f"{m}-0.npz") for m, s in OTHERS.items()]
        train(networks, workers, lambda *news: told.append(news))
        assert {*folder.iterdir()} == {net.path for net in networks}
        hashes.append([Student.load(net.path).hash for net in networks])
    assert hashes[0] == hashes[1] and len(set(hashes[0])) == 4
    assert {planned for _, planned, _ in told} == {5}
    names = {words.split(":")[0] for *_, words in told}
    assert names == {f"training {name}" for name in ("ads 0", "ads 1", "bptt 0", "chip 0")}


@pytest.mark.usefixtures("few")
def test_networks_that_are_there_are_not_trained_again(tmp_path: Path):
    networks, told = wanted(tmp_path, 2), []
    there = student().save(networks[0].path).read_bytes()
    train(networks, 2, lambda *news: told.append(news))
    assert networks[0].path.read_bytes() == there and networks[1].path.exists()
    done = [done for done, *_ in told]
    assert min(done) > 2, "the teacher and the one that was there"
    assert done == sorted(done) and done[-1] == 3


def test_the_teacher_of_a_study_counts_as_a_network_and_by_its_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    updates, told = learning.teacher_settings("temporal-xor").updates, []

    def teacher_for(task: Any, seed: int, news: Any, mark: Bookmark) -> Any:
        news(updates // 2, 0.5)
        raise KeyboardInterrupt

    monkeypatch.setattr("analoop.deploy.study.teacher_for", teacher_for)
    with pytest.raises(KeyboardInterrupt):
        study_methods(tmp_path, study(), {"ads": TINY}, 1, lambda *news: told.append(news))
    assert told[1] == (0.5, 1 + 2, f"teacher: {updates // 2} of {updates}, loss 0.500")


@pytest.mark.usefixtures("few")
def test_a_study_of_methods_that_imitate_nobody_trains_no_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delattr("analoop.deploy.study.teacher_for")
    told = []
    asked = study(networks=1, draws=1)
    made = study_methods(tmp_path, asked, OTHERS, 1, lambda *news: told.append(news))
    assert not (tmp_path / "teacher.npz").exists()
    assert {s["method"] for s in made["summaries"]} == {*OTHERS}
    assert all("mse_target" in s["errors"] and "mse_teacher" not in s["errors"]
               for s in made["summaries"])  # fmt: skip
    assert {planned for _, planned, what in told if what.startswith("training")} == {2}


@pytest.mark.usefixtures("few")
def test_a_network_under_way_counts_by_its_share_and_its_news_are_called_what_they_are(
    tmp_path: Path,
):
    told = []
    train(wanted(tmp_path, 1), 1, lambda *news: told.append(news))
    shares = {words.partition(": ")[2].partition(",")[0]: done - 1 for done, _, words in told}
    assert shares == {f"{k} of {TINY.signals}": k / TINY.signals for k in range(1, 5)}
    assert "training ads 0: 4 of 4, reconstruction error" in told[-1][2]
    told.clear()
    train([Wanted("bptt", OTHERS["bptt"], 0, tmp_path / "b.npz")], 1, lambda *n: told.append(n))
    assert told[0][2].startswith("training bptt 0: 1 of 2, loss ") and told[0][0] == 1.5


def test_no_sample_is_drawn_for_networks_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nor is what a kill left beside them kept."""
    (network,) = wanted(tmp_path, 1)
    student().save(network.path)
    beside(network.path).write_bytes(b"left")
    monkeypatch.setattr("analoop.deploy.bookmarks._task", lambda task: pytest.fail("drawn"))
    train([network], 1)
    assert {*tmp_path.iterdir()} == {network.path}


def test_as_many_are_trained_at_a_time_as_there_are_workers_with_a_thread_of_torch_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    together, threads = Barrier(2, timeout=DEADLINE_S), []

    def meet(*given: Any) -> Student:
        together.wait()
        threads.append(torch.get_num_threads())
        return student()

    monkeypatch.setattr(study_training, "train_student", meet)
    before = threads_of_torch()
    train(wanted(tmp_path, 2), 2)
    assert threads == [1, 1] and threads_of_torch() == before


def threads_of_torch() -> int:
    """In a thread that asks for the first time."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


@pytest.mark.parametrize("error", [InputError("no", code="DIVERGED"), OSError("full")])
def test_where_one_fails_the_others_stop_at_their_next_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    begun, under_way = [], Event()

    def learn(task: Any, method: Any, settings: Any, teacher: Any, seed: Any, news: Any, mark: Any):
        begun.append(seed[1])
        if seed[1] == 1:
            under_way.wait(DEADLINE_S)
            raise error
        return endless(news, under_way)

    monkeypatch.setattr(study_training, "train_student", learn)
    with pytest.raises(type(error), match=str(error)) as caught:
        train(wanted(tmp_path, 4), 2)
    if isinstance(error, InputError):
        assert str(caught.value) == "ads 1: no"
    assert sorted(begun) == [0, 1] and not any(tmp_path.iterdir())


def test_ctrl_c_stops_all_at_their_next_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    begun, under_way = [], Event()

    def learn(task: Any, method: Any, settings: Any, teacher: Any, seed: Any, news: Any, mark: Any):
        begun.append(seed[1])
        if len(begun) == 2:
            _thread.interrupt_main()
        return endless(news, under_way)

    monkeypatch.setattr(study_training, "train_student", learn)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            train(wanted(tmp_path, 4), 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert sorted(begun) == [0, 1] and not any(tmp_path.iterdir())


def endless(news: Callable[[int, float], None], under_way: Event) -> Student:
    """A training that only its news can end."""
    end = monotonic() + DEADLINE_S
    while monotonic() < end:
        news(1, 0.5)
        under_way.set()
    return student()


def test_another_training_is_refused_before_anything_is_trained(tmp_path: Path):
    networks = wanted(tmp_path, 2)
    other = Bookmark(beside(networks[1].path), {"what": "else"}, every_s=0.0)
    other.keep({"done": 1}, None)
    told = []
    with pytest.raises(InputError, match="of other") as caught:
        train(networks, 1, lambda *news: told.append(news))
    assert caught.value.code == "OTHER_TRAINING" and not told
