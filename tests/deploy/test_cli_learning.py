"""`analoop train`, and what it and `robustness` refuse alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analoop.deploy import cli_learning, learning, training
from analoop.models.bookmark import Bookmark
from analoop.models.errors import InputError
from analoop.models.learning.student import Student
from analoop.models.learning.teacher import TeacherSettings
from analoop.models.tasks import synth_snips

from ..snips_corpus import write_corpus, write_wave
from .command import Shell
from .students import some_teacher, student

Said = list[list[tuple[int, int, str]]]
XOR = ("train", "temporal-xor", "--method")
STUDY = ("robustness", "temporal-xor", "--method")
TINY = {
    "reservoir": ("liquids=1", "neurons=8", "substeps=1", "samples=2"),
    "force": ("neurons=20", "epochs=9", "samples=2", "validation=1", "patience=1"),
}


def changed(*words: str) -> list[str]:
    return [part for word in words for part in ("--set", word)]


@pytest.fixture
def teachers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tasks that a teacher is trained for; it costs nothing."""
    asked: list[str] = []

    def teacher_for(task: Any, seed: int, news: Any, bookmark: Bookmark):
        asked.append(task.name)
        planned = learning.teacher_settings(task.name).updates
        for done in (1, planned):
            news(done, 0.5)
        return some_teacher()

    monkeypatch.setattr(learning, "teacher_for", teacher_for)
    monkeypatch.setattr(learning, "TESTED", 4)
    monkeypatch.setattr(learning, "VALIDATED", 4)
    return asked


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What each bar was told."""
    bars: Said = []

    @contextmanager
    def study(quiet: bool) -> Iterator[Any]:
        bars.append([])
        yield lambda *news: bars[-1].append(news)

    monkeypatch.setattr(cli_learning.progress, "study", study)
    return bars


@pytest.mark.parametrize(
    ("method", "words", "number"),
    [
        ("ads", (), 1),
        ("ads-batched", (), 1),
        ("force", (), 1),
        ("bptt", ("teacher_init=true",), 1),
        ("robust", ("teacher_init=true",), 1),
        ("bptt", (), 0),
        ("robust", (), 0),
        ("reservoir", (), 0),
        ("chip", (), 0),
    ],
)
def test_a_teacher_is_trained_where_it_is_looked_at_only(
    shell: Shell, tmp_path: Path, monkeypatch, teachers: list[str], method, words, number: int
):
    given = []

    def train_student(task: Any, method: str, settings: Any, teacher: Any, *more: Any) -> Student:
        given.append(teacher)
        made = {"method": method, "test_accuracy": 1.0, "test_samples": 1, "rate_hz": 1.0}
        return replace(student(), provenance=made)

    monkeypatch.setattr(learning, "train_student", train_student)
    done = shell(*XOR, method, *changed(*words), "-o", tmp_path / "s.npz")
    assert done.code == 0 and len(teachers) == number
    assert [teacher is not None for teacher in given] == [bool(number)]


def test_progress_counts_what_is_done_of_what_is_planned(
    shell: Shell, tmp_path: Path, teachers: list[str], said: Said
):
    """In bars of their own for the teacher and the student; force ends before its nine epochs."""
    out = tmp_path / "s.npz"
    assert shell(*XOR, "reservoir", *changed(*TINY["reservoir"]), "-o", out).code == 0
    (bar,) = said
    assert [news[:2] for news in bar] == [(1, 2), (2, 2), (2, 2), (2, 2)]
    learning_it, learned, tested, done = (news[2] for news in bar)
    assert "target variance" in learning_it and "done" in done
    assert learned == tested and "now it is tested" in tested
    said.clear()
    assert shell(*XOR, "force", *changed(*TINY["force"]), "-o", out).code == 0
    teacher, bar = said
    updates = learning.teacher_settings("temporal-xor").updates
    assert [news[:2] for news in teacher] == [(1, updates), (updates, updates)]
    assert {planned for _, planned, _ in bar} == {18} and "squared error" in bar[0][2]
    done = [news[0] for news in bar]
    assert done[:4] == [1, 2, 3, 4] and done[-1] == 18 > done[-2] + 1


class Killed(BaseException):
    """Instead of the signal that nothing can catch."""


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Ask for a training that is killed at some words and so many of what is done."""
    monkeypatch.setattr("analoop.deploy.bookmarks.Bookmark", partial(Bookmark, every_s=0.0))

    def killed(shell: Shell, words: str, at: int, *asked: object) -> None:
        def tell(done: int, planned: int, what: str) -> None:
            if what.startswith(words) and done == at:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(cli_learning.progress, "study", lambda quiet: nullcontext(tell))
            shell(*asked)

    return killed


ADS = (*XOR, "ads", *changed("neurons=20", "signals=6", "epoch=2", "validation=1"))


def test_a_training_that_was_killed_goes_on_in_its_place(
    shell: Shell, tmp_path: Path, kill, teachers: list[str], said: Said
):
    """Behind the network no file is left."""
    (tmp_path / "whole").mkdir()
    out, whole = tmp_path / "s.npz", tmp_path / "whole" / "s.npz"
    assert shell(*ADS, "-o", whole).code == 0
    kill(shell, "ads", 4, *ADS, "-o", out)
    assert {f.name for f in tmp_path.iterdir()} == {"whole", "s.npz.part"}
    said.clear()
    assert shell(*ADS, "-o", out).code == 0
    assert [news[0] for news in said[-1]] == [3, 4, 5, 6, 6, 6]
    assert Student.load(out).hash == Student.load(whole).hash
    assert not list(tmp_path.rglob("*.part"))


def test_what_another_training_left_is_refused_before_a_teacher_is_trained(
    shell: Shell, tmp_path: Path, kill, teachers: list[str]
):
    out = tmp_path / "s.npz"
    kill(shell, "ads", 4, *ADS, "-o", out)
    kept = tmp_path / "s.npz.part"
    before, teachers[:] = kept.read_bytes(), []
    other = shell(*ADS, *changed("rate=0.1"), "--seed", 1, "-o", out)
    assert (
        other.code == 2 and "(OTHER_TRAINING)" in other.err and "of other rate, seed" in other.err
    )
    assert str(kept) in other.err and "delete" in other.err and not teachers
    assert kept.read_bytes() == before and not out.exists()


def test_a_teacher_that_was_killed_goes_on_and_is_left_alone_by_methods_without_one(
    shell: Shell, tmp_path: Path, kill, monkeypatch
):
    few = TeacherSettings(units=8, updates=5, batch=2)
    monkeypatch.setattr(learning, "teacher_settings", lambda task: few)
    monkeypatch.setattr(learning, "TESTED", 4)
    out, kept = tmp_path / "s.npz", tmp_path / "s.npz.teacher.part"
    kill(shell, "teacher", 4, *ADS, "-o", out)
    before = kept.read_bytes()
    assert shell(*XOR, "reservoir", *changed(*TINY["reservoir"]), "-o", out).code == 0
    assert kept.read_bytes() == before
    other = shell(*ADS, "--seed", 1, "-o", out)
    assert other.code == 2 and str(kept) in other.err and "of other seed" in other.err
    assert shell(*ADS, "-o", out).code == 0 and not kept.exists()


def test_behind_a_training_that_diverged_nothing_is_in_the_way(
    shell: Shell, tmp_path: Path, kill, teachers: list[str]
):
    out = tmp_path / "s.npz"
    few = ("neurons=8", "updates=11", "batch=2", "teacher_init=true")
    kill(shell, "bptt", 11, *XOR, "bptt", *changed(*few, "learning_rate=1e20"), "-o", out)
    assert (tmp_path / "s.npz.part").exists()
    wild = shell(*XOR, "bptt", *changed(*few, "learning_rate=1e20"), "-o", out)
    assert wild.code == 2 and "(DIVERGED)" in wild.err and not list(tmp_path.iterdir())
    assert shell(*XOR, "bptt", *changed(*few), "--seed", 1, "-o", out).code == 0


def test_a_network_for_the_chip_that_was_killed_goes_on(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(training, "Bookmark", partial(Bookmark, every_s=0.0))
    asked = ("train", "japanese-vowels", "--epochs", 2, "--hidden", 4, "--mismatch", 0, "-o")
    whole, out = shell(*asked, tmp_path / "whole.npz", "--json").json, tmp_path / "s.npz"

    def tell(epoch: int, loss: float, accuracy: float) -> None:
        if epoch == 1:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(cli_learning.progress, "epochs", lambda quiet, total: nullcontext(tell))
        shell(*asked, out)
    assert (tmp_path / "s.npz.part").exists()
    again = shell(*asked, out, "--json")
    assert again.json["network"] == whole["network"] and again.err.count("epoch ") == 1
    assert not (tmp_path / "s.npz.part").exists()


def test_hey_snips_is_trained_and_studied_with_its_folder(
    shell: Shell, tmp_path: Path, teachers: list[str]
):
    data = write_corpus(tmp_path, {"train.json": 120, "dev.json": 12, "test.json": 12})
    out = tmp_path / "s.npz"
    train = ("train", "hey-snips", "--method", "reservoir", *changed(*TINY["reservoir"]), "-o", out)
    done = shell(*train, "--data", data)
    assert done.code == 0 and "of 4 samples" in done.out, done.err
    net = Student.load(out)
    assert net.task == "hey-snips" and net.provenance["settings"]["input_gain"] == 300.0
    asked = ("robustness", out, "-o", tmp_path / "study", "--samples", 2, "--draws", 1)
    refused = shell(*asked)
    assert "(DATA_MISSING)" in refused.err and "--data" in refused.err
    found = shell(*asked, "--data", tmp_path, "--json").json
    assert found["task"] == "hey-snips" and found["rows"] > 10


def test_noise_of_hey_snips_is_in_what_is_trained_and_studied_and_both_say_so(
    shell: Shell, tmp_path: Path, teachers: list[str]
):
    write_corpus(tmp_path, {"train.json": 120, "dev.json": 12, "test.json": 12})
    noise = tmp_path / "noise"
    write_wave(noise / "hum.wav", 0.1 * np.random.default_rng(0).standard_normal(100_000))
    train = ("train", "hey-snips", "--method", "reservoir", *changed(*TINY["reservoir"]))
    nets = {name: tmp_path / f"{name}.npz" for name in ("clean", "noisy")}
    assert shell(*train, "--data", tmp_path, "-o", nets["clean"]).code == 0
    assert shell(*train, "--data", tmp_path, "--noise", noise, "-o", nets["noisy"]).code == 0
    clean, noisy = (Student.load(file) for file in nets.values())
    assert clean.hash != noisy.hash and noisy.provenance["noise_snr_db"] == 10.0
    assert "noise_snr_db" not in clean.provenance
    asked = ("robustness", nets["noisy"], "-o", tmp_path / "study", "--samples", 2, "--draws", 1,
             "--cells", "nominal", "--data", tmp_path)  # fmt: skip
    done = shell(*asked, "--noise", noise)
    assert done.out.startswith("SIMULATED: hey-snips with noise, 10 dB, protocol fair"), done.err
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert "hey-snips with noise, 10 dB</h1>" in page and "--data FOLDER --noise FOLDER" in page
    assert "(OTHER_STUDY)" in shell(*asked).err, "a study without noise is another one"


def test_a_network_without_noise_is_none_of_a_study_with_it(
    shell: Shell, tmp_path: Path, teachers: list[str]
):
    write_corpus(tmp_path, {"train.json": 120, "dev.json": 12, "test.json": 12})
    noise = tmp_path / "noise"
    write_wave(noise / "hum.wav", 0.1 * np.random.default_rng(0).standard_normal(100_000))
    few = [word for setting in TINY["reservoir"] for word in ("--set", setting)]
    asked = ("robustness", "hey-snips", "--method", "reservoir", "--networks", 1, "--samples", 2,
             "--cells", "nominal", *few, "--data", tmp_path, "-o")  # fmt: skip
    assert shell(*asked, tmp_path / "clean").code == 0
    networks = tmp_path / "noisy" / "networks"
    networks.mkdir(parents=True)
    (tmp_path / "clean" / "networks" / "reservoir-0.npz").rename(networks / "reservoir-0.npz")
    refused = shell(*asked, tmp_path / "noisy", "--noise", noise)
    assert "(OTHER_NETWORK)" in refused.err and "differ in noise_snr_db" in refused.err


def test_a_loss_is_called_so_and_no_number_is_said_where_there_is_none(
    shell: Shell, tmp_path: Path, kill, teachers: list[str], said: Said
):
    """A training that goes on behind its last update has none."""
    out, few = tmp_path / "s.npz", changed("neurons=8", "updates=2", "batch=2")
    kill(shell, "bptt", 2, *XOR, "bptt", *few, "-o", out)
    assert shell(*XOR, "bptt", *few, "-o", out).code == 0
    words = [what for *_, what in said[-1]]
    assert words[0].startswith("bptt: loss ") or words[0] == "bptt: now it is tested"
    assert not any("nan" in what or "error" in what for what in words)


def test_without_a_method_a_network_that_compiles_is_trained(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = []

    def train_student(task: Any, method: str, *more: Any) -> Student:
        asked.append((task.name, method))
        made = {"method": method, "test_accuracy": 1.0, "test_samples": 1, "rate_hz": 1.0}
        return replace(student(), provenance=made)

    monkeypatch.setattr(learning, "train_student", train_student)
    assert shell("train", "temporal-xor-apart", "-o", tmp_path / "s.npz").code == 0
    assert asked == [("temporal-xor-apart", "chip")]


def test_that_samples_are_made_is_said_unless_it_is_to_be_quiet(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It takes minutes."""

    def make(part: str, settings: Any) -> Any:
        raise InputError(f"no {part} samples", code="SPEECH")

    monkeypatch.setattr(synth_snips, "make", make)
    monkeypatch.setenv("ANALOOP_CACHE", str(tmp_path))
    for verb, part in (("train", "2000 train"), ("robustness", "1000 test")):
        asked = (verb, "synth-snips", "-o", tmp_path / verb)
        loud, quiet = shell(*asked), shell(*asked, "-q")
        assert "(SPEECH)" in loud.err and "(SPEECH)" in quiet.err
        assert loud.err.count(f"making {part} samples of synth-snips, once") == 1
        assert "making" not in quiet.err


ALL = ("temporal-xor", "temporal-xor-apart", "synth-snips", "hey-snips")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("train", "nonsense"), "UNKNOWN_TASK", ("japanese-vowels", *ALL)),
        (("train", "nonsense", "--method", "ads"), "UNKNOWN_TASK", ("japanese-vowels", *ALL)),
        (("train", "japanese-vowels", "--method", "ads"), "METHOD_TASK", ALL),
        (("train", "hey-snips", "--method", "ads"), "DATA_MISSING", ("--data", "synth-snips")),
        (("train", "hey-snips", "--data", "."), "DATA_MISSING", ("train.json",)),
        (("train", "temporal-xor", "--data", "."), "DATA_UNUSED", ("leave out", "hey-snips")),
        (("train", "japanese-vowels", "--data", "."), "DATA_UNUSED", ("leave out", "hey-snips")),
        (("train", "synth-snips", "--noise", "."), "DATA_UNUSED", ("leave out --noise",)),
        (("train", "hey-snips", "--noise", "."), "DATA_MISSING", ("--data",)),
        (("robustness", "temporl-xor"), "FILE_MISSING", (*ALL, "files")),
        (("robustness", "japanese-vowels"), "METHOD_TASK", (*ALL, "files of its networks")),
        (("robustness", "temporal-xor", "bptt"), "METHOD_TASK", ("bptt", "--method")),
        (("robustness", "bptt", "temporal-xor"), "METHOD_TASK", ("bptt", "--method")),
        (("robustness", "temporal-xor", "--data", "."), "DATA_UNUSED", ("leave out",)),
        (("robustness", "hey-snips"), "DATA_MISSING", ("--data",)),
        ((*XOR, "ads", "--set", "tau_mem_s=0"), "SETTING", ("tau_mem_s", "above 0")),
        ((*XOR, "reservoir", "--set", "tau_range_s=0:0.1"), "SETTING", ("tau_range_s",)),
        ((*XOR, "force", "--set", "density=0"), "SETTING", ("density", "above 0")),
        ((*XOR, "chip", "--set", "silenced=2"), "SETTING", ("silenced", "at most 1")),
        ((*XOR, "bptt", "--set", "outputs=analog"), "UNKNOWN_OUTPUTS", ("graded",)),
        (("robustness", "temporal-xor", "--set", "ads.tau_slow_s=0"), "SETTING", ("tau_slow_s",)),
        ((*STUDY, "ads", "--set", "tau_slow_s=0"), "SETTING", ("tau_slow_s", "above 0")),
        ((*STUDY, "ads,force", "--set", "density=0"), "SETTING", ("METHOD.NAME", "ads, force")),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out_before_anything_is_trained(
    shell: Shell, tmp_path: Path, monkeypatch, teachers: list[str], words, code: str, says
):
    monkeypatch.chdir(tmp_path)
    done = shell(*words, "-o", tmp_path / "out")
    assert done.code == 2 and f"({code})" in done.err and not done.out
    assert all(word in done.err for word in says), done.err
    assert not teachers and not list(tmp_path.iterdir())
