"""The folder of a characterization: what to play, and the recordings once it was played.

own.program.npz    own.stimulus.npz    own.recording*.npz
steep.program.npz  steep.stimulus.npz  steep.recording*.npz
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...models.errors import FileError
from ...models.recording import Recording, Stimulus
from ..demonstration import make_folder
from ..program import Program
from .characterization import KINDS, Characterization
from .sessions import Session


def save_plan(planned: Sequence[Characterization], folder: Path) -> list[Path]:
    """Write the programs and stimuli of a characterization.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    make_folder(folder, "--out")
    written = []
    for one in planned:
        written.append(one.program.save(folder / f"{one.kind}.program.npz"))
        written.append(one.stimulus.save(folder / f"{one.kind}.stimulus.npz"))
    return written


def load_plan(folder: Path) -> list[Session]:
    """Programs, stimuli and recordings of a characterization.

    Raises:
        FileError: FILE_MISSING, what was not planned or not played.
        InputError: TWIN_RECORDINGS.
    """
    sessions = []
    for kind in KINDS:
        program = Program.load(folder / f"{kind}.program.npz")
        stimulus = Stimulus.load(folder / f"{kind}.stimulus.npz")
        files = sorted(folder.glob(f"{kind}.recording*.npz"))
        if not files:
            raise FileError(
                f"{folder} has no {kind}.recording.npz: play {kind}.stimulus.npz with "
                f"{kind}.program.npz on the board and write the recording there",
                code="FILE_MISSING",
            )
        recordings = tuple(Recording.load(file) for file in files)
        sessions.append(Session(program, stimulus, recordings))
    return sessions


def load_session(program: Program, stimulus: Stimulus | None, paths: Sequence[Path]) -> Session:
    """The program's own session, from recording files or the folder of a finished `record`.

    Raises:
        FileError: a file is missing; STIMULUS_MISSING, when files are given without a stimulus.
        InputError: TWIN_RECORDINGS.
    """
    recordings = []
    for path in paths:
        if path.is_dir():
            from ..recordings.recording_set import load_finished

            whole = load_finished(path)
            stimulus = whole.stimulus if stimulus is None else stimulus
            recordings += [take.recording for take in whole.takes]
        else:
            recordings.append(Recording.load(path))
    if stimulus is None:
        raise FileError(
            "recording files do not hold their stimulus: give it with --input",
            code="STIMULUS_MISSING",
        )
    return Session(program, stimulus, tuple(recordings))
