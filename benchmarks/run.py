"""Ours and the peers, interleaved on the same work: python benchmarks/run.py --help

Every case runs in a process of its own, pinned, one thread; a round runs every case once, and
ratios are taken within a round. Peers live in environments of their own; one that is missing is
said and left out.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import report
from cases import CASES, Case

HERE = Path(__file__).parent
NEEDS = {"ours": ("analoop.models",), "rockpool": ("rockpool", "jax"), "brian": ("brian2",)}
"""What an interpreter must be able to import."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
PROBE = """\
import sys
from importlib.util import find_spec
def there(name):
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print(*[name for name in sys.argv[1:] if not there(name)])
"""

Line = dict[str, Any]
Results = dict[str, list[Line | None]]
"""By case: the line of JSON of every round, None where it was not run or failed."""


def missing(interpreter: str, who: str) -> str | None:
    """Why an interpreter cannot be used; None if it can."""
    try:
        command = [interpreter, "-c", PROBE, *NEEDS[who]]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError) as error:
        return str(error)
    return f"{' and '.join(names)} not installed" if names else None


def run_case(case: Case, interpreter: str, cores: list[int]) -> tuple[Line | None, str]:
    """Run one case: its line of JSON and '', or None and the reason."""
    chosen = cores[: case.cores]
    if len(chosen) < case.cores:
        return None, f"needs {case.cores} cores, got {len(chosen)}"
    script, *arguments = case.command.split()
    done = subprocess.run(
        [interpreter, str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | dict.fromkeys(THREADS, str(case.cores)),
        preexec_fn=lambda: os.sched_setaffinity(0, chosen),
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return None, (done.stderr.strip().splitlines() or ["no output"])[-1]
    return json.loads(lines[-1]), ""


def run_rounds(
    cases: list[Case], interpreters: dict[str, str], rounds: int, cores: list[int]
) -> tuple[Results, dict[str, str]]:
    """Run all cases round by round; what was measured, and why which case was not."""
    results: Results = {case.name: [] for case in cases}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for case in cases:
            line = None
            if number < case.rounds and case.name not in failed:
                print(f"round {number + 1}: {case.name}", file=sys.stderr, flush=True)
                line, why = run_case(case, interpreters[case.who], cores)
                if why:
                    failed[case.name] = why
                    print(f"  {why}", file=sys.stderr, flush=True)
            results[case.name].append(line)
    return results, failed


def machine() -> dict[str, str]:
    """Where and on what this runs."""
    model = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    git = ["git", "-C", str(HERE)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True)
    return {
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "processor": model[0].split(":")[1].strip() if model else platform.processor(),
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
        "commit": commit.stdout.strip() + (" with changes" if dirty.stdout.strip() else ""),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ours and the peers, interleaved.")
    env = os.environ.get
    parser.add_argument("--rockpool", metavar="PYTHON", default=env("ROCKPOOL", sys.executable))
    parser.add_argument("--brian", metavar="PYTHON", default=env("BRIAN", sys.executable))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", default="", help="processors to use, such as 1,0 (default: all)")
    parser.add_argument("--slow", action="store_true", help="dense board, 16-chip gradient (8 GB)")
    parser.add_argument("--only", default="", help="run cases whose name contains one of a,b,...")
    parser.add_argument("--out", type=Path, default=HERE.parent / "runs" / "benchmarks")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    interpreters = {
        "ours": sys.executable,
        "rockpool": options.rockpool,
        "brian": options.brian,
    }
    absent = {who: why for who in interpreters if (why := missing(interpreters[who], who))}
    wanted = options.only.split(",")
    chosen = [
        case
        for case in CASES
        if case.who not in absent
        and (options.slow or not case.slow)
        and any(part in case.name for part in wanted)
    ]
    own = sorted(os.sched_getaffinity(0), reverse=True)
    cores = [int(core) for core in options.cores.split(",")] if options.cores else own
    about, load = machine(), os.getloadavg()[0]
    results, failed = run_rounds(chosen, interpreters, options.rounds, cores)
    about["load"] = f"{load:.1f} before, {os.getloadavg()[0]:.1f} after, 1 is the run itself"
    left_out = {who: f"left out: {why}" for who, why in absent.items()} | failed
    if not options.slow:
        left_out["slow cases"] = "left out: only with --slow"
    text = report.text(about, results, left_out)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.with_suffix(".txt").write_text(text)
    record = {"machine": about, "left_out": left_out, "results": results}
    options.out.with_suffix(".json").write_text(json.dumps(record, indent=1))
    print(text)


if __name__ == "__main__":
    main()
