"""Tasks by name, and the folders that they are made of."""

from pathlib import Path

import numpy as np
import pytest

from analoop.deploy.sequence_tasks import sequence_task
from analoop.models import InputError

from ..snips_corpus import write_corpus


def test_hey_snips_is_made_of_a_folder_and_its_training_list_is_the_same_every_time(tmp_path: Path):
    folder = write_corpus(tmp_path, {"train.json": 120, "dev.json": 4, "test.json": 4})
    one, other = (
        sequence_task("hey-snips", there).draw("train", 2, np.random.default_rng(0)).hash
        for there in (folder, tmp_path)
    )
    assert one == other
    for name, data, code in (
        ("hey-snips", None, "DATA_MISSING"),
        ("hey-snips", tmp_path / "nowhere", "DATA_MISSING"),
        ("temporal-xor", folder, "DATA_UNUSED"),
        ("japanese-vowels", None, "UNKNOWN_TASK"),
    ):
        with pytest.raises(InputError) as caught:
            sequence_task(name, data)
        assert caught.value.code == code
