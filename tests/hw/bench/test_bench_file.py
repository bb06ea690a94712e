"""bench.toml: every problem at once, and none of them at the bench."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analoop.hw.bench import ports
from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.checking import check
from analoop.hw.bench.instruments import Drivers, load_drivers
from analoop.hw.bench.ports import Port
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.bench.wire_log import WireLog
from analoop.models import FileError
from analoop.models.errors import ViolationsError

HALF = """
title = "no table"
[bench]
off_s = -1
speed = 3
at_exit = "burn"
[supply]
driver = "scpi-supply"
port = "ttyUSB0"
chanel = 1
limit_A = "0.25"
[other]
driver = "scpi-supply"
port = "/dev/ttyUSB0"
[third]
driver = "rigol-supply"
port = "/dev/ttyUSB0"
limit_A = 0.1
[meter]
driver = "scpi-metre"
[thermometer]
port = "/dev/ttyUSB3"
[reset]
driver = "line"
port = "serial:MCU42"
pin = "CTS"
pulse_s = 0.2
"""
"""A bench as it may be at noon."""


def problems(tmp_path: Path, text: str) -> set[tuple[str, str]]:
    (tmp_path / "bench.toml").write_text(text)
    return {(p.object, p.code) for p in read_bench(tmp_path / "bench.toml").problems}


def test_a_half_configured_bench_has_every_problem_named_at_once(tmp_path: Path):
    assert problems(tmp_path, HALF) == {
        ("[title]", "NO_TABLE"),
        ("[bench]", "VALUE"),
        ("[bench]", "KEY"),
        ("[supply]", "KEY"),
        ("[supply]", "VALUE"),
        ("[supply]", "PORT_NAME"),
        ("[supply]", "NO_LIMIT"),
        ("[other]", "NO_LIMIT"),
        ("[third]", "PORT_TWICE"),
        ("[third]", "CHANNEL_TWICE"),
        ("[meter]", "NO_DRIVER"),
        ("[meter]", "NO_PORT_NAME"),
        ("[thermometer]", "NO_DRIVER"),
        ("[reset]", "VALUE"),
    }
    with pytest.raises(ViolationsError) as caught:
        read_bench(tmp_path / "bench.toml").checked()
    assert len(caught.value.violations) == 13, "all but the limits, without which one may measure"
    for words in ("chanel", "speed", "scpi-metre", "0.25", "CTS", "burn"):
        assert words in str(caught.value)


def test_a_check_names_the_problems_of_the_file_and_of_the_bench_together(
    tmp_path: Path, simulate: Callable[..., SimulatedBench]
):
    simulated = simulate()
    text = simulated.file.read_text()
    text = text.replace("limit_A = 0.25\n", "").replace("[thermometer]\n", "[thermometer]\nx = 1\n")
    text = text.replace(str(simulated.ttys["meter"].path), str(tmp_path / "gone"))
    simulated.file.write_text(text)
    simulated.ttys["load"].faults.silence = 1000
    found = [one for one in check(read_bench(simulated.file), WireLog()) if not one.sound]
    words = {one.name: f"{one.found} -> {one.remedy}" for one in found}
    assert words.keys() == {"[supply]", "[meter]", "[thermometer]", "[load]"}
    assert "NO_LIMIT" in words["[supply]"] and "limit_A = 0.25" in words["[supply]"]
    assert "NO_PORT" in words["[meter]"] and "KEY" in words["[thermometer]"]
    assert "NO_ANSWER" in words["[load]"]
    assert not simulated.circuit.on and simulated.circuit.cycles == 0, "a check switches nothing"


def test_a_sound_bench_passes_and_says_what_every_instrument_reads(
    simulate: Callable[..., SimulatedBench],
):
    found = check(read_bench(simulate().file), WireLog())
    assert all(one.sound for one in found) and len(found) == 5
    said = {one.name: one.found for one in found}
    assert "0 V, 0 A" in said["[supply]"] and "24 degree Celsius" in said["[thermometer]"]
    assert "never on a real instrument" in said["[meter]"]


def test_without_a_limit_one_may_measure_and_not_switch_on(tmp_path: Path):
    (tmp_path / "bench.toml").write_text('[s]\ndriver = "scpi-supply"\nport = "loop://"\n')
    plan = read_bench(tmp_path / "bench.toml")
    assert plan.checked() is plan
    with pytest.raises(ViolationsError) as caught:
        plan.checked(energise=True)
    assert caught.value.code == "NO_LIMIT"


def test_two_channels_of_one_supply_share_its_port(tmp_path: Path):
    one = '[{}]\ndriver = "scpi-supply"\nport = "/dev/ttyUSB0"\nchannel = {}\nlimit_A = 0.1\n'
    assert problems(tmp_path, one.format("core", 1) + one.format("io", 2)) == set()
    assert problems(tmp_path, one.format("core", 1) + one.format("io", 1)) == {
        ("[io]", "CHANNEL_TWICE")
    }


@pytest.mark.parametrize("text", ["[supply", "\x00", '[a]\nx = "'])
def test_a_file_that_is_no_toml_or_missing_is_said_to_be(tmp_path: Path, text: str):
    with pytest.raises(FileError) as caught:
        read_bench(tmp_path / "none.toml")
    assert caught.value.code == "FILE_MISSING"
    (tmp_path / "bench.toml").write_text(text)
    with pytest.raises(FileError) as caught:
        read_bench(tmp_path / "bench.toml")
    assert caught.value.code == "FILE_CORRUPT"


def test_an_empty_bench_is_a_problem(tmp_path: Path):
    assert problems(tmp_path, "") == {("[bench]", "EMPTY")}


def test_a_driver_that_cannot_be_loaded_is_named_with_its_cause(tmp_path: Path):
    (tmp_path / "bench.toml").write_text('[x]\ndriver = "mine"\nport = "loop://"\n')
    drivers = Drivers(load_drivers().known, {"mine": "ImportError: no module"})
    (problem,) = read_bench(tmp_path / "bench.toml", drivers).problems
    assert problem.code == "NO_DRIVER" and "ImportError: no module" in problem.limit


def test_a_port_under_two_names_is_one_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "tty").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "tty")
    there = [Port(str(tmp_path / "tty"), "A9X7K2", "0403:6001")]
    monkeypatch.setattr(ports, "list_ports", lambda: there)
    one = '[{}]\ndriver = "scpi-{}"\nport = "{}"\n'
    first = one.format("room", "thermometer", tmp_path / "tty")
    for other in (tmp_path / "by-id", "serial:A9X7K2", f"visa:ASRL{tmp_path}/by-id::INSTR"):
        second = one.format("meter", "meter", other)
        assert problems(tmp_path, first + second) == {("[meter]", "PORT_TWICE")}, other
    pair = one.format("core", "supply", tmp_path / "tty") + "limit_A = 0.1\n"
    pair += one.format("io", "supply", "serial:A9X7K2") + "limit_A = 0.1\n"
    assert problems(tmp_path, pair + "channel = 2\n") == set()
    assert problems(tmp_path, pair) == {("[io]", "CHANNEL_TWICE")}
    assert problems(tmp_path, pair + 'channel = 2\nparity = "E"\n') == {("[io]", "PORT_TWICE")}


def test_two_channels_open_their_port_once_under_any_name(
    tmp_path: Path, simulate: Callable[..., SimulatedBench]
):
    simulated = simulate(drivers={"core": "scpi-supply"})
    text = simulated.file.read_text().replace("channel = 1\n", "")
    link = tmp_path / "by-id"
    link.symlink_to(simulated.ttys["core"].path)
    more = f'[io]\ndriver = "scpi-supply"\nport = "{link}"\nchannel = 2\n'
    simulated.file.write_text(text + more)
    with Bench(read_bench(simulated.file)) as bench:
        assert bench.links["core"] is bench.links["io"]
        bench.instruments["core"].switch(False)


def test_a_meter_that_integrates_longer_than_one_waits_is_a_problem(tmp_path: Path):
    text = '[m]\ndriver = "scpi-meter"\nport = "loop://"\nnplc = 100\n'
    assert problems(tmp_path, text) == {("[m]", "TIMEOUT")}
    assert problems(tmp_path, text + "timeout_s = 6\n") == set()


def test_a_check_names_a_missing_port_of_a_table_without_a_driver_and_each_problem_once(
    tmp_path: Path,
):
    (tmp_path / "bench.toml").write_text(
        f'[meter]\ndriver = "scpi-metre"\nport = "{tmp_path}/gone"\n'
        '[supply]\ndriver = "scpi-supply"\nport = "ttyUSB0"\nchannel = "two"\nlimit_A = 1.0\n'
        f'[reset]\ndriver = "line"\nport = "{tmp_path}/tty"\nactive = "lo"\n'
    )
    (tmp_path / "tty").touch()
    found = check(read_bench(tmp_path / "bench.toml"), WireLog())
    codes = sorted((one.name, one.found.partition("[")[2].strip("]")) for one in found)
    assert codes == [
        ("[meter]", "NO_DRIVER"),
        ("[meter]", "NO_PORT"),
        ("[reset]", "VALUE"),
        ("[supply]", "PORT_NAME"),
        ("[supply]", "VALUE"),
    ], "and a line whose level is in doubt is not opened"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("protected", False, "protection is off"),
        ("limit_A", 3.0, "would switch off at 3 A"),
        ("demand_A", 0.3, "gives 0.3 A"),
        ("set_V", 3.3, "3.3 V, voltage_V is 1.8"),
    ],
)
@pytest.mark.parametrize("supply", ["scpi-supply", "rigol-supply"])
def test_an_output_that_is_on_and_not_as_the_file_says_is_broken(
    simulate: Callable[..., SimulatedBench], supply: str, name: str, value: float, words: str
):
    simulated = simulate(drivers={"supply": supply})
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        bench.keep()
    plan = read_bench(simulated.file)
    assert all(one.sound for one in check(plan, WireLog()))
    if name == "demand_A":
        simulated.circuit.protected = False
    setattr(simulated.circuit, name, value)
    wrong = [one for one in check(plan, WireLog()) if not one.sound]
    assert any(words in one.found for one in wrong)
    assert all("power off" in one.remedy for one in wrong) and simulated.circuit.on
    simulated.circuit.on = False
    assert all(one.sound for one in check(plan, WireLog())), "off, it harms nobody"


def test_an_error_is_not_cut_at_its_colons(tmp_path: Path):
    port = f"{tmp_path}/tty: 8"
    (tmp_path / "bench.toml").write_text(f'[m]\ndriver = "scpi-meter"\nport = "{port}"\n')
    (one,) = check(read_bench(tmp_path / "bench.toml"), WireLog())
    assert one.found == f"there is no port {port}: plug it in, or correct it [NO_PORT]"
