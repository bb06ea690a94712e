"""The tables of a group of studies, in Markdown: what paper.md 7.1 asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kept_studies import HOME, NOMINAL, KeptStudy, Line, cells_of, lines
from results_words import NOTHING, number, rise, several, share, table, title

from analoop.deploy.study_report import TITLES
from analoop.deploy.study_statistics import ERRORS, CellSummary

Show = Callable[[CellSummary], str]
UNPERTURBED = "Nothing perturbed"
"""Title of the table of a study that has nominal rows only."""


def section(group: Sequence[KeptStudy]) -> list[str]:
    """Everything about a group."""
    _, networks, draws, samples, seed = group[0].size
    found, cells = lines(group), cells_of(group)
    out = [
        f"## {heading(group)}",
        "",
        f"{several(networks, 'network')} of each method, {several(draws, 'draw')} of mismatch, "
        f"{several(samples, 'test sample')}, seed {seed}.",
        "",
        *_sources(group),
    ]
    kinds = {c.split()[0]: None for line in found for c in line.cells if c != NOMINAL}
    for kind in [k for k in _kinds(cells) if k in kinds] or [UNPERTURBED]:
        mine = [NOMINAL, *(cell for cell in cells if cell.split()[0] == kind)]
        name, unit = TITLES.get(kind, (kind, ""))
        tried = [line for line in found if kind == UNPERTURBED or {*mine[1:]} & line.cells.keys()]
        out += [f"### {name}{', ' + unit if unit else ''}", ""]
        out += [*_table(tried, mine, "accuracy", _accuracy), *_errors(tried, mine)]
    rated = [c for c in cells if c.split()[0] in (NOMINAL.split()[0], "mismatch", "silenced")]
    return [*out, "### Spikes per neuron and second [Hz]", "", *_table(found, rated, "rate", _rate)]


def heading(group: Sequence[KeptStudy]) -> str:
    """Names the task, how many networks, methods and studies of a group."""
    methods = dict.fromkeys(line.method for line in lines(group))
    networks = several(group[0].record["networks"], "network")
    names = ", ".join(study.name for study in group)
    return f"{title(group[0].record['task'])}, {networks}: {', '.join(methods)} ({names})"


def _kinds(cells: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(cell.split()[0] for cell in cells if cell != NOMINAL))


def _errors(found: Sequence[Line], cells: Sequence[str]) -> list[str]:
    """Tables of errors, folded."""
    out: list[str] = []
    for error, words in ERRORS.items():
        followed = [line for line in found if _has(line, error)]
        if followed:
            out += [f"`{error}`: {words}.", ""]
            out += _table(followed, cells, error, lambda s, e=error: _error(s, e))
    return ["<details><summary>Errors</summary>", "", *out, "</details>", ""] if out else []


def _rate(s: CellSummary) -> str:
    return f"{s.rate_hz_mean:.1f}; {s.rate_hz_median:.1f}"


def _has(line: Line, error: str) -> bool:
    """Whether it has rows of an error; that to a teacher is of those who imitate one."""
    asked = line.taught or error != "mse_teacher"
    return asked and any(error in summary.errors for summary in line.cells.values())


def _sources(group: Sequence[KeptStudy]) -> list[str]:
    """Of each study its rows, the command that makes them, and which it does not make."""
    out = []
    for study in group:
        version = study.record["versions"]["analoop"]
        out += [
            f"[{study.name}][{study.name}], rules `{study.protocol}`, {len(study.rows)} rows, "
            f"Analoop {version} ([settings, versions]({HOME}/{study.name}/study.json)):",
            "",
            f"    {study.command}",
            "",
            *([study.remarks, ""] if study.remarks else []),
        ]
    return out


def _table(found: Sequence[Line], cells: Sequence[str], name: str, show: Show) -> list[str]:
    """A line for each method and protocol, columns where any has rows; levels need no kind where
    there is only one."""
    cells = [cell for cell in cells if any(cell in line.cells for line in found)]
    one = len({cell.split()[0] for cell in cells} - {NOMINAL.split()[0]}) <= 1
    heads = ["nominal" if c == NOMINAL else c.split(maxsplit=1)[-1] if one else c for c in cells]
    out = []
    for line in found:
        shown = [show(line.cells[c]) if c in line.cells else NOTHING for c in cells]
        rows = f"[{line.study.protocol}][{line.study.name}]"
        out.append([line.title, rows, *shown])
    return table([name, "rules", *heads], out)


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
        number(value) + ("" if base or up is None else f" ({rise(up)})") for value, up in pairs
    )
    spread = "" if error.sd is None else f"; {number(error.sd)}"
    return f"{median}; {mean}{spread}"
