"""A whole bench without instruments: each is simulated behind a tty of its own, and a bench.toml
names them. What `analoop bench simulate` serves, and what the tests run over.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from ...models.errors import InputError
from .instruments import load_drivers
from .pseudo_terminal import PseudoTerminal, fault_names
from .toy_circuit import ToyCircuit

DRIVERS = {
    "supply": "scpi-supply",
    "meter": "scpi-meter",
    "thermometer": "scpi-thermometer",
    "reset": "line-by-command",
    "load": "toy-load",
}
"""Instruments of a simulated bench, by name."""
OWN_LINES = {
    "supply": "channel = 1\nvoltage_V = 1.8\nlimit_A = 0.25\n",
    "reset": "pulse_s = 0.0\n",
}
"""What bench.toml says of them beside driver and port."""
SHORT = "short"
"""The fault of the circuit: the board draws far too much."""
FOR_EVER = 1_000_000_000
"""Replies of a fault that stays."""


class SimulatedBench:
    """Served from its making until `close` or the end of a `with`.

    Args:
        folder: where the links to the ttys and the bench.toml are made.
        drivers: instruments by name; another dialect of the supply, or fewer of them.
        rules: lines of [bench].
        common: a line of every instrument, as 'timeout_s = 0.2'.
    """

    def __init__(
        self,
        folder: Path,
        drivers: dict[str, str] | None = None,
        rules: str = "off_s = 0.1\nboot_s = 0.1\n",
        common: str = "",
    ):
        self.circuit, self.ttys = ToyCircuit(), {}
        self.file = folder / "bench.toml"
        wanted = DRIVERS if drivers is None else drivers
        known = load_drivers().known
        text = [f"# Simulated instruments, served by process-local ttys.\n[bench]\n{rules}"]
        with ExitStack() as stack:
            for name, driver in wanted.items():
                machine = known[driver].simulator
                if machine is None:
                    continue
                tty = PseudoTerminal(machine(self.circuit), folder / f"tty-{name}")
                stack.callback(tty.close)
                self.ttys[name] = tty
                more = OWN_LINES.get(name, "") + common
                text.append(f'[{name}]\ndriver = "{driver}"\nport = "{tty.path}"\n{more}')
            self.file.write_text("\n".join(text), encoding="utf-8")
            self._stack = stack.pop_all()

    def show(self, fault: str) -> None:
        """Have a fault from now on: 'thermometer=silence'; 'silence' of all instruments;
        'meter=garbage:3' for three replies, 'supply=unplug_after:9' at the ninth command; 'short'.

        Raises:
            InputError: FAULT, saying which there are.
        """
        who, _, what = fault.rpartition("=")
        name, _, count = what.partition(":")
        sound = name in fault_names() and (not who or who in self.ttys)
        if fault == SHORT:
            self.circuit.short = True
        elif sound and (not count or (count.isdecimal() and count.isascii())):
            stays = 1 if name == "unplug_after" else FOR_EVER
            for tty in [self.ttys[who]] if who else self.ttys.values():
                setattr(tty.faults, name, int(count or stays))
        else:
            raise InputError(
                f"'{fault}' is no fault: say INSTRUMENT=NAME, NAME for all instruments, or "
                f"NAME:COUNT for so many replies; instruments are {', '.join(self.ttys)}, faults "
                f"{', '.join(fault_names())}, and {SHORT} of the board",
                code="FAULT",
            )

    def close(self) -> None:
        """End all of them; bench.toml is left."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
