"""`analoop train` and `analoop robustness`: ways of learning, and what their networks endure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..models.archive import check_writable
from ..models.errors import FileError, InputError, named
from . import console_study, progress
from .cli_options import Json, Quiet
from .console import print_json

if TYPE_CHECKING:
    from ..models.learning.student import Student
    from ..models.learning.teacher import Teacher
    from ..models.tasks.samples import SequenceTask

USUAL_METHOD = "robust"
"""For tasks of sequences, if none is given."""

Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a setting of the method; repeatable."),
]

Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="hey-snips: the folder of the corpus; other tasks: none."),
]


def train(
    task: Annotated[
        str,
        typer.Argument(help="japanese-vowels, temporal-xor, synth-snips, hey-snips (with --data)"),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Network file to write.")],
    method: Annotated[
        str | None,
        typer.Option(
            help="ads (also ads-no-ebn, ads-batched), force, bptt, reservoir, robust (if none is "
            "given), chip (also chip-2-bits, chip-dense); japanese-vowels: none."
        ),
    ] = None,
    changed: Changed = None,
    data: Data = None,
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
    """Train a network: for the chip, or by one of the methods that are compared.

    A training that is killed begins anew; a study ('robustness') keeps the networks it finished.
    """
    from .learning import SEQUENCE_NAMES, refuse_data, sequence_task, settings_of
    from .training import TASKS

    check_writable(out)
    named(dict.fromkeys((*TASKS, *SEQUENCE_NAMES)), "task", task, "UNKNOWN_TASK")
    given = {"epochs": epochs, "hidden": hidden, "copies": copies, "mismatch": mismatch}
    given = {name: value for name, value in given.items() if value is not None}
    if task in SEQUENCE_NAMES:
        method = method or USUAL_METHOD
        if given:
            raise InputError(
                f"--{next(iter(given))} is for japanese-vowels: settings of {method} are changed "
                "by --set NAME=VALUE",
                code="METHOD_TASK",
            )
        chosen = settings_of(method, task, changed or [])
        student = _trained(sequence_task(task, data), method, chosen, seed, quiet)
        _print_student(student, student.save(out), seed, as_json)
        return
    if method or changed:
        raise InputError(
            f"{task} is trained in one way: leave out --method and --set, or take a task of "
            f"sequences ({', '.join(SEQUENCE_NAMES)})",
            code="METHOD_TASK",
        )
    refuse_data(task, data)
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


def _trained(task: SequenceTask, method: str, settings: Any, seed: int, quiet: bool) -> Student:
    """A student, and the teacher before it where one is needed."""
    from ..models.learning.methods import method_of
    from .learning import train_student

    needed = method_of(method).needs_teacher(settings)
    teacher = _teacher(task, seed, quiet) if needed else None
    planned = settings.planned
    with progress.study(quiet) as tell:

        def news(done: int, error: float) -> None:
            after = "; now it is tested" if done >= planned else ""
            tell(done, planned, f"{method}: error {error:.3f}{after}")

        student = train_student(task, method, settings, teacher, (seed, 0), news)
        tell(planned, planned, f"{method}: done")
    return student


def _teacher(task: SequenceTask, seed: int, quiet: bool) -> Teacher:
    """The teacher of a task, with progress of its own: its updates are not those of students."""
    from .learning import teacher_for, teacher_settings

    planned = teacher_settings(task.name).updates
    with progress.study(quiet) as tell:

        def news(done: int, loss: float) -> None:
            tell(done, planned, f"teacher: loss {loss:.3f}")

        return teacher_for(task, seed, news)


def _print_student(student: Student, path: Path, seed: int, as_json: bool) -> None:
    found = student.provenance
    if as_json:
        print_json({"file": str(path), "network": student.hash, **found})
    else:
        right = f"{found['test_accuracy']:.1%} of {found['test_samples']} samples"
        rate = f"{found['rate_hz']:.1f} Hz per neuron (simulated, seed {seed})"
        print(f"{found['method']}: {right}, {rate}")
        print(f"wrote {path}")


def robustness(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="TASK_OR_NETWORKS",
            help="temporal-xor, synth-snips, hey-snips (with --data), or files of 'train'.",
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
    data: Data = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """How networks fare under mismatch, coarse weights, noise and dead neurons.

    Kill it, ask the same again, and it goes on behind the last network that was trained and the
    last row that was judged.
    """
    from ..models.runner import processors
    from .learning import sequence_task
    from .perturbations import cells_of, protocol_of
    from .robustness import Study
    from .study import study_methods, study_networks

    rules, workers, name = protocol_of(protocol), processors(), _task_of(what)
    cells = cells_of(rules)
    with progress.study(quiet) as tell:
        if name:
            settings = _settings(name, methods, changed or [])
            task = sequence_task(name, data)
            study = Study(task, rules, networks or 10, draws, samples, seed, cells)
            found = study_methods(out, study, settings, workers, tell)
        else:
            from ..models.learning.student import Student

            if methods or networks or changed:
                raise InputError(
                    "--method, --networks and --set are for a task, not for files of networks: "
                    "leave them out",
                    code="METHOD_TASK",
                )
            task = sequence_task(Student.load(what[0]).task, data)
            study = Study(task, rules, 1, draws, samples, seed, cells)
            found = study_networks(out, study, [Path(name) for name in what], workers, tell)
    if as_json:
        print_json(found)
    else:
        console_study.print_study(found)


def _task_of(words: list[str]) -> str | None:
    """The task that a study is of; None: all words are files.

    Raises:
        InputError: METHOD_TASK, a task that no study is of, or not alone.
        FileError: FILE_MISSING.
    """
    from .learning import SEQUENCE_NAMES
    from .training import TASKS

    known = ", ".join(SEQUENCE_NAMES)
    for word in words:
        if word in TASKS:
            raise InputError(
                f"studies are of tasks of sequences ({known}), {word} is none: 'analoop validate' "
                "says what its networks endure",
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
