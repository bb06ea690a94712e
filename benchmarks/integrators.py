"""Error against cost of ways to integrate our neuron: python benchmarks/integrators.py

Every integrator solves the same equations (models/neuron.py) under the same drives: the battery of
tests/models/battery.py (constant currents, steps, pulses, Poisson trains, a second each) for every
circuit, and the feed-forward drive of W1 for mismatched neurons. Exact is scipy's DOP853. Costs
are CPU time of one core, compiled, without the delivery of events, which is the same for all.

Writes benchmarks/results/integrators.csv and docs/figures/error_against_cost.png; four minutes.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import integrators_figure
import numpy as np
import workloads as wl
from run import machine

from analoop.models import NeuronParameters
from analoop.models.runner import Precision, Runner

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.models import battery as bt  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "integrators.csv"
W1_NEURONS = 8
"""Neurons of W1 that are followed: the exact solution takes three seconds for each."""
COSTED = 256
"""Neurons of which the cost is measured."""


@dataclass(frozen=True)
class Method:
    """One integrator at one step."""

    name: str
    """'Euler in I', 'RK4 in ln I' or 'ours'."""
    step: float
    """Its step [s]."""
    precision: Precision = "single"
    """Of its arithmetic."""


METHODS = (
    *(Method("Euler in I", step) for step in (1e-3, 0.5e-3, 0.1e-3, 0.02e-3)),
    *(Method("RK4 in ln I", step) for step in (1e-3, 0.5e-3, 0.25e-3, 0.125e-3)),
    *(
        Method("ours", step, precision)
        for precision in ("single", "double")
        for step in (2e-3, 1e-3, 0.5e-3, 0.25e-3, 0.1e-3)
    ),
)

Outcome = tuple[list[np.ndarray], np.ndarray]
"""Spike times of every neuron [s], soma currents at the end [A]."""


def play(method: Method, neurons: list[bt.Neuron], duration: float) -> Outcome:
    """Play a sheet with one integrator."""
    gain = np.array([n.parameters.i_gain_mem for n in neurons])
    if method.name == "ours":
        runner = Runner(method.precision, workers=1)
        run = bt.play(neurons, duration, method.step, runner)
        return bt.times_of(run, len(neurons), method.step), bt.currents_of(run, gain)
    at, when, soma = _prepared(method, neurons, duration)()
    times = at[:, 0] * method.step + when
    currents = gain * (soma if method.name == "Euler in I" else np.exp(soma))
    return [times[at[:, 1] == k] for k in range(len(neurons))], currents


def _prepared(method: Method, neurons: list[bt.Neuron], duration: float) -> Callable:
    """The compiled loop, ready to be called."""
    import euler_and_rk4 as peers

    c = bt.coefficients_of(neurons, method.step)
    wiring, drive = bt.events_of(neurons, duration, method.step)
    if method.name == "ours":
        runner = Runner(method.precision, workers=1)
        return lambda: runner.run(c, wiring, drive)
    kind = np.float32 if method.precision == "single" else np.float64
    sheet = peers.sheet_of(c, kind, logarithmic=method.name != "Euler in I")
    loops = peers.EULER if method.name == "Euler in I" else peers.RK4
    loop, entry = loops[bool((c.pieces > 1).any())], drive.source - len(neurons)
    events = drive.step + 1, wiring.slot[entry], wiring.weight[0][entry]
    return lambda: loop(sheet, round(duration / method.step), events, c.adapts)


def cost(method: Method, circuit: str) -> float:
    """CPU time of neurons that fire at 20 to 60 Hz [ns per neuron and ms]."""
    kind = bt.CIRCUITS[circuit]
    one = {kind.excites: (np.full(1, bt.GRID), 1e-15)} | {
        d: (np.full(1, bt.GRID), 1e-15) for d in kind.others
    }
    neurons = [
        bt.Neuron("dc", NeuronParameters.from_times(**kind.parameters, dc=True, i_dc=i), one)
        for i in np.linspace(*kind.currents, COSTED)
    ]
    calls = [_prepared(method, neurons, duration) for duration in (1.0, 3.0)]
    best = [np.inf, np.inf]
    for _ in range(6):
        for k, call in enumerate(calls):
            start = time.process_time()
            call()
            best[k] = min(best[k], time.process_time() - start)
    return (best[1] - best[0]) / (2000 * COSTED) * 1e9


def w1(circuit: str) -> list[bt.Neuron]:
    """Mismatched neurons under the feed-forward drive of W1, on the battery's grid."""
    net = wl.net(samples=1)
    unit = {"plain": 2.85e-8, "exponential": 1e-8}[circuit]
    nominal = NeuronParameters.from_times(**bt.CIRCUITS[circuit].parameters).currents()
    soma = bt.CIRCUITS[circuit].parameters.get("soma", "threshold")
    step, line = np.nonzero(net.counts[0])
    times = np.ceil((step + 1) * wl.DT / bt.GRID - 1e-9) * bt.GRID
    factor = {name: wl.mismatch(1, W1_NEURONS, k)[0] for k, name in enumerate(nominal)}
    neurons = []
    for n in range(W1_NEURONS):
        currents: dict[str, Any] = {
            name: value * float(factor[name][n]) for name, value in nominal.items()
        }
        weights = net.w_in[line, n].astype(float) * unit
        kept = times < wl.STEPS * wl.DT
        trains = {"ampa": (times[kept], weights[kept])}
        neurons.append(bt.Neuron("w1", NeuronParameters(**currents, soma=soma), trains))
    return neurons


def row(method: Method, circuit: str, neurons: list[bt.Neuron], exact: bt.Exact) -> dict:
    """Errors of one integrator on one sheet."""
    times, currents = play(method, neurons, bt.DURATION)
    pairs = list(zip(times, exact.times, strict=True))
    errors = np.concatenate([a[: len(b)] - b[: len(a)] for a, b in pairs])
    first = [a[0] - b[0] for a, b in pairs if len(a) and len(b)]
    ours, true = (sum(map(len, side)) for side in (times, exact.times))
    quiet = [k for k, n in enumerate(neurons) if n.drive == "quiet"]
    relative = np.abs(currents[quiet] / exact.currents[quiet] - 1)
    return {
        "integrator": method.name,
        "step_ms": f"{method.step * 1e3:g}",
        "precision": method.precision,
        "circuit": circuit,
        "spikes": true,
        "count_error_percent": f"{100 * (ours / true - 1):.2f}",
        "first_spike_lag_ms": f"{np.median(first) * 1e3:.5f}",
        "rms_time_error_ms": f"{np.sqrt(np.mean(errors**2)) * 1e3:.5f}",
        "median_time_error_ms": f"{np.median(np.abs(errors)) * 1e3:.5f}",
        "steady_current_error_percent": f"{100 * relative.max():.5f}" if quiet else "",
    }


def study() -> Iterator[dict]:
    """Every integrator on every sheet."""
    sheets = {name: (bt.battery(name), bt.exact(name)) for name in bt.CIRCUITS}
    for circuit in ("plain", "exponential"):
        neurons = w1(circuit)
        sheets[f"w1 {circuit}"] = neurons, bt.solve(neurons, bt.DURATION)
    for method in METHODS:
        print(method, file=sys.stderr, flush=True)
        for name, (neurons, exact) in sheets.items():
            found = row(method, name, neurons, exact)
            ns = cost(method, name) if name in bt.CIRCUITS else None
            yield found | {"ns_per_neuron_ms": f"{ns:.2f}" if ns else ""}


def order(rows: list[dict], circuit: str) -> float:
    """Order of convergence of ours in double precision below 1 ms, by the median error."""
    step, error = np.log([
        (float(r["step_ms"]), float(r["median_time_error_ms"]))
        for r in rows
        if (r["integrator"], r["precision"], r["circuit"]) == ("ours", "double", circuit)
        and float(r["step_ms"]) < 1
    ]).T  # fmt: skip
    return float(np.polyfit(step, error, 1)[0])


def main() -> None:
    about, rows = machine(), list(study())
    with RESULTS.open("w", newline="") as file:
        file.writelines(f"# {key}: {value}\n" for key, value in about.items())
        for circuit in dict.fromkeys(r["circuit"] for r in rows):
            file.write(f"# order of ours, {circuit}: {order(rows, circuit):.2f}\n")
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    integrators_figure.draw(RESULTS)


if __name__ == "__main__":
    main()
