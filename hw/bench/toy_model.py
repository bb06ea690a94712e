"""What a simulated board draws from a simulated supply. A TOY, to try the way from a run to joules:

    current = STATIC_A + EVENT_J * spikes per second / voltage

Both constants are assumed, and stand for no chip. Time is chip time: the simulated board is not in
real time, so its spikes are played to the simulated load and measured step by step after the run.
Energy of a run is therefore voltage * STATIC_A * time + EVENT_J * spikes, by construction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...models.errors import AnaloopError
from .bench import Bench
from .measuring import Traces, guard, measure

STATIC_A = 0.005
"""Drawn at rest [A], assumed."""
EVENT_J = 2e-8
"""For each spike of a monitored neuron [J], assumed."""
LABEL = "simulated (toy model)"
"""What such an energy is called, everywhere."""
MOST_STEPS = 1000
"""Steps of a run at most; a longer one has longer steps."""


def constants() -> dict[str, Any]:
    """What the model assumes, as JSON values."""
    return {"model": "toy-1", "static_A": STATIC_A, "event_J": EVENT_J, "basis": "assumed"}


def drawn_A(spikes: np.ndarray, step_s: float, voltage_V: float) -> np.ndarray:
    """Current in every step [A], float64 [step]."""
    if voltage_V <= 0:
        return np.zeros(len(spikes))
    return STATIC_A + EVENT_J * spikes / step_s / voltage_V


def stepped(bench: Bench, time_s: np.ndarray, duration_s: float) -> tuple[Traces, float]:
    """Have the simulated load draw what a run would, and measure it step by step.

    Measured at the middle of each step, and at both ends of the run.

    Args:
        time_s: time of every spike in the run, trials one after the other [s], float64 [spike].

    Returns:
        The traces in chip time, and the length of a step [s].
    """
    steps = min(max(1, round(duration_s / bench.plan.rules["interval_s"])), MOST_STEPS)
    step_s = duration_s / steps
    spikes, _ = np.histogram(time_s, bins=steps, range=(0.0, max(duration_s, 1e-6)))
    moments = [0.0, *((np.arange(steps) + 0.5) * step_s).tolist(), duration_s]
    traces = Traces()
    try:
        _play(bench, traces, moments, spikes, step_s)
    except AnaloopError as error:  # the run was good, and stays so
        traces.remark(f"the toy load failed: {error} ({error.code})")
    return traces, step_s


def _play(
    bench: Bench, traces: Traces, moments: list[float], spikes: np.ndarray, step_s: float
) -> None:
    """Draw and measure, moment by moment; the board rests afterwards. An instrument that does not
    answer is left alone for a while, and not waited for at every moment."""
    (_, load), *_ = bench.of("load")
    (_, supply), *_ = bench.supplies
    voltage = supply.read("voltage")
    if voltage <= 0:
        traces.remark("the output is off: the toy board draws nothing")
    currents = drawn_A(spikes, max(step_s, 1e-6), voltage)
    for moment, current in zip(moments, [currents[0], *currents, currents[-1]], strict=True):
        load.draw(float(current))
        fresh = measure(bench, lambda _, moment=moment: moment, patience=bench.patience)
        traces.readings += fresh
        guard(bench, fresh, traces)
    load.draw(STATIC_A)
