"""The tables of a group of studies, in Markdown: what paper.md 7.1 asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kept_studies import HOME, NOMINAL, KeptStudy, Line, cells_of, lines

from analoop.deploy.study_report import TITLES
from analoop.deploy.study_statistics import ERRORS, CellSummary, Difference, differences

Show = Callable[[CellSummary], str]
NOTHING = "–"
UNPERTURBED = "Nothing perturbed"
"""Title of the table of a study that has nominal rows only."""


def section(group: Sequence[KeptStudy]) -> list[str]:
    """Everything about a group."""
    task, networks, draws, samples, seed = group[0].size
    several = "networks" if networks > 1 else "network"
    head = (
        f"{task}: {networks} {several} of each method, {draws} draws of mismatch, {samples} "
        f"samples, seed {seed}"
    )
    found, cells = lines(group), cells_of(group)
    out = [f"## {head}", "", *_sources(group)]
    kinds = list(dict.fromkeys(cell.split()[0] for cell in cells if cell != NOMINAL))
    for kind in kinds or [UNPERTURBED]:
        mine = [NOMINAL, *(cell for cell in cells if cell.split()[0] == kind)]
        title, unit = TITLES.get(kind, (kind, ""))
        out += [f"### {title}{', ' + unit if unit else ''}", ""]
        out += _table(found, mine, "accuracy", _accuracy)
        for error, words in ERRORS.items():
            followed = [line for line in found if _has(line, error)]
            if followed:
                out += [f"`{error}`: {words}.", ""]
                out += _table(followed, mine, error, lambda s, e=error: _error(s, e))
    out += ["### Spikes per neuron and second [Hz]", ""]
    out += _table(found, _rated(cells), "rate", _rate)
    return out + _tests(group, cells)


def _rated(cells: Sequence[str]) -> list[str]:
    return [NOMINAL, *(c for c in cells if c.split()[0] in ("mismatch", "silenced"))]


def _rate(s: CellSummary) -> str:
    return f"{s.rate_hz_mean:.1f}; {s.rate_hz_median:.1f}"


def _has(line: Line, error: str) -> bool:
    return any(error in summary.errors for summary in line.cells.values())


def _sources(group: Sequence[KeptStudy]) -> list[str]:
    """Of each study its rows and the command that makes them."""
    out = []
    for study in group:
        version = study.record["versions"]["analoop"]
        out += [
            f"[{study.name}][{study.name}], rules `{study.protocol}`, {len(study.rows)} rows, "
            f"Analoop {version} ([settings, versions]({HOME}/{study.name}/study.json)):",
            "",
            f"    {study.command}",
            "",
        ]
    return out


def _table(found: Sequence[Line], cells: Sequence[str], name: str, show: Show) -> list[str]:
    """A line for each method and protocol; levels need no kind where there is only one."""
    one = len({cell.split()[0] for cell in cells} - {NOMINAL.split()[0]}) <= 1
    heads = ["nominal" if c == NOMINAL else c.split(maxsplit=1)[-1] if one else c for c in cells]
    out = [f"| {name} | rules | {' | '.join(heads)} |", "|---" * (2 + len(heads)) + "|"]
    for line in found:
        shown = [show(line.cells[c]) if c in line.cells else NOTHING for c in cells]
        rows = f"[{line.study.protocol}][{line.study.name}]"
        out.append(f"| `{line.label}` | {rows} | {' | '.join(shown)} |")
    return [*out, ""]


def share(value: float) -> str:
    """A share of 1 in three digits."""
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0") else text


def _accuracy(s: CellSummary) -> str:
    interval = f"[{share(s.accuracy_mean_low)}, {share(s.accuracy_mean_high)}]"
    rest = f"{share(s.accuracy_median)}; {share(s.accuracy_p10)}"
    return f"**{share(s.accuracy_mean)}** {interval}; {rest}"


def _error(s: CellSummary, name: str) -> str:
    if name not in s.errors:
        return NOTHING
    error, base = s.errors[name], s.cell == NOMINAL
    pairs = ((error.median, error.rise), (error.mean, error.mean_rise))
    median, mean = (
        number(value) + ("" if base or rise is None else f" ({100 * rise:+.0f} %)")
        for value, rise in pairs
    )
    spread = "" if error.sd is None else f"; {number(error.sd)}"
    return f"{median}; {mean}{spread}"


def number(value: float) -> str:
    """Three digits, below 1 without the zero in front."""
    return f"{value:#.3g}".removeprefix("0") if value else "0"


def _tests(group: Sequence[KeptStudy], cells: Sequence[str]) -> list[str]:
    """Pairs of methods of each study under mismatch."""
    out: list[str] = []
    mine = [cell for cell in cells if cell.split()[0] == "mismatch"]
    for study in group:
        pairs: dict[tuple[str, str], dict[str, Difference]] = {}
        for d in differences(study.rows, [c for c in mine if c in study.record["cells"]]):
            pairs.setdefault((d.first, d.second), {})[d.cell] = d
        if pairs:
            heads = " | ".join(cell.split()[1] for cell in mine)
            out += [f"### Which differences under mismatch are real: {study.name}", ""]
            out += [f"| methods | {heads} |", "|---" * (1 + len(mine)) + "|"]
            out += [
                f"| `{a}`, `{b}` | {' | '.join(_p(by_cell.get(cell)) for cell in mine)} |"
                for (a, b), by_cell in pairs.items()
            ]
            out.append("")
    return out


def _p(d: Difference | None) -> str:
    if d is None:
        return NOTHING
    found = (d.accuracy_p, d.mse_p, d.spread_p, d.dynamics_p)
    return "; ".join(NOTHING if p is None else f"{p:.1g}" for p in found)
