"""Error rates of `compare`'s verdicts on pairs, at the margin and for boards that are equal.

    python benchmarks/compare_error_rates.py > benchmarks/results/compare_error_rates.txt

Logarithms of counts are drawn from normal distributions: no chip, no simulation of one. A wrong
answer at the margin may come at most in 5 % of cases (Margins.alpha); 3,000 draws know a share of
.05 to .008 (two standard errors).
"""

from __future__ import annotations

import numpy as np

from analoop.deploy.comparison.contrasts import Contrast, Margins

DRAWS, SEED = 3000, 0
SPREADS = (0.005, 0.015, 0.025, 0.03, 0.04, 0.08)
REPEATS = (2, 3, 4, 10)


def main() -> None:
    rng, margins = np.random.default_rng(SEED), Margins()
    print(f"{DRAWS} draws each, seed {SEED}, alpha {margins.alpha}, floor {margins.floor}")
    print(
        "spread  margin  repeats  at the margin: equivalent  different"
        "  equal: equivalent  different"
    )
    for spread in SPREADS:
        margin = max(margins.floor, margins.spreads * spread)
        for repeats in REPEATS:
            there = shares(rng, spread, margin, repeats, margins)
            equal = shares(rng, spread, 0.0, repeats, margins)
            print(
                f"{spread:6.3f}  {margin:6.3f}  {repeats:7d}  {there[0]:25.3f}  {there[1]:9.3f}"
                f"  {equal[0]:17.3f}  {equal[1]:9.3f}"
            )


def shares(
    rng: np.random.Generator, spread: float, difference: float, repeats: int, margins: Margins
) -> np.ndarray:
    """How often two boards are called equivalent, and different."""
    one, other = rng.normal(0.0, spread, (2, DRAWS, repeats))
    freedom = 2 * (repeats - 1)
    seen = np.sqrt((one.var(axis=1) + other.var(axis=1)) * repeats / freedom)
    ratio = difference + other.mean(axis=1) - one.mean(axis=1)
    p = np.array(
        [
            Contrast(float(r), float(s), (repeats, repeats), freedom, False).p_values(margins)
            for r, s in zip(ratio, seen, strict=True)
        ]
    )
    return (p < margins.alpha).mean(axis=0)


if __name__ == "__main__":
    main()
