"""What a validation leaves for machines and people: JUnit XML, a Markdown summary, properties."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

from ..validation import Report

GIT_S = 10.0
"""How long git may take to say which commit this is [s]."""


def properties(report: Report, folder: Path) -> dict[str, str]:
    """What produced a report, as short texts by name: hashes, seeds, versions, boards, commit.

    Args:
        folder: somewhere in the repository whose commit is meant.
    """
    said = report.provenance
    measured = [
        f"{row.name} serial {row.serial}" if row.serial else row.name
        for row in report.rows
        if row.target == "measured"
    ]
    found = {
        "program": said["program"],
        "network": said["network"],
        "stimulus": said["stimulus"],
        "mismatch": said["mismatch"],
        "levels": " ".join(f"{level:g}" for level in said["levels"]),
        "chips": " ".join(row.name for row in report.rows if row.counted),
        "boards": ", ".join(measured),
        "snapshots": " ".join(said["snapshots"].values()),
        "git": git_commit(folder),
    }
    found |= {f"version.{name}": number for name, number in said["versions"].items()}
    return {name: text for name, text in found.items() if text}


def git_commit(folder: Path) -> str:
    """Commit of the repository around a folder, marked where files differ from it; "" if none."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=GIT_S
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no") if commit else ""
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"{commit} with changes" if changed else commit


def junit(report: Report, said: dict[str, str]) -> bytes:
    """The report as JUnit XML: one case for the promise, one for every target, and properties."""
    verdict = report.verdict
    suite = ElementTree.Element("testsuite", name="analoop validate")
    listed = ElementTree.SubElement(suite, "properties")
    for name, text in said.items():
        ElementTree.SubElement(listed, "property", name=f"analoop.{name}", value=text)
    failed = errors = 0
    if not report.complete:
        case = ElementTree.SubElement(
            suite, "testcase", classname="analoop.promise", name="the sweep is complete"
        )
        said_so = f"interrupted after {len(report.rows)} of {report.planned} rows: no verdict"
        ElementTree.SubElement(case, "error", message=said_so)
        errors = 1
    if verdict is not None:
        case = ElementTree.SubElement(
            suite, "testcase", classname="analoop.promise", name=str(verdict.promise)
        )
        if verdict.outcome == "fail":
            ElementTree.SubElement(case, "failure", message=str(verdict))
            failed = 1
        elif verdict.outcome == "undecided":
            ElementTree.SubElement(case, "error", message=str(verdict))
            errors = 1
        ElementTree.SubElement(case, "system-out").text = str(verdict)
    for row in report.rows:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"analoop.{row.target}", name=row.name
        )
        ElementTree.SubElement(
            case, "system-out"
        ).text = f"accuracy {row.accuracy:.4f}, {row.rate_hz:.2f} Hz, recording {row.recording}"
    cases = len(report.rows) + (verdict is not None) + (not report.complete)
    for name, number in {"tests": cases, "failures": failed, "errors": errors}.items():
        suite.set(name, str(number))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def markdown(report: Report, said: dict[str, str]) -> str:
    """The report for the page of a CI job: verdict, the worst chips, and what made it."""
    kinds = {row.target for row in report.rows if row.counted}
    marks = {"simulated": "Chips are SIMULATED", "measured": "Boards are MEASURED"}
    lines = ["## analoop validate", "", "; ".join(marks[k] for k in sorted(kinds)) or "No chips"]
    if report.verdict is not None:
        v = report.verdict
        lines += ["", f"**{v}**", ""]
        lines += [f"Between {v.at_least:.0%} and {v.at_most:.0%} of such chips would keep it."]
    if not report.complete:
        lines += ["", f"**INTERRUPTED** after {len(report.rows)} of {report.planned} rows."]
    if (summary := report.summary()) is not None:
        lines += ["", " ".join(f"{name} {value:.1%}" for name, value in summary.items())]
    lines += ["", "| target | kind | accuracy | mean rate (Hz) |", "|---|---|---:|---:|"]
    worst = sorted((r for r in report.rows if r.counted), key=lambda row: row.accuracy)[:5]
    for row in [r for r in report.rows if not r.counted] + worst:
        lines.append(f"| {row.name} | {row.target} | {row.accuracy:.1%} | {row.rate_hz:.1f} |")
    lines += ["", f"The {len(worst)} worst of {sum(r.counted for r in report.rows)} chips.", ""]
    lines += [f"- {name}: `{text}`" for name, text in said.items() if name != "chips"]
    return "\n".join(lines) + "\n"
