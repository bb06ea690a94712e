"""Kill a recording session at random moments with SIGKILL, and go on: nothing is lost or doubled.

    python tests/deploy/recordings/killing.py PROGRAM STIMULUS FOLDER [moments] [seed]

Each session is a fork of this process, which has imported and compiled everything before. Prints
what happened as JSON; the first thing that is wrong ends it.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from analoop.deploy import Program, run
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet, load_set
from analoop.deploy.recordings.session import record
from analoop.hw.board import open_board
from analoop.models import FileError, Recording, Stimulus

PLAN = Plan(("sim:seed=1,noise=50", "sim:seed=2,loss=0.2", "sim:seed=3,jitter_us=90"), 4, 1)


class Session:
    """Where it records, and what it has seen finished so far."""

    def __init__(self, program: Program, stimulus: Stimulus, folder: Path):
        self.program, self.stimulus, self.folder = program, stimulus, folder
        self.finished: dict[str, bytes] = {}

    def fork(self) -> int:
        """Begin or go on in a child of its own. Returns its id."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                found = record(self.program, PLAN, self.stimulus, self.folder)
                code = 0 if isinstance(found, RecordingSet) else 2
            finally:
                os._exit(code)
        return child

    def look(self) -> int:
        """Check that all that was finished before is there, unchanged; returns how much is."""
        there = {p.name: p.read_bytes() for p in (self.folder / "segments").glob("[0-9]*.npz")}
        for name, content in self.finished.items():
            need(there.get(name) == content, f"{name} was finished and is lost or changed")
        for name in there:
            Recording.load(self.folder / "segments" / name)
        self.finished = there
        try:
            takes = load_set(self.folder).takes
        except FileError as error:
            need(error.code == "FILE_MISSING" and not there, str(error))
            return 0
        need(len(takes) == len(there), f"{len(takes)} takes of {len(there)} segments")
        places = {(take.board, take.repeat) for take in takes}
        need(len(places) == len(takes), "a take is counted twice")
        return len(takes)


def need(true: bool, what: str) -> None:
    if not true:
        raise SystemExit(f"WRONG: {what}")


def contents(folder: Path) -> dict[str, bytes]:
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def finish(session: Session) -> float:
    """Let a session come to its end; returns how long it took [s]."""
    start = time.monotonic()
    _, status = os.waitpid(session.fork(), 0)
    need(os.waitstatus_to_exitcode(status) == 0, "the session did not come to its end")
    return time.monotonic() - start


def kill(session: Session, after_s: float) -> bool:
    """Kill a session; returns whether it was still at work."""
    child = session.fork()
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def main(program: Path, stimulus: Path, folder: Path, moments: int = 12, seed: int = 0) -> None:
    played = Program.load(program), Stimulus.load(stimulus)
    with open_board(PLAN.boards[0]) as board:
        run(played[0], board, played[1])  # compiles the kernel, before anything is timed
    whole = Session(*played, folder / "whole")
    long_s = finish(whole)
    meant, rng = contents(whole.folder), random.Random(seed)
    kills, seen, folders = 0, [], 0
    while kills < moments:
        folders += 1
        session = Session(*played, folder / f"cut {folders}")
        for _ in range(rng.randint(1, 3)):
            if kills < moments and kill(session, rng.uniform(0, long_s)):
                kills += 1
                if session.folder.exists():
                    seen.append(session.look())
        finish(session)
        session.look()
        need(contents(session.folder) == meant, "the set is not the one of a session without kills")
        shutil.rmtree(session.folder)
    report = {"kills": kills, "sets": folders, "identical": folders, "finished_when_killed": seen}
    print(json.dumps(report | {"session_s": round(long_s, 2)}))


if __name__ == "__main__":
    one, two, three, *numbers = sys.argv[1:]
    main(Path(one), Path(two), Path(three), *map(int, numbers))
