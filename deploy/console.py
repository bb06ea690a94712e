"""What people see on stdout: tables and verdicts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ..hw.chip import Dendrite
from ..models.recording import Recording
from .findings import Finding
from .metrics import decisions, mean_rate_hz
from .probe_report import ProbeReport
from .program import Program
from .validation import Report

EXACT_DB = 120.0
"""Signal-to-noise ratio that is nothing but float32 rounding [dB]."""
MOST_COUNTS = 20
"""Output neurons whose spikes are told one by one."""


def stdout() -> Console:
    """A console for tables; 100 columns where nobody looks."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 100)


def print_json(value: Any) -> None:
    """A result for scripts: strict JSON, so a number that is not finite has to be null by now."""
    print(json.dumps(value, indent=2, sort_keys=True, allow_nan=False))


def print_report(report: Report) -> None:
    """The table of a validation, its first line saying what is simulated."""
    levels = ", ".join(f"{level:g}" for level in report.provenance["levels"]) or "none"
    measured = sum(row.target == "measured" for row in report.rows)
    whose = f"{measured} boards are MEASURED, all others" if measured else "All chips are"
    print(
        f"{whose} SIMULATED ({report.provenance['mismatch']}, level {levels}); "
        f"{report.provenance['trials']} trials; program {report.provenance['program'][:12]}"
    )
    table = Table("target", "kind")
    for name in ("accuracy", "mean rate (Hz)", "spikes"):
        table.add_column(name, justify="right")
    for row in report.rows:
        table.add_row(
            row.name, row.target, f"{row.accuracy:.1%}", f"{row.rate_hz:.1f}", f"{row.spikes}"
        )
    stdout().print(table)
    summary = report.summary()
    if summary:
        chips = sum(row.counted for row in report.rows)
        print(
            f"{chips} chips: mean {summary['mean']:.1%}, worst {summary['worst']:.1%}, "
            f"best {summary['best']:.1%}"
        )
    if report.verdict is not None:
        v = report.verdict
        print(f"between {v.at_least:.0%} and {v.at_most:.0%} of such chips would keep the promise")
        print(v)


def print_program(found: dict[str, Any]) -> None:
    """Resources and weight quality of a program."""
    print(f"program {found['program'][:12]} for {found['chips']} x {found['chip']}, "
          f"network {found['network'][:12]}, {found['inputs']} input channels")  # fmt: skip
    for population in found["populations"]:
        print(f"  '{population['name']}': {population['neurons']} neurons on "
              f"{', '.join(population['cores'])}")  # fmt: skip
    table = Table("resource", title=None)
    for name in ("used", "available", "share"):
        table.add_column(name, justify="right")
    for name, (used, available) in found["resources"].items():
        table.add_row(name, str(used), str(available), f"{used / available:.1%}")
    stdout().print(table)
    for core in found["quantization"]:
        if not core["synapses"]:
            print(f"  chip {core['chip']} core {core['core']}: no synapses")
            continue
        exact = core["snr_db"] is None or core["snr_db"] > EXACT_DB
        snr = "exact" if exact else f"at {core['snr_db']:.1f} dB"
        print(f"  chip {core['chip']} core {core['core']}: {core['synapses']} weights {snr}, "
              f"{core['rounded_to_zero']} rounded to zero")  # fmt: skip
    total = sum(core["synapses"] for core in found["quantization"])
    lost = sum(core["rounded_to_zero"] for core in found["quantization"])
    print(f"{found['connections_proved']} connections proved to arrive, none added; "
          f"{lost} of {total} rounded away")  # fmt: skip
    for note in found.get("notes", ()):
        print(f"note: {note}")
    if "snapshot" in found:
        _print_avoided(found["snapshot"])


def _print_avoided(found: dict[str, Any]) -> None:
    """What the snapshot of a board changed."""
    print(f"snapshot of {found['board']} ({found['date']}): {found['avoided']} bad CAM words "
          f"avoided on the neurons in use, none used; {found['stuck']} stuck and {found['mute']} "
          "mute neurons not used")  # fmt: skip
    if found["dropped"]:
        print(f"  DROPPED for want of good words: {found['dropped']} synapses, the weakest of "
              f"{found['neurons_with_dropped']} neurons, at most {found['dropped_weight']:.1%} of "
              "a neuron's weight (--drop 0 refuses instead)")  # fmt: skip


def print_neuron(found: dict[str, Any]) -> None:
    """Identity of one neuron."""
    print(f"{found['name']}: model index {found['index']} -> chip {found['chip']} core "
          f"{found['core']} neuron {found['neuron']} -> tag {found['tag']} -> column "
          f"{found['column']}")  # fmt: skip
    for kind in ("synapses", "destinations"):
        print(f"  {len(found[kind])} {kind}")
        for word in found[kind]:
            print("    " + "  ".join(f"{key} {_spelled(key, word[key])}" for key in word))


def _spelled(field: str, value: int) -> str:
    """A register's field as people say it."""
    if field == "dendrite":
        return Dendrite(value).name.lower()
    return f"{value:04b}" if field in ("weight", "cores") else str(value)


def print_senders(found: list[dict[str, Any]]) -> None:
    """Who sends a tag."""
    if not found:
        print("nobody sends this tag")
    for sender in found:
        print(f"{sender['sender']} (index {sender['index']}) -> {sender['to']}")


def print_mismatch(found: dict[str, Any]) -> None:
    """Every number that chips are drawn with, and how far it can be trusted."""
    print(f"{found['mismatch']} with mismatch={'|'.join(found['samplers'])}; {found['defects']}")
    group = None
    for n in found["numbers"]:
        if group != (n["sampler"], n["parameters"]):
            group = n["sampler"], n["parameters"]
            print(f"{n['sampler']}: {' '.join(n['parameters'])}")
        print(f"  {n['number']} {n['value']:g} [{n['unit']}], {n['basis']}: {n['source']}")


def print_screening(found: dict[str, Any]) -> None:
    """What a screening found, a row per core."""
    board = found["board"]
    print(f"{board['name']} ({board['target']}), {found['date']}, {found['method']}: "
          f"{found['trials']} trials per word and half of the tags")  # fmt: skip
    table = Table("chip", "core")
    for name in ("failing low tags", "failing high tags", "unusable", "stuck", "mute"):
        table.add_column(name, justify="right")
    for core in found["cores"]:
        shares = [f"{core[f'failing_{half}'] / max(1, core['words']):.1%}"
                  for half in ("low", "high")]  # fmt: skip
        table.add_row(
            str(core["chip"]), str(core["core"]), *shares, ", ".join(core["unusable"]) or "-",
            str(core["stuck"]), str(core["mute"]),
        )  # fmt: skip
    stdout().print(table)
    print("  events " + ", ".join(f"{name} {count}" for name, count in found["books"].items()))


def print_verify(result: dict[str, Any]) -> None:
    """Verdict of the known answer."""
    verdict = "passed" if result["passed"] else "FAILED"
    how = "spike for spike" if result["exact"] else f"correlation {result['correlation']}"
    print(f"verify {verdict} on {result['board']['name']} ({result['board']['target']}): {how}, "
          f"{result['received']} spikes, {result['expected']} expected")  # fmt: skip


MOST_FAILURES = 10
"""Failures of a probe that are printed; --json has them all."""


def print_probe(report: ProbeReport) -> None:
    """Verdict of the full probe: coverage, reasons why words were not covered, first failures."""
    verdict = "passed" if report.passed else "FAILED"
    print(f"probe {verdict} on {report.board['name']} ({report.board['target']}): "
          f"{report.images} register images, {report.chip_time_s:.1f} s of chip time")  # fmt: skip
    table = Table("words")
    for name in ("used", "proved", "failed", "not covered", "coverage"):
        table.add_column(name, justify="right")
    for c in report.coverage:
        numbers = (c.used, c.proved, c.failed, sum(c.not_covered.values()))
        table.add_row(c.kind, *map(str, numbers), f"{c.percent:.1f}%")
    stdout().print(table)
    for c in report.coverage:
        for reason, count in c.not_covered.items():
            print(f"  {count} {c.kind} not covered: {reason}")
    for failure in report.failures[:MOST_FAILURES]:
        print(f"  {failure}")
    if len(report.failures) > MOST_FAILURES:
        print(f"  ... and {len(report.failures) - MOST_FAILURES} more; --json lists all")


def recording_record(recording: Recording, program: Program) -> dict[str, Any]:
    """A recording in numbers, as JSON values."""
    return {
        "recording": recording.hash,
        "trials": recording.n_trials,
        "neurons": len(recording.names),
        "books": dict(recording.books),
        "board": dict(recording.board),
        "provenance": dict(recording.provenance),
        "rate_hz": mean_rate_hz(recording),
        "counts": recording.counts.tolist(),
        "decisions": decisions(recording, program.readout).tolist(),
    }


def print_recording(recording: Recording, program: Program, path: Path | None) -> None:
    """What a run brought home."""
    board, books = recording.board, recording.books
    print(
        f"{board['name']} ({board['target']}): {recording.n_trials} trials, "
        f"{int(recording.counts.sum())} spikes, {mean_rate_hz(recording):.1f} Hz per neuron"
    )
    print("  events " + ", ".join(f"{name} {count}" for name, count in books.items()))
    readout = program.readout
    out, decided = recording.counts[:, readout.columns], decisions(recording, readout)
    for trial in range(min(recording.n_trials, 5)):
        more = f" {out[trial].tolist()}" if out.shape[1] <= MOST_COUNTS else ""
        spikes = f"{int(out[trial].sum())} output spikes{more}"
        print(f"  trial {trial}: {readout.name_of(int(decided[trial]))}, {spikes}")
    if recording.n_trials > 5:
        print(f"  ... and {recording.n_trials - 5} more trials")
    print(f"wrote {path}" if path else "nothing written: give --out FILE to keep it")


def print_findings(findings: list[Finding]) -> None:
    """What the doctor found."""
    for finding in findings:
        print(f"{finding.status:8} {finding.name:15} {finding.found}")
        if finding.remedy:
            print(f"{'':24} -> {finding.remedy}")
