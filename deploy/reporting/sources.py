"""Where every number comes from: recordings by hash, programs, stimuli, seeds, versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..recordings.recording_set import RecordingSet
from .boards import Boards
from .control import ControlChart

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Maker:
    """What a part of a page was made with."""

    part: str
    """Which part."""
    program: str
    """Hash."""
    stimulus: str
    """Hash."""
    trials: int
    """Of the stimulus."""
    settings: str
    """Seeds, levels, criteria."""
    versions: Mapping[str, str]
    """Of software, by name."""


@dataclass(frozen=True)
class Source:
    """A recording that numbers come from."""

    hash: str
    """Its hash."""
    of: str
    """Who played."""
    program: str
    """Hash of the program; "" if it is not said."""
    stimulus: str
    """Hash of the stimulus; "" if it is not said."""
    settings: str
    """Seeds and what else the board has."""
    used: str
    """In which parts of the page."""


def sources(
    records: Mapping[str, Record | None], boards: Boards | None, charts: tuple[ControlChart, ...]
) -> list[Source]:
    """Every recording behind the page, each once."""
    found: dict[str, Source] = {}

    def add(source: Source) -> None:
        there = found.get(source.hash)
        if there is None:
            found[source.hash] = source
        elif source.used not in there.used:
            kept = there if there.settings else source
            found[source.hash] = Source(**(asdict(kept) | {"used": f"{there.used}, {source.used}"}))

    for source in [*_of_plays(boards), *_of_records(records)]:
        add(source)
    for chart in charts:
        for point in chart.points:
            of = f"{chart.board} ({chart.target}), {point.label}"
            add(Source(point.recording, of, "", "", "", "control chart"))
    return list(found.values())


def _of_plays(boards: Boards | None) -> Iterable[Source]:
    for view in () if boards is None else boards.views:
        for play in view.plays:
            made = play.provenance
            keys = [k for k in sorted(play.board) if k not in ("name", "target", "chip")]
            settings = ", ".join(f"{k} {play.board[k]}" for k in keys if _plain(play.board[k]))
            repeat = f", repeat {made['repeat']}" if "repeat" in made else ""
            of = f"{view.name} ({view.target}){repeat}"
            yield Source(play.hash, of, made["program"], made["stimulus"], settings, "chips")


def _plain(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list | tuple)


def _of_records(records: Mapping[str, Record | None]) -> Iterable[Source]:
    validation, comparison, ladder = (
        records.get(k) for k in ("validation", "comparison", "ladder")
    )
    if validation is not None:
        made = validation["provenance"]
        for row in validation["rows"]:
            of = f"{row['name']} ({row['target']})"
            yield Source(row["recording"], of, made["program"], made["stimulus"], "", "validation")
    if comparison is not None:
        made = comparison["provenance"]
        for one in comparison["boards"]:
            for recording in one["recordings"]:
                of = f"{one['name']} ({one['target']})"
                yield Source(recording, of, made["program"], made["stimulus"], "", "comparison")
    if ladder is not None:
        made = ladder["provenance"]
        for rung in ladder["rungs"]:
            if rung["outcome"] is not None:
                hash_ = rung["outcome"]["recording"]
                of = f"{rung['name']} ({rung['basis']})"
                yield Source(hash_, of, made["program"], made["stimulus"], "", "gap ladder")


def makers(records: Mapping[str, Record | None], found: RecordingSet | None) -> list[Maker]:
    """Program, stimulus, seeds and versions behind every part of a page."""
    made = []
    for part, record in records.items():
        if record is None:
            continue
        p = record["provenance"]
        more = {k: p[k] for k in ("mismatch", "levels", "samplers", "criteria", "test") if k in p}
        said = "; ".join(f"{k}: {_listed(v)}" for k, v in more.items() if v)
        made.append(
            Maker(_PARTS[part], p["program"], p["stimulus"], p["trials"], said, p["versions"])
        )
    if found is not None:
        plan = found.plan
        said = f"set {found.hash}; {plan.repeats} repeats, order drawn from seed {plan.seed}"
        versions = found.takes[0].recording.provenance.get("versions", {})
        n = found.stimulus.n_trials
        made.append(Maker("recordings", found.program.hash, found.stimulus.hash, n, said, versions))
    return made


_PARTS = {"validation": "validation", "comparison": "comparison", "ladder": "gap ladder"}


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_listed(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(_listed, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
