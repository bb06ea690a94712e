"""Simulated supplies of two dialects, on a toy circuit, which says what they can be set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .scpi_machine import Answer, Refusal, ScpiMachine, exact, number, switched
from .toy_circuit import ToyCircuit


class KeysightSupply(ScpiMachine):
    """As an E36312A answers: channels are lists, `(@1)`."""

    def __init__(self, circuit: ToyCircuit):
        at = _one_of(f"(@{k + 1})" for k in range(circuit.channels))
        table: dict[str, Answer] = {
            "VOLTage": _given(at, lambda v: _set_V(circuit, v)),
            "CURRent": _given(at, lambda v: _set_A(circuit, v)),
            "CURRent:PROTection:STATe": _given(
                at, lambda v: _set(circuit, "protected", switched(v))
            ),
            "OUTPut": _given(at, lambda v: circuit.switch(switched(v))),
            "OUTPut:PROTection:CLEar": _asked(at, lambda: _clear(circuit)),
        }
        asked: dict[str, Callable[[], str]] = {
            "VOLTage?": lambda: exact(circuit.set_V),
            "CURRent?": lambda: exact(circuit.limit_A),
            "CURRent:PROTection:STATe?": lambda: str(int(circuit.protected)),
            "CURRent:PROTection:TRIPped?": lambda: str(int(circuit.tripped)),
            "OUTPut?": lambda: str(int(circuit.on)),
            "MEASure:VOLTage?": lambda: exact(circuit.voltage_V),
            "MEASure:CURRent?": lambda: exact(circuit.current_A),
        }
        table |= {header: _asked(at, answer) for header, answer in asked.items()}
        super().__init__("E36312A dialect", circuit, table)


class RigolSupply(ScpiMachine):
    """As a DP832A answers: channels are words, `CH1`; values have fixed decimals."""

    def __init__(self, circuit: ToyCircuit):
        at = _one_of(f"CH{k + 1}" for k in range(circuit.channels))
        table: dict[str, Answer] = {
            "OUTPut:OCP:VALue": _after(at, lambda v: _set_A(circuit, v)),
            "OUTPut:OCP": _after(at, lambda v: _set(circuit, "protected", switched(v))),
            "OUTPut": _after(at, lambda v: circuit.switch(switched(v))),
            "OUTPut:OCP:CLEAR": _asked(at, lambda: _clear(circuit)),
        }
        for k in range(circuit.channels):
            table[f"SOURce{k + 1}:VOLTage"] = lambda v: _set_V(circuit, v)
            table[f"SOURce{k + 1}:VOLTage?"] = lambda _: f"{circuit.set_V:.4f}"
        asked: dict[str, Callable[[], str]] = {
            "OUTPut:OCP:VALue?": lambda: f"{circuit.limit_A:.4f}",
            "OUTPut:OCP?": lambda: _word(circuit.protected),
            "OUTPut:OCP:QUES?": lambda: "YES" if circuit.tripped else "NO",
            "OUTPut?": lambda: _word(circuit.on),
            "MEASure:ALL?": lambda: _all(circuit.voltage_V, circuit.current_A),
        }
        table |= {header: _asked(at, answer) for header, answer in asked.items()}
        super().__init__("DP832A dialect", circuit, table)


def _one_of(channels: Iterable[str]) -> Callable[[str], None]:
    """Refuses every other channel."""
    there = set(channels)

    def at(channel: str) -> None:
        if channel.upper() not in there:
            raise Refusal(-222, "Data out of range")

    return at


def _given(at: Callable[[str], None], act: Callable[[str], None]) -> Answer:
    """'value,channel'."""

    def answer(argument: str) -> None:
        value, _, channel = argument.partition(",")
        at(channel.strip())
        act(value.strip())

    return answer


def _after(at: Callable[[str], None], act: Callable[[str], None]) -> Answer:
    """'channel,value'."""

    def answer(argument: str) -> None:
        channel, _, value = argument.partition(",")
        at(channel.strip())
        act(value.strip())

    return answer


def _asked(at: Callable[[str], None], say: Callable[[], str | None]) -> Answer:
    """'channel'."""

    def answer(argument: str) -> str | None:
        at(argument)
        return say()

    return answer


def _set(circuit: ToyCircuit, name: str, value: float | bool) -> None:
    with circuit.lock:
        setattr(circuit, name, value)
        circuit.settle()


def _set_V(circuit: ToyCircuit, value: str) -> None:  # noqa: N802  the unit
    _set(circuit, "set_V", number(value, 0, circuit.most_V))


def _set_A(circuit: ToyCircuit, value: str) -> None:  # noqa: N802
    _set(circuit, "limit_A", number(value, 0, circuit.most_A))


def _clear(circuit: ToyCircuit) -> None:
    circuit.tripped = False


def _word(on: bool) -> str:
    return "ON" if on else "OFF"


def _all(volts: float, amperes: float) -> str:
    return f"{volts:.4f},{amperes:.4f},{volts * amperes:.3f}"
