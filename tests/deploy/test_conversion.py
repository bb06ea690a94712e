"""A converted network fits the chip, and the simulated board keeps what was promised."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nir")

from analoop.deploy import compile, convert, run  # noqa: E402
from analoop.hw import open_board  # noqa: E402
from analoop.models import Network, Recording, Stimulus, read_nir  # noqa: E402
from analoop.models.conversion.fidelity import fidelity  # noqa: E402
from analoop.models.conversion.rockpool_source import read_rockpool  # noqa: E402
from analoop.models.conversion.stimuli import random_stimulus  # noqa: E402
from analoop.models.conversion.tuning import Tuning  # noqa: E402

from ..models.conversion.rockpool_networks import trained_rockpool  # noqa: E402
from .command import Shell  # noqa: E402

DATA = Path(__file__).parents[1] / "models" / "conversion" / "data"


def patterns(trials: int, seed: int) -> Stimulus:
    """Trials of the task that the networks in DATA were made for."""
    generator = np.random.default_rng(seed)
    label = generator.permutation(np.arange(trials) % 4)
    loud = (np.arange(20) % 4 == label[:, None]) * generator.uniform(50, 90, (trials, 1))
    trial, time, channel = np.nonzero(
        generator.random((trials, 150, 20)) < (8 + loud[:, None]) / 1e3
    )
    return Stimulus(20, np.full(trials, 150_000), trial, time * 1000, channel, label)


@pytest.mark.parametrize(
    ("network", "period"),
    [("snntorch", 3), ("sinabs", 3), ("feed-forward", 0), ("recurrent", 0)],
)
def test_fidelity_holds_with_the_chips_four_bit_code(network: str, period: int) -> None:
    """Norse's is played on a board, below."""
    if network in ("snntorch", "sinabs"):
        source = read_nir(DATA / f"{network}.nir", network)
    else:
        source = read_rockpool(trained_rockpool(network == "recurrent"))
    tuning = Tuning(epochs=6, together=4, bias_period=period)
    made = convert(source, patterns(96, 11), patterns(100, 12), tuning)
    assert coded(made.network)
    assert made.fidelity.rate_correlation >= 0.95 and made.fidelity.label_agreement >= 0.97


def coded(network: Network) -> bool:
    """Whether no population has more weights than the 16 of a core."""
    heard: dict[str, set[float]] = {p.name: set() for p in network.populations}
    for p in network.projections:
        heard[p.target] |= {*p.weights.ravel().tolist()}
    return all(len(weights) <= 16 for weights in heard.values())


def test_fidelity_holds_on_the_nominal_simulated_board_with_four_bit_weights() -> None:
    source = read_nir(DATA / "norse.nir", "norse")
    made = convert(source, patterns(64, 1), patterns(40, 2), Tuning(epochs=4, together=2))
    assert coded(made.network)
    with open_board("sim:nominal") as board:
        recording = run(compile(made.network), board, made.as_input(made.held_out))
    on_board = fidelity(source, recording, made.held_out)
    assert on_board.target == "simulated"
    assert on_board.rate_correlation >= 0.95 and on_board.label_agreement >= 0.97
    assert on_board.rate_correlation == pytest.approx(made.fidelity.rate_correlation, abs=0.005)


def test_the_command_writes_a_network_and_says_what_changed(shell: Shell, tmp_path: Path) -> None:
    patterns(48, 1).save(tmp_path / "input.npz")
    arguments = (
        "convert", DATA / "norse.nir", "--dialect", "norse", "--input", tmp_path / "input.npz",
        "--epochs", "3", "--together", "1", "-o", tmp_path / "net.npz", "-q",
    )  # fmt: skip
    done = shell(*arguments, "--json")
    assert done.code == 0, done.err
    assert Network.load(tmp_path / "net.npz").hash == done.json["network"]
    assert done.json["fidelity"]["passed"] and done.json["fidelity"]["trials"] == 12
    assert {c["field"] for c in done.json["changes"]} >= {"time", "latency", "threshold"}
    told = shell(*arguments)
    assert told.out.startswith("SIMULATED") and "not as in the source:" in told.out


@pytest.mark.parametrize("form", ["npz", "csv"])
def test_a_network_with_a_bias_channel_is_played_the_stimulus_of_its_source(
    shell: Shell, tmp_path: Path, form: str
) -> None:
    given = patterns(12, 1)
    if form == "npz":
        played = given.save(tmp_path / "input.npz")
    else:
        played = tmp_path / "input.csv"
        events = zip(given.time_us, given.channel, given.trial, strict=True)
        lines = ["time_us,channel,trial", *(f"{t},{c},{k}" for t, c, k in events)]
        played.write_text("\n".join(lines), encoding="utf-8")
    source = read_nir(DATA / "sinabs.nir", "sinabs")
    made = convert(source, given, given, Tuning(epochs=0, together=0, bias_period=3))
    net = made.network.save(tmp_path / "net.npz")
    program, out = tmp_path / "program.npz", tmp_path / "recording.npz"
    assert shell("compile", net, "-o", program).code == 0
    done = shell("run", program, "--board", "sim:nominal", "--input", played, "-o", out)
    assert done.code == 0, done.err
    assert "an event every 3000 us is added on channel 20" in done.err
    with open_board("sim:nominal") as board:
        wanted = run(compile(made.network), board, made.as_input(given))
    if form == "npz":
        assert (Recording.load(out).counts == wanted.counts).all() and wanted.counts.any()
    else:  # trials end 50 ms behind their last event
        assert Recording.load(out).counts.sum() > 0.8 * wanted.counts.sum()


def test_a_conversion_that_misses_its_fidelity_ends_with_exit_code_1(
    shell: Shell, tmp_path: Path
) -> None:
    random_stimulus(20, 12, 100_000, 10.0, 1).save(tmp_path / "quiet.npz")
    done = shell(
        "convert", DATA / "sinabs.nir", "--dialect", "sinabs", "--input", tmp_path / "quiet.npz",
        "--epochs", "0", "--together", "0", "-o", tmp_path / "net.npz", "-q",
    )  # fmt: skip
    assert done.code == 1
    assert "fidelity is below" in done.out


def test_what_a_silent_source_leaves_unjudged_is_said_and_does_not_pass(
    shell: Shell, tmp_path: Path
) -> None:
    random_stimulus(20, 12, 100_000, 0.0, 1).save(tmp_path / "silent.npz")
    arguments = (
        "convert", DATA / "norse.nir", "--dialect", "norse", "--input", tmp_path / "silent.npz",
        "--epochs", "0", "--together", "0", "-o", tmp_path / "net.npz", "-q",
    )  # fmt: skip
    told = shell(*arguments)
    assert told.code == 1 and "nan" not in told.out and "100" not in told.out
    assert "not judged" in told.out and "no single winner in any trial" in told.out
    found = shell(*arguments, "--json").json["fidelity"]
    assert (found["rate_correlation"], found["label_agreement"]) == (None, None)
    assert not found["passed"]


def test_a_file_in_a_dialect_that_cannot_be_is_bad_input(shell: Shell, tmp_path: Path) -> None:
    done = shell("convert", DATA / "norse.nir", "-o", tmp_path / "net.npz", "-q")
    assert done.code == 2 and "dialect" in done.err and "TIME_CONSTANT" in done.err


def test_what_was_measured_is_named_by_the_held_out_stimulus_also_without_an_input(
    shell: Shell, tmp_path: Path
) -> None:
    held, tuned = tmp_path / "held.npz", tmp_path / "input.npz"
    patterns(12, 2).save(held)
    patterns(16, 1).save(tuned)
    arguments = (
        "convert", DATA / "norse.nir", "--dialect", "norse", "--epochs", "0", "--together", "0",
        "-o", tmp_path / "net.npz", "-q",
    )  # fmt: skip
    told = shell(*arguments, "--held-out", held)
    assert f"12 held-out trials of {held}" in told.out and "random input" not in told.out
    done = shell(*arguments, "--held-out", held, "--json")
    assert done.json["input"] == str(held) and done.json["fidelity"]["trials"] == 12
    both = shell(*arguments, "--input", tuned, "--held-out", held, "--json")
    assert both.json["input"] == str(held)
    assert shell(*arguments, "--input", tuned, "--json").json["input"] == str(tuned)
    assert shell(*arguments, "--json").json["input"] == "random input"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *product(("--step-ms", "--dt"), ("0", "-1", "nan", "inf")),
        *product(("--mismatch", "--bias-period", "--epochs", "--together"), ("-1", "nan", "inf")),
    ],
)
def test_numbers_that_cannot_be_are_bad_input(
    option: str, value: str, shell: Shell, tmp_path: Path
) -> None:
    out = tmp_path / "net.npz"
    done = shell(
        "convert", DATA / "norse.nir", "--dialect", "norse", "--epochs", "0", "--together", "0",
        "-o", out, "-q", option, value,
    )  # fmt: skip
    assert done.code == 2 and "rror: " in done.err and not out.exists()
