"""Does `compare` name what was planted, and leave equal boards alone? A hundred times.

    python benchmarks/compare_false_alarms.py 100 3 1 > benchmarks/results/compare_noise_1.txt

Arguments: how often, recordings per board, noise (shot noise times so much). Four virtual boards of
the same silicon (seed 3): two sound, one with 15 % lower gain in one core, one with 30 dead words,
other words each time (tests/deploy/comparison/planted.py). Everything is simulated.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from analoop.deploy.comparison.comparison import Comparison, Criteria, compare  # noqa: E402
from tests.deploy.comparison import planted  # noqa: E402

EQUAL = ("sound", "equal")


def main(arguments: Sequence[str]) -> None:
    times, repeats, noise = int(arguments[0]), int(arguments[1]), float(arguments[2])
    program, stimulus = planted.shipped()
    total: Counter[str] = Counter()
    criteria = Criteria(distances=0)
    with TemporaryDirectory() as folder:
        for seed in range(times):
            made = planted.plant(Path(folder), seed, repeats, noise)
            found = compare(program, stimulus, made.recordings, made.boards, criteria)
            total.update(judged(found, made))
            print(f"{seed + 1} of {times}", file=sys.stderr)
    print(
        f"SIMULATED: program {program.hash[:12]}, {stimulus.n_trials} trials, {repeats} "
        f"recordings per board, noise {noise:g}, silicon seed 3, seeds 0..{times - 1}"
    )
    for name in NAMES:
        print(f"{total[name]:6d}  {name}")


NAMES = (
    "times an equal board was flagged",
    "times two equal boards were called equivalent in every group",
    "times the weak core was named",
    "other cores named",
    "times a neuron of the board with dead words was named",
    "neurons with dead words",
    "of these named",
    "neurons without dead words named on that board",
    "neurons named on the board with the weak core",
    "words named first for a neuron",
    "of these dead",
    "of these without an alternative",
    "of these dead and without an alternative",
)


def judged(found: Comparison, made: planted.Planted) -> dict[str, int]:
    """What came of one time, by the names above."""
    hit = {neuron for neuron, _ in made.dead}
    cores = [(f.board, f.place) for f in found.findings if f.kind == "core"]
    neurons = [f for f in found.findings if f.kind == "neuron"]
    there = [f for f in neurons if f.board == "dead words"]
    column = {name: k for k, name in enumerate(found.names)}
    right = [f for f in there if column[f.name] in hit]
    first = [(f.words[0], (column[f.name], f.words[0].word) in made.dead) for f in there if f.words]
    weak = cores.count(("weak core", planted.CORE))
    same = [e for e in found.equivalences if {e.first, e.second} == set(EQUAL)]
    numbers = (
        int(found.flagged(*EQUAL)),
        int(all(e.outcome == "equivalent" for e in same)),
        weak,
        len(cores) - weak,
        int(bool(right)),
        len(hit),
        len(right),
        len(there) - len(right),
        sum(f.board == "weak core" for f in neurons),
        len(first),
        sum(dead for _, dead in first),
        sum(word.alternatives == 0 for word, _ in first),
        sum(word.alternatives == 0 and dead for word, dead in first),
    )
    return dict(zip(NAMES, numbers, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
