"""Spikes of the real DynapSim, recorded: what models/rockpool_euler.py has to reproduce.

`python tests/models/dynapsim.py` plays every case to Rockpool's DynapSim and writes
tests/models/data/dynapsim.npz. Needs rockpool and jax and NO samna in the environment: importing
Rockpool's DYNAP-SE2 package imports samna, whose stub starts pip.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).parent / "data" / "dynapsim.npz"

DYNAPSIM = {
    "C_ahp": 40e-12, "C_mem": 3e-12, "C_pulse": 5e-13, "C_pulse_ahp": 5e-13, "C_ref": 1.5e-12,
    "C_syn": 24.5e-12, "Idc": 5e-13, "Igain_ahp": 2.8368795e-11, "Igain_mem": 2.1276595e-11,
    "Igain_syn": 8.687944e-09, "Io": 5e-13, "Ipulse": 3.5e-08, "Ipulse_ahp": 3.5e-07,
    "Iref": 1.05e-09, "Ispkthr": 1e-07, "Itau_ahp": 2.8368795e-11, "Itau_mem": 5.3191488e-12,
    "Itau_syn": 8.6879434e-11, "Iw_ahp": 5e-13, "Ut": 0.025, "Vth": 0.7, "kappa_n": 0.75,
    "kappa_p": 0.66,
}  # fmt: skip
"""Defaults, as the recorded version prints them."""


@dataclass(frozen=True, eq=False)
class Case:
    """One net and what it receives."""

    parameters: dict[str, np.ndarray]
    """By DynapSim's names, float32 [neuron]."""
    w_in: np.ndarray
    """Multiples of 1e-8 A, float32 [input, neuron]."""
    w_rec: np.ndarray
    """As `w_in`, [source, target]."""
    counts: np.ndarray
    """Input spikes, float32 [trial, step, input]."""
    dt: float = 1e-3
    """Step [s]."""


def w1(spread: float) -> Case:
    """The first 300 steps of 4 samples of W1 (benchmarks/workloads.py), mismatched."""
    rng = np.random.default_rng(0)
    w_in = rng.uniform(0, 0.05, (16, 64))
    w_rec = rng.uniform(0, 0.05, (64, 64)) * (rng.random((64, 64)) < 0.25)
    w_rec[rng.random(64) < 0.2] *= -4.0
    np.fill_diagonal(w_rec, 0)
    counts = (rng.random((16, 1000, 16)) < 0.05)[:4, :300]
    return _case(spread, w_in, w_rec, counts)


def circuits() -> Case:
    """Adaptation, constant current, refractory periods up to 9 steps, several spikes per step."""
    rng = np.random.default_rng(2)
    w_in, w_rec = rng.uniform(-0.5, 2, (5, 13)), rng.normal(0, 0.1, (13, 13))
    w_in[0] *= 1000
    case = _case(0.1, w_in, w_rec, rng.poisson(0.1, (3, 300, 5)), 5e-4)
    case.parameters["Iw_ahp"] *= np.array([1, 10, 1e3, 1e5] * 3 + [1], np.float32)
    case.parameters["Iref"] *= np.array([0.22, 1, 30] * 4 + [1], np.float32)
    case.parameters["Idc"] *= np.array([1, 200] * 6 + [1], np.float32)
    return case


def _case(
    spread: float, w_in: np.ndarray, w_rec: np.ndarray, counts: np.ndarray, dt: float = 1e-3
) -> Case:
    rng, n = np.random.default_rng(1), len(w_rec)
    factors = {name: 1 + spread * rng.standard_normal(n) for name in DYNAPSIM}
    parameters = {k: (v * factors[k]).astype(np.float32) for k, v in DYNAPSIM.items()}
    w_in, w_rec, counts = (a.astype(np.float32) for a in (w_in, w_rec, counts))
    return Case(parameters, w_in, w_rec, counts, dt)


CASES = {"w1": w1(0.0), "w1 mismatched": w1(0.1), "circuits": circuits()}


def can_play() -> bool:
    """Whether the real DynapSim is here and can be imported without starting pip."""
    return bool(find_spec("jax") and find_spec("rockpool")) and not find_spec("samna")


def play(case: Case) -> np.ndarray:
    """Spikes of the real DynapSim, int8 [trial, step, neuron]."""
    from rockpool.devices.dynapse import DynapSim

    shape = case.w_rec.shape
    net: Any = DynapSim(shape, has_rec=True, w_rec=case.w_rec, dt=case.dt)
    drive = case.counts @ case.w_in
    return np.asarray(net.set_attributes(case.parameters)(drive)[0]).astype(np.int8)


def main() -> None:
    counts = {name: play(case) for name, case in CASES.items()}
    made = {
        "command": "python tests/models/dynapsim.py",
        "python": sys.version.split()[0],
        "versions": {name: version(name) for name in ("rockpool", "jax", "jaxlib", "numpy")},
        "seeds": "in the command's source",
    }
    RECORDED.parent.mkdir(exist_ok=True)
    np.savez_compressed(RECORDED, made=json.dumps(made), **counts)  # pyright: ignore
    print(made, {name: (int(c.sum()), int(c.max())) for name, c in counts.items()})


if __name__ == "__main__":
    main()
