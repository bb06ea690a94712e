"""`analoop train` and `analoop robustness`: ways of learning, and what their networks endure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..models.archive import check_writable
from ..models.errors import InputError
from . import console_study, progress
from .cli_options import Json, Quiet
from .console import print_json

USUAL_METHOD = "robust"
"""For tasks of sequences, if none is given."""

Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a setting of the method; repeatable."),
]


def train(
    task: Annotated[str, typer.Argument(help="japanese-vowels, temporal-xor, synth-snips")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Network file to write.")],
    method: Annotated[
        str | None,
        typer.Option(
            help="ads (also ads-no-ebn, ads-batched), force, bptt, reservoir, robust (if none is "
            "given), chip (also chip-2-bits, chip-dense); japanese-vowels: none."
        ),
    ] = None,
    changed: Changed = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="japanese-vowels: 120.")] = None,
    hidden: Annotated[
        int | None, typer.Option(min=1, help="Hidden neurons; japanese-vowels: 128.")
    ] = None,
    copies: Annotated[
        int | None, typer.Option(min=1, help="Output neurons per label; japanese-vowels: 1.")
    ] = None,
    mismatch: Annotated[
        float | None, typer.Option(min=0, help="Level trained with; japanese-vowels: 1.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a network: for the chip, or by one of the methods that are compared."""
    from .learning import SEQUENCE_TASKS

    check_writable(out)
    given = {"epochs": epochs, "hidden": hidden, "copies": copies, "mismatch": mismatch}
    given = {name: value for name, value in given.items() if value is not None}
    if task in SEQUENCE_TASKS:
        method = method or USUAL_METHOD
        if given:
            raise InputError(
                f"--{next(iter(given))} is for japanese-vowels: settings of {method} are changed "
                "by --set NAME=VALUE",
                code="METHOD_TASK",
            )
        _train_student(task, method, changed or [], seed, out, as_json, quiet)
        return
    if method or changed:
        raise InputError(
            f"{task} is trained in one way: leave out --method and --set, or take a task of "
            f"sequences ({', '.join(SEQUENCE_TASKS)})",
            code="METHOD_TASK",
        )
    from ..models.training import Settings
    from .training import load_task
    from .training import train as run_training

    settings = Settings(**given, seed=seed)
    with progress.epochs(quiet, settings.epochs) as epoch:
        network = run_training(load_task(task), settings, epoch)
    path = network.save(out)
    accuracy = network.provenance["test_accuracy_software"]
    if as_json:
        print_json({"file": str(path), "network": network.hash, **network.provenance})
    else:
        print(f"software model: {accuracy:.1%} of the test set (seed {seed})\nwrote {path}")


def _train_student(
    task: str, method: str, changed: list[str], seed: int, out: Path, as_json: bool, quiet: bool
) -> None:
    from .learning import sequence_task, settings_of, teacher_for, train_student

    settings, loaded = settings_of(method, task, changed), sequence_task(task)
    with progress.study(quiet) as tell:
        teacher = teacher_for(loaded, seed, lambda done, loss: tell(0, 2, "teacher"))

        def news(done: int, error: float) -> None:
            tell(1, 2, f"{method}: {done}, error {error:.3f}")

        student = train_student(loaded, method, settings, teacher, (seed, 0), news)
        tell(2, 2, "done")
    path, found = student.save(out), student.provenance
    if as_json:
        print_json({"file": str(path), "network": student.hash, **found})
    else:
        print(f"{method}: {found['test_accuracy']:.1%} of {found['test_samples']} samples, "
              f"{found['rate_hz']:.1f} Hz per neuron (simulated, seed {seed})")  # fmt: skip
        print(f"wrote {path}")


def robustness(
    what: Annotated[
        list[str], typer.Argument(metavar="TASK_OR_NETWORKS", help="A task, or files of 'train'.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the study.")],
    methods: Annotated[
        str | None,
        typer.Option(
            "--method", help="For a task: methods, separated by commas; else all but variants."
        ),
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="fair: no tuning, true labels; paper: as the authors did.")
    ] = "fair",
    networks: Annotated[
        int | None, typer.Option(min=1, help="For a task: networks of each method; 10.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Chips for each level of mismatch.")] = 10,
    samples: Annotated[int, typer.Option(min=1, help="Test samples of each run.")] = 500,
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="METHOD.NAME=VALUE", help="Change a setting; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """How networks fare under mismatch, coarse weights, noise and dead neurons; resumable."""
    from .learning import SEQUENCE_TASKS, sequence_task
    from .perturbations import cells_of, protocol_of
    from .robustness import Study
    from .study import study_methods, study_networks

    rules, workers = protocol_of(protocol), os.cpu_count() or 1
    cells = cells_of(rules)
    with progress.study(quiet) as tell:
        if what[0] in SEQUENCE_TASKS and len(what) == 1:
            task = sequence_task(what[0])
            study = Study(task, rules, networks or 10, draws, samples, seed, cells)
            settings = _settings(task.name, methods, changed or [])
            found = study_methods(out, study, settings, workers, tell)
        else:
            from ..models.learning.student import Student

            if methods or networks or changed:
                raise InputError(
                    "--method, --networks and --set are for a task, not for files of networks: "
                    "leave them out",
                    code="METHOD_TASK",
                )
            task = sequence_task(Student.load(what[0]).task)
            study = Study(task, rules, 1, draws, samples, seed, cells)
            found = study_networks(out, study, [Path(name) for name in what], workers, tell)
    if as_json:
        print_json(found)
    else:
        console_study.print_study(found)


def _settings(task: str, given: str | None, changed: list[str]) -> dict[str, Any]:
    """Settings of each method. Raises InputError UNKNOWN_METHOD, SETTING."""
    from ..models.learning.methods import own_methods
    from .learning import settings_of

    methods = given.split(",") if given else own_methods()
    lost = [word for word in changed if word.partition(".")[0] not in methods]
    if lost:
        raise InputError(
            f"--set {lost[0]} is for no method of this study: give METHOD.NAME=VALUE with one of "
            f"{', '.join(methods)}",
            code="SETTING",
        )
    mine = [(word.partition(".")[0], word.partition(".")[2]) for word in changed]
    return {m: settings_of(m, task, [text for name, text in mine if name == m]) for m in methods}
