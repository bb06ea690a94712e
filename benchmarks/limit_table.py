"""How far each path is from what one core can do, and what limits it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Needs:
    """What a neuron-millisecond needs at least, counted by hand in the kernels' source."""

    instructions: float
    """Vector instructions other than divisions, per lane."""
    divisions: float
    """Divisions."""
    scatters: float
    """Synapses added to: events reaching the average neuron in a millisecond."""
    bytes: float = 0.0
    """Traffic beyond the second-level cache [byte]."""
    double: bool = False
    """Whether the lanes are 8 bytes wide instead of 4."""


PATHS = {
    # Wright's omega 64 (3 divisions), Rosenbrock step 55 (3), two dendrites 30, threshold 6.
    "ours w1": Needs(155, 6, 1.14),
    # Longer polynomials, and Wright's omega improved twice.
    "ours w1_double": Needs(217, 9, 1.14, double=True),
    # As W1; 16 bytes for each synapse, whose lists lie in the third-level cache.
    "ours w2": Needs(155, 6, 1.5, bytes=24),
    # One synapse 6, soma 60 with an exponential and a logarithm (2 divisions), rows of weights 5.
    "ours w1_euler": Needs(72, 2, 0.0),
    # As W1, the way back about 95 (5 divisions), the transposed product with 128 (dendrite, neuron)
    # slots 128; the tape and the rasters, written and read.
    "ours w3_1": Needs(378, 11, 0.0, bytes=44),
    "ours w3_16": Needs(378, 11, 0.0, bytes=44),
}
"""By case. Of W1, 0.8 of the synapses are dense inputs."""


def rows(results: dict[str, list[dict[str, Any] | None]]) -> list[str]:
    """A row per path: what each resource alone would take, the largest, and the distance to it."""
    measured = [line for line in results.get("limits", []) if line]
    if not measured:
        return []
    names = [key for key in measured[0] if key != "name"]
    limit = {key: statistics.median(line[key] for line in measured) for key in names}
    said = ", ".join(f"{key.removesuffix('_s')}/s {value:.3g}" for key, value in limit.items())
    out = [
        f"one core at its best: {said}",
        f"{'path':16s} {'ns':>7s}   would take alone, ns: {'instructions':>12s} {'divisions':>9s}"
        f" {'scatter':>8s} {'memory':>7s}   measured / largest",
    ]
    for name, needs in PATHS.items():
        lines = [line for line in results.get(name, []) if line]
        if lines:
            ns = statistics.median(line["ns"] for line in lines)
            alone = least(needs, limit)
            reason = max(alone, key=lambda key: alone[key])
            out.append(
                f"{name:16s} {ns:7.2f} {'':22s} {alone['instructions']:12.2f}"
                f" {alone['divisions']:9.2f} {alone['scatter']:8.2f} {alone['memory']:7.2f}"
                f"   {ns / alone[reason]:.1f} times {reason}"
            )
    return out if len(out) > 2 else out[:1]


def least(needs: Needs, limit: dict[str, float]) -> dict[str, float]:
    """What each resource alone would take [ns]; a multiply-add of a matrix product is one."""
    wide = 2.0 if needs.double else 1.0
    return {
        "instructions": wide * needs.instructions / (limit["gemm_gflop_s"] / 2),
        "divisions": wide * needs.divisions / limit["divide_g_s"],
        "scatter": needs.scatters / limit["scatter_g_s"],
        "memory": needs.bytes / limit["triad_gb_s"],
    }
