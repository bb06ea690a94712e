"""The toy circuit on a simulated bench: a supply, a board that draws a current, a temperature.

A TOY: it exists so that the way from a run to joules can be tried without instruments. The board
draws what it is told to (`hw.bench.toy_model` says what that is); it warms up by a constant times
the power. Every constant is assumed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

AMBIENT_C = 24.0
"""Temperature of the room [degree Celsius], assumed."""
KELVIN_PER_WATT = 40.0
"""How much warmer the board gets than the room [K/W], assumed."""


@dataclass
class ToyCircuit:
    """What all instruments of one simulated bench are connected to."""

    demand_A: float = 0.005
    """What the board draws when it is on [A]."""
    set_V: float = 0.0
    """What the supply is set to [V]."""
    limit_A: float = 1.0
    """Where the supply's protection trips [A]."""
    protected: bool = False
    """Whether the protection is on."""
    on: bool = False
    """Whether the output is on."""
    tripped: bool = False
    """Whether the protection switched it off."""
    channels: int = 1
    """Outputs of the supply; all are this circuit."""
    most_V: float = 6.0
    """Largest voltage the supply can be set to [V]."""
    most_A: float = 5.0
    """Largest limit the supply can be set to [A]."""
    short: bool = False
    """A fault on demand: the board draws far too much."""
    cycles: int = 0
    """How often the output came on."""
    resets: int = 0
    """How often the reset line was pulled."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def switch(self, on: bool) -> None:
        """Switch the output; a tripped one stays off."""
        with self.lock:
            self.cycles += on and not self.on and not self.tripped
            self.on = on and not self.tripped
            self.settle()

    def settle(self) -> None:
        """Let the protection do what it does."""
        with self.lock:
            if self.on and self.protected and self._drawn_A() > self.limit_A:
                self.on, self.tripped = False, True

    @property
    def voltage_V(self) -> float:
        """At the output [V]."""
        return self.set_V if self.on else 0.0

    @property
    def current_A(self) -> float:
        """Through the output [A]."""
        with self.lock:
            self.settle()
            return self._drawn_A() if self.on else 0.0

    @property
    def temperature_C(self) -> float:
        """Of the board [degree Celsius]."""
        return AMBIENT_C + KELVIN_PER_WATT * self.voltage_V * self.current_A

    def _drawn_A(self) -> float:
        return 10.0 * self.limit_A + 1.0 if self.short else self.demand_A
