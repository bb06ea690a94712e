"""Rockpool's own DYNAP-SE2 client, unmodified and installed from PyPI, on the virtual samna."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

CLIENT = Path(__file__).parent / "rockpool_client.py"


@pytest.fixture(scope="module")
def found() -> dict:
    missing = [name for name in ("rockpool", "jax") if find_spec(name) is None]
    if missing:
        pytest.skip(f"Rockpool's client needs {' and '.join(missing)}")
    done = subprocess.run(
        [sys.executable, str(CLIENT)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_rockpool_configures_a_virtual_board_and_spikes_come_back(found: dict):
    assert found["spikes"] > 20
    assert 4 <= found["columns"] <= 8
    assert found["inert"] == {}


@pytest.mark.parametrize("kind", ["in", "rec"])
def test_rockpool_reads_our_configuration_back_to_the_weights_it_wrote(found: dict, kind: str):
    masks = np.array(found[f"masks_{kind}"])
    sums = [(np.abs(masks).astype(int) >> k & 1) * base for k, base in enumerate(found["base"])]
    wrote = np.sign(masks) * np.sum(sums, axis=0)
    assert np.count_nonzero(wrote) > 20
    # Its bias codes are within some percent of the currents it asked for.
    assert np.allclose(found[f"w_{kind}"], wrote, rtol=0.05, atol=0.02)
