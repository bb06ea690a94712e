"""A simulated microcontroller that pulls a reset line, and the simulated load of a toy circuit."""

from __future__ import annotations

from .scpi_machine import LONGEST_LINE, Answer, ScpiMachine, exact, number
from .toy_circuit import ToyCircuit


class SimulatedLine:
    """`RESET 1` and `RESET 0`, each answered by `OK`; everything else by `ERR`."""

    def __init__(self, circuit: ToyCircuit):
        self.circuit, self._come = circuit, b""

    def feed(self, content: bytes) -> bytes:
        """Take bytes, give bytes."""
        self._come += content
        *lines, self._come = self._come.split(b"\n")
        self._come = self._come[-LONGEST_LINE:]
        return b"".join(self._answer(line.strip()) for line in lines)

    def _answer(self, line: bytes) -> bytes:
        if line not in (b"RESET 1", b"RESET 0"):
            return b"ERR\n" if line else b""
        self.circuit.resets += line == b"RESET 1"
        return b"OK\n"


class SimulatedLoad(ScpiMachine):
    """What a simulated board draws, told over a wire."""

    def __init__(self, circuit: ToyCircuit):
        table: dict[str, Answer] = {
            "LOAD:CURRent": self._draw,
            "LOAD:CURRent?": lambda _: exact(circuit.demand_A),
        }
        super().__init__("toy load", circuit, table)

    def _draw(self, argument: str) -> None:
        with self.circuit.lock:
            self.circuit.demand_A = number(argument, 0, 10)
            self.circuit.settle()
