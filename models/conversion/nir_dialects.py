"""What the same NIR file means, by the library that wrote it.

NIR states differential equations; a library simulates steps, and each writes its steps down as
equations in its own way (seen in the versions named in tests/models/conversion/data):

- snntorch writes its decays as time constants for steps of 0.1 ms, whatever a step was, and its
  reset by subtraction as a reset to 0; that reset comes one step late.
- norse divides by the inverse time constant times the step where it should not (a time constant of
  10 ms is written as 1e-5 with steps of 1 ms), and writes no weight for a current that jumps by 1.
- sinabs writes time constants in steps, writes no reset (it subtracts), and spikes more than once
  in a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Dialect:
    """How a library simulates what it writes."""

    dt: float
    """The step, in the unit of the file's time constants."""
    exponential: bool = False
    """Whether a decay over a step is exp(-dt / tau) (else 1 - dt / tau, forward Euler)."""
    jumps: bool = False
    """Whether a spike adds w_in to the current (else it lasts a step: about w_in dt / tau_syn)."""
    reset: Literal["value", "subtract", "subtract late"] = "value"
    """A spike sets the membrane to v_reset, takes v_threshold from it, or does so a step later."""
    many: bool = False
    """Whether a neuron can spike more than once in a step."""
    strict: bool = True
    """Whether the membrane has to exceed the threshold (else reaching it is enough)."""


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "nir": Dialect(dt=1e-3),
        "snntorch": Dialect(dt=1e-4, reset="subtract late"),
        "norse": Dialect(dt=1e-6, jumps=True),
        "sinabs": Dialect(dt=1.0, exponential=True, reset="subtract", many=True, strict=False),
    }
)
"""By name; 'nir' is the format's own equations at steps of 1 ms."""
