"""The gap ladder as a value: its rungs from the float model down to the board, and its verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ...models.errors import InputError

FLOAT, FAN_IN, SHARED = "float model", "fan-in limit", "shared parameters"
WEIGHTS, BIASES, DEFECTS = "4-bit weights", "legal bias codes", "defects"
MISMATCH, TEMPORAL, CHIP = "mismatch", "noise and event loss", "this chip"

NAMES = (FLOAT, FAN_IN, SHARED, WEIGHTS, BIASES, DEFECTS, MISMATCH, TEMPORAL, CHIP)
"""Rungs from the top down; each differs from the one above in one thing."""


@dataclass(frozen=True)
class Outcome:
    """What one rung did with the whole stimulus."""

    right: int
    """Trials decided right."""
    accuracy: float
    """Share of trials decided right [1]."""
    interval: tuple[float, float]
    """Exact 95 % interval of that [1]."""
    spikes: int
    """Spikes of all neurons."""
    rate_hz: float
    """Mean rate over all neurons [Hz]."""
    cost_trials: int
    """Trials that the rung above decides right, less those that this one does."""
    cost: float
    """The same as a share of all trials [1]; negative where the rung helps."""
    distance_above: float
    """Mean SPIKE-distance to the rung above, 0..1 [1]."""
    distance_top: float
    """Mean SPIKE-distance to the first rung that is known, 0..1 [1]."""
    recording: str
    """Hash of the recording behind all this."""


@dataclass(frozen=True)
class Rung:
    """One rung: what it changes, and what that does."""

    name: str
    """One of `NAMES`."""
    what: str
    """What it changes, in words and numbers; why it is not known, if it is not."""
    basis: str
    """Who played it: 'software model', 'SIMULATED sim:...', 'measured ...'; 'not known'."""
    changed: bool
    """Whether there was anything to change; if not, the recording is that of the rung above."""
    outcome: Outcome | None
    """None: not known."""
    p: float | None = None
    """McNemar's exact p of the accuracy against the rung above; None: nothing changed [1]."""
    p_corrected: float | None = None
    """The same, corrected for the number of rungs by Holm's method [1]."""

    @property
    def known(self) -> bool:
        """Whether it was played."""
        return self.outcome is not None


@dataclass(frozen=True)
class Ladder:
    """All rungs, and which one is to blame."""

    rungs: tuple[Rung, ...]
    """One for each of `NAMES`, from the top down."""
    alpha: float
    """Chance of blaming any rung that costs nothing [1]."""
    total_p: float
    """McNemar's exact p of the last rung against the first known one [1]."""
    provenance: dict[str, Any]
    """Program, network, stimulus, board, versions, how spikes were compared."""

    def __post_init__(self) -> None:
        total = sum(outcome.cost_trials for _, outcome in self.known)
        if total != self.total_cost_trials:
            raise InputError(
                f"the rungs cost {total} trials together, the ends differ by "
                f"{self.total_cost_trials}: every rung has to be compared with the one above it",
                code="LADDER_SUM",
            )

    @property
    def known(self) -> list[tuple[Rung, Outcome]]:
        """The rungs that were played, from the top down."""
        return [(rung, rung.outcome) for rung in self.rungs if rung.outcome is not None]

    @property
    def significant(self) -> list[Rung]:
        """The rungs that cost accuracy beyond chance, the costliest first."""
        costly = [
            (outcome.cost_trials, rung)
            for rung, outcome in self.known
            if outcome.cost_trials > 0
            and rung.p_corrected is not None
            and rung.p_corrected < self.alpha
        ]
        return [rung for _, rung in sorted(costly, key=lambda pair: -pair[0])]

    @property
    def named(self) -> str | None:
        """The rung that breaks the network; None: none does."""
        return self.significant[0].name if self.significant else None

    @property
    def moves_most(self) -> str | None:
        """The rung that moves the spikes most; None: none moves any."""
        moved = [(o.distance_above, rung.name) for rung, o in self.known if o.distance_above > 0]
        return max(moved)[1] if moved else None

    @property
    def total_cost_trials(self) -> int:
        """Trials that the first known rung decides right, less those of the last."""
        return self.known[0][1].right - self.known[-1][1].right

    def verdict(self) -> str:
        """Which rung is to blame, in one or two sentences."""
        trials = self.provenance["trials"]
        if self.significant:
            first, *others = self.significant
            said = f"'{first.name}' breaks it most: {_loss(first, trials)}"
            if others:
                said += "; beyond chance also " + ", ".join(
                    f"'{r.name}' ({_loss(r, trials)})" for r in others
                )
            return said + "."
        said = "No rung breaks it: none costs accuracy beyond chance"
        if self.total_cost_trials > 0 and self.total_p < self.alpha:
            said += (
                f" by itself, but together they cost {self.total_cost_trials} of {trials} trials "
                f"(p = {self.total_p:.2g})"
            )
        moves = f"; '{self.moves_most}' moves the spikes most" if self.moves_most else ""
        return said + moves + "."

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rungs": [asdict(rung) for rung in self.rungs],
            "named": self.named,
            "significant": [rung.name for rung in self.significant],
            "moves_most": self.moves_most,
            "verdict": self.verdict(),
            "total": {
                "cost_trials": self.total_cost_trials,
                "sum_of_rungs_trials": sum(o.cost_trials for _, o in self.known),
                "p": self.total_p,
            },
            "alpha": self.alpha,
            "provenance": self.provenance,
        }


def _loss(rung: Rung, trials: int) -> str:
    lost = rung.outcome.cost_trials if rung.outcome else 0
    return f"{lost} of {trials} trials, corrected p = {rung.p_corrected:.2g}"
