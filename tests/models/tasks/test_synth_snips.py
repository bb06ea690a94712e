"""SynthSnips: who speaks, how much of what, how loud, and always the same."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier
from time import sleep

import numpy as np
import pytest

from analoop.models.archive import content_hash
from analoop.models.errors import FileError, InputError
from analoop.models.tasks import background, speech, synth_snips
from analoop.models.tasks.front_end import RATE_HZ, filtered
from analoop.models.tasks.phrases import NEAR_MISSES
from analoop.models.tasks.samples import Samples
from analoop.models.tasks.synth_snips import NEAR_MISS, NOISE, PARTS, WAKE, Settings
from analoop.models.tasks.wake_phrase import VALUES

pytest.importorskip("espeakng_loader", reason="the extra `speech` is not installed")

TINY = Settings(train=20, validation=4, test=20, speakers=15, near_miss_share=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, np.ndarray]:
    return synth_snips.prepare("train", TINY, folder)


@pytest.fixture(scope="module")
def people() -> list[speech.Speaker]:
    return synth_snips.speakers("train", Settings())


def test_no_voice_is_in_two_parts_and_every_part_has_its_share():
    for seed in range(3):
        settings = Settings(seed=seed)
        parts = [synth_snips.speakers(part, settings) for part in PARTS]
        assert [len(part) for part in parts] == [300, 100, 100]
        variants = [{s.variant for s in part} for part in parts]
        assert not variants[0] & variants[1] | variants[0] & variants[2] | variants[1] & variants[2]
        assert len(set.union(*variants)) == len(speech.VARIANTS)
        assert len({s for part in parts for s in part}) == 500
        assert {s.accent for s in parts[2]} == set(speech.ACCENTS)


def test_every_voice_of_every_accent_can_speak():
    speaker = synth_snips.speakers("train", Settings())[0]
    all_of_them = [
        replace(speaker, accent=accent, variant=variant)
        for accent in speech.ACCENTS
        for variant in speech.VARIANTS
    ]
    clips = speech.say([("hey", who) for who in all_of_them])  # a short word: 672 voices
    assert all(len(clip) for clip in clips)
    lengths_s = np.array([len(clip) for clip in clips]) / RATE_HZ
    assert lengths_s.min() > 0.1 and lengths_s.max() < 2
    for accent in speech.ACCENTS:
        voices = [k for k, who in enumerate(all_of_them) if who.accent == accent]
        assert len({clips[k].tobytes() for k in voices}) == len(speech.VARIANTS)


def test_speech_is_the_same_in_every_process(people):
    words = [("hey snips", people[0]), ("turn on the radio", people[1]), ("", people[2])]
    first, again = speech.say(words), speech.say(words)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(first[2]) == 0 and speech.say([]) == []
    for clip in first[:2]:
        assert np.abs(clip).max() == 1 and np.abs(clip[:200]).max() > 0.005


def test_speed_and_stretch_of_a_speaker_are_heard(people):
    plain = replace(people[0], stretch=1.0, echo=0.0, tilt_db=0.0, words_per_minute=160)
    slow, long = replace(plain, words_per_minute=110), replace(plain, stretch=1.05)
    lengths = [len(clip) for clip in speech.say([("hey snips", s) for s in (plain, slow, long)])]
    assert lengths[1] > 1.2 * lengths[0]
    room = round(3 * plain.reverberation_s * RATE_HZ)
    np.testing.assert_allclose(lengths[2] - room, 1.05 * (lengths[0] - room), rtol=0.01)


def test_resampling_keeps_a_tone_and_tilt_and_room_change_it(people):
    plain = replace(people[0], stretch=1.0, echo=0.0, tilt_db=0.0)
    time_s = np.arange(speech.SPEECH_HZ) / speech.SPEECH_HZ
    sound = np.sin(2 * np.pi * 500 * time_s) + 0.5 * np.sin(2 * np.pi * 4000 * time_s)

    def levels(speaker: speech.Speaker) -> float:
        spectrum = np.abs(np.fft.rfft(speech.in_room(sound, speaker)[:RATE_HZ]))
        return 20 * np.log10(spectrum[4000] / spectrum[500])

    np.testing.assert_allclose(levels(plain), 20 * np.log10(0.5), atol=0.1)
    # 500 to 4000 Hz are three octaves.
    tilted = levels(replace(plain, tilt_db=2.0))
    np.testing.assert_allclose(tilted - levels(plain), 6.0, atol=0.2)
    behind = speech.in_room(sound, replace(plain, echo=0.3))[RATE_HZ + 100 :]
    assert np.abs(behind).max() > 0.02


def test_half_say_the_wake_phrase_and_the_shares_of_negatives_are_as_asked(made):
    counts = np.bincount(made["kind"], minlength=4)
    assert counts.tolist() == [10, 7, 2, 1]
    harder = replace(TINY, near_miss_share=0.5, noise_share=0.0, test=40)
    kind = synth_snips.make("test", harder)["kind"]
    assert np.bincount(kind, minlength=4).tolist() == [20, 10, 10, 0]
    assert WAKE == 0 and NEAR_MISS == 2 and NOISE == 3
    assert "hey snips" not in NEAR_MISSES


def test_only_the_wake_phrase_has_a_target_and_noise_has_no_speaker(made):
    wake = made["kind"] == WAKE
    assert (made["target"][wake].max(axis=1) == 1).all() and not made["target"][~wake].any()
    np.testing.assert_array_equal(made["speaker"] == -1, made["kind"] == NOISE)
    peak = made["target"][wake].argmax(axis=1)
    assert peak.min() > 1400 and peak.max() < 4000 and len(set(peak)) > 5


def test_features_have_the_size_of_the_released_ones(made):
    """paper.md 2.2: standard deviation 0.007 to 0.016, peaks 0.13 to 0.5, nothing normalised."""
    features = made["input"].astype(float)
    assert features.shape == (20, 5000, 16) and np.isfinite(features).all()
    assert 0.005 < np.median(features.std(axis=(1, 2))) < 0.02
    assert 0.1 < np.median(features.max(axis=(1, 2))) < 0.5


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
def test_speech_is_as_much_louder_than_noise_as_asked(monkeypatch, snr_db: float):
    """Sounds are caught before they become features, and the clean speech taken out of them."""
    heard: list[np.ndarray] = []
    clean: list[tuple[np.ndarray, int]] = []

    def listen(sounds: np.ndarray) -> np.ndarray:
        heard.extend(sounds)
        return filtered(sounds)

    def remember(clip, voices, part, generator):
        both = sound_and_noise(clip, voices, part, generator)
        clean.append((both[0], len(clip)))
        return both

    sound_and_noise = synth_snips.sound_and_noise
    monkeypatch.setattr(synth_snips, "filtered", listen)
    monkeypatch.setattr(synth_snips, "sound_and_noise", remember)
    synth_snips.make("validation", replace(TINY, validation=8, noise_share=0.0, snr_db=snr_db))
    assert len(heard) == len(clean) == 8
    for both, (speech_alone, length) in zip(heard, clean, strict=True):
        assert len(both) == VALUES and abs(np.abs(both).max() - 1) < 1e-12
        share = both @ speech_alone / (speech_alone @ speech_alone)  # noise is hardly correlated
        noise = both - share * speech_alone
        power = np.square(share * speech_alone).sum() / length
        assert abs(10 * np.log10(power / np.square(noise).mean()) - snr_db) < 0.5


def test_one_family_of_noise_is_heard_in_the_test_alone():
    assert background.TEST_ONLY in background.families("test")
    for part in ("train", "validation"):
        assert background.TEST_ONLY not in background.families(part)
    voices = [np.random.default_rng(0).standard_normal(9000)] * 3
    loud = {}
    for family in background.families("test"):
        noise = background.draw_background(voices, family, VALUES, np.random.default_rng(1))
        again = background.draw_background(voices, family, VALUES, np.random.default_rng(1))
        np.testing.assert_array_equal(noise, again)
        assert len(noise) == VALUES and np.isfinite(noise).all()
        loud[family] = noise.tobytes()
    assert len(set(loud.values())) == 3


def test_the_same_seed_gives_the_same_bytes_in_a_fresh_process(made, folder: Path, tmp_path: Path):
    path = synth_snips.cache_path("train", TINY, folder)
    script = (
        "from analoop.models.tasks import synth_snips as s\n"
        f"s.prepare('train', s.Settings(**{asdict(TINY)!r}))"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ANALOOP_CACHE": str(tmp_path / "new")},
        check=True,
    )
    assert (tmp_path / "new" / path.name).read_bytes() == path.read_bytes()


def test_another_seed_another_part_or_other_settings_are_other_samples(made):
    others = [synth_snips.make("validation", TINY), synth_snips.make("test", TINY)]
    others.append(synth_snips.make("train", replace(TINY, seed=1)))
    hashes = {content_hash({}, arrays) for arrays in (made, *others)}
    assert len(hashes) == 4
    names = {
        synth_snips.cache_path("train", s).name
        for s in (TINY, replace(TINY, snr_db=5.0), replace(TINY, near_miss_share=0.3))
    }
    assert len(names) == 3


def test_a_part_is_made_once_and_read_from_its_file(made, folder: Path, monkeypatch):
    monkeypatch.setattr(synth_snips, "make", None)
    again = synth_snips.prepare("train", TINY, folder)
    for name, array in made.items():
        np.testing.assert_array_equal(again[name], array)
    path = synth_snips.cache_path("train", TINY, folder)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileError, match=path.name) as caught:
        synth_snips.prepare("train", TINY, folder)
    path.write_bytes(whole)
    assert caught.value.code == "FILE_CORRUPT"


def test_the_task_draws_balanced_samples_of_a_part(folder: Path, made, monkeypatch):
    monkeypatch.setenv("ANALOOP_CACHE", str(folder))
    task = synth_snips.synth_snips(TINY)
    assert (task.name, task.channels, task.steps, task.signed) == ("synth-snips", 16, 5000, False)
    samples = task.draw("train", 7, np.random.default_rng(1))
    assert isinstance(samples, Samples) and samples.input.shape == (7, 5000, 16)
    assert samples.label.sum() == 3
    np.testing.assert_array_equal(samples.target.any(axis=1), samples.label == 1)
    again = task.draw("train", 7, np.random.default_rng(1))
    np.testing.assert_array_equal(samples.input, again.input)
    with pytest.raises(InputError, match="ask for 20 at most") as caught:
        task.draw("train", 30, np.random.default_rng(1))
    assert caught.value.code == "TOO_FEW_SAMPLES"


def test_threads_that_ask_for_a_part_at_once_make_it_once_and_its_making_is_told(
    tmp_path: Path, made, monkeypatch
):
    asked: list[str] = []
    told: list[str] = []
    at_once = Barrier(3)

    def make(part: str, settings: Settings) -> dict[str, np.ndarray]:
        asked.append(part)
        sleep(0.2)  # long enough for the others to come
        return made

    def draw() -> str:
        at_once.wait()
        return task.draw("train", 4, np.random.default_rng(1)).hash

    monkeypatch.setattr(synth_snips, "make", make)
    task = synth_snips.synth_snips(TINY, tmp_path, told.append)
    with ThreadPoolExecutor(3) as pool:
        hashes = {future.result() for future in [pool.submit(draw) for _ in range(3)]}
    assert asked == ["train"] and len(hashes) == 1
    (line,) = told
    assert "20 train samples of synth-snips" in line and str(tmp_path) in line
    again = synth_snips.synth_snips(TINY, tmp_path, told.append)
    again.draw("train", 4, np.random.default_rng(1))
    assert len(told) == 1, "what is kept is not made, and nothing is said"


@pytest.mark.parametrize(
    "wrong",
    [
        {"near_miss_share": -0.1},
        {"near_miss_share": 0.6, "noise_share": 0.5},
        {"noise_share": float("nan")},
        {"snr_db": float("nan")},
        {"train": 1},
        {"speakers": 3},
        {"seed": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict):
    with pytest.raises(InputError) as caught:
        Settings(**wrong)
    assert caught.value.code == "SETTING"


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(synth_snips, "make", None)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(FileError) as caught:
        synth_snips.prepare("train", TINY, tmp_path / "file" / "below")
    assert caught.value.code == "FILE_NOT_WRITABLE"


def test_without_the_package_the_error_says_what_to_install(people, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match=r"pip install -e '.\[speech\]'") as caught:
        speech.say([("hey", people[0])])
    assert caught.value.code == "DATA_MISSING"


def test_a_voice_that_does_not_exist_and_a_silent_process_are_errors(people, monkeypatch):
    with pytest.raises(InputError, match="en-xx") as caught:
        speech.say([("hey", replace(people[0], accent="en-xx"))])
    assert caught.value.code == "SPEECH"
    monkeypatch.setattr(speech, "GRACE_S", -1.0)
    with pytest.raises(InputError, match="nothing for") as caught:
        speech.say([("hey", people[0])])
    assert caught.value.code == "SPEECH"
