"""The notebooks run from top to bottom as a newcomer would run them.

What a notebook says of its own duration is measured, not asserted: machines that run tests are
busy. 02_temporal_xor took 93 s with its kernel, 57 s of processor time (23 November 2026, on an AMD
EPYC of two cores that two trainings kept busy, loops compiled before). When it grows,
measure again, user and system time of

    time OMP_NUM_THREADS=1 python -m pytest -n 0 tests/test_notebooks.py -k xor
"""

import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
HANGS_S = 1200.0
"""All cells of a notebook together: one that takes so long hangs, or is ten times what it says."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # the kernel's own libraries warn as they like
def test_every_cell_of_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    end = time.monotonic() + HANGS_S

    def left(cell: object) -> float:
        return max(1.0, end - time.monotonic())  # 0 would be no limit

    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        notebook, timeout_func=left, resources=resources, kernel_name="python3"
    ).execute()


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
