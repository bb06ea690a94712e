"""The driver that the docs show works, is short, and is found by its entry point."""

import re
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from analoop.hw.bench import instruments
from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.dry_run import dry_bench, sent
from analoop.hw.bench.instruments import Driver, Key, load_drivers
from analoop.hw.bench.measuring import measure
from analoop.hw.bench.pseudo_terminal import PseudoTerminal
from analoop.hw.bench.toy_circuit import ToyCircuit

PAGE = (Path(__file__).parents[3] / "docs" / "bench.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.M | re.S)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """The driver of the docs, installed as a package is; and another that is broken."""
    (tmp_path / "acme_analoop_example.py").write_text(EXAMPLE)
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        EntryPoint("acme-thermometer", "acme_analoop_example:DRIVER", instruments.GROUP),
        EntryPoint("gone", "no_such_module_at_all:DRIVER", instruments.GROUP),
        EntryPoint("odd", "acme_analoop_example:SimulatedAcme", instruments.GROUP),
    ]
    monkeypatch.setattr(instruments, "entry_points", lambda group: points)
    return load_drivers().known["acme-thermometer"]


def test_a_driver_fits_into_sixty_lines():
    assert len(EXAMPLE.splitlines()) < 60


def test_the_driver_of_the_docs_reads_over_a_tty(driver: Driver, tmp_path: Path):
    assert driver.simulator is not None
    with PseudoTerminal(driver.simulator(ToyCircuit()), tmp_path / "tty") as tty:
        text = f'[room]\ndriver = "acme-thermometer"\nport = "{tty.path}"\ntimeout_s = 0.5\n'
        (tmp_path / "bench.toml").write_text(text)
        plan = read_bench(tmp_path / "bench.toml")
        with Bench(plan) as bench:
            (reading,) = measure(bench)
            assert (reading.name, reading.value) == ("room", 24.0)
            tty.faults.half = 1
            assert measure(bench)[0].value == 24.0
    with dry_bench(plan) as dry:
        measure(dry)
    assert "room > b'TEMP:SENS1?\\n'" in sent(dry.log)


def test_drivers_that_are_broken_are_named_and_stop_no_other(driver: Driver):
    found = load_drivers()
    assert found.broken.keys() == {"gone", "odd"} and "no_such_module" in found.broken["gone"]
    assert "scpi-supply" in found.known


def test_a_driver_without_limits_of_error_is_not_loaded_since_it_would_seem_exact(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
):
    acme = import_module("acme_analoop_example")
    kept = [key for key in driver.keys if key.name != "accuracy"]
    for keys in (kept, [*kept, Key("accuracy", float)]):
        monkeypatch.setattr(acme, "DRIVER", driver._replace(keys=tuple(keys)))
        found = load_drivers()
        assert "acme-thermometer" not in found.known
        assert "no limits of error: give it accuracy, with" in found.broken["acme-thermometer"]


def test_the_table_of_drivers_in_the_docs_has_all_of_them_with_their_keys():
    table = PAGE.partition("| driver | instrument |")[2].partition("\n\n")[0]
    rows = {row.split("|")[1].strip().strip("`"): row for row in table.splitlines()[2:]}
    known = load_drivers().known
    assert rows.keys() == known.keys()
    for name, row in rows.items():
        if name != "rigol-supply":
            assert all(f"`{key.name}`" in row for key in known[name].keys), name
