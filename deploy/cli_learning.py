"""`analoop train`: a network for the chip, or one of a way of learning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..models.archive import check_writable
from ..models.errors import InputError, named
from . import progress
from .cli_options import CorpusFolder, Json, NoiseFolder, Quiet
from .console import print_json

if TYPE_CHECKING:
    from ..models.bookmark import Bookmark
    from ..models.learning.student import Student
    from ..models.learning.teacher import Teacher
    from ..models.tasks.samples import SequenceTask

USUAL_METHOD = "chip"
"""For tasks of sequences, if none is given: the one whose networks compile."""

Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a setting of the method; repeatable."),
]


def train(
    task: Annotated[
        str,
        typer.Argument(
            help="japanese-vowels, temporal-xor, temporal-xor-apart (gaps of 0.1 s or more), "
            "synth-snips, hey-snips (with --data)"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Network file to write.")],
    method: Annotated[
        str | None,
        typer.Option(
            help="chip (if none is given; also chip-2-bits, chip-dense), ads (also ads-no-ebn, "
            "ads-batched), force, bptt, reservoir, robust; japanese-vowels: none."
        ),
    ] = None,
    changed: Changed = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
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

    Kill it, ask the same again, and it goes on: FILE.part beside the network says where it stands.
    """
    from .learning import settings_of
    from .sequence_tasks import SEQUENCE_NAMES, Folders, refuse_folders, sequence_task
    from .training import TASKS

    check_writable(out)
    named(dict.fromkeys((*TASKS, *SEQUENCE_NAMES)), "task", task, "UNKNOWN_TASK")
    given = {"epochs": epochs, "hidden": hidden, "copies": copies, "mismatch": mismatch}
    given = {name: value for name, value in given.items() if value is not None}
    folders = Folders(data, noise)
    if task in SEQUENCE_NAMES:
        method = method or USUAL_METHOD
        if given:
            raise InputError(
                f"--{next(iter(given))} is for japanese-vowels: settings of {method} are changed "
                "by --set NAME=VALUE",
                code="METHOD_TASK",
            )
        chosen = settings_of(method, task, changed or [])
        sequences = sequence_task(task, folders, progress.lines(quiet))
        student = _trained(sequences, method, chosen, seed, (out, quiet))
        _print_student(student, out, seed, as_json)
        return
    if method or changed:
        raise InputError(
            f"{task} is trained in one way: leave out --method and --set, or take a task of "
            f"sequences ({', '.join(SEQUENCE_NAMES)})",
            code="METHOD_TASK",
        )
    refuse_folders(f"the task {task}", folders)
    from ..models.training import Settings
    from .training import load_task, network_bookmark
    from .training import train as run_training

    settings, data_of_task = Settings(**given, seed=seed), load_task(task)
    mark = network_bookmark(out, data_of_task, settings)
    with progress.epochs(quiet, settings.epochs) as epoch:
        network = run_training(data_of_task, settings, epoch, mark)
    path = network.save(out)
    mark.remove()
    accuracy = network.provenance["test_accuracy_software"]
    if as_json:
        print_json({"file": str(path), "network": network.hash, **network.provenance})
    else:
        print(f"software model: {accuracy:.1%} of the test set (seed {seed})\nwrote {path}")


def _trained(
    task: SequenceTask, method: str, settings: Any, seed: int, where: tuple[Path, bool]
) -> Student:
    """A student in its file, and the teacher before it where one is needed; `where`: the file, and
    whether nothing is told meanwhile."""
    from ..models.bookmark import NO_BOOKMARK, refuse_others
    from ..models.learning.methods import method_of
    from .bookmarks import student_bookmark, teacher_bookmark
    from .learning import train_student

    out, quiet = where
    how, planned = method_of(method), settings.planned
    needed = how.needs_teacher(settings)
    mark = student_bookmark(out, task, method, settings, (seed, 0))
    teachers = NO_BOOKMARK
    if needed:
        teachers = teacher_bookmark(out.with_name(f"{out.name}.teacher"), task, seed)
    refuse_others([teachers, mark])
    teacher = _teacher(task, seed, quiet, teachers) if needed else None
    with progress.study(quiet) as tell:

        def news(done: int, value: float) -> None:
            after = "now it is tested" if done >= planned else ""
            said = "; ".join(filter(None, (how.news(value), after)))
            tell(done, planned, f"{method}: {said}")

        try:
            student = train_student(task, method, settings, teacher, (seed, 0), news, mark)
        except InputError as error:
            if error.code == "DIVERGED":  # other settings and seeds shall find nothing there
                teachers.remove()
            raise
        tell(planned, planned, f"{method}: done")
    student.save(out)
    teachers.remove()
    mark.remove()
    return student


def _teacher(task: SequenceTask, seed: int, quiet: bool, mark: Bookmark) -> Teacher:
    """The teacher of a task, with progress of its own: its updates are not those of students."""
    from .learning import teacher_for, teacher_settings

    planned = teacher_settings(task.name).updates
    with progress.study(quiet) as tell:

        def news(done: int, loss: float) -> None:
            tell(done, planned, f"teacher: loss {loss:.3f}")

        return teacher_for(task, seed, news, mark)


def _print_student(student: Student, path: Path, seed: int, as_json: bool) -> None:
    found = student.provenance
    if as_json:
        print_json({"file": str(path), "network": student.hash, **found})
    else:
        right = f"{found['test_accuracy']:.1%} of {found['test_samples']} samples"
        rate = f"{found['rate_hz']:.1f} Hz per neuron (simulated, seed {seed})"
        print(f"{found['method']}: {right}, {rate}")
        print(f"wrote {path}")
