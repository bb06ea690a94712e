"""How the time of W1 grows with chips, samples, steps and spikes: python growth.py

Two decades each, the others fixed. Prints a line of JSON.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

import numpy as np
import workloads as wl
from ours import play_net

LONG_ENOUGH = 0.2
"""CPU seconds spent on a row, at least [s]."""


@dataclass(frozen=True)
class Row:
    """One size."""

    what: str
    """What is varied."""
    value: float
    """Its value."""
    cpu_s: float
    """CPU time of a call [s]."""
    spikes: float
    """Spikes of neurons and inputs in a call."""
    ns: float
    """CPU time per neuron-millisecond [ns]."""


def row(what: str, value: float, chips: int, net: wl.Net) -> Row:
    """Time one size; the first call compiles and does not count."""
    samples, steps, _ = net.counts.shape
    play = play_net(net, chips)
    spikes = play() + chips * float(net.counts.sum())
    calls, start = 0, time.process_time()
    while (spent := time.process_time() - start) < LONG_ENOUGH:
        play()
        calls += 1
    cpu = spent / calls
    return Row(what, value, cpu, spikes, 1e9 * cpu / (chips * samples * steps * wl.NEURONS))


def rows() -> list[Row]:
    """All sizes."""
    sizes = (1, 3, 10, 30, 100)
    out = [row("chips", k, k, wl.net(4)) for k in sizes]
    out += [row("samples", k, 4, wl.net(k)) for k in sizes]
    out += [row("steps", 100 * k, 4, wl.net(4, 100 * k)) for k in sizes]
    return out + [row("input Hz", 5 * k, 10, wl.net(4, hertz=5 * k)) for k in sizes]


def notes(all_rows: list[Row]) -> list[str]:
    """The power by which the time grows, and the price of a spike by a straight line."""
    out = []
    for what in ("chips", "samples", "steps"):
        x = np.log([(r.value, r.cpu_s) for r in all_rows if r.what == what])
        out.append(f"{what}: time grows with their power {np.polyfit(x[:, 0], x[:, 1], 1)[0]:.2f}")
    x = np.array([(r.spikes, r.cpu_s) for r in all_rows if r.what == "input Hz"])
    slope, start = np.polyfit(x[:, 0], x[:, 1], 1)
    worst = np.abs(slope * x[:, 0] + start - x[:, 1]).max() / x[:, 1].max()
    straight = f"{1e9 * slope:.0f} ns each on top of {start:.4f} s, straight within {worst:.1%}"
    return [*out, f"spikes of inputs and neurons: {straight}"]


if __name__ == "__main__":
    done = rows()
    line = {"name": "ours growth", "rows": [asdict(r) for r in done], "notes": notes(done)}
    print(json.dumps(line), flush=True)
