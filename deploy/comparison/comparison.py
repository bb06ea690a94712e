"""`compare`: recordings of one program and stimulus on several boards, held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ...models.errors import RegisterError
from ...models.recording import Recording, Stimulus
from ...models.versions import versions
from ..labelled import answerable_targets
from ..metrics import mean_rate_hz, repeated_accuracy
from ..program import Program
from ..surroundings import Surroundings, differences, surroundings
from .alignment import BoardRecordings, align
from .contrasts import Margins
from .deviations import deviations
from .distances import sample_trials
from .equivalence import Equivalence, equivalences
from .findings import Finding, find, unsettled
from .gains import effective_gains
from .outcome import Overall, overall
from .replay import Replay
from .responses import Pair, Responses, pairs, responses
from .variance import VarianceSplit, split_variance


@dataclass(frozen=True)
class Criteria:
    """What counts as a difference, and how much is looked at."""

    margins: Margins = field(default_factory=Margins)
    """Of the verdicts on pairs of boards; its `alpha` is that of the findings, too."""
    core_margin: float = 0.05
    """Difference in a core's effective gain that is none [1]; ASSUMED."""
    neuron_margin: float = 0.02
    """The same of a neuron [1]; ASSUMED."""
    replayed_trials: int = 32
    """Most trials that are replayed for the findings; a sample where there are more."""
    replayed_repeats: int = 4
    """Most repeats of a board that are replayed for them."""
    distances: int = 12_000
    """Most spike trains whose distances are computed; 0: none, PySpike is not needed."""
    seed: int = 0
    """Of the samples."""


@dataclass(frozen=True)
class BoardSummary:
    """One board in a comparison."""

    name: str
    """What it is called here."""
    target: str
    """'simulated' or 'measured'."""
    repeats: int
    """Recordings of it."""
    recordings: tuple[str, ...]
    """Their hashes."""
    rate_hz: float
    """Mean rate over neurons, trials and repeats [Hz]."""
    accuracy: float | None
    """Share of trials decided right, mean over repeats [1]; None: the stimulus has no targets, or
    such as the program cannot answer."""
    accuracy_low: float | None
    """Bounds of its exact 95 % interval over trials like these, repeats not counted again [1]."""
    accuracy_high: float | None
    surroundings: Surroundings | None
    """What a bench read while it played; None: it was not on one."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Boards held against each other."""

    boards: tuple[BoardSummary, ...]
    """In the order in which they came."""
    findings: tuple[Finding, ...]
    """Cores and neurons that deviate; empty: none does beyond the margins."""
    equivalences: tuple[Equivalence, ...]
    """Verdicts by pair of boards and group of neurons."""
    variance: VarianceSplit
    """Where the spread of spike counts comes from."""
    responses: tuple[Responses, ...]
    """What every neuron did, by board."""
    pairs: tuple[Pair, ...]
    """How alike every two boards answer, and two repeats of each as a yardstick."""
    groups: Mapping[str, np.ndarray]
    """Populations and cores: their recording columns."""
    names: tuple[str, ...]
    """Of the recording columns."""
    notes: tuple[str, ...]
    """What was sampled, left out or assumed."""
    provenance: Mapping[str, Any]
    """Program and stimulus, criteria, versions."""

    @property
    def outcome(self) -> Overall:
        """What came of it as a whole."""
        return overall(len(self.findings), [e.outcome for e in self.equivalences])

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "outcome": self.outcome,
            "boards": [asdict(b) | {"recordings": list(b.recordings)} for b in self.boards],
            "findings": [f.record() for f in self.findings],
            "equivalences": [e.record() for e in self.equivalences],
            "variance": self.variance.record(),
            "responses": [r.record(self.groups) for r in self.responses],
            "pairs": [p.record(self.groups) for p in self.pairs],
            "groups": {name: columns.tolist() for name, columns in self.groups.items()},
            "names": list(self.names),
            "notes": list(self.notes),
            "provenance": dict(self.provenance),
        }

    def flagged(self, *boards: str) -> bool:
        """Whether any of these boards is in a finding, or any two of them are called different."""
        named = any(f.board in boards for f in self.findings)
        return named or any(
            e.outcome == "different" and e.first in boards and e.second in boards
            for e in self.equivalences
        )


def compare(
    program: Program,
    stimulus: Stimulus,
    recordings: Sequence[Recording],
    boards: Sequence[str] = (),
    criteria: Criteria | None = None,
) -> Comparison:
    """Hold recordings of several boards against each other.

    Args:
        recordings: of two boards or more, in any order; several of one board are its repeats.
        boards: which board each recording is of; empty: told by their silicon.
        criteria: what counts as a difference.

    Raises:
        InputError: NOT_COMPARABLE, with every reason at once; PYSPIKE_MISSING.
    """
    rules = criteria or Criteria()
    grouped = align(program, stimulus, recordings, boards)
    groups = _groups(program)
    counts = {board.name: board.counts for board in grouped}
    compared = pairs(grouped, rules.distances, rules.seed)
    verdicts = equivalences(counts, groups, rules.margins)
    split = split_variance(list(counts.values()), program.address)
    found, notes = _findings(program, stimulus, grouped, rules)
    target, unjudged = answerable_targets(program, stimulus)
    summaries = tuple(_summary(board, program, target) for board in grouped)
    said = (f"no accuracies: {unjudged}",) if unjudged else ()
    provenance = {"program": program.hash, "stimulus": stimulus.hash, "trials": stimulus.n_trials}
    return Comparison(
        summaries,
        found,
        verdicts,
        split,
        tuple(responses(board) for board in grouped),
        compared,
        groups,
        program.names,
        (*_remarks(grouped, compared, rules), *said, *notes, *_unlike(summaries)),
        provenance | {"criteria": asdict(rules), "versions": versions()},
    )


def _groups(program: Program) -> dict[str, np.ndarray]:
    """Populations, and the cores that are not just one of them."""
    found = {
        f"population '{s.name}'": np.arange(s.first, s.first + s.size) for s in program.populations
    }
    for chip, core in np.unique(program.address[:, :2], axis=0).tolist():
        members = np.flatnonzero((program.address[:, :2] == [chip, core]).all(axis=1))
        if not any(np.array_equal(members, other) for other in found.values()):
            found[f"chip {chip} core {core}"] = members
    return found


def _findings(
    program: Program, stimulus: Stimulus, boards: Sequence[BoardRecordings], rules: Criteria
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What deviates, and what has to be said of how it was found."""
    trials = sample_trials(stimulus.n_trials, rules.replayed_trials, rules.seed)
    try:
        replay = Replay(program, stimulus, trials)
    except RegisterError as error:
        return (), (f"no causes: the nominal chip cannot be simulated ({error.code})",)
    if not replay.possible:
        return (), ("no causes: homeostasis moves gains, an answer is not of its input alone",)
    gains = effective_gains(replay, boards, rules.replayed_repeats)
    away = deviations(gains, program.address, rules.core_margin, rules.neuron_margin)
    found = find(replay, boards, gains, away, rules.margins.alpha)
    judged = int((~np.isnan(away.of_neuron)).all(axis=0).sum())
    notes = [
        f"causes: {judged} of {len(program.names)} neurons spike enough to be judged, from "
        f"{len(trials)} of {stimulus.n_trials} trials (seed {rules.seed}); effective gains are "
        "those of a SIMULATED nominal chip that receives what was recorded; margins ASSUMED"
    ]
    notes += unsettled([board.name for board in boards], program.names, away, rules.margins.alpha)
    if len(boards) == 2 and found:
        notes.append("two boards: a difference is named on both, which is odd cannot be said")
    return found, tuple(notes)


def _remarks(
    boards: Sequence[BoardRecordings], compared: Sequence[Pair], rules: Criteria
) -> tuple[str, ...]:
    """What was sampled or assumed elsewhere."""
    said = []
    for pair in compared[:1]:
        if pair.distances is not None:
            said.append(
                f"spike-train distances: {len(pair.distances.trials)} of "
                f"{boards[0].recordings[0].n_trials} trials (seed {rules.seed}), first repeats"
            )
    if min(len(board.recordings) for board in boards) == 1:
        said.append("a board with one recording says nothing of its own spread between repeats")
    return tuple(said)


def _summary(board: BoardRecordings, program: Program, target: np.ndarray) -> BoardSummary:
    share, low, high = None, None, None
    if len(target):
        share, (low, high) = repeated_accuracy(board.recordings, program.readout, target)
    return BoardSummary(
        board.name,
        str(board.record["target"]),
        len(board.recordings),
        tuple(recording.hash for recording in board.recordings),
        float(np.mean([mean_rate_hz(recording) for recording in board.recordings])),
        share,
        low,
        high,
        surroundings(board.name, board.recordings),
    )


def _unlike(boards: Sequence[BoardSummary]) -> list[str]:
    """Which boards were not kept alike, as far as a bench saw it."""
    return differences([b.surroundings for b in boards if b.surroundings is not None])
