"""Boards played with a bench around them: readings in the record, recovery, outputs made safe.

A recording that was made so has `provenance['bench']`: traces, the time of the run in them, energy,
and every power cycle. Without that entry it is the recording of a run without a bench.
"""

from __future__ import annotations

import atexit
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..hw import board as boards
from ..hw.bench import toy_model
from ..hw.bench.bench import Bench
from ..hw.bench.bench_file import BenchPlan, read_bench
from ..hw.bench.measuring import Sampler, Traces
from ..hw.bench.wire_log import WireLog
from ..hw.board import Board
from ..models.archive import write_bytes
from ..models.errors import FileError, HardwareError, IncompleteError, InputError
from ..models.partial_recording import PartialRecording
from ..models.recording import Recording, Stimulus
from .energy import energy_of
from .execution import run
from .program import Program
from .recovery import Recovery, recovered
from .validation import Report
from .watched_board import WatchedBoard

T = TypeVar("T")

ENTRY = "bench"
"""Where the stamp of a recording is, in its provenance."""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class BenchSession:
    """Plays boards; with a bench, what it measured is in the record.

    Args:
        bench: None plays without one.
        recover: power cycles at most, for each run of a board that stopped answering.
        keep: given what came before a board failed, and the number of the incident.
        tell: given lines of news.
        kept: JSON file in which stamps are kept as boards are played, and found again by the next
            session; its folder is there by then. None: nowhere.

    Raises:
        InputError: NEEDS_BENCH, recovery without a bench; RECOVER. With `recover`, as
            `Bench.check_cycle`: a bench that could not do it is found before a board hangs.
    """

    def __init__(
        self,
        bench: Bench | None = None,
        recover: int = 0,
        keep: Callable[[PartialRecording, int], None] = lambda partial, number: None,
        tell: Callable[[str], None] = lambda line: None,
        kept: Path | None = None,
    ):
        if recover:
            if bench is None:
                raise InputError(
                    "--recover needs a supply or a reset line to power-cycle the board with: give "
                    "--bench FILE",
                    code="NEEDS_BENCH",
                )
            bench.check_cycle()
        self._bench = bench
        cycle = (lambda: {}) if bench is None else bench.cycle
        self._recovery = Recovery(recover, cycle, keep, tell)
        self._kept = kept
        self.stamps: dict[str, dict[str, Any]] = _read_stamps(kept)

    def play(self, name: str, program: Program, stimulus: Stimulus) -> Recording:
        """Open a board and play a stimulus, as `analoop.deploy.run` does; what the bench has to
        say of it is in `stamps` under this name, and not in the recording.

        Raises: as `run`.
        """

        def once() -> Recording:
            with boards.open_board(name, program.configuration.chip) as board:
                return self.watched(board, lambda watched: run(program, watched, stimulus))

        recording, incidents = self.recovered(once)
        stamp = with_incidents(recording, incidents).provenance.get(ENTRY)
        plain = bare(recording)
        if stamp is not None:
            self.stamps[name] = {**stamp, "recording": plain.hash}
            if self._kept is not None:
                write_bytes(self._kept, json.dumps(self.stamps, sort_keys=True).encode())
        return plain

    def watched(self, board: Board, play: Callable[[Board], Recording]) -> Recording:
        """A recording, stamped with what the bench measured while it was made; one that is not
        complete is stamped too.

        Raises:
            As `play`. HardwareError: OVER_LIMIT, an output was switched off for its current before.
            IncompleteError: OVER_LIMIT, one was switched off meanwhile.
        """
        if self._bench is None:
            return play(board)
        if self._bench.blocked is not None:
            raise self._bench.blocked
        toy = board.identity.target == "simulated" and _has_toy(self._bench)
        watch, sampler = WatchedBoard(board), Sampler(self._bench)
        try:
            with nullcontext() if toy else sampler:
                watch.clock = sampler.now
                recording = play(watch)
        except IncompleteError as error:
            content = error.partial.content
            stamp = self._stamp_of(content, watch, None if toy else sampler)
            error.partial = replace(error.partial, content=stamped(content, stamp))
            raise
        made = stamped(recording, self._stamp_of(recording, watch, None if toy else sampler))
        why = self._bench.blocked
        if why is None:
            return made
        raise IncompleteError(
            f"the board lost its power while it played: {why}",
            code=why.code,
            partial=PartialRecording(made, f"{why} ({why.code})", made.n_trials),
            exit_code=HardwareError.exit_code,
        )

    def make_safe(self) -> None:
        """Switch off what this session has switched, as after an exception. Raises HardwareError
        OUTPUT_STATE_UNKNOWN."""
        if self._bench is not None:
            self._bench.make_safe()

    def _stamp_of(
        self, recording: Recording, watch: WatchedBoard, sampler: Sampler | None
    ) -> dict[str, Any]:
        """What was measured meanwhile; of a toy, what is measured now."""
        bench = self._bench
        if bench is None:
            return {}
        if sampler is None:
            return _stepped_stamp(bench, recording)
        return _stamp(bench, sampler.traces, watch.window_s or sampler.window_s, "host")

    def recovered(
        self,
        play: Callable[[], T],
        keep: Callable[[PartialRecording, int], None] | None = None,
        let_go: Callable[[], None] = lambda: None,
    ) -> tuple[T, dict[str, Any] | None]:
        """What `play` returns, played again after a power cycle while the board fails; and what
        happened, if anything, for `with_incidents`.

        Args:
            keep: in place of the session's own.
            let_go: called before a power cycle, which is of every board of the bench.

        Raises: as `recovery.recovered`.
        """
        cycle = self._recovery.cycle

        def let_go_and_cycle() -> Mapping[str, Any]:
            let_go()
            return cycle()

        how = replace(self._recovery, cycle=let_go_and_cycle, keep=keep or self._recovery.keep)
        made, incidents = recovered(play, how)
        if not incidents:
            return made, None
        return made, {"asked": self._recovery.times, "incidents": [i.record() for i in incidents]}


def stamped(recording: Recording, stamp: dict[str, Any]) -> Recording:
    """With what the bench has to say, and the energy that follows from it."""
    energy = energy_of(stamp, recording.board["target"], recording.n_trials).record()
    more = {ENTRY: stamp | {"energy": energy, "recovery": None}}
    return replace(recording, provenance=dict(recording.provenance) | more)


def with_incidents(recording: Recording, incidents: dict[str, Any] | None) -> Recording:
    """With every power cycle that it took, in its stamp."""
    if incidents is None:
        return recording
    stamp = dict(recording.provenance.get(ENTRY, {})) | {"recovery": incidents}
    return replace(recording, provenance=dict(recording.provenance) | {ENTRY: stamp})


def bare(recording: Recording) -> Recording:
    """Without the stamp: what the board did, equal for equal boards."""
    kept = {key: value for key, value in recording.provenance.items() if key != ENTRY}
    return replace(recording, provenance=kept)


@contextmanager
def open_bench(plan: BenchPlan, whole: bool = True) -> Iterator[Bench]:
    """A bench for the command line: SIGTERM and SIGHUP end it as an exception does, and outputs
    are made safe at the end of the interpreter too. What the wire log could not keep is said.

    Raises:
        ViolationsError, BoardError, HardwareError: as `Bench`.
    """
    with signals_as_exits(), Bench(plan, whole=whole) as bench:
        atexit.register(bench.make_safe)
        try:
            yield bench
        finally:
            atexit.unregister(bench.make_safe)
            tell_trouble(bench.log)


def tell_trouble(log: WireLog) -> None:
    """Say on stderr what the wire log could not keep."""
    if log.trouble:
        print(f"wire log: {log.trouble}", file=sys.stderr)


@contextmanager
def open_session(file: Path | None, recover: int = 0, **more: Any) -> Iterator[BenchSession]:
    """A session over a bench.toml, or without one."""
    if file is None:
        yield BenchSession(None, recover, **more)
        return
    with open_bench(read_bench(file)) as bench:
        yield BenchSession(bench, recover, **more)


@contextmanager
def signals_as_exits() -> Iterator[None]:
    """Inside, the first SIGTERM or SIGHUP raises SystemExit, the first Ctrl-C KeyboardInterrupt,
    and more of them are ignored, so that outputs are switched off in peace."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: Any) -> None:
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def reported(session: BenchSession, report: Report) -> Report:
    """A report of a validation with what the bench has to say of its boards."""
    stamps = {
        row.name: stamp
        for row in report.rows
        if (stamp := session.stamps.get(row.name)) and stamp.get("recording") == row.recording
    }
    return replace(report, provenance=report.provenance | {ENTRY: stamps}) if stamps else report


def _read_stamps(file: Path | None) -> dict[str, dict[str, Any]]:
    """What an earlier session kept. Raises FileError FILE_CORRUPT."""
    if file is None or not file.exists():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise FileError(
            f"{file} is corrupt ({error}): delete it, rows are kept without it",
            code="FILE_CORRUPT",
        ) from error


def _has_toy(bench: Bench) -> bool:
    """Whether a simulated board has somewhere to draw its current from."""
    return bool(bench.supplies) and any(True for _ in bench.of("load"))


def _stamp(
    bench: Bench, traces: Traces, window_s: tuple[float, float], time_base: str
) -> dict[str, Any]:
    window = [round(time, 6) for time in window_s]
    more = {"window_s": window, "time_base": time_base, "toy_model": None}
    return traces.record(bench) | more


def _stepped_stamp(bench: Bench, recording: Recording) -> dict[str, Any]:
    """The toy model, measured in chip time: trials one after the other."""
    starts = np.concatenate([[0], np.cumsum(recording.duration_us)])
    duration_s = float(starts[-1]) * 1e-6
    spikes = (starts[recording.trial] + recording.time_us) * 1e-6
    traces, step_s = toy_model.stepped(bench, spikes, duration_s)
    stamp = _stamp(bench, traces, (0.0, duration_s), "chip")
    return stamp | {"toy_model": toy_model.constants() | {"step_s": step_s}}
