"""Bookmarks of trainings, each taken for no other one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..models.bookmark import Bookmark, beside
from ..models.tasks.samples import SequenceTask
from ..models.versions import versions
from .learning import generator_for, teacher_settings

SEEN = 2
"""Samples of a part by which a task is known."""


def teacher_bookmark(path: Path, task: SequenceTask, seed: int) -> Bookmark:
    """Of the teacher of a run, which becomes that file."""
    of = {"what": "teacher", "seed": seed}
    return Bookmark(beside(path), of | _task(task) | asdict(teacher_settings(task.name)))


def student_bookmark(
    path: Path, task: SequenceTask, method: str, settings: Any, seed: Sequence[int]
) -> Bookmark:
    """Of a student that becomes that file; its teacher is that of the run.

    Args:
        settings: of the method's own class.
        seed: of the run, and the number of the network in it.
    """
    run, network = seed
    of = {"what": method, "seed": run, "network": network}
    return Bookmark(beside(path), of | _task(task) | asdict(settings))


def _task(task: SequenceTask) -> dict[str, Any]:
    """What tells a task, its samples and the software."""
    generator = generator_for(0, task.name, "bookmark")
    seen = [task.draw(part, SEEN, generator).hash for part in ("train", "validation")]
    return {"task": task.name, "first_samples": seen, "versions": versions()}
