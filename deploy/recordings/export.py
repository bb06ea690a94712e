"""Write recordings for other tools: which format is written by which file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...models.errors import named
from .exported import Source, boards_of, kinds_of, read_source, takes_of
from .nir_export import export_nir
from .nwb_export import export_nwb
from .recording_set import RecordingSet
from .spike_table import export_parquet

FORMATS: dict[str, Callable[[Source, Path], Path]] = {
    "parquet": export_parquet,
    "nwb": export_nwb,
    "nir": export_nir,
}
"""What can be written."""


def export(path: Path, format: str, out: Path) -> dict[str, Any]:
    """Write a recording file, or the folder of a finished set, in a format.

    Returns:
        What was written of what, as JSON values.

    Raises:
        InputError: NO_FORMAT, UNFINISHED_SET, and those of the format.
        FileError: the source cannot be read, or FILE_NOT_WRITABLE.
    """
    write = named(FORMATS, "format", format, "NO_FORMAT")
    source = read_source(path)
    return {
        "file": str(write(source, out)),
        "format": format,
        "of": "set" if isinstance(source, RecordingSet) else "recording",
        "hash": source.hash,
        "boards": list(boards_of(source)),
        "targets": list(kinds_of(source)),
        "spikes": sum(len(take.recording.time_us) for take in takes_of(source)),
    }
