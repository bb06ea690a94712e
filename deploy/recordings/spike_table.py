"""Recordings as a table with a row per spike, for pandas, polars, DuckDB: parquet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from ...models.archive import write_bytes
from .exported import Source, about, boards_of, required, takes_of


def export_parquet(source: Source, path: Path) -> Path:
    """Write a row per spike: board, repeat, trial, time_us, neuron (the column of the recording)
    and its name. Silent neurons and trials without a spike are in the metadata of the schema,
    under 'analoop', with hashes, books and identities.

    Raises:
        InputError: NO_LIBRARY.
        FileError: FILE_NOT_WRITABLE.
    """
    pa, parquet = required("pyarrow"), required("pyarrow.parquet")
    takes, boards = takes_of(source), boards_of(source)
    sizes = [len(take.recording.time_us) for take in takes]

    def each(values: list[int]) -> np.ndarray:
        return np.repeat(np.array(values, np.int32), sizes)

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(take.recording, name) for take in takes])

    def coded(codes: np.ndarray, words: tuple[str, ...]) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), list(words))

    columns = {
        "board": coded(each([boards.index(take.board) for take in takes]), boards),
        "repeat": pa.array(each([take.repeat for take in takes])),
        "trial": pa.array(joined("trial")),
        "time_us": pa.array(joined("time_us")),
        "neuron": pa.array(joined("neuron")),
        "name": coded(joined("neuron"), takes[0].recording.names),
    }
    table = pa.table(columns).replace_schema_metadata({"analoop": about(source)})
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return write_bytes(path, out.getvalue())
