"""Which runner plays a sheet: the compiled one where numba is there, else the readable one.

Where there is a GPU it is tried once in a process (models/gpu_trial.py), when the first sheet
comes that may be large enough. It takes such sheets if it plays what the processor plays, and
is faster by that trial.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import torch

from .coefficients import Coefficients
from .errors import InputError
from .wiring import Drive, Run, SheetState, Wiring

if TYPE_CHECKING:
    from .gpu_trial import Trial

Precision = Literal["double", "single"]
PRECISIONS: tuple[Precision, ...] = ("double", "single")
"""Of the neurons' equations: 'single' is 1.7 to 2 times faster, errors in
docs/simulated_chip.md. Sums of weights are exact in both."""

Device = Literal["cpu", "cuda"]

LEAST_ON_GPU = 10_000
"""Neurons side by side, of all chips and trials, below which no GPU is even tried: one needs tens
of microseconds for a step of anything, and a processor takes less for so few."""


@dataclass(frozen=True)
class Runner:
    """How to compute; never what.

    Raises:
        InputError: RUNNER, at construction.
    """

    precision: Precision = "double"
    """Of the neurons' equations. The readable runner always takes double."""
    workers: int | None = None
    """Threads; None: one per processor."""
    compiled: bool | None = None
    """Whether to use the compiled kernel on the processor; None: where it can be."""
    device: Device | None = None
    """Where to compute; None: on a GPU where that is worth while, unless `compiled` or `workers`
    is given. Delayed synapses and noise, which the GPU runner does not know, are computed on the
    processor in any case."""

    def __post_init__(self) -> None:
        known = self.precision in PRECISIONS and self.device in (None, "cpu", "cuda")
        if not known or (self.workers is not None and self.workers < 1):
            raise InputError(
                f"no runner has precision {self.precision!r}, device {self.device!r} and "
                f"{self.workers} workers: precision is {' or '.join(PRECISIONS)}, device cpu or "
                "cuda, workers 1 or more",
                code="RUNNER",
            )

    def name(self) -> str:
        """What will compute, for the record: 'numba double', 'torch float64', 'torch cuda double'.

        A large sheet may be computed by the GPU without being asked, and one that the GPU runner
        does not know is computed by another; `Run.runner` says by which.

        Raises:
            InputError: NO_KERNEL, the compiled kernel is asked for and numba is missing; NO_GPU,
                a GPU is asked for and torch can use none.
        """
        if self.device == "cuda":
            require_gpu()
            return f"torch cuda {self.precision}"
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
        name = self.name()
        if self.device == "cuda" or self._may_take_gpu(wiring, drive, c):
            from . import gpu

            if gpu.knows(c, wiring, start):
                return gpu.run(c, wiring, drive, start, self.precision)
            name = replace(self, device="cpu").name()
        if name.startswith("torch"):
            from . import reference

            return reference.run(c, wiring, drive, start)
        from . import fast  # compiles or reads from the disk what it compiled before

        return fast.run(c, wiring, drive, start, self.precision, self.workers)

    def _may_take_gpu(self, wiring: Wiring, drive: Drive, c: Coefficients) -> bool:
        """Whether to take a GPU unasked."""
        if self.device or self.compiled is not None or self.workers or not has_gpu():
            return False
        neurons = len(wiring.weight) * len(drive.steps) * c.z_floor.shape[-1]
        return neurons >= LEAST_ON_GPU and gpu_trial().takes(neurons)


@cache
def gpu_trial() -> Trial:
    """How the GPU of this machine did; warns if it must not be taken."""
    from .gpu_trial import trial

    found = trial()
    if found.doubt:
        warnings.warn(
            f"the GPU is not used: {found.doubt}; Runner(device='cuda') takes it all the same",
            stacklevel=2,
        )
    return found


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@cache
def has_kernel() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def has_gpu() -> bool:
    """Whether torch can use a GPU."""
    return torch.cuda.is_available()


def require_gpu() -> None:
    """Raises InputError, NO_GPU, if torch can use none."""
    if not has_gpu():
        raise InputError(
            "a GPU was asked for and torch can use none here: leave out device='cuda'",
            code="NO_GPU",
        )
