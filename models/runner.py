"""Which runner plays a sheet: the compiled one where numba is there, else the readable one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Literal

from .errors import InputError
from .neuron import Coefficients
from .wiring import Drive, Run, SheetState, Wiring

Precision = Literal["double", "single"]
PRECISIONS: tuple[Precision, ...] = ("double", "single")
"""Of the neurons' equations: 'single' is two to three times faster, errors in
docs/simulated_chip.md. Sums of weights are exact in both."""


@dataclass(frozen=True)
class Runner:
    """How to compute; never what."""

    precision: Precision = "double"
    """Of the neurons' equations. The readable runner always takes double."""
    workers: int | None = None
    """Threads; None: one per processor."""
    compiled: bool | None = None
    """Whether to use the compiled kernel; None: where it can be."""

    def name(self) -> str:
        """What will compute, for the record: 'numba double', 'torch float64'.

        Raises:
            InputError: NO_KERNEL, the compiled kernel is asked for and numba is missing.
        """
        if self.compiled and not has_kernel():
            raise InputError(
                "the compiled kernel needs numba: pip install numba, or leave the choice of the "
                "runner to Analoop",
                code="NO_KERNEL",
            )
        use = has_kernel() if self.compiled is None else self.compiled
        return f"numba {self.precision}" if use else "torch float64"

    def run(
        self, c: Coefficients, wiring: Wiring, drive: Drive, start: SheetState | None = None
    ) -> Run:
        """Play trials to chips, see `reference.run`. Raises as `name`."""
        if self.name().startswith("torch"):
            from . import reference

            return reference.run(c, wiring, drive, start)
        from . import fast  # compiles or reads from the disk what it compiled before

        return fast.run(c, wiring, drive, start, self.precision, self.workers)


@cache
def has_kernel() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None
