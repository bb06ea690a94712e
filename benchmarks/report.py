"""Turn the lines of JSON of all cases into tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

import limit_table
from cases import BARS, VALUES, Bar, Value

Line = dict[str, Any]
Results = dict[str, list[Line | None]]


def text(about: dict[str, str], results: Results, left_out: dict[str, str]) -> str:
    """Everything, as printed."""
    libraries: dict[str, str] = {}
    for line in (line for lines in results.values() for line in lines if line):
        named = ", ".join(f"{k} {v}" for k, v in line.get("versions", {}).items())
        libraries |= {line["name"].split()[0]: named} if named else {}
    head = [f"{key}: {value}" for key, value in about.items()]
    head += [f"versions, {who}: {named}" for who, named in libraries.items()]
    head += [f"{name}: {why}" for name, why in left_out.items()]
    sections = (
        head,
        measured(results),
        ratios(results),
        limit_table.rows(results),
        first_call(results),
        growth(results),
        accuracy(results),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def measured(results: Results) -> list[str]:
    """A row per timed case: medians over the rounds, spread of the CPU time."""
    head = f"{'case':20s} {'n':>2s} {'CPU s':>8s} {'min':>8s} {'max':>8s} {'wall s':>8s}"
    out = [f"{head} {'ns':>8s} {'s/chip-s':>9s} {'peak MB':>8s} {'call MB':>8s} {'Hz':>5s}"]
    for name, lines in results.items():
        got = [line for line in lines if line and "cpu_s" in line]
        if not got:
            continue
        cpu = [line["cpu_s"] for line in got]

        def mid(key: str, got: list[Line] = got) -> float:
            return statistics.median(line[key] for line in got)

        out.append(
            f"{name:20s} {len(got):2d} {mid('cpu_s'):8.4f} {min(cpu):8.4f} {max(cpu):8.4f}"
            f" {mid('wall_s'):8.4f} {mid('ns'):8.3f} {mid('s_per_chip_s'):9.2e}"
            f" {mid('peak_mb'):8.0f} {mid('call_mb'):8.0f} {mid('rate_hz'):5.1f}"
        )
    out.append("ns: CPU nanoseconds per neuron and simulated millisecond; n: rounds")
    return out if len(out) > 2 else []


def ratios(results: Results) -> list[str]:
    """A row per bar: median and range over the rounds, and whether it is met."""
    out = [f"{'bar':48s} {'n':>2s} {'median':>8s} {'min':>8s} {'max':>8s}  needed  stretch  met"]
    for bar in BARS:
        above, below = results.get(bar.above, []), results.get(bar.below, [])
        pairs = [(a, b) for a, b in zip(above, below, strict=False) if a and b]
        values = [a[bar.quantity] / b[bar.quantity] for a, b in pairs]
        out.append(_row(bar, values, bar.stretch))
    for value in VALUES:
        lines = results.get(value.case, [])
        values = [line[value.quantity] for line in lines if line and value.quantity in line]
        out.append(_row(value, values, None))
    return out


def _row(bar: Bar | Value, values: list[float], stretch: float | None) -> str:
    sign = "<=" if bar.at_most else ">="
    needed = f"{sign} {bar.bar:g}"
    if not values:
        return f"{bar.text:48s}  - {'-':>8s} {'-':>8s} {'-':>8s}  {needed:7s}          not measured"
    middle = statistics.median(values)
    met = middle <= bar.bar if bar.at_most else middle >= bar.bar
    beyond = f"{stretch:g}{'*' if middle >= stretch else ''}" if stretch else ""
    return (
        f"{bar.text:48s} {len(values):2d} {middle:8.3g} {min(values):8.3g} {max(values):8.3g}"
        f"  {needed:7s} {beyond:7s}  {'yes' if met else 'NO'}"
    )


def first_call(results: Results) -> list[str]:
    """What a fresh process waits for."""
    lines = [line for line in results.get("ours first_call", []) if line]
    if not lines:
        return []
    compiling, imports, second = (
        statistics.median(line[key] for line in lines)
        for key in ("compiling_s", "import_s", "second_s")
    )
    return [
        f"fresh process, wall: imports {imports:.2f} s, then {second:.2f} s to the first result;"
        f" {compiling:.1f} s the first time on a machine, when everything is compiled"
    ]


def growth(results: Results) -> list[str]:
    """How the time grows with chips, samples, steps and spikes."""
    lines = [line for line in results.get("ours growth", []) if line]
    if not lines:
        return []
    out = ["growth of W1 (CPU ns per neuron-ms; linear = the last column stays level)"]
    out.append(f"{'what':10s} {'value':>8s} {'CPU s':>10s} {'spikes':>10s} {'ns':>8s}")
    out += [
        f"{row['what']:10s} {row['value']:8g} {row['cpu_s']:10.5f} {row['spikes']:10.0f}"
        f" {row['ns']:8.3f}"
        for row in lines[-1]["rows"]
    ]
    return out + lines[-1].get("notes", [])


def accuracy(results: Results) -> list[str]:
    """Rate errors by step, each side against its own finest step."""
    out: list[str] = []
    for name in ("ours accuracy", "rockpool accuracy"):
        for line in (line for line in results.get(name, []) if line):
            out += list(_errors(name.split()[0], line["rates_hz"].items()))
    return ["rate error of the feed-forward net of W1, against the own finest step", *out][
        : len(out) + 1 if out else 0
    ]


def _errors(who: str, rates: Iterable[tuple[str, list[float]]]) -> Iterable[str]:
    rows = list(rates)
    finest = rows[-1][1]
    percent: Callable[[float, float], str] = lambda a, b: f"{100 * (a / b - 1):+7.2f} %"  # noqa: E731
    for step, values in rows:
        errors = " ".join(percent(a, b) for a, b in zip(values, finest, strict=True))
        speeds = ", ".join(f"{value:.2f}" for value in values)
        yield f"{who:10s} {step:8s} {errors}   ({speeds} Hz)"
