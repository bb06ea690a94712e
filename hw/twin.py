"""What was fitted to a board from recordings: factors of the currents of its neurons.

A twin is a virtual chip with these factors in place of sampled mismatch (design.md 3). Which
factors mean what, and how they are found: docs/twins.md. Recordings that the fit did not see are
kept, so that anyone can ask again how well the twin predicts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..models.archive import content_hash
from ..models.errors import InputError
from ..models.recording import Recording, Stimulus

MOST_HELD = 5_000_000
"""Events of held-out recordings that a file may hold; more do not belong into a snapshot."""

_STIMULUS = ("duration_us", "trial", "time_us", "channel", "target")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Recordings that the fit did not see, with their stimulus.

    Raises:
        InputError: HELD_OUT, when they are of another stimulus, or too many.
    """

    stimulus: Stimulus
    """What was played."""
    recordings: tuple[Recording, ...]
    """What came, one per repeat."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recordings", tuple(self.recordings))
        foreign = [r.provenance.get("stimulus") != self.stimulus.hash for r in self.recordings]
        if any(foreign) or not self.recordings:
            raise InputError(
                f"{sum(foreign)} of {len(foreign)} held-out recordings are of another stimulus "
                f"than {self.stimulus.hash[:12]}: give recordings of this one, at least one",
                code="HELD_OUT",
            )
        events = len(self.stimulus.trial) + sum(len(r.trial) for r in self.recordings)
        if events > MOST_HELD:
            raise InputError(
                f"held-out recordings and their stimulus have {events} events, a snapshot takes "
                f"{MOST_HELD}: hold out fewer trials",
                code="HELD_OUT",
            )


@dataclass(frozen=True, eq=False)
class Twin:
    """A fit to one board.

    Raises:
        InputError: TWIN_INVALID, when arrays differ in shape or a factor is not positive.
    """

    board: Mapping[str, Any]
    """Identity record of the board (`BoardIdentity.record`). JSON values."""
    date: str
    """When it was fitted, ISO 8601."""
    method: str
    """How, and in which version (deploy/twins/fitting.py)."""
    factors: Mapping[str, np.ndarray]
    """By the names of models/mismatch.py, over nominal, float64 [chip, core, neuron] [1]; NaN:
    unknown, and nominal in the twin."""
    left: Mapping[str, np.ndarray]
    """By the names of deploy/twins/factors.py, what is left of the uncertainty there was before the
    fit, float64 [chip, core, neuron] [1]: 0 is known exactly, 1 is not told at all."""
    recordings: tuple[Mapping[str, Any], ...] = ()
    """What was fitted: hashes of programs, stimuli and recordings. JSON values."""
    fidelity: Mapping[str, Any] | None = None
    """How well it predicts what was held out (deploy/twins/fidelity.py). JSON values."""
    held_out: HeldOut | None = None
    """What it is judged by."""

    def __post_init__(self) -> None:
        for field in ("factors", "left"):
            arrays = {name: _frozen(array) for name, array in getattr(self, field).items()}
            object.__setattr__(self, field, arrays)
        shapes = {array.shape for array in (*self.factors.values(), *self.left.values())}
        bad = [n for n, f in self.factors.items() if (f <= 0).any() or np.isinf(f).any()]
        if len(shapes) != 1 or len(next(iter(shapes))) != 3 or bad:
            raise InputError(
                "a twin needs factors [chip, core, neuron], positive or NaN, all of one shape; got "
                f"shapes {sorted(shapes)}, illegal values in {bad or 'none'}: fit it again",
                code="TWIN_INVALID",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Chips, cores, neurons."""
        return next(iter(self.factors.values())).shape

    @cached_property
    def known(self) -> np.ndarray:
        """Neurons with a factor, bool [chip, core, neuron]."""
        return np.logical_or.reduce([~np.isnan(f) for f in self.factors.values()])

    @cached_property
    def hash(self) -> str:
        """Hash of everything."""
        return content_hash(*twin_content(self))


def _frozen(values: np.ndarray) -> np.ndarray:
    array = np.array(values, np.float64)
    array.setflags(write=False)
    return array


def twin_content(twin: Twin) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a twin in a snapshot file."""
    header: dict[str, Any] = {
        "board": dict(twin.board),
        "date": twin.date,
        "method": twin.method,
        "units": {"factor": "1 (over nominal)", "left": "1 (over the spread before the fit)"},
        "recordings": [dict(r) for r in twin.recordings],
        "fidelity": None if twin.fidelity is None else dict(twin.fidelity),
        "held_out": None,
    }
    arrays = {f"twin.factor.{name}": f for name, f in twin.factors.items()}
    arrays |= {f"twin.left.{name}": f for name, f in twin.left.items()}
    held = twin.held_out
    if held is not None:
        files = [r.to_file() for r in held.recordings]
        header["held_out"] = {
            "n_channels": held.stimulus.n_channels,
            "recordings": [file[0] for file in files],
        }
        arrays |= {f"twin.stimulus.{n}": getattr(held.stimulus, n) for n in _STIMULUS}
        for k, (_, own) in enumerate(files):
            arrays |= {f"twin.held.{k}.{name}": array for name, array in own.items()}
    return header, arrays


def twin_from(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Twin:
    """The inverse of `twin_content`."""
    held = header["held_out"]
    kept = None
    if held is not None:
        stimulus = Stimulus(held["n_channels"], **_under(arrays, "twin.stimulus."))
        recordings = tuple(
            Recording.from_file(own, _under(arrays, f"twin.held.{k}."))
            for k, own in enumerate(held["recordings"])
        )
        kept = HeldOut(stimulus, recordings)
    return Twin(
        header["board"],
        header["date"],
        header["method"],
        _under(arrays, "twin.factor."),
        _under(arrays, "twin.left."),
        tuple(header["recordings"]),
        header["fidelity"],
        kept,
    )


def _under(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Arrays whose names begin so, without that."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
