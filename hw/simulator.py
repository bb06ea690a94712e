"""Simulated chips: registers and events in, events out, for many boards and trials at once.

The physics is models/neuron.py, and what runs it models/runner.py. Here is what the chip adds:
which synapses an event reaches, and which words of a spike lead to the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..models import wiring
from ..models.errors import InputError
from ..models.runner import Runner
from ..models.simulation import event_time_us
from ..models.wiring import Run, SheetState
from .board import Trial
from .bus import NOTHING_SENT, Bus, BusBooks, Waiting
from .event_check import check_events
from .events import Events
from .fleet import Fleet, build_fleet

MOST_PENDING = 2**27
"""Numbers to keep for what is on its way (1 GiB); more trials than fit are played in turns."""


class Crossing(NamedTuple):
    """A trial as the bus sees it."""

    number: int
    """Of the trial, counted on its board since it was programmed."""
    inward: Waiting = NOTHING_SENT
    """On the bus to the chips."""
    outward: Waiting = NOTHING_SENT
    """On the bus to the host."""

    @property
    def undelivered(self) -> int:
        """Words on the bus."""
        return len(self.inward.events) + len(self.outward.events)


class Moment(NamedTuple):
    """Where trials stand after a run, and how they may go on."""

    sheet: SheetState
    """The neurons."""
    crossings: tuple[Crossing, ...]
    """The bus, [trial]; only of a board alone."""
    runner: str
    """What computed the run before."""
    ran: Run | None = None
    """What the neurons did in it, where homeostasis asks for it."""


class Played(NamedTuple):
    """What boards answered."""

    events: list[list[Events]]
    """By [board][trial]."""
    books: tuple[BusBooks, ...]
    """What did not arrive, by [board]."""
    runner: str
    """What computed it."""


def run_trials(
    fleet: Fleet, trials: Sequence[Trial], runner: Runner | None = None
) -> list[list[Events]]:
    """Play every trial, from rest, on every board: events by [board][trial].

    Raises:
        InputError: EVENT_OUTSIDE_RUN, EVENT_FOR_NO_CHIP, EVENT_ILLEGAL.
    """
    return play(fleet, trials, 0, runner).events


def play(
    fleet: Fleet, trials: Sequence[Trial], first: int = 0, runner: Runner | None = None
) -> Played:
    """As `run_trials`, with the books of the bus; trials are numbered from `first` on.

    What is on the bus to the host when its trial ends still comes, after the end.

    Raises:
        InputError: as `run_trials`, and HOMEOSTASIS_SIDE_BY_SIDE: gains move as time passes on one
            board, so trials cannot run side by side.
    """
    if fleet.homeostasis is not None and fleet.homeostasis.enabled.any():
        raise InputError(
            "homeostasis moves gains from one trial to the next: run trials one after the other, "
            "with `SimulatedBoard.run`, or clear latch_ho_enable",
            code="HOMEOSTASIS_SIDE_BY_SIDE",
        )
    by = runner or Runner(fleet.boards[0].precision)
    if len(fleet.boards) > 1 and any(not Bus(board, "in").ideal for board in fleet.boards):
        alone = [build_fleet(fleet.configuration, [board]) for board in fleet.boards]
        parts = [play(one, trials, first, by) for one in alone]
        answered = [p.events[0] for p in parts]
        return Played(answered, tuple(p.books[0] for p in parts), parts[0].runner)
    name, at_once = by.name(), max(1, MOST_PENDING // max(1, fleet.pending))
    events, books = [[] for _ in fleet.boards], [BusBooks() for _ in fleet.boards]
    for start in range(0, len(trials), at_once):
        some = trials[start : start + at_once]
        came, moment, lost = run_from(fleet, some, first + start, by)
        name = moment.runner
        for k, (crossing, trial) in enumerate(zip(moment.crossings, some, strict=True)):
            came[0][k] = came[0][k].followed_by(crossing.outward.events, trial.duration_us)
            books[0] += BusBooks(undelivered=len(crossing.inward.events))
        books = [a + b for a, b in zip(books, lost, strict=True)]
        for row, more in zip(events, came, strict=True):
            row += more
    return Played(events, tuple(books), name)


def run_from(
    fleet: Fleet,
    trials: Sequence[Trial],
    start: Moment | int,
    runner: Runner | None = None,
) -> tuple[list[list[Events]], Moment, tuple[BusBooks, ...]]:
    """Play trials side by side, from where they stand or, with numbers from `start` on, from rest;
    also returns where they stand at the end, and what the bus lost.

    Boards that lose or delay events play alone, not in a fleet. Raises as `run_trials`.
    """
    for events, duration_us in trials:
        c = fleet.configuration
        check_events(events, duration_us, c.n_chips, c.chip)
    moment = rest_of(fleet, start, len(trials)) if isinstance(start, int) else start
    sheet, crossings = moment.sheet, moment.crossings
    to_chips, to_host = Bus(fleet.boards[0], "in"), Bus(fleet.boards[0], "out")
    came = [to_chips.carry(*t, c.number, c.inward) for t, c in zip(trials, crossings, strict=True)]
    arriving = [Trial(c.arrived, t.duration_us) for c, t in zip(came, trials, strict=True)]
    words, drive = _from_outside(fleet, arriving)
    outside = fleet.reaching([fleet.circuits.reached(*map(int, word)) for word in words])
    ran = (runner or Runner(fleet.boards[0].precision)).run(
        fleet.coefficients, wiring.joined(fleet.wiring, outside), drive, sheet
    )
    sent = _to_host(fleet, trials, ran)
    left = [
        to_host.carry(events, t.duration_us, c.number, c.outward)
        for events, t, c in zip(sent[0], trials, crossings, strict=True)
    ]
    ends = [
        Crossing(c.number, i.waiting, o.waiting)
        for c, i, o in zip(crossings, came, left, strict=True)
    ]
    lost = sum(c.lost for c in came), sum(c.lost for c in left)
    books = tuple(BusBooks(*lost, saturated=int(n)) for n in ran.saturated.sum(axis=1))
    kept = ran if fleet.homeostasis else None
    moment = Moment(ran.state, tuple(ends), ran.runner, kept)
    return [[c.arrived for c in left], *sent[1:]], moment, books


def rest_of(fleet: Fleet, first: int, trials: int = 1) -> Moment:
    """Where trials numbered from `first` on stand before they begin."""
    numbers = first + np.arange(trials)
    crossings = tuple(Crossing(int(number)) for number in numbers)
    return Moment(fleet.at_rest(numbers), crossings, "")


def _from_outside(fleet: Fleet, trials: Sequence[Trial]) -> tuple[np.ndarray, wiring.Drive]:
    """The different words (chip, cores, tag) that are sent, and when each is."""
    columns = [
        np.stack([np.full(len(e), number), e.time_us // fleet.step_us, e.x_hop, e.cores, e.tag])
        for number, (e, _) in enumerate(trials)
    ]
    joined = np.concatenate([np.zeros((5, 0), np.int64), *columns], axis=1).astype(np.int64)
    key = (joined[2] << 32) | (joined[3] << 24) | joined[4]  # unique numbers sort faster than rows
    _, one, kind = np.unique(key, return_index=True, return_inverse=True)
    steps = np.array([-(-t.duration_us // fleet.step_us) for t in trials], np.int64)
    source = kind + len(fleet.circuits.address)
    return joined[2:, one].T, wiring.drive(steps, joined[0], joined[1], source)


def _to_host(fleet: Fleet, trials: Sequence[Trial], ran: Run) -> list[list[Events]]:
    """Follow the words that lead to the host, by [board][trial]."""
    time_us = event_time_us(ran.step, ran.within, fleet.step_us)
    durations = np.array([trial.duration_us for trial in trials], np.int64)
    kept = np.flatnonzero(time_us < durations[ran.trial])
    which, word = fleet.to_host.of(ran.neuron[kept])
    which, sent = kept[which], fleet.circuits.word[word]
    group = ran.chip[which].astype(np.int64) * len(trials) + ran.trial[which]
    # Spikes come by board, trial, step and neuron: nearly sorted, which a stable sort makes use of.
    last = np.int64(durations.max(initial=0))
    order = np.argsort(group * last + time_us[which], kind="stable")
    edges = np.searchsorted(group, np.arange(len(fleet.boards) * len(trials) + 1))
    time, sent = time_us[which][order], sent[order]
    left = sent["x_hop"] + 1 + sent["chip"]
    events = [
        Events(time[a:b], sent["tag"][a:b], sent["cores"][a:b], left[a:b], sent["y_hop"][a:b])
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    size = max(1, len(trials))
    rows = [events[k : k + size] for k in range(0, len(events), size)]
    return rows or [[] for _ in fleet.boards]
