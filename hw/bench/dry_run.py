"""What would be sent: a bench whose instruments are simulated in memory, one for each driver.

Questions get the answers of a healthy instrument of that dialect, nothing touches a port.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from ...models.errors import HardwareError, InputError
from .bench import Bench
from .bench_file import BenchPlan, Section
from .link import Link
from .pseudo_terminal import Machine
from .scpi_supply import CHANNEL, MOST_A, MOST_V
from .toy_circuit import ToyCircuit
from .transport import Wiring
from .wire_log import WireLog


class MemoryTransport:
    """A simulated instrument without a wire."""

    def __init__(self, wiring: Wiring, log: WireLog, machine: Machine):
        self._name, self._log, self._machine = wiring.name, log, machine
        self._come: list[bytes] = []

    def write(self, line: str) -> None:
        content = line.encode("ascii") + b"\n"
        self._log.sent(self._name, content)
        self._come += self._machine.feed(content).splitlines()

    def read(self, timeout_s: float) -> bytes:
        if not self._come:
            raise HardwareError(f"{self._name} did not answer", code="NO_ANSWER")
        return self._come.pop(0)

    def drop_input(self, quiet_s: float = 0.0) -> bytes:
        self._come.clear()
        return b""

    def reopen(self) -> None:
        """It is always there."""

    def close(self) -> None:
        """Nothing is held."""


def dry_bench(plan: BenchPlan) -> Bench:
    """A bench that sends nothing; what it would send is in its log.

    Raises:
        InputError: NO_DRY_RUN, a driver delivers no simulator.
    """
    missing = [
        s.name for s in plan.checked().sections if s.driver.simulator is None and not _is_pin(s)
    ]
    if missing:
        raise InputError(
            f"{', '.join(missing)}: the driver brings no simulator, so nobody knows what it would "
            "send: give the driver one (docs/bench.md)",
            code="NO_DRY_RUN",
        )
    # Whatever the driver takes is right for some instrument of its kind.
    circuit = ToyCircuit(demand_A=0.0, channels=int(CHANNEL.most), most_V=MOST_V, most_A=MOST_A)

    def link(section: Section, log: WireLog) -> Link:
        if section.driver.simulator is None:
            return Link(replace(section.wiring, port="loop://"), log, scpi=False)
        machine = section.driver.simulator(circuit)
        transport = MemoryTransport(section.wiring, log, machine)
        return Link(section.wiring, log, transport, section.driver.scpi)

    @contextmanager
    def by(section: Section, log: WireLog) -> Iterator[Link]:
        with closing(link(section, log)) as opened:
            yield opened

    log = WireLog(lines=deque(maxlen=10_000))
    return Bench(plan, log, by, lambda seconds: log.remark("bench", f"wait {seconds:g} s"))


def _is_pin(section: Section) -> bool:
    """Whether it is a line of a port, which is tried on pyserial's loop."""
    return section.driver.rest is not None


def sent(log: WireLog) -> list[str]:
    """What a log says was sent, pulled or waited for, without times and answers."""
    lines = [line.partition(" ")[2] for line in log.lines]
    return [line for line in lines if " < " not in line and " ! opened" not in line]
