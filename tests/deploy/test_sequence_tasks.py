"""Tasks by name, and the folders that they are made of."""

from pathlib import Path

import numpy as np
import pytest

from analoop.deploy.learning import generator_for
from analoop.deploy.sequence_tasks import Folders, sequence_task
from analoop.models import InputError
from analoop.models.tasks.hey_snips import hey_snips

from ..snips_corpus import write_corpus, write_wave


def test_hey_snips_is_made_of_a_folder_and_its_training_list_is_the_same_every_time(tmp_path: Path):
    folder = write_corpus(tmp_path, {"train.json": 120, "dev.json": 4, "test.json": 4})
    one, other = (
        sequence_task("hey-snips", Folders(there)).draw("train", 2, np.random.default_rng(0)).hash
        for there in (folder, tmp_path)
    )
    assert one == other
    assert sequence_task("hey-snips", Folders(folder)).noise_snr_db is None


def test_noise_of_a_folder_is_mixed_in_as_by_the_authors(tmp_path: Path):
    folder, noise = write_corpus(tmp_path), tmp_path / "noise"
    write_wave(noise / "a" / "hum.wav", 0.1 * np.random.default_rng(0).standard_normal(100_000))
    task = sequence_task("hey-snips", Folders(folder, noise))
    assert task.noise_snr_db == 10.0
    recordings = generator_for(0, "hey-snips", "recordings")
    noisy = hey_snips(folder, recordings, noise, snr_db=10.0)
    one, same, clean = (
        each.draw("test", 4, np.random.default_rng(0)).hash
        for each in (task, noisy, sequence_task("hey-snips", Folders(folder)))
    )
    assert one == same != clean


@pytest.mark.parametrize(
    ("name", "folders", "code", "words"),
    [
        ("hey-snips", (None, None), "DATA_MISSING", "--data"),
        ("hey-snips", (None, "corpus"), "DATA_MISSING", "--data"),
        ("hey-snips", ("nowhere", None), "DATA_MISSING", "nowhere"),
        ("hey-snips", ("corpus", "empty"), "DATA_MISSING", "no wave files of noise"),
        ("temporal-xor", ("corpus", None), "DATA_UNUSED", "leave out --data, or"),
        ("synth-snips", (None, "corpus"), "DATA_UNUSED", "leave out --noise, or"),
        ("synth-snips", ("corpus", "empty"), "DATA_UNUSED", "leave out --data and --noise, or"),
        ("japanese-vowels", (None, None), "UNKNOWN_TASK", "hey-snips"),
    ],
)
def test_folders_that_lack_or_are_too_many_are_named(
    tmp_path: Path, name: str, folders: tuple[str | None, str | None], code: str, words: str
):
    write_corpus(tmp_path).rename(tmp_path / "corpus")
    (tmp_path / "empty").mkdir()
    given = Folders(*(None if folder is None else tmp_path / folder for folder in folders))
    with pytest.raises(InputError, match=words) as caught:
        sequence_task(name, given)
    assert caught.value.code == code
