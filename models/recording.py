"""Stimulus in, recording out: events by population and index, grouped in trials.

Times are 64-bit integer microseconds from the start of their trial.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .archive import content_hash, read_content, write_archive
from .errors import FileError, InputError

MAX_TRIALS = 1_000_000
"""Most trials of a CSV file; a larger number is a slip of the pen, not an experiment."""

MAX_DURATION_US = 2**32
"""Length of a trial [us] at which the 32-bit clock of a board comes round (71.6 minutes)."""


def _frozen(array: Any, dtype: Any) -> np.ndarray:
    array = np.array(array, dtype=dtype)
    array.setflags(write=False)
    return array


def _whole(name: str, values: Any, dtype: Any) -> np.ndarray:
    """The values as integers, or an InputError naming the first that is none."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(f"stimulus: {name} must be a list", code="STIMULUS_INVALID")
    if array.size == 0:
        return _frozen(array, dtype)
    limits = np.iinfo(dtype)
    if array.dtype.kind not in "iuf":
        bad = np.ones(len(array), bool)
    else:
        bad = ~((array == np.trunc(array)) & (array >= limits.min) & (array <= limits.max))
    if bad.any():
        k = int(np.argmax(bad))
        raise InputError(
            f"stimulus: {name} must be whole numbers of {limits.bits} bits, but {int(bad.sum())} "
            f"are not, the first is number {k}, {array[k]}: round them",
            code="STIMULUS_INVALID",
        )
    return _frozen(array, dtype)


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Input events of one or more independent trials.

    Raises:
        InputError: STIMULUS_INVALID, naming every kind of fault and the first event of each.
    """

    n_channels: int
    """Number of input channels."""
    duration_us: np.ndarray
    """Length of each trial [us], int64 [trial]."""
    trial: np.ndarray
    """Trial of each event, int32 [event]."""
    time_us: np.ndarray
    """Time of each event in its trial [us], int64 [event]."""
    channel: np.ndarray
    """Channel of each event, int32 [event]."""
    target: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """What should win, int64 [trial], or empty: the index of an output neuron; where outputs have
    labels, the place of one among the labels, equal ones counted once, as they first appear."""

    def __post_init__(self) -> None:
        for name in ("duration_us", "trial", "time_us", "channel", "target"):
            dtype = np.int32 if name in ("trial", "channel") else np.int64
            object.__setattr__(self, name, _whole(name, getattr(self, name), dtype))
        faults = list(self._faults())
        if faults:
            raise InputError("stimulus: " + "; ".join(faults), code="STIMULUS_INVALID")
        order = np.lexsort((self.channel, self.time_us, self.trial))
        for name in ("trial", "time_us", "channel"):
            array = getattr(self, name)
            object.__setattr__(self, name, _frozen(array[order], array.dtype))

    def _faults(self):
        n_trials = len(self.duration_us)
        if not len(self.trial) == len(self.time_us) == len(self.channel):
            yield "trial, time and channel differ in length: give one of each per event"
            return
        if len(self.target) not in (0, n_trials):
            yield f"{len(self.target)} targets for {n_trials} trials: give one each or none"
        if ((self.duration_us < 0) | (self.duration_us >= MAX_DURATION_US)).any():
            yield f"trials must last 0 to {MAX_DURATION_US - 1} us (the board's clock comes round)"
        bad_trial = (self.trial < 0) | (self.trial >= n_trials)
        checks = [
            (bad_trial, f"trials must be 0..{n_trials - 1}"),
            (self.time_us < 0, "times must not be negative"),
            (
                (self.channel < 0) | (self.channel >= self.n_channels),
                f"channels must be 0..{self.n_channels - 1}",
            ),
        ]
        if not bad_trial.any():
            late = self.time_us >= self.duration_us[self.trial]
            checks.append((late, "events must come before the end of their trial"))
        for bad, need in checks:
            if bad.any():
                k = int(np.argmax(bad))
                yield (
                    f"{need}, but {int(bad.sum())} are not, the first is event {k} (trial "
                    f"{self.trial[k]}, time {self.time_us[k]} us, channel {self.channel[k]})"
                )

    @property
    def n_trials(self) -> int:
        """Number of trials."""
        return len(self.duration_us)

    @cached_property
    def hash(self) -> str:
        """Hash of the content."""
        return content_hash({"n_channels": self.n_channels}, self._arrays())

    def select(self, trials: slice | np.ndarray) -> Stimulus:
        """The given trials, renumbered from 0 in the order given."""
        chosen = np.arange(self.n_trials)[trials]
        if len(np.unique(chosen)) < len(chosen):
            raise InputError(
                "stimulus: a trial is selected twice: select it once, or join two selections",
                code="STIMULUS_INVALID",
            )
        number = np.full(self.n_trials, -1)
        number[chosen] = np.arange(len(chosen))
        keep = number[self.trial] >= 0
        return Stimulus(
            self.n_channels,
            self.duration_us[chosen],
            number[self.trial[keep]],
            self.time_us[keep],
            self.channel[keep],
            self.target[chosen] if len(self.target) else self.target,
        )

    @staticmethod
    def from_counts(counts: Any, step_us: int, target: Any = ()) -> Stimulus:
        """The stimulus that has so many events in each step, all at its start; `counts` backwards.

        Args:
            counts: whole numbers, 0 or more, [trial, step, channel]; an array or a tensor.
            step_us: length of a step [us].
            target: as the field, [trial], or nothing.

        Raises:
            InputError: SHAPE; STIMULUS_INVALID.
        """
        if hasattr(counts, "detach"):
            counts = counts.detach().cpu().double()
        try:
            counts = np.asarray(counts, np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"counts are numbers [trial, step, channel], got others ({error}): give an array",
                code="STIMULUS_INVALID",
            ) from error
        if counts.ndim != 3:
            raise InputError(
                f"counts are [trial, step, channel], got {list(counts.shape)}: give three axes",
                code="SHAPE",
            )
        wrong = ~((counts >= 0) & (counts == np.trunc(counts)) & (counts < 2**31))
        if wrong.any():
            raise InputError(
                f"stimulus: {int(wrong.sum())} of the counts are no whole numbers of 0 or more: "
                "round them",
                code="STIMULUS_INVALID",
            )
        trials, steps, channels = counts.shape
        trial, step, channel = np.nonzero(counts)
        number = counts[trial, step, channel].astype(np.int64)
        trial, time_us, channel = (np.repeat(x, number) for x in (trial, step * step_us, channel))
        durations = np.full(trials, steps * step_us)
        return Stimulus(channels, durations, trial, time_us, channel, np.asarray(target))

    def counts(self, step_us: int) -> np.ndarray:
        """Number of events per step, float64 [trial, step, channel]; steps cover every trial."""
        steps = -(-int(self.duration_us.max(initial=0)) // step_us)
        counts = np.zeros((self.n_trials, steps, self.n_channels))
        np.add.at(counts, (self.trial, self.time_us // step_us, self.channel), 1.0)
        return counts

    def inside(self, step_us: int) -> np.ndarray:
        """Which steps belong to a trial, bool [trial, step]; as many as `counts` has."""
        steps = -(-self.duration_us // step_us)
        return np.arange(steps.max(initial=0)) < steps[:, None]

    def _arrays(self) -> dict[str, np.ndarray]:
        names = ("duration_us", "trial", "time_us", "channel", "target")
        return {name: getattr(self, name) for name in names}

    def save(self, path: str | os.PathLike) -> Path:
        """Write a stimulus file."""
        return write_archive(path, "stimulus", 1, {"n_channels": self.n_channels}, self._arrays())

    @staticmethod
    def load(path: str | os.PathLike) -> Stimulus:
        """Read a stimulus file written by `save`."""
        return read_content(
            path, "stimulus", 1, lambda header, arrays: Stimulus(header["n_channels"], **arrays)
        )

    @staticmethod
    def read_csv(path: str | os.PathLike, n_channels: int, tail_us: int = 50_000) -> Stimulus:
        """Read columns `time_us,channel` and optionally `trial` from a CSV file.

        Every trial lasts until `tail_us` after its last event, rounded up to a millisecond.

        Raises:
            FileError: FILE_MISSING, FILE_CORRUPT (names the line).
            InputError: STIMULUS_INVALID.
        """
        path = Path(path)
        if not path.is_file():
            raise FileError(f"{path}: no such file: check the path", code="FILE_MISSING")
        rows, line = [], 1
        try:
            with path.open(newline="", encoding="utf-8-sig") as lines:
                reader = csv.DictReader(lines, skipinitialspace=True)
                if not {"time_us", "channel"} <= set(reader.fieldnames or ()):
                    raise ValueError(f"the header is {reader.fieldnames}")
                for row in reader:
                    line = reader.line_num
                    cells = (row.get("trial") or 0, row["time_us"], row["channel"])
                    rows.append(np.array([int(cell) for cell in cells], np.int64))
        except (ValueError, TypeError, OverflowError, csv.Error) as error:
            raise FileError(
                f"{path}, line {line}: expected a header line time_us,channel[,trial] and "
                f"whole numbers below it ({error!r})",
                code="FILE_CORRUPT",
            ) from error
        trial, time, channel = np.array(rows, np.int64).reshape(-1, 3).T
        if trial.max(initial=0) >= MAX_TRIALS:
            raise FileError(
                f"{path}: trial {trial.max()} is beyond {MAX_TRIALS - 1}: number trials from 0",
                code="FILE_CORRUPT",
            )
        last = np.zeros(max(trial.max(initial=0) + 1, 1), np.int64)
        inside = trial >= 0
        np.maximum.at(last, trial[inside], time[inside])
        duration = -(-(last + 1 + tail_us) // 1000) * 1000
        return Stimulus(n_channels, duration, trial, time, channel)


@dataclass(frozen=True, eq=False)
class Recording:
    """What every monitored neuron did in every trial, and the books of the run.

    Columns are fixed by the network, not by who spiked: a silent neuron is a zero column.
    """

    names: tuple[str, ...]
    """What each column is: "neuron 3 of 'output'"."""
    duration_us: np.ndarray
    """Length of each trial [us], int64 [trial]."""
    trial: np.ndarray
    """Trial of each event, int32 [event]."""
    time_us: np.ndarray
    """Time of each event in its trial [us], int64 [event]."""
    neuron: np.ndarray
    """Column of each event, int32 [event]."""
    books: Mapping[str, int]
    """Stimulus events: sent, unconnected (their channel has no synapse); words: address events they
    became, one per chip reached (boards only). Events received: in_window, early, late, foreign,
    control. Nothing is in no book: a simulated bus adds lost_in, lost_out and undelivered."""
    board: Mapping[str, Any]
    """Which board produced it; `target` is 'simulated', 'software' or 'measured'."""
    provenance: Mapping[str, Any]
    """Program and stimulus hashes, versions."""

    def __post_init__(self) -> None:
        for name in ("duration_us", "trial", "time_us", "neuron"):
            dtype = np.int32 if name in ("trial", "neuron") else np.int64
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))

    @property
    def n_trials(self) -> int:
        """Number of trials."""
        return len(self.duration_us)

    @cached_property
    def counts(self) -> np.ndarray:
        """Spikes of every neuron in every trial, int64 [trial, neuron]."""
        counts = np.zeros((self.n_trials, len(self.names)), np.int64)
        np.add.at(counts, (self.trial, self.neuron), 1)
        return counts

    def raster(self, trial: int, bin_us: int) -> np.ndarray:
        """Spike counts of a trial, int64 [bin, neuron]; bin k holds [k, k+1) bin_us, exactly."""
        bins = -(-int(self.duration_us[trial]) // bin_us)
        raster = np.zeros((bins, len(self.names)), np.int64)
        mine = self.trial == trial
        np.add.at(raster, (self.time_us[mine] // bin_us, self.neuron[mine]), 1)
        return raster

    @cached_property
    def hash(self) -> str:
        """Hash of the content, provenance included."""
        header, arrays = self.to_file()
        return content_hash(header, arrays)

    def to_file(self) -> tuple[dict, dict[str, np.ndarray]]:
        """Header and arrays of a recording file."""
        header = {
            "names": list(self.names),
            "books": dict(self.books),
            "board": dict(self.board),
            "provenance": dict(self.provenance),
        }
        names = ("duration_us", "trial", "time_us", "neuron")
        return header, {name: getattr(self, name) for name in names}

    def save(self, path: str | os.PathLike) -> Path:
        """Write a recording file."""
        return write_archive(path, "recording", 1, *self.to_file())

    @staticmethod
    def load(path: str | os.PathLike) -> Recording:
        """Read a recording file."""
        return read_content(path, "recording", 1, Recording.from_file)

    @staticmethod
    def from_file(header: Mapping, arrays: Mapping[str, np.ndarray]) -> Recording:
        """The inverse of `to_file`."""
        return Recording(
            names=tuple(header["names"]),
            books=header["books"],
            board=header["board"],
            provenance=header["provenance"],
            **arrays,
        )
