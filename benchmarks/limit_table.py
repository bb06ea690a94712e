"""How far each path is from what the machine can do."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operations:
    """What one neuron-millisecond needs at least, counted in the kernel's source."""

    exps: float
    """Exponentials."""
    logs: float
    """Logarithms."""
    divisions: float
    """Divisions."""
    flops: float
    """Other additions and multiplications."""
    bytes: float
    """Memory traffic beyond the caches [byte]."""


PATHS: dict[str, Operations] = {}
"""By case."""


def rows(results: dict[str, list[dict[str, Any] | None]]) -> list[str]:
    """A row per path: least time by arithmetic and by memory, and how much longer it takes."""
    measured = [line for line in results.get("limits", []) if line]
    if not measured:
        return []
    limit = {
        key: statistics.median(line[key] for line in measured)
        for key in measured[0]
        if key != "name"
    }
    out = [
        "limits of one core: "
        + ", ".join(f"{key.replace('_s', '/s')} {value:.3g}" for key, value in limit.items()),
        f"{'path':20s} {'ns':>8s} {'arithmetic':>11s} {'memory':>8s} {'times limit':>12s}",
    ]
    for name, path in PATHS.items():
        lines = [line for line in results.get(name, []) if line]
        if not lines:
            continue
        ns = statistics.median(line["ns"] for line in lines)
        arithmetic = (
            path.exps / limit["exp_g_s"]
            + path.logs / limit["log_g_s"]
            + path.divisions / limit["divide_g_s"]
            + path.flops / limit["gemm_gflop_s"]
        )
        memory = path.bytes / limit["triad_gb_s"]
        out.append(
            f"{name:20s} {ns:8.3f} {arithmetic:11.3f} {memory:8.3f}"
            f" {ns / max(arithmetic, memory):12.1f}"
        )
    return out
