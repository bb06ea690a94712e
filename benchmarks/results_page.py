"""Write docs/results.md and its figures from the rows of every study kept in benchmarks/results.

Run: python benchmarks/results_page.py      (or: make results)

A study is kept by copying its `study.json` and `rows.csv` from the folder that `analoop robustness`
wrote into a folder of its own in benchmarks/results.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from kept_studies import HOME, KeptStudy, groups, kept_studies, studied
from results_answer import answer, contents
from results_contract import contract_summary, contract_table
from results_differences import difference_tables
from results_fifty import fifty_table
from results_figures import drawn, file_of, pictures, png_of
from results_goals import BEYOND, WORKS, WORKS_XOR
from results_growth import growth_table
from results_orders import order_table
from results_tables import section
from results_targets import summary, target_table
from results_words import BESIDES, WAKE, title

from analoop.models.archive import write_bytes

ROOT = Path(__file__).parents[1]
FIFTY = "fifty_chips.txt"
"""What benchmarks/fifty_chips.py wrote, beside the studies."""
HEAD = """\
<!-- Made by `python benchmarks/results_page.py` from benchmarks/results: do not edit. -->
# Results of the learning methods

**Everything here is simulated.** Methods, tasks, rules and cells: [learning.md](learning.md). Each
number is made of the rows that its line leads to; `make results` makes this page, and a test
compares it with the rows.
"""
SHORT_HEAD = """\
## In short

Mean accuracies against true labels, without any tuning for a level (rules `fair`); of each method
its usual settings, where a study has them, else those that are named, and its largest study. Only
methods that were asked the same test samples as the most of them were are compared, and the best of
these is bold: "others" were asked other samples, or some that had no name yet.
"""
READ_HEAD = """\
## How to read the tables

Above the tables of a study stands the command, with its seed, that makes its rows again on the same
machine, unless a line below says which ones it does not. On another machine sums are rounded
otherwise, and training makes another network of that: networks of the same seed have other hashes
in `rows.csv` then. Settings that are not the usual ones of this version stand behind a method.

- accuracy: **mean** [95 % interval of the mean, over networks, their draws and test samples];
  median; P10, what nine chips in ten reach. How networks differ is not in the interval of one
  network, and hardly in that of two;
- errors: median (rise above the nominal median); mean (rise above the nominal mean); standard
  deviation over rows. From tenfold on, a rise is a factor;
- rates: mean; median;
- silenced neurons are 40 % of what [learning.md](learning.md#rules) says for each method, so rows
  of different methods are not quite the same trial. Networks of `chip` are trained to answer 1.5
  times the target (temporal XOR: twice), so their error to it does not begin at 0;
- "–": there are no such rows. Studies from before the dynamics were judged have no `mse_dynamics`;
  `mse_teacher` is of methods that imitate a teacher.

Rules `fair`: no tuning for any level, true labels. Rules `paper`: as the authors of the seed paper
did, with weaker recurrences and a fitted gain for each level; under mismatch the methods with a
teacher (`ads` and its variants, `force`) are judged by its decisions, so their accuracies there
compare neither with other methods nor with `fair`. Differences under .02 are within the spread of
networks.
"""
BEYOND_HEAD = """\
## Goals beyond the seed paper

By rules `fair`, each method in the largest study that has its rows, of those with the method's
usual settings if there are any. The goals and the seed's numbers are of Hey Snips; SynthSnips is
another corpus, as hard for a teacher, and temporal XOR another task, which meets no goal. The
contract wants 5 Hz "at the above"; here each rate beside mismatch has a verdict of its own.

Met or missed is said of the numbers as they are; how well they are known stands in the tables
below. Settings of `chip` were chosen on validation samples, but that it trains for 2,200 updates
was confirmed on these test samples, which had been looked at before. Eta and signals of `ads` and
`ads-no-ebn`, and updates of `bptt`, were chosen among two to four by all 1,000 test samples. The
rule by which outputs of `chip` are read relative to their second half
([decision 22](decisions/0022-relative-readout.md)) was found on network 0 of seed 0, on validation
samples; network 0 of `synth_snips_relative` is that one. Further networks of that study were not
looked at before.
"""
FIFTY_HEAD = """\
### Fifty chips with mismatch as measured

The contract asks for fifty chips, with defects; studies have five or ten for a network, and the
worst of fifty is worse than the worst of ten. These were compiled and played on simulated boards,
through the whole pipeline, wake phrases on samples of their own
([learning.md](learning.md#fifty-virtual-chips),
[fifty_chips.txt](../benchmarks/results/fifty_chips.txt)). Japanese Vowels is not in the contract
and has goals of its own, with less to lose in the mean:
"""
WORKS_HEAD = """\
## Does the seed work here

By rules `fair` where nothing else is said; the bounds of the wake phrase are near what the authors'
networks have on Hey Snips: "seed's own", medians of ten networks where nothing else is said, with
gains that were fitted for each level.
"""
CONTRACT_HEAD = """\
### Which studies are as large as the contract wants

It wants 5, 10, 20 (and 30) % of mismatch for ten networks, ten draws each and 500 test samples, by
both rules side by side. Of each method the largest study: networks × draws that have rows at 5, 10
and 20 %, test samples, and settings that are not the usual ones.
"""
ORDER_HEAD = """\
### Which method stands what better

Medians, the best first. The contract wants the authors' order under their rules, and what it is
without their tuning beside it. A pair of methods has an order where they are .02 apart and the
better is above chance (.600). By rules `paper`, under mismatch `ads` and `force` are judged by
their teacher's decisions, here and there.
"""
GROWTH_HEAD = """\
## Growth of median errors with mismatch

Of 5, 10 and 20 %, by rules `paper`, over mismatch 0, whose gain is fitted as that of the levels
(over the nominal cell where there is none); "(no)": more than 50 % off what the authors have.
"""
DIFFERENCES_HEAD = """\
## Which differences under mismatch are real

Of all lines that were judged by the same rules and the same test samples, p-values, two-sided and
not corrected for their number: Mann-Whitney of accuracies; of errors to the target; Levene of the
spread of these; Mann-Whitney of errors of the dynamics. Rows of one network are not independent of
each other. Studies of before test samples had a name are compared within themselves.
"""


def page(studies: Sequence[KeptStudy], fifty: str = "") -> str:
    """The page, in Markdown.

    Args:
        fifty: what benchmarks/fifty_chips.py wrote.
    """
    tasks = (*WAKE, *BESIDES)
    unknown = [title(task) for task in WAKE if task not in studied(WAKE, studies)]
    rest = [READ_HEAD, BEYOND_HEAD]
    rest += [f"Nothing is known of {' and '.join(unknown)}: no study is kept.\n"] if unknown else []
    rest += target_table(BEYOND, studies, WAKE, BESIDES, ours=True)
    for task in WAKE:
        rest += summary(BEYOND, studies, task)
    chips = fifty_table(fifty, studies)
    rest += [FIFTY_HEAD, *chips] if chips else []
    rest += [WORKS_HEAD, *target_table(WORKS, studies, WAKE)]
    rest += target_table(WORKS_XOR, studies, BESIDES)
    rest += [CONTRACT_HEAD, *contract_table(studies, tasks), *contract_summary(studies, tasks)]
    rest += [ORDER_HEAD, *order_table(studies, WAKE)]
    rest += [GROWTH_HEAD, *growth_table(studies, WAKE, BESIDES)]
    rest += [DIFFERENCES_HEAD, *difference_tables(studies)]
    for group in groups(studies):
        rest += section(group)
    parts = "\n".join(rest).split("\n")
    out = [HEAD, SHORT_HEAD, *answer(studies, WAKE, BESIDES), *pictures(studies, tasks)]
    out += ["## Contents\n", *contents(parts)]
    out += [*rest, *(f"[{study.name}]: {HOME}/{study.name}/rows.csv" for study in studies)]
    return "\n".join(out).rstrip() + "\n"


def main() -> None:
    """Write the page, and the figures into a folder images beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results.md")
    options = parser.parse_args()
    fifty = options.results / FIFTY
    text = fifty.read_text(encoding="utf-8") if fifty.exists() else ""
    studies = kept_studies(options.results)
    print(f"wrote {write_bytes(options.out, page(studies, text).encode())}")
    for task in studied((*WAKE, *BESIDES), studies):
        if lines := drawn(studies, task):
            file = options.out.parent / "images" / file_of(task)
            file.parent.mkdir(exist_ok=True)
            print(f"wrote {write_bytes(file, png_of(lines))}")


if __name__ == "__main__":
    main()
