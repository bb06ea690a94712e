"""Driver 'toy-load': tells a simulated circuit what a simulated board draws, over its own wire.
It refuses any instrument that is not one of ours: a real load would draw a real current.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.errors import InputError
from .instruments import Driver
from .link import Link
from .replies import InstrumentIdentity
from .simulated_line import SimulatedLoad


class ToyLoad:
    """What the simulated board draws from the simulated supply."""

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link = link

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    def draw(self, current_A: float) -> None:
        """Draw this current from now on."""
        if self.identity is None or not self.identity.simulated:
            raise InputError(
                f"{self._link.wiring.name} is {self.identity}, not a simulated load: 'toy-load' "
                "is for `analoop bench simulate` only",
                code="REAL_LOAD",
            )
        self._link.tell(f"LOAD:CURR {current_A:.9e}")


DRIVER = Driver("toy-load", "load", ToyLoad, simulator=SimulatedLoad)
