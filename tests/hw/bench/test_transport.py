"""Lines over real ports: ttys, sockets, VISA; one user at a time, and none waits for ever."""

import socket
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.link import Link
from analoop.hw.bench.measuring import Traces
from analoop.hw.bench.pseudo_terminal import PseudoTerminal
from analoop.hw.bench.replies import read_number
from analoop.hw.bench.scpi_machine import ScpiMachine
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.bench.simulated_meter import SimulatedThermometer
from analoop.hw.bench.toy_circuit import ToyCircuit
from analoop.hw.bench.transport import SerialTransport, Wiring
from analoop.hw.bench.visa import VisaTransport
from analoop.hw.bench.wire_log import WireLog
from analoop.models import BoardError
from analoop.models.errors import HardwareError


@pytest.fixture
def tty(tmp_path: Path):
    with PseudoTerminal(SimulatedThermometer(ToyCircuit()), tmp_path / "tty") as served:
        yield served


def wiring(port: object, **more) -> Wiring:
    return Wiring("it", str(port), timeout_s=0.2, reconnect_s=0.2, **more)


def test_a_port_is_open_once_even_for_programs_that_know_no_lease(tty: PseudoTerminal):
    first = SerialTransport(wiring(tty.path), WireLog())
    with pytest.raises(BoardError) as caught:
        SerialTransport(wiring(tty.path), WireLog())
    assert caught.value.code == "PORT_CLOSED"
    first.close()
    SerialTransport(wiring(tty.path), WireLog()).close()


def test_a_bench_whose_port_is_held_says_by_whom(simulate: Callable[..., SimulatedBench]):
    simulated = simulate()
    plan = read_bench(simulated.file)
    with Bench(plan), pytest.raises(BoardError) as caught:
        Bench(plan)
    assert caught.value.code == "PORT_HELD" and "pid" in str(caught.value)
    Bench(plan).close()


def test_a_late_reply_never_answers_the_next_question(tty: PseudoTerminal):
    class Counting(ScpiMachine):
        """Answers each question with how often it was asked something."""

        def __init__(self):
            self.asked = 0
            super().__init__("counter", ToyCircuit(), {"READ?": lambda _: self.count()})

        def count(self) -> str:
            self.asked += 1
            return str(self.asked)

    tty.unplug()
    tty.machine = machine = Counting()
    tty.plug_in()
    link = Link(wiring(tty.path), WireLog())
    for number in range(8):
        tty.faults.late = number % 2
        assert link.ask("READ?", read_number) == machine.asked
    link.close()


def test_a_command_that_is_interrupted_leaves_no_reply_to_the_next_question(tty: PseudoTerminal):
    link = Link(wiring(tty.path), WireLog())
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):

        def interrupted(timeout_s: float) -> bytes:
            raise KeyboardInterrupt

        link.ask("*IDN?", str)
        patch.setattr(link.transport, "read", interrupted)
        link.ask("MEAS:TEMP?", read_number)
    assert link.ask("*OPC?", read_number) == 1.0
    link.close()


def test_a_socket_is_a_port_too():
    machine = SimulatedThermometer(ToyCircuit())
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as connection:
            while content := connection.recv(100):
                connection.sendall(machine.feed(content))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    link = Link(wiring(f"socket://127.0.0.1:{server.getsockname()[1]}"), WireLog())
    assert link.identify().simulated
    assert link.ask("MEAS:TEMP?", read_number) == 24.0
    link.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_loop_hears_itself_and_that_is_no_instrument():
    link = Link(wiring("loop://"), WireLog())
    with pytest.raises(HardwareError) as caught:
        link.identify()
    assert caught.value.code == "GARBLED"
    link.close()


def test_an_instrument_that_never_stops_talking_is_given_up(tty: PseudoTerminal):
    class Talking:
        def feed(self, content: bytes) -> bytes:
            return b"+1.0\n" * 200

    tty.unplug()
    tty.machine = Talking()
    tty.plug_in()
    link = Link(wiring(tty.path), WireLog())
    with pytest.raises(HardwareError) as caught:
        link.ask("READ?", read_number)
    assert caught.value.code in ("GARBLED", "NO_ANSWER")
    link.close()


@pytest.mark.parametrize("reply", [b"", b"half", b"\n", b"\xff\xfe\n", b"1\n2\n", b"1\n" * 9])
def test_every_question_ends_whatever_comes(tty: PseudoTerminal, reply: bytes):
    class Odd:
        def feed(self, content: bytes) -> bytes:
            return reply

    tty.unplug()
    tty.machine = Odd()
    tty.plug_in()
    link = Link(wiring(tty.path), WireLog())
    began = time.monotonic()
    with pytest.raises(HardwareError):
        link.ask("READ?", read_number)
    assert time.monotonic() - began < 30, "a deadline, not a measure of speed"
    link.close()


def test_a_visa_resource_speaks_over_the_same_tty(tty: PseudoTerminal):
    pytest.importorskip("pyvisa_py")
    port = f"visa:ASRL{tty.path.resolve()}::INSTR"
    link = Link(wiring(port), WireLog())
    assert link.identify().model == "thermometer"
    assert link.ask("MEAS:TEMP?", read_number) == 24.0
    for fault in ("silence", "late", "garbage", "half", "doubled"):
        setattr(tty.faults, fault, 1)
        assert link.ask("MEAS:TEMP?", read_number) == 24.0, fault
        assert link.ask("*OPC?", read_number) == 1.0, "nothing is left of it"
    tty.faults.silence = 1000
    with pytest.raises(HardwareError) as caught:
        link.ask("MEAS:TEMP?", read_number)
    assert caught.value.code == "NO_ANSWER"
    link.close()


SIMULATED = """
spec: "1.1"
devices:
  supply:
    eom:
      TCPIP INSTR:
        q: "\\n"
        r: "\\n"
    error: ERROR
    dialogues:
      - {q: "*IDN?", r: "Keysight Technologies,E36312A,MY1,1.0"}
      - {q: "SYST:ERR?", r: '+0,"No error"'}
      - {q: "MEAS:VOLT? (@1)", r: "+1.80000000E+00"}
    properties:
      enable:
        default: 0
        getter: {q: "*ESE?", r: "{:d}"}
        setter: {q: "*ESE {:d}"}
        specs: {min: 0, max: 255, type: int}
resources:
  TCPIP::10.0.0.7::INSTR:
    device: supply
"""


def test_a_supply_of_somebody_elses_simulator_is_read_over_visa(tmp_path: Path):
    pytest.importorskip("pyvisa_sim")
    (tmp_path / "sim.yaml").write_text(SIMULATED)
    (tmp_path / "bench.toml").write_text(
        '[supply]\ndriver = "scpi-supply"\nport = "visa:TCPIP::10.0.0.7::INSTR"\n'
        f'backend = "{tmp_path / "sim.yaml"}@sim"\nlimit_A = 0.25\ntimeout_s = 0.5\n'
    )
    with Bench(read_bench(tmp_path / "bench.toml")) as bench:
        supply = bench.instruments["supply"]
        assert supply.identity.model == "E36312A" and supply.read("voltage") == 1.8
        traces = Traces().record(bench)["traces"]
        assert all(trace["simulated"] for trace in traces), "whatever it says that it is"


def test_a_visa_resource_that_is_not_there_is_an_error_with_its_name(tmp_path: Path):
    pytest.importorskip("pyvisa_py")
    with pytest.raises(BoardError) as caught:
        Link(wiring(f"visa:ASRL{tmp_path}/none::INSTR"), WireLog())
    assert caught.value.code == "NO_PORT" and "none" in str(caught.value)


def test_a_serial_visa_resource_is_framed_as_asked(tty: PseudoTerminal):
    pytest.importorskip("pyvisa_py")
    port = f"visa:ASRL{tty.path.resolve()}::INSTR"
    transport = VisaTransport(wiring(port, baud=19200, stop_bits=2), WireLog())
    resource = transport._resource
    assert (resource.baud_rate, resource.data_bits, resource.stop_bits.name) == (19200, 8, "two")
    transport.close()


def test_a_port_that_cannot_be_framed_so_is_an_error_with_its_name(
    tty: PseudoTerminal, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*arguments: object) -> None:
        raise termios.error(22, "Invalid argument")

    monkeypatch.setattr(termios, "tcsetattr", refuse)
    with pytest.raises(BoardError) as caught:
        SerialTransport(wiring(tty.path, parity="E", bits=7), WireLog())
    assert caught.value.code == "PORT_CLOSED" and "`parity`" in str(caught.value)
