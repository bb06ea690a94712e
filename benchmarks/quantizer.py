"""Our weight quantiser against Rockpool's `autoencoder_quantization`, on the same weights.

    python benchmarks/quantizer.py [repetitions]

Needs jax for the peer (pip install rockpool jax) and NO samna in the environment: importing
Rockpool's DYNAP-SE2 package imports samna, whose stub starts pip. Without the peer only our side
runs. Both sides get the absolute weights of one core in one call and are timed around that call;
the SNR compares what the chip would hold with what was asked, over all non-zero weights.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analoop.deploy import decode_masks, fit_weight_currents, nearest_levels, snr_db

Floats = NDArray[np.float64]

I_SCALE = 1e-9
"""Current of a weight of 1 [A]."""
INPUTS, FAN_IN = 16, 40
"""Dense inputs, and recurrent synapses per neuron: 56 of 64 CAM words."""
WORKLOAD = f"""\
Workload: {INPUTS} dense inputs, N recurrent neurons with {FAN_IN} random partners each, one core;
signed weights N(0,1) or Student t with 3 degrees of freedom, 1 = {I_SCALE:g} A, seed 0.
Time: one call, median of the repetitions after one warm-up.
Levels: distinct non-zero magnitudes in use, ours : peer."""


@dataclass(frozen=True)
class Result:
    """What one quantiser did on one workload."""

    seconds: float
    """Median wall time of one call [s]."""
    snr_db: float
    """Median over the repetitions [dB]: the peer starts from unseeded random numbers."""
    levels: int
    """Distinct non-zero magnitudes, those closer than 1 % of the largest counted once."""


def network(kind: str, neurons: int) -> tuple[Floats, Floats]:
    """Input weights (input, neuron) and recurrent weights (source, neuron), dimensionless."""
    rng = np.random.default_rng(0)

    def sample(size: int | tuple[int, int]) -> Floats:
        return rng.standard_normal(size) if kind == "gaussian" else rng.standard_t(3, size)

    recurrent = np.zeros((neurons, neurons))
    for target in range(neurons):
        recurrent[rng.choice(neurons, FAN_IN, replace=False), target] = sample(FAN_IN)
    return sample((INPUTS, neurons)), recurrent


def flat(w_in: Floats, w_rec: Floats) -> Floats:
    """Magnitudes of all synapses [A]."""
    return np.abs(np.concatenate([w_in[w_in != 0], w_rec[w_rec != 0]])) * I_SCALE


def ours(w_in: Floats, w_rec: Floats) -> tuple[Floats, Floats]:
    """Fit and apply: what is asked and what the chip would hold [A]."""
    wanted = flat(w_in, w_rec)
    return wanted, nearest_levels(wanted, fit_weight_currents(wanted).currents)


def rockpool(w_in: Floats, w_rec: Floats) -> tuple[Floats, Floats]:
    """Rockpool's quantiser with its defaults: what is asked and what the chip would hold [A]."""
    from rockpool.devices.dynapse import autoencoder_quantization

    spec: Any = autoencoder_quantization(
        n_cluster=1,
        core_map=np.zeros(w_rec.shape[1], int),  # pyright: ignore[reportArgumentType]
        weights_in=w_in,
        weights_rec=w_rec,
        Iscale=I_SCALE,
    )
    currents = np.array([float(spec[f"Iw_{bit}"][0]) for bit in range(4)])
    masks = [np.asarray(spec[name][0]).astype(int) for name in ("weights_in", "weights_rec")]
    held = [decode_masks(mask, currents) for mask in masks]
    return flat(w_in, w_rec), np.concatenate([held[0][w_in != 0], held[1][w_rec != 0]])


def missing_peer() -> str | None:
    """Why Rockpool's quantiser cannot run here; None if it can."""
    if find_spec("samna") is not None:
        return (
            "samna is installed here, importing the peer would start pip: use another environment"
        )
    missing = [name for name in ("rockpool", "jax") if find_spec(name) is None]
    return f"{' and '.join(missing)} missing: pip install rockpool jax" if missing else None


def measure(
    quantise: Callable[[Floats, Floats], tuple[Floats, Floats]],
    weights: tuple[Floats, Floats],
    repetitions: int,
) -> Result:
    quantise(*weights)  # warm-up: tables read, code compiled
    seconds, quality, levels = [], [], []
    for _ in range(repetitions):
        start = time.perf_counter()
        wanted, held = quantise(*weights)
        seconds.append(time.perf_counter() - start)
        quality.append(snr_db(wanted, held))
        used = np.unique(held)
        steps = np.diff(np.concatenate([[0.0], used]))
        levels.append(int(np.count_nonzero(steps > 0.01 * used[-1])))
    return Result(
        statistics.median(seconds), statistics.median(quality), round(statistics.median(levels))
    )


def main(repetitions: int) -> None:
    logging.disable(logging.WARNING)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    reason = missing_peer()
    print(f"{WORKLOAD}\nRepetitions: {repetitions}. Rockpool: {reason or 'defaults'}.\n")
    columns = "weights     N     count   ours ms  peer ms   speed   ours dB  peer dB  levels"
    print(columns)
    for kind in ("gaussian", "student_t3"):
        for neurons in (64, 255):
            weights = network(kind, neurons)
            own = measure(ours, weights, repetitions)
            row = f"{kind:10s} {neurons:4d}  {flat(*weights).size:7d}  {own.seconds * 1e3:8.1f}"
            if reason:
                print(f"{row}  {'-':>7s}  {'-':>6s}  {own.snr_db:8.2f}  {'-':>7s}  {own.levels}")
                continue
            peer = measure(rockpool, weights, repetitions)
            speed = f"{peer.seconds / own.seconds:5.0f}x"
            print(
                f"{row} {peer.seconds * 1e3:8.0f}  {speed}  {own.snr_db:8.2f} {peer.snr_db:8.2f}"
                f"  {own.levels} : {peer.levels}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
