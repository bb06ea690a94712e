"""What the tests of recordings share: a small program, a short stimulus, noisy virtual boards."""

from functools import cache
from pathlib import Path

from analoop.deploy import Program, compile
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet
from analoop.deploy.recordings.session import record

from ..networks import ring, spike_trains

STIMULUS = spike_trains(2, trials=3, seed=3, rate_hz=300.0)
PLAN = Plan(("sim:seed=1,noise=50", "sim:seed=2,loss=0.2", "sim"), repeats=2, seed=4)
"""Two boards on which chance plays a part, and one on which it does not."""


@cache
def program() -> Program:
    return compile(ring(4, n_inputs=2))


def recorded(folder: Path, plan: Plan = PLAN) -> RecordingSet:
    """A finished set."""
    found = record(program(), plan, STIMULUS, folder)
    assert isinstance(found, RecordingSet)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a set but its lock, byte for byte."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
