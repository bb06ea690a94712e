"""`analoop robustness`: what networks endure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..models.errors import FileError, InputError
from . import console_study, progress
from .cli_options import CorpusFolder, Json, NoiseFolder, Quiet
from .console import print_json

if TYPE_CHECKING:
    from ..models.network import Network
    from ..models.recording import Stimulus
    from .perturbations import Cell, Protocol
    from .robustness import Study
    from .sequence_tasks import Folders

FAIR = "fair"
DRAWS, SAMPLES, NETWORKS = 10, 500, 10
"""Chips for a level of mismatch, test samples of a row, networks of a method, as in paper.md."""


def robustness(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="TASK_OR_NETWORKS",
            help="temporal-xor, temporal-xor-apart, synth-snips, hey-snips (with --data); or files "
            "of 'train', or networks for the chip with --input.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the study.")],
    methods: Annotated[
        str | None,
        typer.Option(
            "--method", help="For a task: methods, separated by commas; else all but variants."
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            help="fair: no tuning, true labels; paper: as the authors did; of files only for "
            "bptt, reservoir, robust and chip, which have no teacher."
        ),
    ] = FAIR,
    networks: Annotated[
        int | None,
        typer.Option(min=1, help=f"For a task: networks of each method; {NETWORKS}."),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Chips for each level of mismatch.")] = DRAWS,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help=f"Test samples of each run; {SAMPLES}. With --input: all."),
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS",
            help="Of nominal (always), mismatch, bits, noise, silenced, chip, separated by commas; "
            "else all.",
        ),
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="METHOD.NAME=VALUE",
            help="Change a setting; of one method alone NAME=VALUE; repeatable.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="For networks for the chip: stimulus with targets, or a task name; else the task "
            "that they were trained on.",
        ),
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """How networks fare under mismatch, coarse weights, noise and dead neurons.

    Kill it, ask the same again, and it goes on: within the networks that were being trained, behind
    the last row that was judged.
    """
    from ..models.learning.student import Student
    from ..models.runner import processors
    from .network_perturbations import applies as fits
    from .network_robustness import OwnStudy
    from .perturbations import applies, cells_of, protocol_of
    from .robustness import Study
    from .sequence_tasks import Folders, sequence_task
    from .study import study_methods, study_networks, study_own

    rules, workers, name = protocol_of(protocol), processors(), _task_of(what)
    say, folders = progress.lines(quiet), Folders(data, noise)
    chosen = cells_of(rules, cells)
    if name:
        _refuse({"--input": source}, "networks for the chip, not for a task")
    else:
        given = {"--method": methods, "--networks": networks, "--set": changed or None}
        _refuse(given, "a task, not for files of networks")
    if name:
        settings = _settings(name, methods, changed or [])
        sizes = networks or NETWORKS, draws, samples or SAMPLES, seed, chosen
        _refuse_unfit(cells, chosen, lambda cell: any(applies(cell, m) for m in settings))
        study = Study(sequence_task(name, folders, say), rules, *sizes)
        say(_work(study, settings))
        with progress.study(quiet) as tell:
            found = study_methods(out, study, settings, workers, tell)
    elif source or _for_the_chip(what[0]):
        _refuse({"--samples": samples}, "methods and their networks, not for networks for the chip")
        own, played = _own(what, source, rules, folders)
        _refuse_unfit(cells, chosen, lambda cell: any(fits(cell, n) for n in own.values()))
        with progress.study(quiet) as tell:
            found = study_own(out, OwnStudy(own, played, draws, seed, chosen), workers, tell)
    else:
        students = [Student.load(file) for file in what]
        task = sequence_task(students[0].task, folders, say)
        _refuse_unfit(cells, chosen, lambda cell: any(applies(cell, s.method) for s in students))
        study = Study(task, rules, 1, draws, samples or SAMPLES, seed, chosen)
        with progress.study(quiet) as tell:
            found = study_networks(out, study, [Path(name) for name in what], workers, tell)
    if as_json:
        print_json(found)
    else:
        console_study.print_study(found)


def _work(study: Study, settings: Mapping[str, Any]) -> str:
    """What a study costs, in networks and rows; no time, which depends on methods and machine."""
    from .robustness import rows_of
    from .study import taught

    return (
        f"{study.task.name}: {'a teacher and ' if taught(settings) else ''}networks of "
        f"{', '.join(settings)} are trained "
        f"({study.networks} of each, {study.networks * len(settings)} in all), then "
        f"{rows_of(study, list(settings))} rows of {study.samples} samples are played; what the "
        "folder holds already is kept"
    )


def _refuse(given: dict[str, Any], what: str) -> None:
    """Raises InputError METHOD_TASK for options that are given and would be without effect."""
    there = [name for name, value in given.items() if value is not None]
    if there:
        raise InputError(
            f"{' and '.join(there)} would be without effect: for {what}; leave them out",
            code="METHOD_TASK",
        )


def _refuse_unfit(asked: str | None, chosen: Sequence[Cell], fits: Callable[[Cell], bool]) -> None:
    """Raises InputError CELL for a kind that is asked for and fits no network of the study."""
    if asked is None:
        return
    kinds = {cell.kind: any(fits(c) for c in chosen if c.kind == cell.kind) for cell in chosen}
    lost = [kind for kind, some in kinds.items() if not some]
    if lost:
        raise InputError(
            f"--cells {', '.join(lost)} would be without effect: no network of this study can be "
            "put there; leave it out",
            code="CELL",
        )


def _for_the_chip(file: str) -> bool:
    """Whether a file holds a network for the chip, no student."""
    from ..models.network import Network

    try:
        Network.load(file)
    except FileError as error:
        if error.code == "FILE_WRONG_KIND":
            return False
        raise
    return True


def _own(
    files: Sequence[str], source: str | None, rules: Protocol, folders: Folders
) -> tuple[dict[str, Network], Stimulus]:
    """Networks for the chip by name, and what is played to them.

    Raises:
        InputError: PROTOCOL, SAME_NAME, NO_INPUT, OTHER_TASK. FileError.
    """
    from .cli_run import asked_stimulus
    from .study import by_name

    if rules.name != FAIR:
        raise InputError(
            f"protocol {rules.name} tunes methods of the seed paper, networks for the chip are "
            f"none: take --protocol {FAIR}",
            code="PROTOCOL",
        )
    networks = by_name([Path(name) for name in files], _network)
    (name, first), *others = networks.items()
    stimulus = asked_stimulus(source, first.n_inputs, first.provenance, folders)
    heard = ["bias_period_us"]  # what a task sounds like, too, is each network's own matter
    heard += [] if Path(source or "").is_file() else ["encoding", "task"]
    for other, network in others:
        differ = [k for k in heard if network.provenance.get(k) != first.provenance.get(k)]
        if differ:
            raise InputError(
                f"{name} and {other} differ in {' and '.join(differ)}, so they do not hear the "
                "same: study them apart",
                code="OTHER_TASK",
            )
    return networks, stimulus


def _network(path: Path) -> Network:
    """A network for the chip, or that of a student. Raises FileError as `Network.load`."""
    from .chip_students import load_network

    try:
        return load_network(path)
    except InputError as error:
        if error.code != "METHOD_TASK":
            raise
        raise FileError(
            f"{path} holds a student of another method than chip, and a network for the chip is "
            "needed: study it apart, without --input",
            code="FILE_WRONG_KIND",
        ) from error


def _task_of(words: list[str]) -> str | None:
    """The task that a study is of; None: all words are files.

    Raises:
        InputError: METHOD_TASK, a task that no study is of, or not alone.
        FileError: FILE_MISSING.
    """
    from .sequence_tasks import SEQUENCE_NAMES
    from .training import TASKS

    known = ", ".join(SEQUENCE_NAMES)
    for word in words:
        if word in TASKS:
            raise InputError(
                f"studies are of tasks of sequences ({known}), {word} is none: give files of its "
                "networks",
                code="METHOD_TASK",
            )
        if word in SEQUENCE_NAMES and len(words) > 1:
            others = ", ".join(other for other in words if other != word)
            raise InputError(
                f"a study is of one task alone, or of files; {word} comes with {others or word}: "
                "name the methods of a task by --method A,B",
                code="METHOD_TASK",
            )
    if words[0] in SEQUENCE_NAMES:
        return words[0]
    for word in words:
        if not Path(word).is_file():
            raise FileError(
                f"{word} is neither a task of sequences nor a file: give one of {known}, or files "
                "that 'analoop train' wrote",
                code="FILE_MISSING",
            )
    return None


def _settings(task: str, given: str | None, changed: list[str]) -> dict[str, Any]:
    """Settings of each method. Raises InputError UNKNOWN_METHOD, SETTING."""
    from ..models.learning.methods import own_methods
    from .learning import settings_of

    methods = own_methods() if given is None else given.split(",")
    if len(methods) == 1:  # whose they are need not be said
        changed = [w if "." in w.partition("=")[0] else f"{methods[0]}.{w}" for w in changed]
    lost = [word for word in changed if word.partition(".")[0] not in methods]
    if lost:
        raise InputError(
            f"--set {lost[0]} is for no method of this study: give METHOD.NAME=VALUE with one of "
            f"{', '.join(methods)}",
            code="SETTING",
        )
    mine = [(word.partition(".")[0], word.partition(".")[2]) for word in changed]
    return {m: settings_of(m, task, [text for name, text in mine if name == m]) for m in methods}
