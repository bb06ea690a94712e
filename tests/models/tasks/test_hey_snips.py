"""The loader of the real corpus, on a small one of the same layout."""

from pathlib import Path

import numpy as np
import pytest

from analoop.models.errors import FileError, InputError
from analoop.models.tasks import hey_snips as loader
from analoop.models.tasks.front_end import RATE_HZ, filtered
from analoop.models.tasks.hey_snips import hey_snips
from analoop.models.tasks.samples import SequenceTask

from ...snips_corpus import clip, write_corpus, write_wave


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """See `write_corpus`."""
    return write_corpus(tmp_path)


@pytest.fixture
def noise_folder(tmp_path: Path) -> Path:
    generator = np.random.default_rng(3)
    for name in ("kitchen/ch01.wav", "street/ch01.wav"):
        write_wave(tmp_path / "noise" / name, 0.1 * generator.uniform(-1, 1, 10 * RATE_HZ))
    return tmp_path / "noise"


def task_of(folder: Path, **options) -> SequenceTask:
    return hey_snips(folder, np.random.default_rng(0), **options)


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("above", [False, True])
def test_samples_are_balanced_5_s_long_and_have_16_channels(corpus: Path, above: bool):
    task = task_of(corpus.parent if above else corpus)
    assert (task.name, task.channels, task.steps, task.signed) == ("hey-snips", 16, 5000, False)
    samples = task.draw("test", 6, generator())
    assert samples.input.shape == (6, 5000, 16) and samples.label.sum() == 3
    positive = samples.label == 1
    np.testing.assert_array_equal(samples.target[positive].max(axis=1), 1)
    assert not samples.target[~positive].any()


def test_a_clip_stands_in_silence_and_the_target_follows_its_onset(corpus: Path):
    samples = task_of(corpus).draw("test", 6, generator())
    for k in np.flatnonzero(samples.label):
        onset = np.flatnonzero(samples.input[k].any(axis=1))[0]
        assert 1200 <= onset <= 2700
        peak = samples.target[k].argmax()
        assert onset + 450 < peak < onset + 650  # the tone lasts 500 steps
        assert samples.target[k, : onset - 200].max() < 1e-6


def test_a_sample_is_the_front_end_of_the_clip_at_peak_1(corpus: Path):
    samples = task_of(corpus).draw("test", 6, generator())
    # 0.5 s of the sine that is positive number k of the list, as it was written above
    tones = [clip(300.0 + 50 * (52 + 4 * k + 1), 0.5) for k in range(3)]
    own = [filtered(sound / np.abs(sound).max())[:500] for sound in tones]
    for k in np.flatnonzero(samples.label):
        onset = np.flatnonzero(samples.input[k].any(axis=1))[0]
        heard = samples.input[k, onset : onset + 500].mean(axis=0)
        closest = min(np.abs(heard - each.mean(axis=0)).max() for each in own)
        assert closest < 0.003


def test_noise_is_heard_all_the_time_at_the_ratio_asked_for(corpus: Path, noise_folder: Path):
    levels = [
        task_of(corpus, noise_folder=noise_folder, snr_db=snr_db)
        .draw("test", 6, generator())
        .input[:, 100:1000]
        .mean()
        for snr_db in (0.0, 20.0)
    ]
    assert levels[1] > 0
    assert 5 < levels[0] / levels[1] < 10  # 20 dB are a factor of 10, less the peak's growth


def test_parts_hear_stretches_of_their_own_of_every_noise_file(corpus: Path, tmp_path: Path):
    """Noise that is silent in the stretch of the test leaves the test silent."""
    sound = np.random.default_rng(0).uniform(-1, 1, 10 * RATE_HZ)
    sound[8 * RATE_HZ :] = 0
    write_wave(tmp_path / "half" / "n.wav", sound)
    task = task_of(corpus, noise_folder=tmp_path / "half", train_share=1.0)
    assert task.draw("train", 4, generator()).input[:, 100:1000].all()
    assert not task.draw("test", 4, generator()).input[:, 100:1000].any(axis=(1, 2)).all()


@pytest.mark.parametrize(("share", "number"), [(None, 4), (0.5, 20), (1.0, 40)])
def test_a_share_of_the_training_list_is_used_a_tenth_unless_told(
    corpus: Path, monkeypatch, share: float | None, number: int
):
    read: set[Path] = set()
    monkeypatch.setattr(loader, "read_wave", lambda path: read.add(path) or np.ones(8))
    monkeypatch.setattr(loader, "filtered", lambda sound: np.zeros((len(sound), 5000, 16)))
    task = task_of(corpus, **({} if share is None else {"train_share": share}))
    with pytest.raises(InputError, match="positive ones, there are") as caught:
        task.draw("train", 100, generator())
    assert caught.value.code == "TOO_FEW_SAMPLES"
    positive = int(str(caught.value).split("there are ")[1].split(":")[0])
    for seed in range(30):  # again and again, until every recording was drawn
        task.draw("train", 2 * min(positive, number - positive), generator(seed))
    assert len(read) == number


def test_a_share_of_too_few_recordings_is_named_with_a_way_out(tmp_path: Path):
    """Two of 20 recordings of which one in four is positive: both are often negative."""
    folder = write_corpus(tmp_path, {"train.json": 20, "dev.json": 4, "test.json": 4})
    said = []
    for seed in range(4):
        with pytest.raises(InputError) as caught:
            hey_snips(folder, generator(seed)).draw("train", 4, generator())
        assert caught.value.code == "TOO_FEW_SAMPLES"
        said.append(str(caught.value))
    for words in said:
        assert "2 of its 20 recordings, as hey_snips(train_share=0.1) says" in words
        assert "give a corpus with more of them" in words and "ask for 0" not in words
    assert any("there are 0: give" in words for words in said)


def test_the_same_generator_gives_the_same_samples_another_gives_others(corpus: Path, noise_folder):
    task = task_of(corpus, noise_folder=noise_folder)
    first, again, other = (task.draw("test", 4, generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.input, again.input)
    np.testing.assert_array_equal(first.target, again.target)
    assert (first.input != other.input).any()


def damage(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "text":
        path.write_text("no sound at all, nor a list", encoding="utf-8")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-400])
    elif how == "8 kHz":
        write_wave(path, clip(300, 0.5), 8000)
    elif how == "stereo":
        write_wave(path, clip(300, 0.5), channels=2)
    elif how == "silent":
        write_wave(path, np.zeros(0))


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("missing", "FILE_MISSING"),
        ("text", "FILE_CORRUPT"),
        ("empty", "FILE_CORRUPT"),
        ("cut", "FILE_CORRUPT"),
        ("silent", "FILE_CORRUPT"),
        ("8 kHz", "FILE_WRONG_KIND"),
        ("stereo", "FILE_WRONG_KIND"),
    ],
)
def test_a_wave_file_that_cannot_be_used_is_named(corpus: Path, how: str, code: str):
    for k in range(0, 12, 4):
        damage(corpus / "audio_files" / f"te-{k}.wav", how)
    with pytest.raises(FileError, match=r"audio_files.te-\d+\.wav") as caught:
        task_of(corpus).draw("test", 2, generator())
    assert caught.value.code == code


def test_one_recording_that_cannot_be_used_is_found_before_any_is_drawn(corpus: Path):
    task = task_of(corpus)
    task.check("test", 6)
    damage(corpus / "audio_files" / "te-7.wav", "cut")
    with pytest.raises(FileError, match=r"te-7\.wav"):
        task.check("test", 6)
    task.check("validation", 6)


def test_too_few_recordings_to_judge_with_are_found_before_any_is_drawn(corpus: Path):
    """Nobody asked for their number, so no way out is to ask for fewer."""
    with pytest.raises(InputError, match="need 4 positive ones, there are 3") as caught:
        task_of(corpus).check("test", 8)
    assert caught.value.code == "TOO_FEW_SAMPLES"
    assert "ask for" not in str(caught.value) and "give a corpus" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "FILE_MISSING"),
        ("{", "FILE_CORRUPT"),
        ("[]", "FILE_CORRUPT"),
        ("[1]", "FILE_CORRUPT"),
        ('[{"audio_file_path": "a.wav"}]', "FILE_CORRUPT"),
        ('[{"audio_file_path": "a.wav", "is_hotword": Infinity}]', "FILE_CORRUPT"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(corpus: Path, content: str | None, code: str):
    (corpus / "dev.json").unlink()
    if content is not None:
        (corpus / "dev.json").write_text(content, encoding="utf-8")
    with pytest.raises(FileError, match=r"dev\.json") as caught:
        task_of(corpus)
    assert caught.value.code == code


def test_folders_and_shares_that_make_no_sense_are_refused(corpus: Path, tmp_path: Path):
    (tmp_path / "nothing").mkdir()
    refused = [
        (tmp_path / "nothing", {}, "DATA_MISSING"),
        (tmp_path / "not there", {}, "DATA_MISSING"),
        (corpus, {"noise_folder": tmp_path / "nothing"}, "DATA_MISSING"),
        *((corpus, {"train_share": s}, "SETTING") for s in (0.0, 1.5, float("nan"))),
    ]
    for folder, options, code in refused:
        with pytest.raises(InputError) as caught:
            task_of(folder, **options)
        assert caught.value.code == code
