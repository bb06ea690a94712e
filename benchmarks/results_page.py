"""Write docs/results.md from the rows of every study kept in benchmarks/results.

Run: python benchmarks/results_page.py      (or: make results)

A study is kept by copying its `study.json` and `rows.csv` from the folder that `analoop robustness`
wrote into a folder of its own in benchmarks/results.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from kept_studies import HOME, KeptStudy, groups, kept_studies
from results_growth import growth_table
from results_tables import section
from results_targets import BEYOND, WORKS, WORKS_XOR, target_table

from analoop.models.archive import write_bytes
from analoop.models.tasks import hey_snips, synth_snips, temporal_xor

ROOT = Path(__file__).parents[1]
HEAD = """\
<!-- Made by `python benchmarks/results_page.py` from benchmarks/results: do not edit. -->
# Results of the learning methods

**Everything here is simulated.** Methods, tasks, rules and cells: [learning.md](learning.md). Each
number is made of the rows that its line leads to, found there by method and cell; above the tables
of a study stands the command, with its seed, that makes these rows again on the same machine. On
another one sums are rounded otherwise, and training makes another network of that: networks of the
same seed have other hashes in `rows.csv` then. `make results` makes this page, and a test compares
it with the rows.

How to read a table:
- accuracy: **mean** [95 % interval of the mean, over networks, their draws and test samples];
  median; P10, what nine chips in ten reach. How networks differ is not in the interval of one
  network, and hardly in that of two;
- errors: median (rise above the nominal median); mean (rise above the nominal mean); standard
  deviation over rows;
- rates: mean; median;
- differences: p-values, two-sided and not corrected for their number: Mann-Whitney of accuracies;
  of errors to the target; Levene of the spread of these; Mann-Whitney of errors of the dynamics.
  Rows of one network are not independent of each other;
- silenced neurons are 40 % of what [learning.md](learning.md#rules) says for each method, so rows
  of different methods are not quite the same trial. Networks of `chip` are trained to answer 1.5
  times the target, so their error to it does not begin at 0;
- "–": there are no such rows. Studies from before the dynamics were judged have no `mse_dynamics`.

Rules `fair`: no tuning for any level, true labels. Rules `paper`: as the authors of the seed paper
did, with weaker recurrences and a fitted gain for each level; under mismatch the methods with a
teacher (`ads` and its variants, `force`) are judged by its decisions, so their accuracies there
compare neither with other methods nor with `fair`. Differences under .02 are within the spread of
networks.
"""
BEYOND_HEAD = """\
## Goals beyond the seed paper

By rules `fair`, by the best single method, each in the largest study that has its rows, of those
with the method's usual settings if there are any. The goals and the seed's numbers are of Hey
Snips; SynthSnips is another corpus, as hard for a teacher, and temporal XOR another task, which
meets no goal. Paper.md asks for 50 chips with mismatch as
measured, with defects, too; the rows have five or ten for a network. Fifty, with and without
defects, through the whole pipeline: [learning.md](learning.md#fifty-virtual-chips).

Met or missed is said of the numbers as they are; how well they are known stands in the tables
below. Settings of `chip` were chosen on validation samples, but that it trains for 2,200 updates
was confirmed on these test samples, which had been looked at before. Eta and signals of `ads` and
`ads-no-ebn`, and updates of `bptt`, were chosen among two to four by all 1,000 test samples.
"""
WORKS_HEAD = """\
## Does the seed work here

By rules `fair`; the bounds of the wake phrase are near what the authors' networks have on Hey
Snips.
"""
GROWTH_HEAD = """\
Growth of median errors with mismatch of 5, 10 and 20 %, by rules `paper`; "(no)": more than 50 %
off what the authors have.
"""


def page(studies: Sequence[KeptStudy]) -> str:
    """The page, in Markdown."""
    wake = (hey_snips.NAME, synth_snips.NAME)
    out = [HEAD, BEYOND_HEAD]
    out += target_table(BEYOND, studies, wake, (temporal_xor.NAME,))
    out += [WORKS_HEAD, *target_table(WORKS, studies, wake)]
    out += target_table(WORKS_XOR, studies, (temporal_xor.NAME,))
    out += [GROWTH_HEAD, *growth_table(studies, wake, (temporal_xor.NAME,))]
    for group in groups(studies):
        out += section(group)
    out += [f"[{study.name}]: {HOME}/{study.name}/rows.csv" for study in studies]
    return "\n".join(out).rstrip() + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results.md")
    options = parser.parse_args()
    print(f"wrote {write_bytes(options.out, page(kept_studies(options.results)).encode())}")


if __name__ == "__main__":
    main()
