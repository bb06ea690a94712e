"""What the tests of the command line share."""

from pathlib import Path

import pytest

from analoop.deploy import compile

from .command import Shell
from .networks import ring, spike_trains


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line."""
    return Shell(monkeypatch, capsys)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with net.npz, program.npz, labelled.npz and input.csv, for two channels."""
    folder = tmp_path_factory.mktemp("files")
    net = ring(4, n_inputs=2)
    net.save(folder / "net.npz")
    compile(net).save(folder / "program.npz")
    spike_trains(2, trials=4, seed=3, rate_hz=300.0).save(folder / "labelled.npz")
    rows = [f"{k * 700},{k % 2}" for k in range(40)]
    (folder / "input.csv").write_text("\n".join(["time_us,channel", *rows]))
    return folder
