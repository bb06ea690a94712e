"""Brian2, the neuron of Rockpool's DynapSim as equations: python peer_brian.py w2 [repetitions]

C++ standalone, double precision, forward Euler 1 ms, one thread. The CPU time is that of the
program's time stepping alone, taken by Brian2 itself: neither code generation, compilation nor
building the network count. The compiled program is kept in the folder for temporary files.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import brian2 as b2  # pyright: ignore[reportMissingImports]
import numpy as np
import workloads as wl
from timing import Work, measure

LIBRARIES = ("brian2", "numpy")
U_T, KAPPA, I_0 = 25e-3, 0.705, 5e-13
"""Thermal voltage [V], slope factor [1] and dark current [A]."""
C_MEM = 3e-12
"""Membrane capacitance [F]."""
W_UNIT = 1e-8
"""Current of a weight of 1 [A], Rockpool's."""

EQUATIONS = """
disyn/dt = -isyn/tau_s : 1
diahp/dt = -iahp/tau_a : 1
ileak = itau + iahp : 1
iin = clip((isyn - ileak + 1)*int(not_refractory), 1.0, 1e12) : 1
dI/dt = I*speed*(ileak/(I + igain)*(igain/itau*(iin - ileak) - I*ileak/itau) + I**power) : 1
tau_s : second
tau_a : second
itau : 1
igain : 1
speed : Hz
power : 1
threshold : 1
t_ref : second
jump : 1
jump_ahp : 1
"""
"""Currents in units of the dark current."""


def neurons(n: int) -> Any:
    """Mismatched neurons at rest, with Rockpool's default currents."""
    group = b2.NeuronGroup(
        n,
        EQUATIONS,
        threshold="I > threshold",
        reset="I = 1.0; iahp += jump_ahp",
        refractory="t_ref",
        method="euler",
    )
    i_tau = U_T / KAPPA * C_MEM / 20e-3 / I_0
    nominal = {
        "tau_s": 10 * b2.ms,
        "tau_a": 50 * b2.ms,
        "t_ref": 1 * b2.ms,
        "itau": i_tau,
        "igain": 4 * i_tau,
        "speed": KAPPA / (U_T * C_MEM) * I_0 * b2.Hz,
        "power": KAPPA / (KAPPA + 1),
        "threshold": 1e-7 / I_0,
        "jump": 100 * (1 - np.exp(-10e-6 / 10e-3)) * W_UNIT / I_0,
        "jump_ahp": 1 - np.exp(-1e-6 / 50e-3),
    }
    for number, (name, value) in enumerate(nominal.items()):
        setattr(group, name, value * wl.mismatch(1, n, number)[0])
    group.isyn = group.iahp = group.I = 1.0
    return group


def board() -> tuple[Any, Any]:
    """The network of W2 and the monitor that counts its spikes."""
    data, n = wl.board(), wl.BOARD_NEURONS
    b2.defaultclock.dt = wl.DT * b2.second
    group = neurons(n)
    hears = b2.Synapses(group, group, "w : 1", on_pre="isyn_post += w*jump_post", delay=1 * b2.ms)
    hears.connect(i=data.source.ravel(), j=np.repeat(np.arange(n), wl.BOARD_FAN_IN))
    hears.w = data.weight.ravel()
    step, line = np.nonzero(data.counts)
    outside = b2.SpikeGeneratorGroup(n, line, step * b2.ms)
    lines = b2.Synapses(outside, group, on_pre=f"isyn_post += {data.w_line}*jump_post")
    lines.connect(j="i")
    counter = b2.SpikeMonitor(group, record=False)
    return b2.Network(group, hears, outside, lines, counter), counter


def report_memory(folder: Path) -> None:
    """Have the program write its own peak memory [kB] when it ends."""
    b2.device.insert_code(
        "after_end",
        f'{{ FILE* out = fopen("{folder / "peak"}", "w"); struct rusage use;'
        ' getrusage(RUSAGE_SELF, &use); fprintf(out, "%ld", use.ru_maxrss); fclose(out); }',
    )
    b2.prefs["codegen.cpp.headers"] += ["<sys/resource.h>", "<cstdio>"]


def main(repetitions: int) -> None:
    folder = Path(tempfile.gettempdir()) / f"analoop-brian-{os.getuid()}"
    b2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    network, counter = board()
    network.run(wl.STEPS * wl.DT * b2.second)
    report_memory(folder)
    b2.device.build(directory=str(folder), compile=True, run=False)

    def call() -> dict[str, float]:
        b2.device.run(directory=str(folder), with_output=False, run_args=[])
        return {
            "cpu_s": float(b2.device._last_run_time),
            "rate_hz": float(counter.num_spikes) / wl.BOARD_NEURONS,
            "peak_mb": int((folder / "peak").read_text()) * 1.024e-3,
        }

    measure(Work("brian w2", wl.BOARD_NEURONS * wl.STEPS, 1.0), call, repetitions, LIBRARIES)


if __name__ == "__main__":
    if sys.argv[1] != "w2":
        print(json.dumps({"error": f"no case {sys.argv[1]}"}))
        sys.exit(2)
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 5)
