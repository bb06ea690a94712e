"""The demo: a network trained on speech, compiled, and played on twenty-one simulated chips."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..hw.virtual_board import VirtualBoard
from ..models.archive import write_bytes
from ..models.errors import FileError
from ..models.recording import Recording, Stimulus
from .compilation import compile
from .execution import run_virtual
from .program import Program
from .resumable import check_free
from .shipped import shipped_network
from .training import load_task
from .validation import Progress, Report, Sweep, validate


@dataclass(frozen=True)
class Demo:
    """What the demo found and wrote."""

    report: Report
    """Accuracy, rate and spikes per target."""
    files: tuple[Path, ...]
    """Program, report and picture."""


def demo(
    out: Path,
    chips: int = 20,
    say: Callable[[str], None] = lambda line: None,
    progress: Progress = lambda done, planned, row: None,
) -> Demo:
    """Compile the shipped network, validate it on simulated chips, write what came out.

    Args:
        out: folder for program.npz, report.json and rasters.png; made if missing.
        chips: mismatched chips, seeds 1..chips; the nominal chip comes on top.
        say: told in one line what is being done.

    Raises:
        InputError: OTHER_DEMO, the folder holds the work of a verb, whose report it would replace.
        FileError: FILE_NOT_WRITABLE.
    """
    make_folder(out, "--out")
    check_free(out, "demo")
    say("loading the shipped network and the 370 test utterances")
    network = shipped_network()
    task = load_task("japanese-vowels")
    say("compiling to registers")
    program = compile(network)
    proved = program.report["connections_proved"]
    say(f"{proved} connections proved to arrive; playing the test set on {chips + 1} chips")
    boards = [VirtualBoard(), *(VirtualBoard(seed) for seed in range(1, chips + 1))]
    report = validate(program, task.test, boards, network, Sweep(progress=progress))
    files = [
        program.save(out / "program.npz"),
        write_json(out / "report.json", report.record()),
        *_picture(out / "rasters.png", program, task.test, boards[:3]),
    ]
    return Demo(report, tuple(files))


def make_folder(path: Path, option: str = "") -> None:
    """Make a folder, if there is none.

    Args:
        option: of the command line by which another one is chosen; empty: it is not said.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"cannot make the folder {path}: {error.strerror or error}: choose another"
            + (f" with {option}" if option else ""),
            code="FILE_NOT_WRITABLE",
        ) from error


def write_json(path: Path, value: object) -> Path:
    """Write strict JSON, whole or not at all; a number that is not finite has to be null by now.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False)
    return write_bytes(path, f"{text}\n".encode())


def _picture(
    path: Path, program: Program, stimulus: Stimulus, boards: list[VirtualBoard]
) -> list[Path]:
    """Rasters of the longest utterance; nothing if matplotlib is not installed."""
    try:
        from .figures import rasters
    except ImportError:
        return []
    longest = stimulus.select(np.array([int(np.argmax(stimulus.duration_us))]))
    recordings: list[Recording] = run_virtual(program, boards, longest)
    return [rasters(path, program, longest, recordings)]
