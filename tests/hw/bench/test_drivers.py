"""Drivers of instruments: the same protocol over each dialect, and lines that are pulled."""

import math
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.instruments import load_drivers
from analoop.hw.bench.link import Link
from analoop.hw.bench.simulated_bench import DRIVERS, SimulatedBench
from analoop.hw.bench.simulated_line import SimulatedLine
from analoop.hw.bench.toy_circuit import ToyCircuit
from analoop.hw.bench.transport import Wiring
from analoop.hw.bench.wire_log import WireLog
from analoop.models.errors import BoardError, HardwareError, InputError

Simulate = Callable[..., SimulatedBench]


@pytest.fixture(params=["scpi-supply", "rigol-supply"])
def bench(request: pytest.FixtureRequest, simulate: Simulate):
    simulated = simulate(drivers=DRIVERS | {"supply": request.param})
    with Bench(read_bench(simulated.file)) as opened:
        yield simulated, opened


def test_both_dialects_do_what_a_supply_does(bench):
    simulated, opened = bench
    supply = opened.instruments["supply"]
    assert supply.identity.simulated and not supply.is_on()
    assert math.isinf(supply.protected_at_A()), "as it was found, it would never switch off"
    supply.protect(0.125)
    assert supply.protected_at_A() == 0.125
    supply.set_voltage(1.25)
    assert supply.set_at_V() == 1.25 and supply.read("voltage") == 0.0
    supply.switch(True)
    simulated.circuit.demand_A = 0.0625
    assert supply.is_on() and supply.read("voltage") == 1.25 and supply.read("current") == 0.0625
    simulated.circuit.short = True
    assert supply.read("current") == 0.0 and supply.has_tripped() and not supply.is_on()
    supply.switch(True)
    assert not supply.is_on(), "a trip holds"
    simulated.circuit.short = False
    supply.clear_trip()
    assert not supply.has_tripped() and not supply.is_on()


def test_the_error_queue_is_read_after_every_command(bench):
    _, opened = bench
    opened.power_on()
    sent = [line.partition(" supply > ")[2] for line in opened.log.lines if " supply > " in line]
    commands = [k for k, line in enumerate(sent) if "?" not in line and len(line) > len("b'\\n'")]
    commands = [k for k in commands if "*ESE" not in sent[k]]
    assert len(commands) >= 4
    assert all(sent[k + 1] == "b'SYST:ERR?\\n'" for k in commands)


def test_the_limit_is_set_before_the_output_is_on(bench):
    _, opened = bench
    opened.power_on()
    sent = [line for line in opened.log.lines if " supply > " in line]
    limit = [k for k, line in enumerate(sent) if "0.25" in line]
    on = [k for k, line in enumerate(sent) if "OUTP" in line and "ON" in line and "OCP" not in line]
    asked = [k for k, line in enumerate(sent) if "CURR? " in line or "OCP:VAL?" in line]
    assert max(limit) < min(asked) < min(on) and len(on) == 1


def test_a_meter_that_was_switched_off_and_on_is_set_up_again_and_reads_no_volts_as_amperes(bench):
    simulated, opened = bench
    opened.power_on()
    meter = opened.instruments["meter"]
    assert meter.read("current") == pytest.approx(0.005)
    simulated.ttys["meter"].machine.feed(b"CONF:VOLT:DC\n")
    assert meter.read("current") == pytest.approx(0.005)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter, "_set_up", lambda: None)
        simulated.ttys["meter"].machine.feed(b"CONF:VOLT:DC\n")
        with pytest.raises(HardwareError) as caught:
            meter.read("current")
    assert caught.value.code == "WRONG_FUNCTION"


def test_the_thermometer_reads_degrees_and_refuses_what_no_bench_can_be(bench):
    simulated, opened = bench
    opened.power_on()
    thermometer = opened.instruments["thermometer"]
    assert thermometer.read("temperature") == pytest.approx(24.36)
    simulated.circuit.demand_A = 0.2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analoop.hw.bench.toy_circuit.KELVIN_PER_WATT", 1e6)
        with pytest.raises(HardwareError) as caught:
            thermometer.read("temperature")
    assert caught.value.code == "GARBLED"


def test_a_microcontroller_pulls_a_line_and_lets_it_go(bench):
    simulated, opened = bench
    opened.instruments["reset"].pulse()
    assert simulated.circuit.resets == 1
    lines = [line.partition(" > ")[2] for line in opened.log.lines if " reset > " in line]
    assert lines[-2:] == ["b'RESET 1\\n'", "b'RESET 0\\n'"]


def test_a_load_that_is_not_simulated_is_not_told_to_draw(bench):
    _, opened = bench
    load = opened.instruments["load"]
    link = load._link
    link.identity = type(link.identity)("Keysight", "EL34143A", "1", "1")
    with pytest.raises(InputError) as caught:
        load.draw(0.1)
    assert caught.value.code == "REAL_LOAD"


class Pins:
    """A port as pyserial's server of RFC 2217 drives it; what it was told is in `levels`."""

    def __init__(self) -> None:
        self.levels: list[tuple[str, bool]] = []
        self.baudrate, self.bytesize, self.parity, self.stopbits = 9600, 8, "N", 1
        self.xonxoff = self.rtscts = self.cts = self.dsr = self.ri = self.cd = False
        self.timeout = None

    def __setattr__(self, name: str, value) -> None:
        if name in ("dtr", "rts"):
            self.levels.append((name, bool(value)))
        object.__setattr__(self, name, value)

    def reset_input_buffer(self) -> None:
        """Nothing is buffered."""

    def reset_output_buffer(self) -> None:
        """Nothing is buffered."""

    def get_settings(self) -> dict:
        return {}


@pytest.fixture
def telnet():
    """A serial port behind RFC 2217 on a socket, and its pins."""
    import socket

    from serial.rfc2217 import PortManager

    pins, server = Pins(), socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            writer = type("Writer", (), {"write": staticmethod(connection.sendall)})
            manager = PortManager(pins, writer)  # pyright: ignore[reportArgumentType]
            while content := connection.recv(1024):
                list(manager.filter(content))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield pins, f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
    thread.join(10)


@pytest.mark.parametrize(("pin", "active"), [("DTR", "high"), ("RTS", "low")])
def test_a_line_is_pulled_over_a_network_port(telnet, pin: str, active: str):
    pins, url = telnet
    driver = load_drivers().known["line"]
    settings = {key.name: key.default for key in driver.keys}
    link = Link(Wiring("reset", url, timeout_s=5.0), WireLog(), scpi=False)
    pins.levels.clear()
    driver.build(link, settings | {"pin": pin, "active": active, "pulse_s": 0.01}).pulse()
    link.close()
    level = active == "high"
    assert pins.levels == [(pin.lower(), level), (pin.lower(), not level)]


@pytest.mark.parametrize(("active", "rest"), [("high", False), ("low", True)])
def test_opening_a_bench_pulls_no_line_and_frames_characters_as_asked(
    telnet, tmp_path: Path, active: str, rest: bool
):
    pins, url = telnet
    (tmp_path / "bench.toml").write_text(
        f'[reset]\ndriver = "line"\nport = "{url}"\nactive = "{active}"\npulse_s = 0.0\n'
        'parity = "E"\nbits = 7\nstop_bits = 2\ntimeout_s = 5.0\n'
    )
    pins.levels.clear()
    with Bench(read_bench(tmp_path / "bench.toml")) as opened:
        assert pins.levels and all(level is rest for _, level in pins.levels)
        assert (pins.parity, pins.bytesize, pins.stopbits) == ("E", 7, 2)
        opened.instruments["reset"].pulse()
    assert pins.levels[-2:] == [("dtr", not rest), ("dtr", rest)]


def test_every_other_instrument_has_both_lines_high_or_it_would_hold_its_answers_back(telnet):
    pins, url = telnet
    pins.levels.clear()
    Link(Wiring("meter", url, timeout_s=5.0), WireLog()).close()
    assert {name for name, level in pins.levels if level} == {"dtr", "rts"}
    assert all(level for _, level in pins.levels)


@pytest.mark.parametrize("rest", [None, True])
def test_a_line_that_rests_high_is_not_let_fall_when_its_port_is_closed(
    simulate: Simulate, rest: bool | None
):
    tty = simulate(drivers={"reset": "line-by-command"}).ttys["reset"]
    with tty.path.open("rb", buffering=0) as other:
        settings = termios.tcgetattr(other)
        settings[2] |= termios.HUPCL
        termios.tcsetattr(other, termios.TCSANOW, settings)
        link = Link(Wiring("reset", str(tty.path), rest=rest), WireLog(), scpi=False)
        falls = bool(termios.tcgetattr(other)[2] & termios.HUPCL)
        link.close()
    assert falls == (rest is None)


def test_a_line_needs_a_serial_port_and_says_so():
    driver = load_drivers().known["line"]
    link = Link(Wiring("reset", "loop://"), WireLog(), object(), scpi=False)  # pyright: ignore
    with pytest.raises(InputError) as caught:
        driver.build(link, {"pin": "DTR", "active": "high", "pulse_s": 0.0}).pulse()
    assert caught.value.code == "NO_PIN"


@pytest.mark.parametrize("name", sorted(load_drivers().known))
def test_every_simulator_survives_a_thousand_random_streams_and_then_answers(name: str):
    import random

    driver = load_drivers().known[name]
    if driver.simulator is None:
        return
    machine, chance = driver.simulator(ToyCircuit()), random.Random(7)
    words = [b"VOLT ", b"OUTP ON,(@1)", b":MEAS:ALL? CH1", b"\n", b"?", b"*ESE 300", b"1e99", b","]
    for _ in range(1000):
        parts = [chance.choice([*words, chance.randbytes(8)]) for _ in range(chance.randrange(6))]
        machine.feed(b"".join(parts))
    machine.feed(b"\n")
    if isinstance(machine, SimulatedLine):
        assert machine.feed(b"RESET 1\n") == b"OK\n"
    else:
        assert machine.feed(b"*CLS\n*IDN?\n").startswith(b"ANALOOP SIMULATED,")
        assert machine.feed(b"nonsense\nSYSTEM:ERROR?\nSYST:ERR?\n") == (
            b'-113,"Undefined header"\n+0,"No error"\n'
        )


@pytest.mark.parametrize("port", ["socket://127.0.0.1:1", "nonsense://x", "/dev/no-such-tty"])
def test_a_port_that_cannot_be_opened_is_an_error_with_its_name(port: str):
    with pytest.raises(BoardError) as caught:
        Link(Wiring("supply", port), WireLog())
    assert "supply" in str(caught.value) and caught.value.exit_code == 3
